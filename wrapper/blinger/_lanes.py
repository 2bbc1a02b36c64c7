"""Lanes: one connection each, lent to one request at a time.

A lane whose request failed or was cancelled is thrown away, so that no half-finished exchange is
ever met again; one that answered waits to be the next. What waits is forgotten in a forked child,
where its sockets are still the parent's, and is kept apart for each event loop.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections import deque
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary, WeakSet

import anyio
import sniffio

from blinger import _forks
from blinger._connections import KEEP_ALIVE
from blinger.errors import ConfigurationError, ConnectionFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from blinger._sender import Request

MOST_LANES = 100
"""Requests that a client (in one event loop) has under way at once; the next waits its turn."""

_CLOSED = "the client is closed: make another, and keep it as long as you send"


class Lane(Protocol):
    """What a lane can do, whatever it sends through."""

    def close(self) -> None:
        """Close its connection."""

    def abandon(self) -> None:
        """Close its socket, and send nothing on it."""


class AsyncLane(Protocol):
    """What a lane can do that is awaited."""

    async def aclose(self) -> None:
        """Close its connection."""


L = TypeVar("L", bound=Lane)
A = TypeVar("A", bound=AsyncLane)


class Lanes(Generic[L]):
    """The lanes of a client that blocks."""

    def __init__(self, make: Callable[[Request], L]) -> None:
        """Take what makes a lane for a request and those like it; open nothing yet."""
        self._make = make
        self._is_closed = False
        self._idle: deque[tuple[float, L]] = deque()
        self._slots = threading.Semaphore(MOST_LANES)
        _AT_FORK.add(self)

    def forget(self) -> None:
        """Start anew in a forked child; on what the parent had, nothing is sent."""
        for _, lane in self._idle:
            lane.abandon()
        _FORGOTTEN.append(self._idle)
        self._idle = deque()
        self._slots = threading.Semaphore(MOST_LANES)

    @contextlib.contextmanager
    def lane(self, request: Request) -> Generator[L]:
        """Lend a lane for *request*, which says how long it can wait for one."""
        if self._is_closed:
            raise ConfigurationError(_CLOSED)
        wait = request.timeout.pool
        idle, slots = self._idle, self._slots
        if not slots.acquire(timeout=wait):
            raise _no_lane(wait)
        try:
            try:
                _, lane = idle.pop()
            except IndexError:
                lane = self._make(request)
            try:
                yield lane
            except BaseException:
                lane.close()
                raise
            idle.append((time.monotonic(), lane))
            self._close_idle()
        finally:
            slots.release()

    def close(self) -> None:
        """Close what waits, now and later."""
        self._is_closed = True
        self._close_idle()

    def _close_idle(self) -> None:
        """Close what waited too long; of a closed client, all."""
        with contextlib.suppress(IndexError):  # another thread took the last
            while self._is_closed or _is_stale(self._idle[0]):
                self._idle.popleft()[1].close()


class AsyncLanes(Generic[A]):
    """The lanes of a client that awaits."""

    def __init__(self, make: Callable[[Request], A]) -> None:
        """Take what makes a lane for a request and those like it; open nothing yet."""
        self._make = make
        self._is_closed = False
        self._loops: WeakKeyDictionary[object, _LoopLanes[A]] = WeakKeyDictionary()
        _AT_FORK.add(self)

    def forget(self) -> None:
        """Start anew in a forked child; on what the parent had, nothing is sent."""
        _FORGOTTEN.append(self._loops)
        self._loops = WeakKeyDictionary()

    @contextlib.asynccontextmanager
    async def lane(self, request: Request) -> AsyncGenerator[A]:
        """Lend a lane for *request*, which says how long it can wait for one."""
        if self._is_closed:
            raise ConfigurationError(_CLOSED)
        here = await self._here()
        await here.take_slot(request.timeout.pool)
        try:
            lane = here.idle.pop()[1] if here.idle else self._make(request)
            try:
                yield lane
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await lane.aclose()
                raise
            here.idle.append((time.monotonic(), lane))
            while here.idle and self._is_over(here.idle[0]):
                await here.idle.popleft()[1].aclose()
        finally:
            here.slots.release()

    async def aclose(self) -> None:
        """Close what waits, now and later; the connections of another loop go with that loop."""
        self._is_closed = True
        await (await self._here()).aclose()

    def _is_over(self, waiting: tuple[float, A]) -> bool:
        return self._is_closed or _is_stale(waiting)

    async def _here(self) -> _LoopLanes[A]:
        loop = running_loop()
        if loop not in self._loops:
            for other in [other for other in self._loops if _is_over(other)]:
                del self._loops[other]
            _prepare_to_await()
            self._loops[loop] = _LoopLanes()
            await self._loops[loop].close_with_loop()
        return self._loops[loop]


class _LoopLanes(Generic[A]):
    """The lanes of one event loop."""

    def __init__(self) -> None:
        self.idle: deque[tuple[float, A]] = deque()
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
            await self.idle.pop()[1].aclose()

    async def take_slot(self, wait: float | None) -> None:
        try:
            self.slots.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(wait):
                await self.slots.acquire()
                return
            raise _no_lane(wait) from None


def _prepare_to_await() -> None:
    """Import what anyio and asyncio would when they first connect in the loop that runs here."""
    with _forks.LOCK:
        import_module("concurrent.futures.thread")
        import_module("anyio.streams.tls")
        anyio.get_cancelled_exc_class()
        for name in ("Semaphore", "connect_tcp", "move_on_after"):  # anyio loads them with use
            getattr(anyio, name)


def running_loop() -> object:
    """Return what stands for the event loop that runs this task, of asyncio or trio."""
    if sniffio.current_async_library() == "trio":
        return sys.modules["trio"].lowlevel.current_trio_token()
    import asyncio  # noqa: PLC0415 - a program that blocks does without

    return asyncio.get_running_loop()


def _is_over(loop: object) -> bool:
    is_closed = getattr(loop, "is_closed", None)
    return is_closed is not None and bool(is_closed())


def _is_stale(waiting: tuple[float, object]) -> bool:
    """Return whether a lane has waited for so long that its connection is not kept."""
    since, _ = waiting
    return time.monotonic() - since > KEEP_ALIVE


def _no_lane(wait: float | None) -> ConnectionFailed:
    return ConnectionFailed(
        f"all {MOST_LANES} connections were busy for {wait:g} s: send less at once"
    )


_AT_FORK: WeakSet[Lanes[Any] | AsyncLanes[Any]] = WeakSet()
_FORGOTTEN: list[object] = []
"""The parent's lanes, kept in a child so that nothing collects them and says goodbye."""


def _forget_all() -> None:
    for lanes in list(_AT_FORK):
        lanes.forget()


os.register_at_fork(after_in_child=_forget_all)
