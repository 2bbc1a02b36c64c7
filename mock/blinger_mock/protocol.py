"""HTTP on a connection: uvicorn's protocol with bounds, and with a hand on the wire for faults."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from blinger_mock.effects import EXTENSION, Connection

if TYPE_CHECKING:
    import asyncio

    from blinger_mock.app import App

HEAD_MAX = 64 * 1024
"""The largest head of a request, in bytes: its line and its headers."""
_HEAD_SECONDS = 10.0
_FRAMING = 8
"""How many bytes a byte of a body may take on the wire: it may be a chunk of its own."""
_LINGERS = 16 * 1024 * 1024
"""How many bytes more are let come, for the sender of too many to see the answer."""
_BAD_REQUEST = 400
_TIMEOUT = 408
_HEAD_TOO_LARGE = 431


class _HeadTooLarge(Exception):
    pass


class _Trailers(list[tuple[bytes, bytes]]):
    """Where headers after a body go: nowhere, for nothing looks at them and there may be many."""

    def append(self, _: tuple[bytes, bytes]) -> None:
        pass


class Protocol(HttpToolsProtocol):
    """One connection.

    It is cut off where the head of a request is not whole 10 s after its first byte, or has more
    than 64 KiB, and where a body is sent in far more bytes than any body here may have.
    """

    _head: asyncio.TimerHandle | None = None
    """Runs while a head is awaited of which something came."""
    _in_head = False
    _chunk = 0
    """How many bytes are being parsed."""
    _first = 0
    """How many bytes came together with the first of the head."""
    _later = 0
    """How many bytes of the head came after those, and before what is being parsed."""
    _taken = 0
    """How many bytes came after the head."""

    def connection_made(  # type: ignore[override]
        self, transport: asyncio.Transport
    ) -> None:
        """Take the *transport*, without delay, and not for ever if nothing comes."""
        super().connection_made(transport)
        accepted = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            # asyncio sets it only where it takes the socket for TCP; without it an answer waits.
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = Connection(transport)
        self._extensions: dict[str, Any] = {EXTENSION: self._connection}
        self._app = cast("App", self.app)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse *data*. uvicorn would write a line to stderr for each thing that is not HTTP."""
        if self._connection.deaf or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._chunk = len(data)
        try:
            self.parser.feed_data(data)  # pyright: ignore[reportOptionalMemberAccess] - None once lost
        except httptools.HttpParserUpgrade:
            # No other protocol is spoken here: the request is answered as it is.
            pass
        except httptools.HttpParserError as error:
            large = isinstance(error.__context__, _HeadTooLarge)
            self._refuse(_HEAD_TOO_LARGE if large else _BAD_REQUEST)
            return
        if not self._in_head and not self._is_idle():
            self._stop_waiting()
            self._taken += self._chunk
            if self._taken > _FRAMING * self._app.body_max + _LINGERS:
                self._connection.reset()
        elif self._head is None:
            self._head = self.loop.call_later(_HEAD_SECONDS, self._refuse, _TIMEOUT)
            self._first = self._chunk
        else:
            self._later += self._chunk
            if self._later > HEAD_MAX:
                self._refuse(_HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head = True
        self._taken = 0
        self.scope["extensions"] = self._extensions

    def on_headers_complete(self) -> None:
        """Hand the request to the app."""
        if self._first + self._later + self._chunk > HEAD_MAX:
            head = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if head > HEAD_MAX:
                raise _HeadTooLarge
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()
        self.headers = _Trailers()

    def _is_idle(self) -> bool:
        # uvicorn has no cycle before the first request, whatever its annotation says.
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    def _stop_waiting(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None
            self._first = self._later = 0

    def _refuse(self, status: int) -> None:
        """Answer what is no request with *status*, unless an answer is due before, and close."""
        self._stop_waiting()
        if not self._is_idle() and not self.cycle.more_body:
            # What came before it was a request: it is answered, then the connection closes.
            self.cycle.keep_alive = False
            self._connection.deaf = True
            return
        started = not self._is_idle() and self.cycle.response_started
        if not started and not self.transport.is_closing():
            self.transport.write(self._refusal(status))
        self.transport.close()

    def _refusal(self, status: int) -> bytes:
        keyword, text = _WHY[status]
        headers, body = self._app.refusal(status, keyword, text)
        lines = [b"%s: %s\r\n" % header for header in (*headers, (b"connection", b"close"))]
        return b"".join((STATUS_LINE[status], *lines, b"\r\n", body))


_WHY = {
    _BAD_REQUEST: ("http", "this is not HTTP"),
    _TIMEOUT: ("time", "the headers did not arrive in time"),
    _HEAD_TOO_LARGE: ("head_max", f"the headers have more than {HEAD_MAX} bytes"),
}
