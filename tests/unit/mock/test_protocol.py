"""What a connection may send, and for how long: whoever sends badly is cut off."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from blinger_mock import protocol
from blinger_mock.protocol import HEAD_MAX
from blinger_mock.version import version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.mock.conftest import Api, Start

PATH = "/api/external/v1/conversation/e1d247c8-5cd8-4f93-b9d7-15fd3259ac22/request-review"


@contextlib.contextmanager
def _connected(api: Api) -> Iterator[socket.socket]:
    place = urlsplit(api.mock.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=5) as one:
        yield one


def _rest(one: socket.socket) -> bytes:
    """Return all that comes until the server closes; a reset is an end too."""
    got = b""
    with contextlib.suppress(ConnectionError):
        while chunk := one.recv(65536):
            got += chunk
    return got


def _status(one: socket.socket) -> int:
    """Read one whole answer and return its status."""
    answer = http.client.HTTPResponse(one)
    answer.begin()
    answer.read()
    return answer.status


def _head(api: Api, *lines: str) -> bytes:
    first = (f"POST {PATH} HTTP/1.1", "Host: x", f"Authorization: {api.mock.token}")
    return "\r\n".join((*first, *lines, "", "")).encode()


def _statuses(got: bytes) -> list[int]:
    return [int(part[:3]) for part in got.split(b"HTTP/1.1 ") if part]


def test_slow_head__is_cut_off(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers that come one by one, and never to an end, are answered with 408 in time."""
    monkeypatch.setattr(protocol, "_HEAD_SECONDS", 0.3)
    begin = time.monotonic()
    with _connected(api) as one:
        one.sendall(f"POST {PATH} HTTP/1.1\r\n".encode())
        one.settimeout(0.05)
        got = b""
        while not got:
            one.sendall(b"X-More: 1\r\n")
            with contextlib.suppress(TimeoutError):
                got = one.recv(65536)
            assert time.monotonic() - begin < 3

    assert got.startswith(b"HTTP/1.1 408 ")
    assert json.loads(got.split(b"\r\n\r\n")[1])["status"] == 408
    assert time.monotonic() - begin > 0.25
    assert api.review().status_code == 200


@pytest.mark.parametrize("piece", [b"\r\n", b"P", b"POST / HTTP/1.1\r\nA"])
def test_slow_head__from_its_first_byte(
    api: Api, monkeypatch: pytest.MonkeyPatch, piece: bytes
) -> None:
    """Whatever the first byte is, the time runs from it."""
    monkeypatch.setattr(protocol, "_HEAD_SECONDS", 0.1)
    with _connected(api) as one:
        one.sendall(piece)
        assert _statuses(_rest(one)) == [408]
    assert [entry.status for entry in api.mock.requests()] == [408]


def test_slow_head__of_a_second_request(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is that of each head: a kept connection has it too, and may be idle for longer."""
    monkeypatch.setattr(protocol, "_HEAD_SECONDS", 0.2)
    with _connected(api) as one:
        one.sendall(_head(api))
        assert _status(one) == 200
        time.sleep(0.3)
        one.sendall(_head(api))
        assert _status(one) == 200
        one.sendall(_head(api)[:20])
        assert _statuses(_rest(one)) == [408]


def test_silence__is_cut_off(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever connects and says nothing is let go as a kept connection is."""
    made = protocol.Protocol.connection_made

    def short(self: protocol.Protocol, transport: object) -> None:
        self.timeout_keep_alive = 0
        made(self, transport)  # type: ignore[arg-type]

    monkeypatch.setattr(protocol.Protocol, "connection_made", short)
    with _connected(api) as one:
        assert _rest(one) == b""


@pytest.mark.parametrize("step", [2**20, 68_000, 40_000, 1000])
def test_large_head__is_cut_off(api: Api, step: int) -> None:
    """Headers over 64 KiB are refused, whether they come at once or bit by bit."""
    head = _head(api, *[f"X-{number}: {'a' * 1000}" for number in range(70)])
    with _connected(api) as one:
        with contextlib.suppress(ConnectionError):
            for place in range(0, len(head), step):
                one.sendall(head[place : place + step])
                time.sleep(0.02 if step > 1000 else 0)
        got = _rest(one)

    # Where the rest is still on its way when the server closes, the answer may be lost.
    assert _statuses(got) in ([431], [])
    assert [entry.status for entry in api.mock.requests()] == [431]
    assert api.review().status_code == 200


def test_large_head__endless(api: Api) -> None:
    """One header without an end is cut off at the limit."""
    sent = 0
    with _connected(api) as one:
        one.sendall(f"POST {PATH} HTTP/1.1\r\nX: ".encode())
        with pytest.raises(OSError):  # noqa: PT012 - how far it comes is the point
            while sent < 100 * 2**20:
                one.sendall(b"a" * 65536)
                sent += 65536

    assert sent < 20 * 2**20
    assert api.review().status_code == 200


@pytest.mark.parametrize("size", [1000, HEAD_MAX - 1000])
def test_large_head__within_the_limit(api: Api, size: int) -> None:
    """Up to the limit a head is read, also behind a large body, and also in two pieces."""
    large = _head(api, "X-Large: " + "a" * size)
    body = b"[" + b" " * 200_000 + b"]"
    first = _head(api, f"Content-Length: {len(body)}") + body
    with _connected(api) as one:
        one.sendall(first + large[:600])
        time.sleep(0.05)
        one.sendall(large[600:] + _head(api, "Connection: close"))
        got = _rest(one)

    assert _statuses(got)[1:] == [200, 200]


def test_trailers__are_thrown_away(api: Api) -> None:
    """Headers behind a body are neither kept nor looked at, and end somewhere."""
    sent = 0
    with _connected(api) as one:
        one.sendall(_head(api, "Transfer-Encoding: chunked") + b"0\r\n")
        with pytest.raises(OSError):  # noqa: PT012 - how far it comes is the point
            while sent < 100 * 2**20:
                one.sendall(b"a: b\r\n" * 10_000)
                sent += 60_000

    assert sent < 60 * 2**20
    assert api.review().status_code == 200


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_not_http(start: Start, raw: bytes, status: int) -> None:
    """What is not HTTP is answered as everything is: JSON, and who it is from."""
    api = start(error_shape="other")
    with _connected(api) as one:
        one.sendall(raw)
        got = _rest(one)
    head, _, body = got.partition(b"\r\n\r\n")

    assert _statuses(got) == [status]
    assert f"x-blinger-mock: {version()}".encode() in head
    assert b"connection: close" in head
    assert json.loads(body)["problems"][0]["rule"] == "http"
    # The journal says that it came, and has nothing of it.
    [entry] = api.mock.requests()
    assert (entry.status, entry.method, entry.path, entry.body) == (status, "", "", b"")
    assert (entry.tenant, entry.violations, entry.answer) == (None, ("http",), json.loads(body))
    page = api.mock.url.partition("/api")[0] + "/_mock/"
    [listed] = httpx.get(page + "requests", trust_env=False).json()["requests"]
    assert listed["curl"] is None
    shown = httpx.get(page + "page/requests", trust_env=False).text
    assert "this is not HTTP" in shown
    assert "Copy as curl" not in shown


def test_not_http__behind_a_request(api: Api) -> None:
    """A request is answered as its own, then the connection closes on what came behind it."""
    with _connected(api) as one:
        one.sendall(_head(api) + b"\x00 nonsense\r\n\r\n")
        got = _rest(one)

    assert _statuses(got) == [200]


def test_nothing_is_written(api: Api, capfd: pytest.CaptureFixture[str]) -> None:
    """No sender fills the log of the server."""
    for raw in (b"\x00\r\n\r\n", b"GET / HTTP/1.1\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"):
        with _connected(api) as one:
            one.sendall(raw)
            one.settimeout(0.3)
            with contextlib.suppress(TimeoutError):
                _rest(one)

    assert capfd.readouterr() == ("", "")


def test_no_delay(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each accepted connection sends at once what it has."""
    seen: list[int] = []
    made = protocol.Protocol.connection_made

    def look(self: protocol.Protocol, transport: object) -> None:
        made(self, transport)  # type: ignore[arg-type]
        accepted = self.transport.get_extra_info("socket")
        seen.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(protocol.Protocol, "connection_made", look)
    api.review()

    assert seen == [1]


GIGABYTE = 10**9


@pytest.mark.parametrize("chunked", [False, True])
def test_a_gigabyte(api: Api, chunked: bool) -> None:
    """A body of 1 GB is cut off early, whether or not it says how large it is."""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {GIGABYTE}"
    piece = b"a" * 65536
    if chunked:
        piece = b"10000\r\n" + piece + b"\r\n"
    sent = 0
    begin = time.monotonic()
    with _connected(api) as one:
        one.sendall(_head(api, length))
        with pytest.raises(OSError):  # noqa: PT012 - how far it comes is the point
            while sent < GIGABYTE:
                one.sendall(piece)
                sent += 65536

    assert sent < 50 * 2**20
    assert time.monotonic() - begin < 5
    assert [entry.status for entry in api.mock.requests()] == [413]
    assert api.review().status_code == 200
