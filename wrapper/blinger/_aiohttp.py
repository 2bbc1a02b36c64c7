"""A sender on aiohttp: lanes with a session of one connection each."""

from __future__ import annotations

import asyncio
import functools
import math
import selectors
import time
import zlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import sniffio
from aiohttp.payload import BytesPayload
from yarl import URL

from blinger import _connections
from blinger._aiohttp_failures import ConnectTimeout, Failure, InvalidURL, ReadTimeout, translate
from blinger._failures import explain
from blinger._lanes import AsyncLanes
from blinger._proxies import environment_proxy
from blinger._sender import Reply, Request, joined_headers
from blinger.errors import ConfigurationError

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

_LONGEST_URL = 65_536
"""Characters of a URL, as with httpx."""
_LONGEST_LINE = 100_000
"""Bytes of a line of an answer's head; aiohttp's own 8,190 are less than a Set-Cookie may have."""
_NEVER_WAITS = 65_536
"""Bytes of a body that an idle connection takes at once: the buffer of asyncio holds as many."""
_CODINGS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
_Selector: type[selectors.BaseSelector] = getattr(
    selectors, "PollSelector", selectors.SelectSelector
)
"""One system call; the default one of the platform takes four."""
_LATE = "the deadline of the call has passed"


class AioHttpSender:
    """Sends through sessions of aiohttp."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._lanes = AsyncLanes(Lane)

    async def send(self, request: Request) -> Reply:
        """Send *request*, once."""
        if sniffio.current_async_library() != "asyncio":
            raise ConfigurationError(
                'sender="aiohttp" needs asyncio, and this is another event loop: use "httpx"'
            )
        try:
            async with self._lanes.lane(request) as lane:
                return await lane.send(request)
        except Failure as failure:
            raise explain(failure, request) from failure

    async def aclose(self) -> None:
        """Close the connections."""
        await self._lanes.aclose()


class Lane:
    """One connection, lent to one request at a time."""

    def __init__(self, _: Request) -> None:
        """Open nothing yet."""
        self._connector = _Connector(
            ssl=_connections.shared_tls(),
            resolver=aiohttp.ThreadedResolver(),
            use_dns_cache=False,
            keepalive_timeout=_connections.KEEP_ALIVE,
            limit=1,
        )
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            auto_decompress=False,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
        )
        self._proxies: dict[str, URL | None] = {}

    async def send(self, request: Request) -> Reply:
        """Send *request*, once, or raise a `Failure` that holds nothing of it."""
        left = None if request.deadline is None else request.deadline - time.monotonic()
        if left is not None and left <= 0:
            raise ConnectTimeout(_LATE)
        if len(request.url) > _LONGEST_URL:
            raise InvalidURL("URL too long")
        self._connector.is_connected = False
        clock = asyncio.timeout(left)
        try:
            async with clock:
                return await self._exchange(request)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure = translate(error, connected=self._connector.is_connected)
            if clock.expired():
                late = ReadTimeout if self._connector.is_connected else ConnectTimeout
                failure = late(_LATE)
        raise failure  # out of the clause: aiohttp's error holds the request, with the token

    async def aclose(self) -> None:
        """Close the connection."""
        await self._session.close()

    async def _exchange(self, request: Request) -> Reply:
        timeout = request.timeout
        async with self._session.request(
            request.method,
            _parsed(request.url),
            headers=_with_codings(request),
            data=_body(request),
            allow_redirects=False,
            proxy=self._proxy(request.url),
            timeout=_limits(timeout.connect, timeout.read),
        ) as response:
            body = await response.read()
        headers = joined_headers(response.raw_headers)
        if headers.get("transfer-encoding", "chunked").lower() != "chunked":
            raise aiohttp.ClientPayloadError  # nobody asked for another, and nobody undid it
        return Reply(status=response.status, headers=headers, body=_decode(body, headers))

    def _proxy(self, url: str) -> URL | None:
        target = urlsplit(url)
        if target.netloc not in self._proxies:
            self._proxies[target.netloc] = environment_proxy(target)
        return self._proxies[target.netloc]


class _Connector(aiohttp.TCPConnector):
    """Knows whether it connected, and uses no connection again on which anything came unasked."""

    is_connected = False
    _last: object = None

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        if connection.protocol is self._last and _is_spoilt(connection):
            connection.close()
            connection = await super().connect(req, traces, timeout)
        self._last = connection.protocol
        self.is_connected = True
        return connection


def _is_spoilt(connection: Connection) -> bool:
    """Return whether the server closed a connection or sent more on it than it was asked for.

    aiohttp would take a second answer that came late for that to the next request.
    """
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or protocol.should_close:
        return True
    with _Selector() as selector:
        selector.register(transport.get_extra_info("socket"), selectors.EVENT_READ)
        return bool(selector.select(0))


def _body(request: Request) -> bytes | _Body | None:
    if len(request.body) < _NEVER_WAITS:
        return request.body or None
    return _Body(request.body, request.timeout.write)


@functools.lru_cache(maxsize=1024)
def _parsed(url: str) -> URL:
    return URL(url, encoded=True)


@functools.lru_cache(maxsize=64)
def _limits(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=connect, sock_read=read, ceil_threshold=math.inf)


class _Body(BytesPayload):
    """Bytes that must be taken in time; where they are not, nothing waits for them to be."""

    def __init__(self, value: bytes, seconds: float | None) -> None:
        super().__init__(b"")  # it warns of a megabyte
        self._value, self._size = value, len(value)
        self._seconds = seconds

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await super().write_with_length(writer, content_length)
        except BaseException:
            if writer.transport is not None:
                writer.transport.abort()
            raise


def _with_codings(request: Request) -> dict[str, str]:
    """Return the headers, with those codings that need nothing installed."""
    given = {name.lower() for name in request.headers}
    ours = {} if "accept-encoding" in given else {"Accept-Encoding": ", ".join(_CODINGS)}
    return {**request.headers, **ours}


def _decode(body: bytes, headers: dict[str, str]) -> bytes:
    """Return the body as it was before it was coded; nothing if that cannot be known."""
    for coding in reversed(headers.get("content-encoding", "").lower().split(",")):
        if (window := _CODINGS.get(coding.strip())) is not None:
            try:
                body = _inflate(body, window)
            except zlib.error:
                return b""  # the status stands
    return body


def _inflate(body: bytes, window: int) -> bytes:
    inflating = zlib.decompressobj(window)
    try:
        return inflating.decompress(body) + inflating.flush()
    except zlib.error:
        if window != _CODINGS["deflate"]:
            raise
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)  # what some servers take deflate for
    return inflating.decompress(body) + inflating.flush()
