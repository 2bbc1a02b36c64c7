"""A server on a real socket that does, attempt by attempt, what its script says.

The requests that it has read are its count of the attempts. Its port is held from the first moment
to the last, so "nobody listens there" is a state it can be in, and no other process can take it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import parse_qs
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOST = "127.0.0.1"
PAUSE = 0.02
"""Seconds between two bytes of a drip."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A request that the server has read to its end."""

    method: str
    target: str
    header_lines: tuple[tuple[str, str], ...]
    body: bytes
    connection: int
    """Number of the connection that it came on, from 1."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, their names in lower case."""
        return {name.lower(): value for name, value in self.header_lines}

    @property
    def json(self) -> Any:
        """The body, as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> Mapping[str, list[str]]:
        """The body, as a form."""
        return parse_qs(self.body.decode("ascii"), strict_parsing=True)

    @property
    def uuid(self) -> UUID | None:
        """The uuid of the message, where there is one."""
        value = json.loads(self.body).get("uuid") if self.body else None
        return None if value is None else UUID(value)


class Step(Protocol):
    """What the server does with one attempt."""

    @property
    def reads(self) -> bool:
        """Whether the request is read, and so counted, before the step is taken."""
        ...

    def take(self, peer: Peer, request: Recorded | None) -> None:
        """Do it."""
        ...


@dataclass(frozen=True)
class Answer:
    """Answer in full. A *body* that is no bytes is sent as JSON."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reads: bool = True

    def raw(self) -> bytes:
        """Return what goes over the wire."""
        is_raw = isinstance(self.body, bytes)
        body = self.body if is_raw else json.dumps(self.body).encode()
        headers = {"Content-Type": "text/html" if is_raw else "application/json", **self.headers}
        if self.status not in {204, 304}:
            headers["Content-Length"] = str(len(body))
        lines = [f"HTTP/1.1 {self.status} Something", *(f"{n}: {v}" for n, v in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    def take(self, peer: Peer, request: Recorded | None) -> None:
        """Send it, and keep the connection."""
        peer.send(self.raw())


@dataclass(frozen=True)
class Raw:
    """Send *data* as it is, then close: nothing closes before the headers, a half within them."""

    data: bytes = b""
    reads: bool = True

    def take(self, peer: Peer, request: Recorded | None) -> None:
        """Send it, then close."""
        peer.send(self.data)
        peer.close()


@dataclass(frozen=True)
class Reset:
    """Send *data*, then break the connection; the request has been read, so it took effect."""

    data: bytes = b""
    reads: bool = True

    def take(self, peer: Peer, request: Recorded | None) -> None:
        """Break it."""
        peer.send(self.data)
        peer.reset()


@dataclass(frozen=True)
class Drip:
    """Send *head* at once and then *data* over and over, a byte at a time, as long as may be."""

    data: bytes
    head: bytes = b""
    reads: bool = True

    def take(self, peer: Peer, request: Recorded | None) -> None:
        """Drip until the other side goes away."""
        peer.send(self.head)
        while self.data:
            for byte in self.data:
                if not peer.pause(PAUSE) or not peer.send(bytes([byte])):
                    return


@dataclass(frozen=True)
class Hang:
    """Send *data* and then nothing more."""

    data: bytes = b""
    reads: bool = True

    def take(self, peer: Peer, request: Recorded | None) -> None:
        """Wait until the server is stopped."""
        peer.send(self.data)
        while peer.pause(60):
            pass


@dataclass(frozen=True)
class ThenRefuse:
    """Stop listening, then give the last *answer*: the next attempt finds nobody.

    The answer says that the connection ends with it: an attempt that is quicker than the close
    would be sent on it otherwise, and lost.
    """

    answer: Answer
    reads: bool = True

    def take(self, peer: Peer, request: Recorded | None) -> None:
        """Stop listening, and close the connection after the answer."""
        peer.server.refuse()
        headers = {**self.answer.headers, "Connection": "close"}
        replace(self.answer, headers=headers).take(peer, request)
        peer.close()


@dataclass(frozen=True)
class Reply:
    """Take the step that *make* makes of the request."""

    make: Callable[[Recorded], Step]
    reads: bool = True

    def take(self, peer: Peer, request: Recorded | None) -> None:
        """Make it, and take it."""
        assert request is not None
        self.make(request).take(peer, request)


class Server:
    """Plays its steps in order, one for each attempt; the last one again and again."""

    def __init__(self, *steps: Step) -> None:
        """Hold a port; nobody listens on it yet."""
        self.steps = list(steps)
        self.requests: list[Recorded] = []
        self.attempts = 0
        """Requests that came, read or not."""
        self.connections = 0
        self.stopping = threading.Event()
        self._asked = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self._held = socket.socket()
        self._held.bind((HOST, 0))
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.port: int = self._held.getsockname()[1]

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{self.origin}/api/external/v1"

    @property
    def listening(self) -> bool:
        """Whether it can be connected to."""
        return self._listener is not None

    def wait_for_a_request(self) -> None:
        """Return when the first request has been read."""
        assert self._asked.wait(10)

    def settle(self, attempts: int, *, reads: bool) -> None:
        """Return when *attempts* were counted: a client that gives up early is ahead of that."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            if self.attempts >= attempts and (not reads or len(self.requests) >= attempts):
                return
            time.sleep(0.005)

    def play(self, *steps: Step) -> Self:
        """Take *steps* from here on, and count anew."""
        with self._lock:
            self.steps, self.attempts, self.requests = list(steps), 0, []
        return self

    def listen(self, backlog: int = 50) -> Self:
        """Begin to listen."""
        listener = self.bind()
        listener.listen(backlog)
        self._listener = listener
        self._start(self._accept, listener)
        return self

    def bind(self) -> socket.socket:
        """Return another socket on the port."""
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, self.port))
        return bound

    def refuse(self) -> None:
        """Stop listening: whoever connects from now on is refused."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def stop(self) -> None:
        """Let go of everything."""
        self.stopping.set()
        self.refuse()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._held.close()

    def __enter__(self) -> Self:
        """Begin to listen."""
        return self.listen()

    def __exit__(self, *_: object) -> None:
        """Let go of everything."""
        self.stop()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            self._start(self._serve, connection, self.connections)

    def _serve(self, connection: socket.socket, number: int) -> None:
        peer = Peer(self, connection)
        try:
            with contextlib.suppress(ConnectionError):
                while not peer.closed and not self.stopping.is_set():
                    self._serve_one(peer, number)
        finally:
            peer.close()
            with self._lock:
                self._open.discard(connection)

    def _serve_one(self, peer: Peer, number: int) -> None:
        peer.wait_for_a_byte()
        with self._lock:
            step = self.steps[min(self.attempts, len(self.steps) - 1)]
            self.attempts += 1
        request = peer.read(number) if step.reads else None
        if request is not None:
            with self._lock:
                self.requests.append(request)
            self._asked.set()
        step.take(peer, request)


class Peer:
    """The server's end of one connection."""

    def __init__(self, server: Server, connection: socket.socket) -> None:
        """Take the connection."""
        self.server = server
        self.closed = False
        self._connection = connection
        self._buffer = b""

    def wait_for_a_byte(self) -> None:
        """Return when the other side has begun to send; raise when it has gone away."""
        if not self._buffer:
            self._receive()

    def read(self, number: int) -> Recorded:
        """Read one request."""
        while b"\r\n\r\n" not in self._buffer:
            self._receive()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        pairs = tuple((name, value.strip()) for name, value in (x.split(":", 1) for x in lines))
        length = int({name.lower(): value for name, value in pairs}.get("content-length", 0))
        while len(self._buffer) < length:
            self._receive()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Recorded(
            method=method, target=target, header_lines=pairs, body=body, connection=number
        )

    def send(self, data: bytes) -> bool:
        """Send *data*; return whether the other side was still there."""
        try:
            self._connection.sendall(data)
        except OSError:
            return False
        return True

    def pause(self, seconds: float) -> bool:
        """Wait; return whether to go on."""
        return not self.server.stopping.wait(seconds)

    def close(self) -> None:
        """Close the connection, in an orderly way."""
        self.closed = True
        self._connection.close()

    def reset(self) -> None:
        """Break the connection: the other side sees a reset."""
        linger = struct.pack("ii", 1, 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close()

    def _receive(self) -> None:
        data = self._connection.recv(65536)
        if not data:
            raise ConnectionResetError
        self._buffer += data
