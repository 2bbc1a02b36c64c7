"""What goes wrong below HTTP: which error it is, and which cause it names."""

from __future__ import annotations

import contextlib
import copy
import errno
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest
from tests.unit.wrapper.faces import CONVERSATION, EVERY_FACE, Face, over_httpx
from tests.unit.wrapper.samples import ok
from tests.unit.wrapper.scripted import HOST, PAUSE, Answer, Server

from blinger import (
    BlingerError,
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    Outcome,
    TimedOut,
    _connections,
)
from blinger import _operations as operations
from blinger._aiohttp import AioHttpSender
from blinger._exchange import write
from blinger._failures import explain
from blinger._httpx import AsyncHttpxSender, HttpxSender
from blinger._options import Timeout
from blinger._sender import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST = Request(
    method="POST",
    url="https://widget.example:8443/api/conversation/1/request-review",
    headers={},
    body=b"",
    timeout=Timeout(),
    deadline=None,
)


def verification() -> ssl.SSLCertVerificationError:
    """Return what a certificate that nobody vouches for raises."""
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.verify_message = "self-signed certificate"
    return error


def handshake(reason: str | None) -> ssl.SSLError:
    """Return what a handshake that fails raises."""
    error = ssl.SSLError(1, "[SSL]")
    error.reason = reason  # type: ignore[assignment]
    return error


TABLE: dict[str, tuple[Exception, BaseException | None, type[BlingerError], str]] = {
    "refused": (
        httpx.ConnectError("All connection attempts failed"),
        ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
        ConnectionFailed,
        "cannot connect to widget.example:8443: connection refused",
    ),
    "a name": (
        httpx.ConnectError("[Errno -2] Name or service not known"),
        socket.gaierror(-2, "Name or service not known"),
        ConnectionFailed,
        "cannot connect to widget.example:8443: its name cannot be resolved (DNS)",
    ),
    "a certificate": (
        httpx.ConnectError("[SSL]"),
        verification(),
        ConnectionFailed,
        "cannot connect to widget.example:8443: TLS: self-signed certificate",
    ),
    "a handshake": (
        httpx.ConnectError("[SSL]"),
        handshake("WRONG_VERSION_NUMBER"),
        ConnectionFailed,
        "cannot connect to widget.example:8443: TLS: WRONG_VERSION_NUMBER",
    ),
    "a handshake without a reason": (
        httpx.ConnectError("[SSL]"),
        handshake(None),
        ConnectionFailed,
        "cannot connect to widget.example:8443: TLS: the handshake failed",
    ),
    "another cause": (
        httpx.ConnectError("[Errno 113] No route\n to host"),
        OSError(errno.EHOSTUNREACH, "No route to host"),
        ConnectionFailed,
        "cannot connect to widget.example:8443: [Errno 113] No route to host",
    ),
    "several causes": (
        httpx.ConnectError("All connection attempts failed"),
        ExceptionGroup("both", [OSError("first"), ConnectionRefusedError()]),
        ConnectionFailed,
        "cannot connect to widget.example:8443: connection refused",
    ),
    "no words": (
        httpx.ConnectTimeout(""),
        None,
        ConnectionFailed,
        "no connection to widget.example:8443 in time",
    ),
    "the pool": (
        httpx.PoolTimeout(""),
        None,
        ConnectionFailed,
        "no connection of the pool came free in time (send less at once)",
    ),
    "a proxy": (
        httpx.ProxyError("407 Proxy Authentication Required"),
        None,
        ConnectionFailed,
        "the proxy did not connect to widget.example:8443: 407 Proxy Authentication Required",
    ),
    "a protocol": (
        httpx.UnsupportedProtocol("no"),
        None,
        ConfigurationError,
        "the URL cannot be used: no",
    ),
    "a URL": (
        httpx.InvalidURL("URL too long"),
        None,
        ConfigurationError,
        "the URL cannot be used: the ID in it may be too long: URL too long",
    ),
    "reading too slow": (
        httpx.ReadTimeout("The read operation timed out"),
        None,
        TimedOut,
        "widget.example:8443 did not answer in time: The read operation timed out",
    ),
    "writing too slow": (
        httpx.WriteTimeout(""),
        None,
        TimedOut,
        "widget.example:8443 did not take the request in time",
    ),
    "reset while reading": (
        httpx.ReadError(""),
        ConnectionResetError(),
        ConnectionLost,
        "the connection to widget.example:8443 broke: connection reset",
    ),
    "an alert while reading": (
        handshake("TLSV13_ALERT_CERTIFICATE_REQUIRED"),
        None,
        ConnectionLost,
        "the connection to widget.example:8443 broke: TLS: TLSV13_ALERT_CERTIFICATE_REQUIRED",
    ),
    "broken while writing": (
        httpx.WriteError("Broken pipe"),
        BrokenPipeError(),
        ConnectionLost,
        "the connection to widget.example:8443 broke: Broken pipe",
    ),
    "no answer": (
        httpx.RemoteProtocolError("Server disconnected without sending a re"),
        None,
        ConnectionLost,
        "the connection to widget.example:8443 broke: Server disconnected without sending a re",
    ),
    "what a parser quotes": (
        httpx.RemoteProtocolError("illegal header line: bytearray(b'a\\nb')"),
        None,
        ConnectionLost,
        "the connection to widget.example:8443 broke: illegal header line",
    ),
    "what a writer quotes": (
        httpx.LocalProtocolError("Illegal header value b'a b'"),
        None,
        ConnectionLost,
        "the connection to widget.example:8443 broke: Illegal header value",
    ),
    "what nobody knows": (
        httpx.HTTPError("new"),
        None,
        ConnectionLost,
        "the connection to widget.example:8443 broke: new",
    ),
}


@pytest.mark.parametrize("how", ["cause", "context"])
@pytest.mark.parametrize("name", TABLE)
def test_explain(name: str, how: str) -> None:
    """Each failure of httpx is one of ours, and the deepest cause that is known is named."""
    shared, cause, kind, words = TABLE[name]
    error = copy.copy(shared)  # what is explained is changed
    if how == "cause":
        error.__cause__, error.__context__ = cause, None
    else:
        error.__cause__, error.__context__ = None, cause

    ours = explain(error, REQUEST)

    assert type(ours) is kind
    assert str(ours) == words


def test_explain_ends() -> None:
    """Causes that go round in a circle are gone through once."""
    first, second = httpx.ReadError("first"), OSError("second")
    first.__context__, second.__context__ = second, first

    assert str(explain(first, REQUEST)).endswith("broke: first")


@over_httpx
def test_what_is_no_failure_of_the_call(
    face: Face, server: Server, http_client: httpx.Client | httpx.AsyncClient
) -> None:
    """An exception that is not ours passes through as it is, and nothing is tried again."""
    server.play(Answer(503))
    error = LookupError("of a hook")

    def fail(_: object) -> None:
        raise error

    async def fail_awaiting(_: object) -> None:
        raise error

    http_client.event_hooks = {"response": [fail if face.is_sync else fail_awaiting]}

    with pytest.raises(LookupError) as caught:
        face(base_url=server.url, http_client=http_client).call("send_text")

    assert caught.value is error
    assert len(server.requests) == 1


def test_an_interruption_is_not_swallowed(server: Server) -> None:
    """Whoever presses Ctrl-C is obeyed at once."""
    server.play(Answer(503))

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with httpx.Client(event_hooks={"response": [interrupt]}) as given:
        client = Face("sync")(base_url=server.url, http_client=given)
        with pytest.raises(KeyboardInterrupt):
            client.call("send_text")

    assert len(server.requests) == 1


def test_an_id_that_no_url_can_carry(face: Face, server: Server) -> None:
    """What httpx will not make a URL of was not sent."""
    with pytest.raises(ConfigurationError, match="the ID in it may be too long") as caught:
        face(base_url=server.url).call("request_review", conversation="a" * 70_000)

    assert caught.value.outcome is Outcome.NOT_SENT
    assert server.connections == 0


SENDERS = {"sync": HttpxSender, "asyncio": AsyncHttpxSender, "aiohttp": AioHttpSender}


def test_a_sender_begins_nothing_past_the_deadline(face: Face, server: Server) -> None:
    """Past the deadline no connection is made, and nothing is written on one that is there."""
    server.play(ok("request_review"))
    options = face(base_url=server.url).client._options
    request = write(operations.request_review(CONVERSATION), options)
    late = attrs.evolve(request, deadline=time.monotonic() - 1)
    sender: Any = SENDERS[face.name]()

    with pytest.raises(ConnectionFailed, match=r"no connection to 127.*the deadline of the"):
        face.run(sender.send, late)
    assert face.run(sender.send, request).status == 200
    with pytest.raises((ConnectionFailed, TimedOut), match="in time: the deadline of the"):
        face.run(sender.send, late)
    face.run(sender.close if face.is_sync else sender.aclose)

    assert (server.connections, len(server.requests)) == (1, 1)


# --- TLS ------------------------------------------------------------------------------------------


def without_certificate(protocol: int) -> ssl.SSLContext:
    """Return TLS settings that need no certificate: the test needs no key of its own."""
    context = ssl.SSLContext(protocol)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("AECDH-AES128-SHA:@SECLEVEL=0")
    return context


@pytest.fixture
def dripping(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[bytes]]]:
    """A server that speaks TLS and drips: its URL, and what it was sent."""
    monkeypatch.setattr(
        _connections, "shared_tls", lambda: without_certificate(ssl.PROTOCOL_TLS_CLIENT)
    )
    received: list[bytes] = []
    listener = socket.create_server((HOST, 0))

    def serve() -> None:
        connection, _ = listener.accept()
        context = without_certificate(ssl.PROTOCOL_TLS_SERVER)
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            received.append(tls.recv(65536))
            while True:
                time.sleep(PAUSE)
                tls.send(b"HTTP/1.1 200 OK\r\n" if len(received) == 1 else b"X: 1\r\n")
                received.append(b"")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"https://{HOST}:{listener.getsockname()[1]}", received
    listener.close()
    thread.join(10)


@pytest.mark.parametrize("face", EVERY_FACE, indirect=True)
def test_the_deadline_holds_over_tls(face: Face, dripping: tuple[str, list[bytes]]) -> None:
    """What is encrypted is read against the clock as well."""
    url, received = dripping

    with pytest.raises(TimedOut):
        face(base_url=url, deadline=20 * PAUSE).call("send_text")

    assert received[0].startswith(b"POST /conversation/")
