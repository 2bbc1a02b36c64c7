"""The two drivers: all that differs between calling and awaiting.

Most calls are answered at once: tenacity comes in, and is imported, when an attempt has failed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from blinger import _forks
from blinger._call import Call
from blinger.errors import BlingerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import AsyncRetrying, Retrying

    from blinger._operations import Operation
    from blinger._options import Options
    from blinger._sender import AsyncSender, Sender

T = TypeVar("T")


def _retrying(**policy: Any) -> Retrying:
    with _forks.LOCK:
        from tenacity import Retrying  # noqa: PLC0415

    return Retrying(**policy)


def _async_retrying(**policy: Any) -> AsyncRetrying:
    with _forks.LOCK:
        from tenacity import AsyncRetrying  # noqa: PLC0415

    return AsyncRetrying(**policy)


class Driver:
    """Runs operations, blocking."""

    def __init__(
        self,
        sender: Sender,
        loop: Callable[..., Retrying] = _retrying,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the *sender*, and what loops, sleeps and tells the time."""
        self.sender = sender
        self._loop = loop
        self._clock = clock

    def run(self, operation: Operation[T], options: Options) -> T:
        """Send until there is an answer, or an error that is final."""
        call = Call(operation, options, self._clock)
        try:
            return self._attempt(call)
        except BlingerError as error:
            call.first_failure = error
        for attempt in self._loop(**call.policy()):
            with attempt:
                call.begin_again()
                call.result = self._attempt(call)
        return call.result

    def _attempt(self, call: Call[T]) -> T:
        with call:
            return call.read(self.sender.send(call.request()))


class AsyncDriver:
    """Runs operations, awaiting."""

    def __init__(
        self,
        sender: AsyncSender,
        loop: Callable[..., AsyncRetrying] = _async_retrying,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the *sender*, and what loops, sleeps and tells the time."""
        self.sender = sender
        self._loop = loop
        self._clock = clock

    async def run(self, operation: Operation[T], options: Options) -> T:
        """Send until there is an answer, or an error that is final."""
        call = Call(operation, options, self._clock)
        try:
            return await self._attempt(call)
        except BlingerError as error:
            call.first_failure = error
        async for attempt in self._loop(**call.policy()):
            with attempt:
                call.begin_again()
                call.result = await self._attempt(call)
        return call.result

    async def _attempt(self, call: Call[T]) -> T:
        with call:
            return call.read(await self.sender.send(call.request()))
