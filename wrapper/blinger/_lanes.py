"""Lanes: clients of httpx with one connection each, lent to one request at a time.

A lane whose request failed or was cancelled is thrown away, so that no half-finished exchange is
ever met again; one that answered waits to be the next. What waits is forgotten in a forked child,
where its sockets are still the parent's, and is kept apart for each event loop.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import functools
import os
import sys
import threading
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

import anyio
import httpx
import sniffio

from blinger._deadline import AsyncDeadlineBackend, DeadlineBackend
from blinger.errors import ConfigurationError, ConnectionFailed

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Generator

MOST_LANES = 100
"""Requests that a client (in one event loop) has under way at once; the next waits its turn."""

_CLOSED = "the client is closed: make another, and keep it as long as you send"


class Lanes:
    """The lanes of a client that blocks."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._closed = threading.Event()
        self._idle: list[httpx.Client] = []
        self._slots = threading.Semaphore(MOST_LANES)
        _AT_FORK.add(self)

    def forget(self) -> None:
        """Start anew in a forked child; on what the parent had, nothing is sent."""
        for lane in self._idle:
            for pool in _pools(lane):
                pool._network_backend.abandon()
        _FORGOTTEN.append(self._idle)
        self._idle = []
        self._slots = threading.Semaphore(MOST_LANES)

    @contextlib.contextmanager
    def lane(self, wait: float | None) -> Generator[httpx.Client]:
        """Lend a lane, after at most *wait* seconds."""
        if self._closed.is_set():
            raise ConfigurationError(_CLOSED)
        idle, slots = self._idle, self._slots
        if not slots.acquire(timeout=wait):
            raise _no_lane(wait)
        try:
            try:
                lane = idle.pop()
            except IndexError:
                lane = _make_client()
            try:
                yield lane
            except BaseException:
                lane.close()
                raise
            idle.append(lane)
            if self._closed.is_set():
                self.close()
        finally:
            slots.release()

    def close(self) -> None:
        """Close what waits, now and later."""
        self._closed.set()
        while self._idle:
            with contextlib.suppress(IndexError):  # another thread closed the last
                self._idle.pop().close()


class AsyncLanes:
    """The lanes of a client that awaits."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._closed = threading.Event()
        self._loops: WeakKeyDictionary[object, _LoopLanes] = WeakKeyDictionary()
        _AT_FORK.add(self)

    def forget(self) -> None:
        """Start anew in a forked child; on what the parent had, nothing is sent."""
        _FORGOTTEN.append(self._loops)
        self._loops = WeakKeyDictionary()

    @contextlib.asynccontextmanager
    async def lane(self, wait: float | None) -> AsyncGenerator[httpx.AsyncClient]:
        """Lend a lane, after at most *wait* seconds."""
        if self._closed.is_set():
            raise ConfigurationError(_CLOSED)
        here = await self._here()
        await here.take_slot(wait)
        try:
            lane = here.idle.pop() if here.idle else _make_async_client()
            try:
                yield lane
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await lane.aclose()
                raise
            here.idle.append(lane)
            if self._closed.is_set():
                await self.aclose()
        finally:
            here.slots.release()

    async def aclose(self) -> None:
        """Close what waits, now and later; the connections of another loop go with that loop."""
        self._closed.set()
        await (await self._here()).aclose()

    async def _here(self) -> _LoopLanes:
        loop = running_loop()
        if loop not in self._loops:
            for other in [other for other in self._loops if _is_over(other)]:
                del self._loops[other]
            self._loops[loop] = _LoopLanes()
            await self._loops[loop].close_with_loop()
        return self._loops[loop]


class _LoopLanes:
    """The lanes of one event loop."""

    def __init__(self) -> None:
        self.idle: list[httpx.AsyncClient] = []
        self.slots = anyio.Semaphore(MOST_LANES)
        self._end = self._wait_for_end()

    async def close_with_loop(self) -> None:
        """See to it that the lanes close when their loop ends.

        A loop that ends closes the asynchronous generators that it has begun: here is one.
        """
        await anext(self._end)

    async def _wait_for_end(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await self.aclose()

    async def aclose(self) -> None:
        while self.idle:
            await self.idle.pop().aclose()

    async def take_slot(self, wait: float | None) -> None:
        try:
            self.slots.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(wait):
                await self.slots.acquire()
                return
            raise _no_lane(wait) from None


class GivenClient:
    """A client of the caller's, lent as it is: it is neither changed nor closed."""

    def __init__(self, client: httpx.Client) -> None:
        """Take the *client*."""
        self._client = client
        self._pid = os.getpid()

    @contextlib.contextmanager
    def lane(self, wait: float | None) -> Generator[httpx.Client]:
        """Lend the client, whose own pool does the waiting."""
        _check_given(self._client, self._pid)
        yield self._client

    def close(self) -> None:
        """Leave it to the caller."""


class GivenAsyncClient:
    """A client of the caller's, lent as it is: it is neither changed nor closed."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        """Take the *client*."""
        self._client = client
        self._pid = os.getpid()
        self._loop: object = None

    @contextlib.asynccontextmanager
    async def lane(self, wait: float | None) -> AsyncGenerator[httpx.AsyncClient]:
        """Lend the client, whose own pool does the waiting."""
        _check_given(self._client, self._pid)
        self._loop = self._loop or running_loop()
        if self._loop is not running_loop():
            raise ConfigurationError(
                "http_client was used in another event loop, where its connections still are: "
                "give each loop a client of its own, or let AsyncBlinger make one"
            )
        yield self._client

    async def aclose(self) -> None:
        """Leave it to the caller."""


def running_loop() -> object:
    """Return what stands for the event loop that runs this task, of asyncio or trio."""
    if sniffio.current_async_library() == "trio":
        return sys.modules["trio"].lowlevel.current_trio_token()
    return asyncio.get_running_loop()


def _is_over(loop: object) -> bool:
    return isinstance(loop, asyncio.AbstractEventLoop) and loop.is_closed()


def _check_given(client: httpx.Client | httpx.AsyncClient, pid: int) -> None:
    if os.getpid() != pid:
        raise ConfigurationError(
            "http_client was made before a fork, and its connections are still the parent's: "
            "make it in the child, or let the client make its own"
        )
    if client.is_closed:
        raise ConfigurationError("http_client is closed: it was given open, and is yours to keep")


def _no_lane(wait: float | None) -> ConnectionFailed:
    return ConnectionFailed(
        f"all {MOST_LANES} connections were busy for {wait:g} s: send less at once"
    )


def _tls() -> ssl.SSLContext:
    """Return the TLS settings that all lanes share: making them costs more than a call."""
    with _TLS_LOCK:
        return _make_tls()


@functools.cache
def _make_tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


_TLS_LOCK = threading.Lock()
"""Held over a fork too: a child made in the midst of it would wait for OpenSSL's locks for ever."""

_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=5.0)


def _make_client() -> httpx.Client:
    client = httpx.Client(verify=_tls(), limits=_ONE, cookies=_no_cookies())
    for pool in _pools(client):
        pool._network_backend = DeadlineBackend(pool._network_backend)
    return client


def _make_async_client() -> httpx.AsyncClient:
    client = httpx.AsyncClient(verify=_tls(), limits=_ONE, cookies=_no_cookies())
    for pool in _pools(client):
        pool._network_backend = AsyncDeadlineBackend(pool._network_backend)
    return client


def _pools(client: httpx.Client | httpx.AsyncClient) -> list[Any]:
    """Return the pools of a client, those of the environment's proxies included.

    httpx lets a transport be given, but then forgets those proxies; so its own are reached into.
    """
    inside: Any = client
    transports = (inside._transport, *inside._mounts.values())
    return [transport._pool for transport in transports if transport is not None]


def _no_cookies() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))


_AT_FORK: WeakSet[Lanes | AsyncLanes] = WeakSet()
_FORGOTTEN: list[object] = []
"""The parent's lanes, kept in a child so that nothing collects them and says goodbye."""


def _forget_all() -> None:
    _TLS_LOCK.release()
    for lanes in list(_AT_FORK):
        lanes.forget()


# The first look-up of a host imports it; a child made in the midst of that would wait for ever.
codecs.lookup("idna")

os.register_at_fork(
    before=_TLS_LOCK.acquire, after_in_parent=_TLS_LOCK.release, after_in_child=_forget_all
)
