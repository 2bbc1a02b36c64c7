"""Time, so that a test can hold it."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns the time in Unix microseconds."""

SECOND = 1_000_000
"""One second in microseconds."""


def system() -> int:
    """Return the time of the machine in Unix microseconds."""
    return time.time_ns() // 1000


class Held:
    """A clock that stands still until it is moved."""

    __slots__ = ("_now",)

    def __init__(self, now: int = 1_562_242_573_000_000) -> None:
        self._now = now

    def __call__(self) -> int:
        """Return the time in Unix microseconds."""
        return self._now

    def move(self, seconds: float) -> None:
        """Move the clock by *seconds*, back if they are negative."""
        self._now += round(seconds * SECOND)
