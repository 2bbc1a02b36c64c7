"""The clock of a tenant in the hands of a test: times as people write them, from any thread."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from blinger_mock.bus import Event
from blinger_mock.clock import EPOCH, microseconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from blinger_mock.clock import Mode, TenantClock
    from blinger_mock.engine import Engine
    from blinger_mock.thread import Run


class MockClock:
    """The time of one tenant: that of the machine, until it is frozen, stepped or moved."""

    def __init__(self, engine: Engine, tenant: str, run: Run) -> None:
        self._engine = engine
        self._tenant = tenant
        self._run = run

    def __repr__(self) -> str:
        return f"<MockClock {self.mode}>"

    @property
    def mode(self) -> Mode:
        """How it goes on: `real`, `frozen` or `stepped`."""
        return self._clock.mode

    def now(self) -> datetime:
        """Return the time, in UTC; a stepped clock stays where it is."""
        return EPOCH + timedelta(microseconds=self._run(self._clock.look))

    def freeze(self, at: datetime | str | None = None) -> None:
        """Stand still, *at* that time or now.

        Args:
            at: A datetime with a time zone, or ISO 8601, in UTC if it does not say.

        Raises:
            TypeError: *at* is neither.
            ValueError: *at* has no time zone, is no ISO 8601, before 1970 or after 9999.
        """
        when = _microseconds(at)
        self._change(lambda clock: clock.freeze(when))

    def step(self, seconds: float, at: datetime | str | None = None) -> None:
        """Go on by *seconds* with each change of the state, from *at* (as in `freeze`) or now.

        Raises:
            TypeError: *seconds* is no number; or as `freeze` does.
            ValueError: *seconds* is not from 0.000001 to 86400; or as `freeze` does.
        """
        when, by = _microseconds(at), _seconds(seconds)
        self._change(lambda clock: clock.step(by, when))

    def move(self, seconds: float) -> None:
        """Move by *seconds*, back if they are negative; it goes on as before.

        Raises:
            TypeError: *seconds* is no number.
            ValueError: That is before 1970 or after 9999.
        """
        by = _seconds(seconds)
        self._change(lambda clock: clock.move(by))

    def run(self) -> None:
        """Go on as the machine's clock does, from its time."""
        self._change(lambda clock: clock.run())

    @property
    def _clock(self) -> TenantClock:
        return self._engine.tenancies[self._tenant].clock

    def _change(self, change: Callable[[TenantClock], None]) -> None:
        def changed() -> None:
            change(self._clock)
            self._engine.bus.publish(Event(self._tenant, "clock"))

        self._run(changed)


def _seconds(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise TypeError("seconds are a number")
    return given


def _microseconds(at: datetime | str | None) -> int | None:
    if at is None:
        return None
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise ValueError("a datetime has a time zone, such as UTC")
        at = at.isoformat()
    if not isinstance(at, str):
        raise TypeError("a time is a datetime or a str in ISO 8601")
    return microseconds(at)
