"""The two drivers: all that differs between calling and awaiting."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from tenacity import AsyncRetrying, Retrying

from blinger._call import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from blinger._operations import Operation
    from blinger._options import Options
    from blinger._sender import AsyncSender, Sender

T = TypeVar("T")


class Driver:
    """Runs operations, blocking."""

    def __init__(
        self,
        sender: Sender,
        loop: Callable[..., Retrying] = Retrying,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the *sender*, and what loops, sleeps and tells the time."""
        self.sender = sender
        self._loop = loop
        self._clock = clock

    def run(self, operation: Operation[T], options: Options) -> T:
        """Send until there is an answer, or an error that is final."""
        call = Call(operation, options, self._clock)
        for attempt in self._loop(**call.policy()):
            with attempt, call:
                call.read(self.sender.send(call.request()))
        return call.result


class AsyncDriver:
    """Runs operations, awaiting."""

    def __init__(
        self,
        sender: AsyncSender,
        loop: Callable[..., AsyncRetrying] = AsyncRetrying,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the *sender*, and what loops, sleeps and tells the time."""
        self.sender = sender
        self._loop = loop
        self._clock = clock

    async def run(self, operation: Operation[T], options: Options) -> T:
        """Send until there is an answer, or an error that is final."""
        call = Call(operation, options, self._clock)
        async for attempt in self._loop(**call.policy()):
            with attempt, call:
                call.read(await self.sender.send(call.request()))
        return call.result
