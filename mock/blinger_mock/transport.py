"""The server without a port: transports for httpx that ask the engine.

A fault is what httpx makes of it on a real socket, but for the waiting:

    reset  ReadError · close, truncate  RemoteProtocolError · hang  ReadTimeout, at once
    delay, drip  the answer, that late; at once ReadTimeout where the read timeout is not longer
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import anyio
import httpx
import msgspec

from blinger_mock import reading
from blinger_mock.faults import Close, Delay, Drip, Hang, Malformed, Reset, Truncate
from blinger_mock.fetch import fetch
from blinger_mock.record import Record
from blinger_mock.version import version

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import Scope

    from blinger_mock.engine import Engine
    from blinger_mock.faults import AnyEffect
    from blinger_mock.steps import Answer, Fetched, Refusal
    from blinger_mock.thread import Run
    from blinger_mock.visit import Visit

_encode = msgspec.json.Encoder().encode


class Transport(httpx.BaseTransport):
    """For `httpx.Client(transport=…)`; any thread may use it."""

    def __init__(self, engine: Engine, run: Run) -> None:
        """Take the *engine* that answers, and what keeps its requests apart."""
        self._engine = engine
        self._run = run

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer *request*, or raise what a connection that fails would raise."""
        exchange = _Exchange(self._engine, self._run, request, request.read())
        time.sleep(exchange.wait_before())
        url = exchange.url_to_fetch()
        reply = exchange.reply(None if url is None else _fetch(url))
        time.sleep(reply.wait)
        return reply.response(_Stream(reply))


class AsyncTransport(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient(transport=…)`, under asyncio and trio."""

    def __init__(self, engine: Engine, run: Run) -> None:
        """Take the *engine* that answers, and what keeps its requests apart."""
        self._engine = engine
        self._run = run

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer *request*, or raise what a connection that fails would raise."""
        exchange = _Exchange(self._engine, self._run, request, await request.aread())
        await anyio.sleep(exchange.wait_before())
        url = exchange.url_to_fetch()
        fetched = None if url is None else await anyio.to_thread.run_sync(_fetch, url)
        reply = exchange.reply(fetched)
        await anyio.sleep(reply.wait)
        return reply.response(_AsyncStream(reply))


class _Exchange:
    """A request and what is left to do about it. No I/O."""

    def __init__(self, engine: Engine, run: Run, request: httpx.Request, body: bytes) -> None:
        self._engine = engine
        self._run = run
        self._request = request
        self._read_seconds: float | None = request.extensions.get("timeout", {}).get("read")
        self._scope = _scope(request)
        self._too_large = len(body) > engine.body_max
        self._visit: Visit | None = None
        self._answer: Answer | None = None
        self._number = 0
        headers = reading.headers_of(self._scope["headers"])
        seen = b"" if self._too_large else body
        asked = reading.request_of(self._scope, headers, seen, too_large=self._too_large)
        try:
            self._visit = run(lambda: engine.open(asked))
        except Exception as error:  # noqa: BLE001 - as the server takes it: an answer, and a line in the log
            self._answer = engine.crashed(error)

    def wait_before(self) -> float:
        """Return the seconds to wait before the request is applied.

        Raises:
            httpx.TransportError: It is lost.
        """
        effect = self._effect("before")
        if isinstance(effect, Delay) and self._in_time(effect.seconds):
            return effect.seconds
        if isinstance(effect, Delay | Hang | Reset | Close) and self._visit is not None:
            visit = self._visit
            self._run(lambda: self._engine.lost(visit))
            raise self._broken(effect)
        return 0.0

    def url_to_fetch(self) -> str | None:
        """Return the URL to fetch before the request is applied (assumption `file_fetch`)."""
        visit = self._visit
        return None if visit is None else self._run(lambda: self._engine.url_to_fetch(visit))

    def reply(self, fetched: Fetched | Refusal | None) -> _Reply:
        """Apply the request and return what comes back.

        Raises:
            httpx.TransportError: Nothing comes back.
        """
        answer = self._answer or self._applied(fetched)
        body = _encode(answer.document)
        effect = self._effect("after")
        late = isinstance(effect, Delay) and not self._in_time(effect.seconds)
        if late and self._visit is not None:
            visit, number = self._visit, self._number
            self._run(lambda: self._engine.unanswered(visit, number))
        if isinstance(effect, Hang | Reset | Close) or late:
            raise self._broken(effect)
        if isinstance(effect, Malformed):
            body = body[: len(body) // 2]
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"x-blinger-mock", version().encode()),
            *((name.encode(), value.encode()) for name, value in answer.headers),
        ]
        if self._too_large:
            headers.append((b"connection", b"close"))
        wait = effect.seconds if isinstance(effect, Delay) else 0.0
        if self._request.method == "HEAD":
            return _Reply(answer.status, headers, (), wait)
        parts, pause, end = self._parts(body, effect)
        return _Reply(answer.status, headers, parts, wait, pause, end)

    def _applied(self, fetched: Fetched | Refusal | None) -> Answer:
        visit = self._visit
        if visit is None:
            raise RuntimeError("a request that was not opened has an answer")

        def apply() -> Answer:
            closed = self._engine.close(visit, fetched)
            self._number = self._engine.note(closed)
            return closed.answer

        try:
            return self._run(apply)
        except Exception as error:  # noqa: BLE001 - as above
            return self._engine.crashed(error, visit)

    def _parts(
        self, body: bytes, effect: AnyEffect | None
    ) -> tuple[Sequence[bytes], float, httpx.TransportError | None]:
        """Return the pieces of *body*, the seconds between two, and what breaks it off."""
        if isinstance(effect, Truncate):
            return (body[: len(body) // 2],), 0.0, self._broken(effect)
        if isinstance(effect, Drip):
            if not self._in_time(effect.seconds):
                return (body[:1],), 0.0, self._broken(effect)
            return [body[it : it + 1] for it in range(len(body))], effect.seconds, None
        return (body,), 0.0, None

    def _effect(self, when: str) -> AnyEffect | None:
        fault = self._visit and self._visit.fault
        return fault.effect if fault and fault.when == when else None

    def _in_time(self, seconds: float) -> bool:
        return self._read_seconds is None or seconds < self._read_seconds

    def _broken(self, effect: AnyEffect | None) -> httpx.TransportError:
        match effect:
            case Reset():
                return httpx.ReadError("the connection was reset", request=self._request)
            case Close():
                text = "the server disconnected without sending a response"
                return httpx.RemoteProtocolError(text, request=self._request)
            case Truncate():
                text = "the peer closed the connection without sending the whole body"
                return httpx.RemoteProtocolError(text, request=self._request)
            case _:
                return httpx.ReadTimeout("timed out", request=self._request)


class _Reply(Record, frozen=True, gc=False):
    """What comes back: the head after `wait` seconds, then the parts of the body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    parts: Sequence[bytes]
    wait: float = 0.0
    pause: float = 0.0
    """Seconds between two parts."""
    end: httpx.TransportError | None = None
    """What breaks the body off."""

    def response(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> httpx.Response:
        extensions = {"http_version": b"HTTP/1.1"}
        return httpx.Response(
            self.status, headers=self.headers, stream=stream, extensions=extensions
        )


class _Stream(httpx.SyncByteStream):
    def __init__(self, reply: _Reply) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        for number, part in enumerate(self._reply.parts):
            time.sleep(self._reply.pause if number else 0.0)
            yield part
        if self._reply.end is not None:
            raise self._reply.end


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, reply: _Reply) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for number, part in enumerate(self._reply.parts):
            await anyio.sleep(self._reply.pause if number else 0.0)
            yield part
        if self._reply.end is not None:
            raise self._reply.end


def _scope(request: httpx.Request) -> Scope:
    headers = [(name.lower(), value) for name, value in request.headers.raw]
    raw_path = request.url.raw_path
    return {
        "type": "http",
        "method": request.method,
        "path": request.url.path,
        "raw_path": raw_path,
        "headers": headers,
    }


def _fetch(url: str) -> Fetched | Refusal:
    # In a thread, since this one may have a loop, and a loop of any kind.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, fetch(url)).result()
