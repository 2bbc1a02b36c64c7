"""Time, so that a test can hold it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

from blinger_mock.record import Record

Clock = Callable[[], int]
"""Returns the time in Unix microseconds."""

SECOND = 1_000_000
"""One second in microseconds."""

LATEST = 253_402_300_799 * SECOND
"""The last second of the year 9999, in Unix microseconds: no calendar here goes further."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Where Unix time begins."""

_TICK = timedelta(microseconds=1)
_LONGEST_STEP = 86400.0
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)

Mode = Literal["real", "frozen", "stepped"]
"""How a `TenantClock` goes on: by itself, not at all, or by one step each time it is read."""


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


class TenantClock:
    """The clock of one tenant: that of the server, until it is frozen, stepped or moved."""

    __slots__ = ("_base", "_now", "_offset", "_step", "mode")

    def __init__(self, base: Clock) -> None:
        self._base = base
        self.run()

    def __call__(self) -> int:
        """Return the time in Unix microseconds; a stepped clock goes on by its step."""
        if self.mode == "real":
            return self._base() + self._offset
        self._now += self._step
        return self._now

    def look(self) -> int:
        """Return the time in Unix microseconds, and leave a stepped clock where it is."""
        return self._base() + self._offset if self.mode == "real" else self._now

    def unmoved(self) -> int:
        """Return the time of the server in Unix microseconds, whatever this clock says."""
        return self._base()

    @property
    def moved(self) -> int:
        """By how many microseconds it is ahead of the server's; 0 where it does not run by it."""
        return self._offset if self.mode == "real" else 0

    def run(self) -> None:
        """Go on as the server's clock does, from its time."""
        self.mode: Mode = "real"
        self._offset = self._step = self._now = 0

    def freeze(self, at: int | None = None) -> None:
        """Stand still, *at* that time in Unix microseconds or now."""
        self._now = self.look() if at is None else at
        self.mode, self._step = "frozen", 0

    def step(self, seconds: float, at: int | None = None) -> None:
        """Go on by *seconds* each time the clock is read, from *at* or from now.

        Raises:
            ValueError: That is less than a microsecond, which would stand, or more than a day.
        """
        _check_step(seconds)
        self._now = self.look() if at is None else at
        self.mode, self._step = "stepped", round(seconds * SECOND)

    def move(self, seconds: float) -> None:
        """Move the clock by *seconds*, back if they are negative; it goes on as before.

        Raises:
            ValueError: That is before 1970 or after 9999.
        """
        check_move(self.look(), seconds)
        if self.mode == "real":
            self._offset += round(seconds * SECOND)
        else:
            self._now += round(seconds * SECOND)


class Start(Record, frozen=True, gc=False):
    """How the clock of each tenant goes from the start, and after a reset."""

    mode: Mode = "real"
    seconds: float = 0.0
    """The step of a stepped clock."""
    at: int | None = None
    """Where it starts, in Unix microseconds; None is now."""

    def set(self, clock: TenantClock) -> None:
        """Let *clock* start anew."""
        clock.run()
        if self.mode == "frozen":
            clock.freeze(self.at)
        elif self.mode == "stepped":
            clock.step(self.seconds, self.at)


def parse(text: str) -> Start:
    """Return the start that `real`, `frozen[=TIME]` or `step=SECONDS[,TIME]` is.

    TIME is as ISO 8601 writes it, in UTC if it does not say.

    Raises:
        ValueError: *text* is something else.
    """
    mode, _, rest = text.partition("=")
    if text == "real":
        return Start()
    if mode == "frozen" and (rest or text == mode):
        return Start("frozen", at=microseconds(rest) if rest else None)
    if mode == "step":
        seconds, _, time_ = rest.partition(",")
        step = float(seconds) if _NUMBER.fullmatch(seconds) else 0.0
        _check_step(step)
        return Start("stepped", step, microseconds(time_) if time_ else None)
    raise ValueError("it is real, frozen, frozen=TIME, step=SECONDS or step=SECONDS,TIME")


def _check_step(seconds: float) -> None:
    # What is no number is not in between either.
    if not 1 / SECOND <= seconds <= _LONGEST_STEP:
        raise ValueError("a step is in seconds, from 0.000001 to 86400")


def check_move(now: int, seconds: float) -> None:
    """Refuse to move a clock that says *now*, in Unix microseconds, out of the calendar.

    Raises:
        ValueError: That is before 1970 or after 9999.
    """
    # As in `_check_step`: what is no number is not in between.
    if not 0 <= now + seconds * SECOND <= LATEST:
        raise ValueError("the clock goes from 1970 to 9999: move it less")


def microseconds(text: str) -> int:
    """Return the time that ISO 8601 writes as *text*, in UTC if it does not say.

    Raises:
        ValueError: *text* is something else, or a time before 1970 or after 9999.
    """
    example = "2026-01-01 or 2026-01-01T09:00:00+01:00"
    refused = ValueError(f"a time is ISO 8601, from 1970 to 9999 in UTC, such as {example}")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise refused from None
    utc = at if at.tzinfo else at.replace(tzinfo=UTC)
    found = (utc - EPOCH) // _TICK
    if not 0 <= found < LATEST + SECOND:
        raise refused
    return found
