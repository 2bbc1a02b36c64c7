"""An answer waits until what it says is kept: what becomes of it where it is not, or not yet."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sqlite3
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from blinger_mock import app, engine
from blinger_mock.bus import Bus
from blinger_mock.memory import MemoryStore
from blinger_mock.protocol import Protocol
from blinger_mock.render import render
from blinger_mock.sqlite import SqliteStore
from blinger_mock.testing import Mock, serve
from blinger_mock.thread import ServerThread

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from blinger_mock.bus import Event

    Break = Callable[[sqlite3.Connection], None]

KEY = "e8e5c7a2-0c5e-4f7e-8d5b-6b3c2d1e0f{:02}"


def _deny_commit(database: sqlite3.Connection) -> None:
    deny = (sqlite3.SQLITE_TRANSACTION, "COMMIT")
    database.set_authorizer(
        lambda action, what, *_: (
            sqlite3.SQLITE_DENY if (action, what) == deny else sqlite3.SQLITE_OK
        )
    )


def _fill_disk(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA max_page_count = 1")


def _mend(database: sqlite3.Connection) -> None:
    database.set_authorizer(None)
    database.execute("PRAGMA max_page_count = 1000000")


@pytest.fixture(params=[True, False], ids=["at once", "asgi"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer plain requests at once, or as ASGI, and never the other way."""
    if request.param:
        monkeypatch.setattr(app.App, "_exchange", None)
    else:
        monkeypatch.setattr(app.App, "plain", lambda *_: None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Where the state is."""
    with contextlib.closing(SqliteStore(0, tmp_path / "state.db")) as kept:
        yield kept


@pytest.fixture
def mock(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mock]:
    """A server of that state."""
    monkeypatch.setattr(engine, "MemoryStore", lambda _: store)
    with serve() as server:
        yield server


@pytest.fixture
def events(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What somebody who listens is told."""
    told: list[str] = []
    publish = Bus.publish

    def look(self: Bus, event: Event) -> None:
        told.append(event.kind)
        publish(self, event)

    monkeypatch.setattr(Bus, "publish", look)
    with mock._engine.bus.telling("1", lambda: None):
        yield told


@contextlib.contextmanager
def _sent(mock: Mock, action: str, fields: dict[str, str] | None = None) -> Iterator[socket.socket]:
    """Send a request in one piece, as only then it can be answered at once."""
    place = urlsplit(mock.url)
    body = json.dumps(fields) if fields else ""
    lines = (
        f"POST {place.path}/conversation/{mock.conversation}/{action} HTTP/1.1",
        f"Authorization: {mock.token}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=5) as one:
        one.sendall("\r\n".join((*lines, "", body)).encode())
        yield one


def _text(mock: Mock, number: int = 0, length: int = 5) -> tuple[int, Any]:
    """Send a text, and return the status and the document of the answer."""
    fields = {"uuid": KEY.format(number), "text": "x" * length}
    with _sent(mock, "send-text-message", fields) as one:
        response = HTTPResponse(one)
        response.begin()
        return response.status, json.loads(response.read())


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("damage", [_deny_commit, _fill_disk])
def test_not_kept(
    mock: Mock,
    store: SqliteStore,
    events: list[str],
    damage: Break,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is not kept is a 500, in the journal too; nobody is told of it; it is no bug."""
    damage(store._database)
    error = "the change could not be kept: the log says why"

    assert _text(mock, length=9000) == (500, {"status": 500, "error": error})
    assert [(it.status, it.violations) for it in mock.requests()] == [(500, ("not_kept",))]
    assert events == ["request"]
    assert (mock.messages(), mock.violations) == ([], 0)
    assert [it for it in caplog.messages if it.startswith("a change could not be kept: ")]

    events.clear()
    _mend(store._database)
    assert _text(mock)[0] == 200
    assert [it.status for it in mock.requests()] == [500, 200]
    assert events == ["message", "request"]


def test_not_kept__of_the_page(mock: Mock, store: SqliteStore, events: list[str]) -> None:
    """A change below `/_mock` that is not kept is a 500 as well, and nobody is told of it."""
    url = f"{mock.url.partition('/api/')[0]}/_mock/conversations/{mock.conversation}/messages"
    _deny_commit(store._database)
    response = httpx.post(url, json={"text": "Hello"}, trust_env=False)

    assert response.status_code == 500
    assert response.json() == {"error": "the change could not be kept: the log says why"}
    assert (events, mock.messages(), mock.violations) == ([], [], 0)


@pytest.mark.usefixtures("_way")
def test_bug__after_the_change(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug between the change and the answer is a 500, in the journal too, and is counted."""
    fails = [True]

    def broken(*arguments: object) -> object:
        if fails and fails.pop():
            raise ZeroDivisionError
        return render(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "render", broken)
    assert [_text(mock, number)[0] for number in range(2)] == [500, 200]
    assert [it.status for it in mock.requests()] == [500, 200]
    assert mock.violations == 1


@pytest.mark.usefixtures("_way")
def test_bug__in_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that cannot be written is a 500, in the journal too, and is counted."""
    encode = app._encode
    fails = [True]

    def broken(document: object) -> bytes:
        if fails and fails.pop():
            raise ZeroDivisionError
        return encode(document)

    monkeypatch.setattr(app, "_encode", broken)
    with serve() as mock:
        assert [_text(mock, number)[0] for number in range(2)] == [500, 200]
        assert [it.status for it in mock.requests()] == [500, 200]
        assert mock.violations == 1


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> list[Future[None]]:
    """What answers wait for; whoever looks at it may let them go."""
    asked: list[Future[None]] = []

    def committed(_: MemoryStore) -> Future[None]:
        asked.append(asyncio.get_running_loop().create_future())
        return asked[-1]

    monkeypatch.setattr(MemoryStore, "committed", committed)
    return asked


def _leave(mock: Mock, waiting: list[Future[None]]) -> None:
    with _sent(mock, "request-review") as one:
        one.settimeout(0.2)
        with pytest.raises(TimeoutError):
            one.recv(1)
    assert len(waiting) == 1


@pytest.mark.usefixtures("_way")
def test_client_leaves(waiting: list[Future[None]], caplog: pytest.LogCaptureFixture) -> None:
    """Who leaves before what they asked for is kept asked for it all the same."""
    with serve() as mock:
        _leave(mock, waiting)
        assert mock.requests() == []
        mock._run(lambda: waiting[0].set_result(None))
        mock.wait_for_request(timeout=5)
        assert [it.status for it in mock.requests()] == [200]
        assert (len(mock.messages()), mock.violations, caplog.messages) == (1, 0, [])


@pytest.mark.usefixtures("_way")
def test_stop__with_an_answer_that_never_comes(waiting: list[Future[None]]) -> None:
    """A server that stops waits for nothing."""
    with serve() as mock:
        _leave(mock, waiting)
        begin = time.monotonic()
    assert time.monotonic() - begin < 1


@pytest.mark.usefixtures("_way")
def test_stop__with_an_answer_on_its_way(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before the stop is kept and answered."""
    thread, received = mock._run, Protocol.data_received
    assert isinstance(thread, ServerThread)

    def data_received(self: Protocol, data: bytes) -> None:
        received(self, data)
        if b'"text"' in data:
            thread._server.stop()

    monkeypatch.setattr(Protocol, "data_received", data_received)
    assert _text(mock)[0] == 200
