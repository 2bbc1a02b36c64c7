"""The ASGI callable: reads a request, lets the engine answer it, writes the answer."""

from __future__ import annotations

import asyncio
from importlib import metadata
from typing import TYPE_CHECKING, Any

import msgspec

from blinger_mock import effects
from blinger_mock.faults import Close, Delay, Hang, Reset, Status
from blinger_mock.fetch import fetch
from blinger_mock.render import render
from blinger_mock.steps import Answer, Request, refuse

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, MutableMapping

    from blinger_mock.engine import Engine, Visit
    from blinger_mock.faults import AnyEffect

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Header = tuple[bytes, bytes]
    Written = tuple[int, bytes, bytes]
    """An answer as it goes out: its status, the lines of its headers, its body."""
    ASGI = Callable[[Scope, Receive, Send], Awaitable[None]]

_BODY_SECONDS = 30.0
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 8 * 1024 * 1024
_LOOKED_AT = frozenset(
    (
        *(b"authorization", b"content-encoding", b"content-length", b"content-type"),
        *(b"user-agent", b"x-mock-fault"),
    )
)
_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode


def version() -> str:
    """Return the version of the distribution that this is part of."""
    try:
        return metadata.version("blinger")
    except metadata.PackageNotFoundError:
        return "0"


class App:
    """The API of one engine, as ASGI."""

    def __init__(self, engine: Engine, admin: ASGI | None = None) -> None:
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
        if self._admin is not None and _is_admin(scope["path"]):
            await self._admin(scope, receive, send)
            return
        try:
            request, ended = await self._read(scope, receive)
            if request is None:
                return
            await self._exchange(request, scope, receive, send, ended=ended)
        except asyncio.CancelledError:
            # Only a server that stops does this, and it has cut the connection already.
            return

    def refusal(self, status: int, keyword: str, text: str) -> Written:
        """Return the answer to what is no request."""
        answer = render(refuse(status, "header", keyword, text), self._engine.profile)
        return self._written(answer)

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
        authorization = _text(sent.get(b"authorization"))
        return Request(
            method.decode("ascii"),
            path.decode("ascii"),
            () if authorization is None else (authorization,),
            _text(sent.get(b"content-type")),
            _text(sent.get(b"content-encoding")),
            _text(sent.get(b"user-agent")),
            body,
        )

    def answer_now(self, request: Request) -> tuple[Written, Future[None] | None]:
        """Return the answer to a plain *request*, and what is done when it may be sent, if not now.

        Where that ends badly, `answer_to_bug` has what is sent.
        """
        try:
            answer = self._engine.close(self._engine.open(request))
            return self._written(answer), self._engine.store.committed()
        except Exception as error:  # noqa: BLE001 - as in _exchange
            return self.answer_to_bug(error), None

    def answer_to_bug(self, error: BaseException) -> Written:
        """Return the answer to a request that met a bug of this server."""
        return self._written(self._engine.crashed(error))

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
        try:
            visit = engine.open(request)
            if visit.fault is not None:
                effect = visit.fault.effect
                if visit.fault.when == "before":
                    if await self._is_lost(visit, effect, scope, receive):
                        return
                    effect = None
            url = engine.url_to_fetch(visit)
            answer = engine.close(visit, None if url is None else await fetch(url))
            committed = engine.store.committed()
            if committed is not None:
                await committed
        except effects.NoConnection:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer and we a line in the log
            effect, answer = None, engine.crashed(error)
        await self._write(answer, effect, scope, receive, send, ended=ended)

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

    async def _read(self, scope: Scope, receive: Receive) -> tuple[Request | None, bool]:
        """Return the request, None if its sender is gone, and whether it was read to its end."""
        headers = headers_of(scope["headers"])
        limit = self._engine.body_max
        if _declared_length(headers) > limit:
            return request_of(scope, headers, too_large=True), False
        message = await receive()
        body = message.get("body", b"")
        more = message.get("more_body", False)
        if message["type"] == "http.disconnect":
            return None, True
        if more and len(body) <= limit:
            rest = bytearray(body)
            try:
                async with asyncio.timeout(_BODY_SECONDS):
                    while more and len(rest) <= limit:
                        message = await receive()
                        if message["type"] == "http.disconnect":
                            return None, True
                        rest += message.get("body", b"")
                        more = message.get("more_body", False)
            except TimeoutError:
                return request_of(scope, headers, too_slow=True), False
            body = bytes(rest)
        if len(body) > limit:
            return request_of(scope, headers, too_large=True), not more
        return request_of(scope, headers, body), True

    async def _write(
        self,
        answer: Answer,
        effect: AnyEffect | None,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        ended: bool,
    ) -> None:
        """Send *answer* as *effect* has it."""
        body = _encode(answer.document)
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
                return
            case Delay():
                if not await effects.wait(effect.seconds, receive):
                    return
            case _:
                await effects.spoil(effect, start, body, scope=scope, receive=receive, send=send)
                return
        await send(start)
        if not ended:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await _linger(receive)
            body = b""
        await send({"type": "http.response.body", "body": body})


def line(header: Header) -> bytes:
    """Return *header* as it is written."""
    return b"%b: %b\r\n" % header


def _encoded(headers: Iterable[tuple[str, str]]) -> Iterator[Header]:
    return ((name.encode(), value.encode()) for name, value in headers)


def _is_admin(path: str) -> bool:
    return path.startswith("/_mock/") or path in {"/_mock", "/livez", "/readyz"}


async def _linger(receive: Receive) -> None:
    """Take in a little of what still comes: closing on a busy sender loses them the answer."""
    taken = 0
    try:
        async with asyncio.timeout(_LINGER_SECONDS):
            while taken < _LINGER_BYTES:
                message = await receive()
                taken += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return


def headers_of(headers: Iterable[Header]) -> dict[bytes, list[bytes]]:
    """Return the values of each header, by its name in lower case."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if name in _LOOKED_AT:
            found.setdefault(name, []).append(value)
    return found


def _declared_length(headers: dict[bytes, list[bytes]]) -> int:
    values = headers.get(b"content-length", ())
    return max([int(value) for value in values if value.isdigit()], default=0)


def request_of(
    scope: Scope,
    headers: dict[bytes, list[bytes]],
    body: bytes = b"",
    *,
    too_large: bool = False,
    too_slow: bool = False,
) -> Request:
    """Return what arrived, as far as any check looks at it."""
    raw_path = scope.get("raw_path") or scope["path"].encode()
    path = raw_path.partition(b"?")[0]
    return _request(scope["method"], path, headers, body, too_large=too_large, too_slow=too_slow)


def _request(
    method: str,
    path: bytes,
    headers: dict[bytes, list[bytes]],
    body: bytes,
    *,
    too_large: bool = False,
    too_slow: bool = False,
) -> Request:
    return Request(
        method=method,
        path=path.decode("latin-1"),
        authorization=tuple(
            [value.decode("latin-1").strip() for value in headers.get(b"authorization", ())]
        ),
        content_type=_first(headers, b"content-type"),
        content_encoding=_first(headers, b"content-encoding"),
        user_agent=_first(headers, b"user-agent"),
        body=body,
        too_large=too_large,
        too_slow=too_slow,
        fault=_first(headers, b"x-mock-fault"),
    )


def _first(headers: dict[bytes, list[bytes]], name: bytes) -> str | None:
    values = headers.get(name)
    return _text(values[0]) if values else None


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1").strip()
