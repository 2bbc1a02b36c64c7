"""What every sender keeps to on the wire, and the traps of the libraries beneath them."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import subprocess
import sys
import threading
import time
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from tests.unit.wrapper.faces import EVERY_FACE, TOKEN
from tests.unit.wrapper.samples import ok, sample
from tests.unit.wrapper.scripted import Answer, Hang, Raw, Reset

from blinger import (
    AsyncBlinger,
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    InvalidResponse,
    NotFound,
    Outcome,
    TimedOut,
    Timeout,
)
from blinger import _operations as operations

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.wrapper.faces import Face
    from tests.unit.wrapper.scripted import Peer, Recorded, Server

each_face = pytest.mark.parametrize("face", EVERY_FACE, indirect=True)
MANY = 20_000_000
"""Characters that no socket's buffers take at once."""


# --- one request, and its own answer --------------------------------------------------------------


@each_face
def test_a_kept_connection_that_breaks_sends_nothing_twice(face: Face, server: Server) -> None:
    """Aiohttp repeats by itself what fails on a kept connection, but for a POST; nobody else does.

    What was read by a server that then closed may have taken effect.
    """
    client = face(base_url=server.url)
    server.play(ok("request_review"), Raw())
    client.call("request_review")

    with pytest.raises(ConnectionLost) as caught:
        client.call("request_review")

    assert caught.value.outcome is Outcome.UNKNOWN
    assert len(server.requests) == 2
    assert server.connections == 1


@dataclass(frozen=True)
class TwoAnswers:
    """Answer as one should, and then, unasked, once more."""

    answer: Answer
    reads: bool = True

    def take(self, peer: Peer, request: Recorded | None) -> None:
        """Send both."""
        peer.send(self.answer.raw())
        peer.pause(0.05)
        peer.send(Answer(404).raw())


@each_face
def test_an_answer_that_nobody_asked_for_is_nobodys(face: Face, server: Server) -> None:
    """A second answer to one request is not taken for the answer to the next."""
    client = face(base_url=server.url)
    server.play(TwoAnswers(ok("send_text")), ok("send_text"))

    client.call("send_text")
    face.run(nap if face.is_sync else anap, 0.2)
    client.call("send_text")

    assert server.connections == 2


def nap(seconds: float) -> None:
    """Do nothing else meanwhile."""
    time.sleep(seconds)


async def anap(seconds: float) -> None:
    """Let the event loop see what comes."""
    await anyio.sleep(seconds)


@each_face
def test_a_connection_that_was_closed_meanwhile_is_not_used(face: Face, server: Server) -> None:
    """Nor where the event loop was too busy to hear of it: nothing is sent into the void."""
    client = face(base_url=server.url)
    server.play(ok("request_review"))
    conversation = client.client.conversation("a")

    async def twice() -> None:
        await conversation.request_review()  # type: ignore[misc]
        drop(server)
        await conversation.request_review()  # type: ignore[misc]

    def twice_blocking() -> None:
        conversation.request_review()
        drop(server)
        conversation.request_review()

    face.run(twice_blocking if face.is_sync else twice)

    assert (server.connections, len(server.requests)) == (2, 2)


def drop(server: Server) -> None:
    """Close what is open, and block until that has arrived."""
    for connection in list(server._open):
        connection.shutdown(2)
    time.sleep(0.1)


# --- what is sent ---------------------------------------------------------------------------------


@each_face
@pytest.mark.parametrize("conversation", ["äö", "%2F", "a;b=c,d", "~'()*!$&+:@", "A-z_0.."])
def test_the_url_arrives_as_it_was_written(face: Face, server: Server, conversation: str) -> None:
    """No library quotes a character again, or takes one back."""
    server.play(ok("request_review"))
    client = face(base_url=server.url)

    client.call("request_review", conversation=conversation)

    path = operations.request_review(conversation).path
    assert [request.target for request in server.requests] == [f"/api/external/v1{path}"]


@each_face
@pytest.mark.parametrize("name", ["send_text", "request_review"])
def test_the_headers_that_are_sent(face: Face, server: Server, name: str) -> None:
    """They are those of the request, and what HTTP needs: no library adds its name."""
    server.play(ok(name))

    face(base_url=server.url).with_options(headers={"X-Own": "1"}).call(name)

    (request,) = server.requests
    sent = {key: value for key, value in request.headers.items() if key != "connection"}
    assert set(sent.pop("accept-encoding").split(", ")) >= {"gzip", "deflate"}
    assert sent.pop("user-agent").startswith("blinger-python/")
    assert sent == {
        "host": f"127.0.0.1:{server.port}",
        "authorization": TOKEN,
        "accept": "application/json",
        "x-own": "1",
        "content-length": str(len(request.body)),
        **({"content-type": "application/json"} if name == "send_text" else {}),
    }
    assert len(request.header_lines) == len(request.headers)


@each_face
def test_accept_encoding_is_the_users_to_choose(face: Face, server: Server) -> None:
    """Who asks for another coding, or for none, asks for that alone."""
    server.play(ok("send_text"))

    face(base_url=server.url).with_options(headers={"accept-encoding": "identity"}).call(
        "send_text"
    )

    assert server.requests[0].headers["accept-encoding"] == "identity"


@each_face
def test_a_long_text(face: Face, server: Server) -> None:
    """Megabytes are sent like anything else."""
    text = "a" * 3_000_000
    answer = sample("send_text")
    answer["data"]["text"] = answer["data"]["body"] = text
    server.play(Answer(200, answer))

    face(base_url=server.url).call("send_text", text)

    assert server.requests[0].json["text"] == text


@dataclass
class ReadLate:
    """Read nothing until it is time to, and then all that there is."""

    reads = False
    begin: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    taken: list[int] = field(default_factory=list)

    def take(self, peer: Peer, request: Recorded | None) -> None:
        """Count what comes."""
        assert self.begin.wait(10)
        with contextlib.suppress(OSError):
            while data := peer._connection.recv(65536):
                self.taken.append(len(data))
        self.ended.set()
        peer.close()


def test_a_request_that_is_not_taken(face: Face, server: Server) -> None:
    """A server that reads nothing is waited for as long as the timeout says, and then left.

    It never gets the rest, even if it reads at last.
    """
    step = ReadLate()
    server.play(step)
    client = face(base_url=server.url, timeout=Timeout(write=0.2), retries=0)

    with pytest.raises(TimedOut, match="did not take the request in time") as caught:
        client.call("send_text", "a" * MANY)

    assert caught.value.outcome is Outcome.UNKNOWN
    step.begin.set()
    assert step.ended.wait(10)
    assert sum(step.taken) < MANY / 2


def test_a_request_that_is_not_taken_before_the_deadline(face: Face, server: Server) -> None:
    """The deadline holds while a request is written, too."""
    server.play(Hang(reads=False))
    client = face(base_url=server.url, deadline=0.3, retries=0)

    with pytest.raises(TimedOut):
        client.call("send_text", "a" * MANY)


def test_a_request_that_is_broken_off(face: Face, server: Server) -> None:
    """A server that breaks the connection within a request leaves the call unknown."""
    server.play(Reset(reads=False))

    with pytest.raises(ConnectionLost) as caught:
        face(base_url=server.url, retries=0).call("send_text", "a" * MANY)

    assert caught.value.outcome is Outcome.UNKNOWN


# --- what is read ---------------------------------------------------------------------------------

TEXT = gzip.compress(b"{}")
CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "in capitals": ("GZIP", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "deflate without a head": ("deflate", lambda body: zlib.compress(body, wbits=-15)),
    "both": ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
    "none": ("identity", bytes),
    "one that nobody knows": ("x-own", bytes),
}


@each_face
@pytest.mark.parametrize("name", CODINGS)
def test_a_coded_answer(face: Face, server: Server, name: str) -> None:
    """A body is read as it was before it was coded."""
    coding, code = CODINGS[name]
    body = code(json.dumps(sample("send_text")).encode())
    server.play(Answer(200, body, {"Content-Encoding": coding}))

    assert face(base_url=server.url).call("send_text").id


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_an_answer_that_is_not_coded_as_it_says(face: Face, server: Server, coding: str) -> None:
    """Its status stands, and of the body there is nothing."""
    client = face(base_url=server.url)

    server.play(Answer(404, b"not coded at all", {"Content-Encoding": coding}))
    with pytest.raises(NotFound) as refused:
        client.call("send_text")
    assert refused.value.body is None

    server.play(Answer(200, b"not coded at all", {"Content-Encoding": coding}))
    with pytest.raises(InvalidResponse) as unread:
        client.call("send_text")
    assert unread.value.outcome is Outcome.ACCEPTED


@each_face
def test_long_and_repeated_and_foreign_headers(face: Face, server: Server) -> None:
    """A header of many kilobytes is read; of one that is repeated, each value; and any bytes."""
    head = b"HTTP/1.1 404 X\r\nContent-Length: 0\r\nX-Two: 1\r\nx-two: 2\r\n"
    head += b"X-Long: " + b"a" * 30_000 + b"\r\nX-Latin: \xe4\r\nX-Utf: \xc3\xa4\r\n\r\n"
    server.play(Raw(head))

    with pytest.raises(NotFound) as caught:
        face(base_url=server.url).call("send_text")

    headers = caught.value.headers
    assert len(headers["x-long"]) == 30_000
    assert headers["x-two"] == "1, 2"
    assert headers["x-latin"].isprintable()


@each_face
def test_no_cookie_is_kept(face: Face, server: Server) -> None:
    """Nothing that a server sets comes back to it."""
    answer = ok("send_text")
    server.play(Answer(200, answer.body, {"Set-Cookie": "session=1; Path=/"}))
    client = face(base_url=server.url.replace("127.0.0.1", "localhost"))

    for _ in range(2):
        client.call("send_text")

    assert len(server.requests) == 2
    assert "cookie" not in server.requests[1].headers


# --- which sender ---------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["requests", "AIOHTTP", None, 5, ["aiohttp"]])
def test_a_sender_that_there_is_not(given: Any) -> None:
    """Only the two that there are can be chosen."""
    with pytest.raises(ConfigurationError, match='give "httpx" or "aiohttp"') as caught:
        AsyncBlinger(TOKEN, sender=given)

    assert "\n" not in str(caught.value)


def test_a_client_of_httpx_is_for_httpx(async_client: httpx.AsyncClient) -> None:
    """Who gives a client has chosen what sends."""
    with pytest.raises(ConfigurationError, match='it goes with sender="httpx"'):
        AsyncBlinger(TOKEN, sender="aiohttp", http_client=async_client)


@pytest.fixture
def async_client() -> httpx.AsyncClient:
    """A client that was never used, and so has nothing to close."""
    return httpx.AsyncClient(verify=False)  # noqa: S501 - no TLS here


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where aiohttp is not installed, the error says what to type."""
    monkeypatch.delitem(sys.modules, "blinger._aiohttp", raising=False)
    monkeypatch.setitem(sys.modules, "aiohttp", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'blinger\[aiohttp\]'") as caught:
        AsyncBlinger(TOKEN, sender="aiohttp")

    assert "\n" not in str(caught.value)


def test_an_installation_that_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing beneath aiohttp is not said to be the extra."""
    monkeypatch.delitem(sys.modules, "blinger._aiohttp", raising=False)
    monkeypatch.delitem(sys.modules, "blinger._proxies", raising=False)
    monkeypatch.setitem(sys.modules, "yarl", None)

    with pytest.raises(ModuleNotFoundError, match="yarl"):
        AsyncBlinger(TOKEN, sender="aiohttp")


def test_aiohttp_is_imported_when_it_is_chosen() -> None:
    """Who sends through httpx pays for nothing else."""
    program = """
import sys
from blinger import AsyncBlinger
AsyncBlinger("t")
assert "aiohttp" not in sys.modules
AsyncBlinger("t", sender="aiohttp")
assert "aiohttp" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize("face", ["trio"], indirect=True)
def test_aiohttp_needs_asyncio(face: Face, server: Server) -> None:
    """In another event loop the error says so, and the client can still be closed."""
    client = face(base_url=server.url, sender="aiohttp")

    with pytest.raises(ConfigurationError, match="needs asyncio") as caught:
        client.call("send_text")

    assert caught.value.outcome is Outcome.NOT_SENT
    assert server.connections == 0


def test_a_name_with_a_label_that_is_too_long() -> None:
    """What no resolver can be asked is a name that cannot be resolved."""

    async def call() -> None:
        async with AsyncBlinger(
            TOKEN, base_url=f"https://{'a' * 64}.example", sender="aiohttp", retries=0
        ) as client:
            await client.conversation("a").request_review()

    with pytest.raises(ConnectionFailed, match=r"its name cannot be resolved \(DNS\)"):
        asyncio.run(call())
