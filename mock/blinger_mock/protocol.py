"""HTTP on a connection: uvicorn's protocol with bounds, and with a hand on the wire for faults.

Most requests arrive whole in one piece, alone, and meet no fault. Those are answered at once, with
no task and no ASGI between: `Protocol._plain` says which, and every other is uvicorn's.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from blinger_mock.app import Waiting, line
from blinger_mock.effects import EXTENSION, Connection

if TYPE_CHECKING:
    from asyncio import Future

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from blinger_mock.app import App, Written
    from blinger_mock.steps import Request

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
_PLAIN = re.compile(rb"(?!HEAD)([A-Z]+) (/api/[\w/%.~-]+) HTTP/1\.1\r\n")
"""Begins with a path of the API and nothing else: what it is needs no parser of URLs."""


class _HeadTooLarge(Exception):
    pass


class _Trailers(list[tuple[bytes, bytes]]):
    """Where headers after a body go: nowhere, for nothing looks at them and there may be many."""

    def append(self, _: tuple[bytes, bytes]) -> None:
        pass


class _Unsent:
    """What stands for uvicorn's cycle while an answer waits for what it says to be kept."""

    __slots__ = ("disconnected", "keep_alive", "response_complete")
    message_event = asyncio.Event()
    more_body = False
    response_started = False

    def __init__(self, *, keep_alive: bool) -> None:
        self.disconnected = False
        self.keep_alive = keep_alive
        self.response_complete = False


class Protocol(HttpToolsProtocol):
    """One connection.

    It is cut off where the head of a request is not whole 10 s after its first byte, or has more
    than 64 KiB, and where a body is sent in far more bytes than one may have at its path.
    """

    _head: asyncio.TimerHandle | None = None
    """Runs while a head is awaited of which something came."""
    _in_head = False
    _in_body = False
    """Whether some of a body is still to come: it may have been answered before its end."""
    _data = b""
    """What is being parsed."""
    _request: Request | None = None
    """What is answered as soon as that is parsed: a request that is the whole of it."""
    _keep_alive = True
    """Whether the connection outlives that request."""
    _first = 0
    """How many bytes came together with the first of the head."""
    _later = 0
    """How many bytes of the head came after those, and before what is being parsed."""
    _taken = 0
    """How many bytes came after the head."""
    _most = 0
    """How many may."""
    _idle_since = 0.0
    """When the last answer was written, by the clock of the loop."""
    _common: list[tuple[bytes, bytes]] | None = None
    """The headers of every answer, a new list each second."""
    _common_lines = b""

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
        self._idle_since = self.loop.time()
        self._look_later(self.timeout_keep_alive)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse *data*. uvicorn would write a line to stderr for each thing that is not HTTP."""
        if self._connection.deaf or self.transport.is_closing():
            return
        self._data = data
        try:
            self.parser.feed_data(data)  # pyright: ignore[reportOptionalMemberAccess] - None once lost
        except httptools.HttpParserUpgrade:
            # No other protocol is spoken here: the request is answered as it is.
            pass
        except httptools.HttpParserError as error:
            large = isinstance(error.__context__, _HeadTooLarge)
            self._refuse(_HEAD_TOO_LARGE if large else _BAD_REQUEST)
            return
        if self._request is not None:
            request, self._request = self._request, None
            self._answer(request)
        elif self._in_body or not (self._in_head or self._is_idle()):
            self._stop_waiting()
            self._taken += len(data)
            if self._taken > self._most:
                self._connection.reset()
        elif self._head is None:
            self._head = self.loop.call_later(_HEAD_SECONDS, self._refuse, _TIMEOUT)
            self._first = len(data)
        else:
            self._later += len(data)
            if self._later > HEAD_MAX:
                self._refuse(_HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a request."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._in_head = True
        self._taken = 0

    def on_headers_complete(self) -> None:
        """Take the request, or hand it to uvicorn, which runs the app."""
        if self._first + self._later + len(self._data) > HEAD_MAX:
            head = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if head > HEAD_MAX:
                raise _HeadTooLarge
        self._in_head = False
        self._request = self._plain()
        self._stop_waiting()
        if self._request is None:
            self._in_body = True
            self._begin()
            super().on_headers_complete()
            self._most = _FRAMING * self._app.most(self.scope["path"]) + _LINGERS
        self.headers = _Trailers()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        if self._request is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        if self._request is None:
            self._in_body = False
            super().on_message_complete()

    def _plain(self) -> Request | None:
        """Return the request whose head is parsed, if it can be answered at once.

        It can if nothing else is being answered, all of it and nothing more is in this piece of
        data, nothing is special about its HTTP, and the app says so.
        """
        parser, data = self.parser, self._data
        begins = _PLAIN.match(data)
        if (
            begins is None
            or parser is None  # type: ignore[redundant-expr]
            or self._head is not None
            or self.expect_100_continue
            or self.flow.write_paused
            or not self._is_idle()
            or parser.should_upgrade()
        ):
            return None
        body = data[data.find(b"\r\n\r\n") + 4 :]
        self._keep_alive = parser.should_keep_alive()
        return self._app.plain(begins[1], begins[2], self.headers, body)

    def _begin(self) -> None:
        """Begin the request as uvicorn does: here it was put off until it had to be."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        self.scope["extensions"] = self._extensions

    def _answer(self, request: Request) -> None:
        answer = self._app.answer_now(request)
        if not isinstance(answer, Waiting):
            self._send(answer, keep_alive=self._keep_alive)
            return
        unsent = _Unsent(keep_alive=self._keep_alive)
        self.cycle = cast("RequestResponseCycle", unsent)
        answer.kept.add_done_callback(partial(self._send_kept, answer, unsent))

    def _send_kept(self, waiting: Waiting, unsent: _Unsent, _: Future[None]) -> None:
        written = self._app.answer_kept(waiting)
        unsent.response_complete = True
        if not unsent.disconnected:
            self._send(written, keep_alive=unsent.keep_alive)

    def _send(self, written: Written, *, keep_alive: bool) -> None:
        status, lines, body = written
        common = self.server_state.default_headers
        if common is not self._common:
            self._common = common
            self._common_lines = b"".join(map(line, common))
        end = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(b"".join((STATUS_LINE[status], self._common_lines, lines, end, body)))
        if not keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        """Go on with the request that waits, if one does.

        uvicorn would set a timer here, and cancel it at the next request.
        """
        if self.transport.is_closing():
            return
        self._idle_since = self.loop.time()
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it is idle for too long, or else look again."""
        rest = float(self.timeout_keep_alive)
        if self._is_idle() and self._head is None:
            rest -= self.loop.time() - self._idle_since
        if rest > 0:
            self._look_later(rest)
        else:
            super().timeout_keep_alive_handler()

    def _look_later(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

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
            self._send(self._app.refusal(status, *_WHY[status]), keep_alive=False)
        self.transport.close()


_WHY = {
    _BAD_REQUEST: ("http", "this is not HTTP"),
    _TIMEOUT: ("time", "the headers did not arrive in time"),
    _HEAD_TOO_LARGE: ("head_max", f"the headers have more than {HEAD_MAX} bytes"),
}
