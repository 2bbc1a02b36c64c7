"""The connections of a client: how many, who waits for one, and when they close."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.unit.wrapper.faces import CONVERSATION, PATHS, over_httpx
from tests.unit.wrapper.samples import TEXTS, ok
from tests.unit.wrapper.scripted import Answer, Raw

from blinger import Blinger, ConnectionFailed, Outcome, Timeout, _lanes
from blinger import _operations as operations
from blinger._exchange import write

if TYPE_CHECKING:
    from tests.unit.wrapper.faces import Face
    from tests.unit.wrapper.scripted import Server

    from blinger._sender import Request

REQUEST = write(operations.request_review(CONVERSATION), Blinger("token")._options)


class Fake:
    """A lane that only notes that it was closed."""

    def __init__(self, _: Request) -> None:
        """Open."""
        self.is_closed = False

    def close(self) -> None:
        """Close."""
        self.is_closed = True

    async def aclose(self) -> None:
        """Close, awaiting."""
        self.is_closed = True


def test_who_finds_every_connection_busy_waits_and_gives_up(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its one place taken, a client says so after `timeout.pool`; nothing was sent."""
    monkeypatch.setattr(_lanes, "MOST_LANES", 1)
    handle = face(base_url=server.url, retries=0, timeout=Timeout(pool=0.05))
    client: Any = handle.client
    lanes = client._driver.sender._lanes

    def call() -> None:
        with lanes.lane(REQUEST):
            client.conversation(CONVERSATION).request_review()

    async def call_async() -> None:
        async with lanes.lane(REQUEST):
            await client.conversation(CONVERSATION).request_review()

    with pytest.raises(ConnectionFailed, match=r"all 1 .* busy for 0\.05 s") as caught:
        face.run(call if face.is_sync else call_async)

    assert caught.value.outcome is Outcome.NOT_SENT
    assert server.connections == 0


def test_a_connection_that_comes_back_to_a_closed_client_is_closed(
    face: Face, server: Server
) -> None:
    """Closing does not break what is under way, and leaves nothing open behind it."""
    handle = face(base_url=server.url)
    client: Any = handle.client
    lanes = client._driver.sender._lanes
    lanes._make = Fake
    made: list[Any] = []

    def lend() -> None:
        with lanes.lane(REQUEST) as lane:
            made.append(lane)
            client.close()
            assert not lane.is_closed

    async def lend_async() -> None:
        async with lanes.lane(REQUEST) as lane:
            made.append(lane)
            await client.close()
            assert not lane.is_closed

    face.run(lend if face.is_sync else lend_async)

    assert made[0].is_closed


def test_what_waited_too_long_is_closed_by_the_next_answer(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a burst the connections that nobody needs go, one call later."""
    handle = face(base_url=server.url)
    client: Any = handle.client
    lanes = client._driver.sender._lanes
    lanes._make = Fake
    made: list[Any] = []

    def burst() -> None:
        with contextlib.ExitStack() as stack:
            made.extend(stack.enter_context(lanes.lane(REQUEST)) for _ in range(3))

    async def burst_async() -> None:
        async with (
            lanes.lane(REQUEST) as one,
            lanes.lane(REQUEST) as two,
            lanes.lane(REQUEST) as three,
        ):
            made.extend((one, two, three))

    def one_more() -> None:
        with lanes.lane(REQUEST):
            pass

    async def one_more_async() -> None:
        async with lanes.lane(REQUEST):
            pass

    face.run(burst if face.is_sync else burst_async)
    monkeypatch.setattr(_lanes, "KEEP_ALIVE", -1.0)
    face.run(one_more if face.is_sync else one_more_async)

    assert [lane.is_closed for lane in made] == [True, True, True]


@over_httpx
def test_a_tracer_in_the_client_of_httpx_sees_each_attempt(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who wraps `send` of httpx's clients, as Sentry and Datadog do, is gone through."""
    kind: Any = httpx.Client if face.name == "sync" else httpx.AsyncClient
    seen: list[str] = []
    send = kind.send

    @functools.wraps(send)
    def traced(self: Any, request: httpx.Request, **options: Any) -> Any:
        seen.append(str(request.url))
        return send(self, request, **options)

    monkeypatch.setattr(kind, "send", traced)
    server.play(Answer(503), ok("send_text"))

    message = face(base_url=server.url).call("send_text")

    assert message.meta.attempts == 2
    assert seen == [f"{server.url}{PATHS['send_text']}"] * 2
    assert len(server.requests) == 2


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "through a client"])
def test_the_headers(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch, *, proxied: bool
) -> None:
    """Whichever way it goes, the same headers arrive, each once."""
    if proxied:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    server.play(ok("send_text"), ok("request_review"), ok("request_review"))
    client = face(base_url=server.url)

    client.call("send_text")
    client.call("request_review")
    client.with_options(headers={"accept-encoding": "identity"}).call("request_review")

    text, review, identity = (dict(request.header_lines) for request in server.requests)
    assert [len(request.header_lines) for request in server.requests] == [
        len(text),
        len(review),
        len(identity),
    ]
    ours = {"Host", "Accept", "User-Agent", "Authorization", "Accept-Encoding", "Content-Length"}
    assert set(text) - {"Connection"} == ours | {"Content-Type"}
    assert set(review) - {"Connection"} == ours
    assert text["Host"] == server.origin.removeprefix("http://")
    assert text["Accept-Encoding"].startswith("gzip, deflate")
    assert (text["Content-Length"], review["Content-Length"]) == ("62", "0")
    assert {name.lower(): value for name, value in identity.items()}["accept-encoding"] == (
        "identity"
    )


def test_the_headers_of_an_answer(face: Face, server: Server) -> None:
    """Names are lower case, repeated values are joined, and any bytes can be read."""
    lines = b"X-One: a\r\nx-one: b\r\nX-Utf: \xc3\xa9\r\nX-Latin: \xe9\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(TEXTS["send_text"])
    server.play(Raw(head + lines + b"\r\n" + TEXTS["send_text"]))

    headers = face(base_url=server.url).call("send_text").meta.headers

    assert {name: headers[name] for name in ("x-one", "x-utf", "x-latin")} == {
        "x-one": "a, b",
        "x-utf": "é",
        "x-latin": "é",
    }
