"""Who wants to hear what happens, and what they have not read yet."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Literal

from blinger_mock.record import Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

_LONGEST_QUEUE = 256

Kind = Literal["message", "conversation", "request", "faults", "clock", "reset"]


class Event(Record, frozen=True, gc=False):
    """Something of a tenant changed: what, and where to look, but nothing of what it holds."""

    tenant: str | None
    """Whose it is; None concerns everyone, as a request with no registered token does."""
    kind: Kind
    conversation: str | None = None
    id: str | None = None
    """Of the message, or the number of the request; None where the journal was emptied."""


class Subscription:
    """A bounded queue of events. Who reads too slowly is cut off, and has to look at everything."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(_LONGEST_QUEUE)
        self._cut = False

    def put(self, event: Event | None) -> None:
        """Take *event*, from any thread; None is the end."""
        if asyncio._get_running_loop() is self._loop:  # noqa: SLF001 - None where there is no loop, and no exception
            self._put(event)
        else:
            with contextlib.suppress(RuntimeError):
                # The loop of a server that has stopped.
                self._loop.call_soon_threadsafe(self._put, event)

    def _put(self, event: Event | None) -> None:
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self._cut = True

    async def events(self) -> AsyncIterator[Event]:
        """Yield what happens until the end, or until too much was not read."""
        while not (self._cut and self._queue.empty()):
            event = await self._queue.get()
            if event is None:
                return
            yield event


class _Told:
    """Calls a function at each event, in the thread where it happens."""

    def __init__(self, tenant: str, call: Callable[[], object]) -> None:
        self.tenant = tenant
        self._call = call

    def put(self, _event: Event | None) -> None:
        self._call()


class Bus:
    """Hands events to those who asked for them."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription | _Told] = set()

    def publish(self, event: Event) -> None:
        """Tell those whom *event* concerns."""
        for one in tuple(self._subscriptions):
            if event.tenant in {None, one.tenant}:
                one.put(event)

    @property
    def idle(self) -> bool:
        """Whether nobody listens."""
        return not self._subscriptions

    @contextlib.contextmanager
    def subscribed(self, tenant: str) -> Iterator[Subscription]:
        """Listen to *tenant* meanwhile."""
        subscription = Subscription(tenant)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    @contextlib.contextmanager
    def telling(self, tenant: str, call: Callable[[], object]) -> Iterator[None]:
        """Let *call* be called meanwhile at each event of *tenant*, in whichever thread it is."""
        told = _Told(tenant, call)
        self._subscriptions.add(told)
        try:
            yield
        finally:
            self._subscriptions.discard(told)

    def close(self) -> None:
        """End every subscription."""
        for one in tuple(self._subscriptions):
            one.put(None)
