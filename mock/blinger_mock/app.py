"""The ASGI callable: reads a request, lets the engine answer it, writes the answer."""

from __future__ import annotations

import asyncio
from importlib import metadata
from typing import TYPE_CHECKING, Any

import msgspec

from blinger_mock.fetch import fetch
from blinger_mock.steps import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from blinger_mock.engine import Engine

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

_BODY_SECONDS = 30.0
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 8 * 1024 * 1024
_encode = msgspec.json.Encoder().encode


def version() -> str:
    """Return the version of the distribution that this is part of."""
    try:
        return metadata.version("blinger")
    except metadata.PackageNotFoundError:
        return "0"


class App:
    """The API of one engine, as ASGI."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mark = (b"x-blinger-mock", version().encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        try:
            request, ended = await self._read(scope, receive)
            if request is None:
                return
            answer = await self._answer(request)
            await self._write(answer, send, receive, ended=ended)
        except asyncio.CancelledError:
            # Only a server that stops does this, and it has cut the connection already.
            return

    async def _answer(self, request: Request) -> Answer:
        engine = self._engine
        try:
            visit = engine.open(request)
            url = engine.url_to_fetch(visit)
            return engine.close(visit, None if url is None else await fetch(url))
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer and we a line in the log
            return engine.crashed(error)

    async def _read(self, scope: Scope, receive: Receive) -> tuple[Request | None, bool]:
        """Return the request, None if its sender is gone, and whether it was read to its end."""
        headers = _headers(scope)
        limit = self._engine.body_max
        if _declared_length(headers) > limit:
            return _request(scope, headers, too_large=True), False
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
                return _request(scope, headers, too_slow=True), False
            body = bytes(rest)
        if len(body) > limit:
            return _request(scope, headers, too_large=True), not more
        return _request(scope, headers, body), True

    async def _write(self, answer: Answer, send: Send, receive: Receive, *, ended: bool) -> None:
        body = _encode(answer.document)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            self._mark,
            *((name.encode(), value.encode()) for name, value in answer.headers),
        ]
        if not ended:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if not ended:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await _linger(receive)
            body = b""
        await send({"type": "http.response.body", "body": body})


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


def _headers(scope: Scope) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name, []).append(value)
    return found


def _declared_length(headers: dict[bytes, list[bytes]]) -> int:
    values = headers.get(b"content-length", ())
    return max((int(value) for value in values if value.isdigit()), default=0)


def _request(
    scope: Scope,
    headers: dict[bytes, list[bytes]],
    body: bytes = b"",
    *,
    too_large: bool = False,
    too_slow: bool = False,
) -> Request:
    def one(name: bytes) -> str | None:
        values = headers.get(name)
        return values[0].decode("latin-1").strip() if values else None

    raw_path = scope.get("raw_path") or scope["path"].encode()
    return Request(
        method=scope["method"],
        path=raw_path.partition(b"?")[0].decode("latin-1"),
        authorization=tuple(
            value.decode("latin-1").strip() for value in headers.get(b"authorization", ())
        ),
        content_type=one(b"content-type"),
        content_encoding=one(b"content-encoding"),
        user_agent=one(b"user-agent"),
        body=body,
        too_large=too_large,
        too_slow=too_slow,
    )
