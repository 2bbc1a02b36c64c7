"""The ASGI callable: reads a request, lets the engine answer it, writes the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from blinger_mock import effects, reading
from blinger_mock.faults import Close, Delay, Hang, Reset, Status
from blinger_mock.fetch import fetch
from blinger_mock.steps import Answer, Request, refuse
from blinger_mock.version import version
from blinger_mock.visit import Visit

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Collection, Iterable, Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from blinger_mock.engine import Engine
    from blinger_mock.faults import AnyEffect
    from blinger_mock.reading import Header
    from blinger_mock.visit import Closed

    Written = tuple[int, bytes, bytes]
    """An answer as it goes out: its status, the lines of its headers, its body."""

CALL_MAX = 1024 * 1024
"""The largest body of a call below `/_mock`, in bytes."""
IMPORT = "/_mock/import"
"""The path of the one call that takes more: an export."""
IMPORT_MAX = 256 * 1024 * 1024
"""The largest export that is taken in, in bytes."""

_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode


class Waiting:
    """An answer that waits for what it says to be kept."""

    __slots__ = ("closed", "kept", "written")

    def __init__(self, closed: Closed, written: Written, kept: Future[None]) -> None:
        self.closed = closed
        self.written = written
        self.kept = kept


class App:
    """The API of one engine, as ASGI."""

    def __init__(self, engine: Engine, admin: ASGIApp | None = None) -> None:
        """Take the *engine* that answers, and what answers below `/_mock` and at `/livez`."""
        self._engine = engine
        self._admin = admin
        self.body_max = engine.body_max
        self._mark = (b"x-blinger-mock", version().encode())
        self._lines = b"".join(map(line, (_JSON, (b"content-length", b"%d"), self._mark)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        path = scope["path"]
        # Who types the address of this server means the page.
        if self._admin is not None and (_is_admin(path) or _is_root(path, scope["method"])):
            await self._admin(scope, receive, send)
            return
        try:
            request, ended = await reading.read(scope, receive, self.body_max)
            if request is None:
                return
            await self._exchange(request, scope, receive, send, ended=ended)
        except asyncio.CancelledError:
            # Only a server that stops does this, and it has cut the connection already.
            return

    def most(self, path: str) -> int:
        """Return how many bytes of a body are read at *path*, at the most."""
        if self._admin is None or not _is_admin(path):
            return self.body_max
        return IMPORT_MAX if path == IMPORT else CALL_MAX

    def refusal(self, status: int, keyword: str, text: str) -> Written:
        """Return the answer to what is no request; the journal says that it came."""
        engine = self._engine
        refused = refuse(status, "header", keyword, text)
        closed = engine.close(Visit(Request("", ""), None, None, refused))
        engine.note(closed)
        return self._written(closed.answer)

    def plain(
        self, method: bytes, path: bytes, headers: Collection[Header], body: bytes
    ) -> Request | None:
        """Return the request if *body* is all of it and its answer depends on nothing else.

        Such a request may be given to `answer_now`; any other comes as ASGI.
        """
        sent = dict(headers)
        if (
            sent.get(b"content-length") != b"%d" % len(body)
            or len(sent) != len(headers)
            or len(body) > self.body_max
            or b"x-mock-fault" in sent
            or not self._engine.is_plain
        ):
            return None
        text = reading.text
        authorization = text(sent.get(b"authorization"))
        return Request(
            method.decode("ascii"),
            path.decode("ascii"),
            () if authorization is None else (authorization,),
            text(sent.get(b"content-type")),
            text(sent.get(b"content-encoding")),
            text(sent.get(b"user-agent")),
            body,
        )

    def answer_now(self, request: Request) -> Written | Waiting:
        """Return the answer to a plain *request*, or what `answer_kept` takes when it is kept."""
        engine = self._engine
        visit: Visit | None = None
        try:
            visit = engine.open(request)
            closed = engine.close(visit)
            written = self._written(closed.answer)
            kept = engine.store.committed()
            if kept is not None:
                return Waiting(closed, written, kept)
            engine.note(closed)
        except Exception as error:  # noqa: BLE001 - as in _exchange
            return self._written(engine.crashed(error, visit))
        return written

    def answer_kept(self, waiting: Waiting) -> Written:
        """Return the answer that was *waiting*, now that it is known whether all is kept."""
        error = waiting.kept.exception()
        if error is not None:
            return self._written(self._engine.crashed(error, waiting.closed.visit))
        self._engine.note(waiting.closed)
        return waiting.written

    def _written(self, answer: Answer) -> Written:
        body = _encode(answer.document)
        lines = self._lines % len(body)
        if answer.headers:
            lines += b"".join(map(line, _encoded(answer.headers)))
        return answer.status, lines, body

    async def _exchange(
        self, request: Request, scope: Scope, receive: Receive, send: Send, *, ended: bool
    ) -> None:
        engine = self._engine
        effect: AnyEffect | None = None
        visit: Visit | None = None
        number = 0
        try:
            visit = engine.open(request)
            if visit.fault is not None:
                effect = visit.fault.effect
                if visit.fault.when == "before":
                    if await self._is_lost(visit, effect, scope, receive):
                        return
                    effect = None
            url = engine.url_to_fetch(visit)
            closed = engine.close(visit, None if url is None else await fetch(url))
            body = _encode(closed.answer.document)
            committed = engine.store.committed()
            if committed is not None:
                await committed
            answer, number = closed.answer, engine.note(closed)
        except effects.NoConnection:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer and we a line in the log
            effect, answer = None, engine.crashed(error, visit)
            body = _encode(answer.document)
        went = await self._write(answer, body, scope, receive, send, effect=effect, ended=ended)
        if not went and visit is not None:
            engine.unanswered(visit, number)

    async def _is_lost(
        self, visit: Visit, effect: AnyEffect, scope: Scope, receive: Receive
    ) -> bool:
        """Carry out *effect* before the request is; return whether that is the end of it."""
        match effect:
            case Hang() | Reset() | Close():
                self._engine.lost(visit)
                await effects.cut(effect, scope, receive)
                return True
            case Delay():
                if not await effects.wait(effect.seconds, receive):
                    self._engine.lost(visit)
                    return True
                if visit.caller and visit.caller.tenant not in self._engine.tenancies:
                    # The tenant was removed meanwhile.
                    await effects.cut(Close(), scope, receive)
                    return True
                return False
            case _:
                return False

    async def _write(
        self,
        answer: Answer,
        body: bytes,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        effect: AnyEffect | None,
        ended: bool,
    ) -> bool:
        """Send *answer* with its *body* as *effect* has it; return whether any of it went out."""
        length = (b"content-length", b"%d" % len(body))
        headers = [_JSON, length, self._mark, *_encoded(answer.headers)]
        if not ended:
            headers.append((b"connection", b"close"))
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        match effect:
            case None | Status():
                pass
            case Hang() | Reset() | Close():
                await effects.cut(effect, scope, receive)
                return False
            case Delay():
                if not await effects.wait(effect.seconds, receive):
                    return False
            case _:
                await effects.spoil(effect, start, body, scope=scope, receive=receive, send=send)
                return True
        await send(start)
        if not ended:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await reading.linger(receive)
            body = b""
        await send({"type": "http.response.body", "body": body})
        return True


def line(header: Header) -> bytes:
    """Return *header* as it is written."""
    return b"%b: %b\r\n" % header


def _encoded(headers: Iterable[tuple[str, str]]) -> Iterator[Header]:
    return ((name.encode(), value.encode()) for name, value in headers)


def _is_root(path: str, method: str) -> bool:
    return path == "/" and method in {"GET", "HEAD"}


def _is_admin(path: str) -> bool:
    return path.startswith("/_mock/") or path in {"/_mock", "/livez", "/readyz"}
