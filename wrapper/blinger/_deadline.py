"""Reading and writing against the clock.

A read timeout bounds the wait for the next byte, so a server that sends one byte a second is never
late. These streams bound each wait by what is left of the call as well; the sender says how much
that is through `DEADLINE`.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import httpcore

if TYPE_CHECKING:
    import ssl

DEADLINE: ContextVar[float | None] = ContextVar("blinger_deadline", default=None)
"""The instant (`time.monotonic`) at which what runs in this context must have ended."""


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    deadline = DEADLINE.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        message = "the deadline of the call has passed"
        raise late(message)
    return left if timeout is None else min(timeout, left)


class DeadlineBackend(httpcore.NetworkBackend):
    """Connects, and wraps what comes of it."""

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        """Take the backend that does the work."""
        self._inner = inner
        self._streams: WeakSet[_Stream] = WeakSet()

    def abandon(self) -> None:
        """Close the sockets, and send nothing on them: not even the goodbye of TLS."""
        for stream in list(self._streams):
            stream.get_extra_info("socket").close()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """Connect before the deadline."""
        left = _left(timeout, httpcore.ConnectTimeout)
        inner = self._inner.connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(inner, self._streams)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, siblings: WeakSet[_Stream]) -> None:
        self._inner = inner
        self._siblings = siblings
        siblings.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        inner = self._inner.start_tls(ssl_context, server_hostname, left)
        return _Stream(inner, self._siblings)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class AsyncDeadlineBackend(httpcore.AsyncNetworkBackend):
    """Connects, awaiting, and wraps what comes of it."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        """Take the backend that does the work."""
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect before the deadline."""
        left = _left(timeout, httpcore.ConnectTimeout)
        inner = await self._inner.connect_tcp(host, port, left, local_address, socket_options)
        return _AsyncStream(inner)


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _AsyncStream(await self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
