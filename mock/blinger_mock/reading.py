"""A request as it is read from ASGI, no further than it may go on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from blinger_mock.steps import Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Receive, Scope

    Header = tuple[bytes, bytes]

_BODY_SECONDS = 30.0
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 8 * 1024 * 1024
_LOOKED_AT = frozenset(
    (
        *(b"authorization", b"content-encoding", b"content-length", b"content-type"),
        *(b"user-agent", b"x-mock-fault"),
    )
)


async def read(scope: Scope, receive: Receive, limit: int) -> tuple[Request | None, bool]:
    """Return the request, None if its sender is gone, and whether it was read to its end.

    Of a body with more than *limit* bytes the rest is not read.
    """
    headers = headers_of(scope["headers"])
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


async def linger(receive: Receive) -> None:
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
    return text(values[0]) if values else None


def text(value: bytes | None) -> str | None:
    """Return *value*, that of a header, without the space around it."""
    return None if value is None else value.decode("latin-1").strip()
