"""A plain request is answered at once, every other as ASGI: nobody can tell from the answer."""

from __future__ import annotations

import contextlib
import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from blinger_mock import app, engine
from blinger_mock.protocol import Protocol
from blinger_mock.sqlite import SqliteStore
from blinger_mock.testing import Held, Mock, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from blinger_mock.steps import Request

CONVERSATION = "/api/external/v1/conversation/{c}"
TEXT = f"POST {CONVERSATION}/send-text-message HTTP/1.1\r\nHost: x\r\n"
JSON = "Authorization: mock-token\r\nContent-Type: application/json\r\n"
BODY = '{"uuid":"e8e5c7a2-0c5e-4f7e-8d5b-6b3c2d1e0f9a","text":"Hello"}'
SENT = f"Content-Length: {len(BODY)}\r\n\r\n{BODY}"
WHOLE = TEXT + JSON + SENT

# What is sent, how many answers it gets, and how many of them are given at once.
CASES = {
    "text": (WHOLE, 1, 1),
    "repeated": (WHOLE.replace('"uuid"', ' "uuid"').replace(f": {len(BODY)}", ": 63"), 1, 1),
    "no token": (TEXT + SENT, 1, 1),
    "no such path": ("POST /api/external/v1/x HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 1, 1),
    "wrong method": (WHOLE.replace("POST", "PUT"), 1, 1),
    "schema": (TEXT + JSON + "Content-Length: 2\r\n\r\n{}", 1, 1),
    "syntax": (TEXT + JSON + "Content-Length: 1\r\n\r\n{", 1, 1),
    "unknown": (WHOLE.replace("{c}", "x"), 1, 1),
    "close": (TEXT + "Connection: close\r\n" + JSON + SENT, 1, 1),
    "head": (TEXT.replace("POST", "HEAD") + JSON + SENT, 1, 0),
    "query": (WHOLE.replace(" HTTP", "?a=b HTTP"), 1, 0),
    "absolute": (WHOLE.replace("/api", "http://x/api", 1), 1, 0),
    "old": (WHOLE.replace("HTTP/1.1", "HTTP/1.0"), 1, 0),
    "expects": (TEXT + "Expect: 100-continue\r\n" + JSON + SENT, 1, 0),
    "upgrade": (TEXT + "Connection: upgrade\r\nUpgrade: x\r\n" + JSON + SENT, 1, 0),
    "fault": (TEXT + "X-Mock-Fault: status=503\r\n" + JSON + SENT, 1, 0),
    "chunked": (TEXT + JSON + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 1, 0),
    "both": (TEXT + JSON + "Transfer-Encoding: chunked\r\n" + SENT, 1, 0),
    "two lengths": (TEXT + JSON + f"Content-Length: {len(BODY)}\r\n" + SENT, 1, 0),
    "no length": (f"POST {CONVERSATION}/request-review HTTP/1.1\r\n{JSON}\r\n", 1, 0),
    "too large": (TEXT + JSON + f"Content-Length: {2**21}\r\n\r\n" + "x" * 2**21, 1, 0),
    "not a path": (WHOLE.replace("/api", "/_mock/api"), 1, 0),
    "two": (WHOLE * 2, 2, 0),
    "three, and a half": (WHOLE * 3 + WHOLE[:50], 3, 0),
    "garbage": (WHOLE + "{}\r\n\r\n", 1, 0),
    "blank lines": ("\r\n\r\n" + WHOLE, 1, 0),
    "lines in the body": (WHOLE.replace("Hello", "\r\n\r\n").replace(": 62", ": 61"), 1, 1),
}

_ANSWER = re.compile(rb"HTTP/1.1 (?!100)")


def _exchange(raw: bytes, url: str, answers: int, pieces: int = 1) -> bytes:
    """Send *raw* in so many pieces, and return its *answers* and whatever comes right after."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=5) as one:
        size = -(-len(raw) // pieces)
        got = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            for start in range(0, len(raw), size):
                one.sendall(raw[start : start + size])
                if pieces > 1:
                    one.settimeout(0.02)
                    with contextlib.suppress(TimeoutError):
                        got += one.recv(65536)
            chunk = b"not the end"
            while chunk:
                one.settimeout(5 if len(_ANSWER.findall(got)) < answers else 0.1)
                chunk = one.recv(65536)
                got += chunk
            got += b"END"
    return re.sub(rb"date: [^\r]+", b"date: now", got)


@contextlib.contextmanager
def _served(path: Path | None) -> Iterator[Mock]:
    """Serve from memory, or from the file at *path*."""
    with contextlib.ExitStack() as stack:
        if path is not None:
            store = SqliteStore(0, path)
            stack.callback(store.close)
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(engine, "MemoryStore", lambda _: store)
        yield stack.enter_context(serve(clock=Held()))


@pytest.mark.parametrize("kept", [False, True], ids=["memory", "file"])
@pytest.mark.parametrize("case", CASES)
def test_same_bytes(
    case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, kept: bool
) -> None:
    """Both ways write the same, byte by byte, and note the same in the journal."""
    raw, answers, _ = CASES[case]
    seen = []
    for at_once in (True, False):
        if not at_once:
            monkeypatch.setattr(app.App, "plain", lambda *_: None)
        with _served(tmp_path / f"{at_once}.db" if kept else None) as mock:
            sent = raw.replace("{c}", mock.conversation).encode()
            seen.append(
                (
                    [_exchange(sent, mock.url, answers) for _ in range(2)],
                    [(it.number, it.status, it.body, it.path) for it in mock.requests()],
                    [it["id"] for it in mock.messages()],
                )
            )

    assert seen[0] == seen[1]
    first = seen[0][0][0]
    assert len(_ANSWER.findall(first)) == answers


@pytest.mark.parametrize("case", CASES)
def test_at_once(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is plain is answered at once, and nothing else."""
    raw, answers, at_once = CASES[case]
    given: list[Request] = []
    answer = app.App.answer_now

    def look(self: app.App, request: Request) -> object:
        given.append(request)
        return answer(self, request)

    monkeypatch.setattr(app.App, "answer_now", look)
    with serve(clock=Held()) as mock:
        _exchange(raw.replace("{c}", mock.conversation).encode(), mock.url, answers)
        assert len(given) == at_once


def test_at_once__not_to_one_who_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where answers pile up, the next is given as ASGI, which waits until they are taken."""
    made = Protocol.connection_made

    def full(self: Protocol, transport: object) -> None:
        made(self, transport)  # type: ignore[arg-type]
        self.flow.write_paused = True

    monkeypatch.setattr(Protocol, "connection_made", full)
    monkeypatch.setattr(app.App, "answer_now", None)
    with serve(clock=Held()) as mock:
        got = _exchange(WHOLE.replace("{c}", mock.conversation).encode(), mock.url, 1)
        assert got.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("pieces", [2, 3, 7])
def test_in_pieces(pieces: int) -> None:
    """However the bytes of a request come, it is answered once, and so is the next."""
    with serve(clock=Held()) as mock:
        raw = WHOLE.replace("{c}", mock.conversation).encode()
        got = _exchange(raw + raw, mock.url, 2, pieces)
        assert len(re.findall(rb"HTTP/1.1 200", got)) == 2
        assert len(mock.requests()) == 2


def test_order__while_the_file_is_written(tmp_path: Path) -> None:
    """An answer that waits for the file goes out before that to the request behind it."""
    with _served(tmp_path / "state.db") as mock:
        place = urlsplit(mock.url)
        texts = [f"{number:05}" for number in range(200)]
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=5) as one:
            for number, text in enumerate(texts):
                raw = WHOLE.replace("{c}", mock.conversation).replace("Hello", text)
                one.sendall(raw.replace("e8e5c7a2", f"{number:08x}").encode())
            got = b""
            while got.count(b"HTTP/1.1 200") < len(texts) or not got.endswith(b"}}"):
                got += one.recv(65536)

        assert re.findall(rb'"body":"(\d{5})"', got) == [text.encode() for text in texts]
