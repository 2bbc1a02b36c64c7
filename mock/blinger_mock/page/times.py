"""Times in words: in UTC, and with the date where it is not today's by the clock of the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_UNITS = (("day", 86400), ("h", 3600), ("min", 60), ("s", 1))
_MOST_UNITS = 2


def clock_time(at: datetime) -> dict[str, str]:
    """Return *at* for a place that says the date otherwise."""
    return _written(at, at.strftime("%H:%M"))


def listed(at: datetime, now: datetime) -> dict[str, str]:
    """Return *at* for a list that has little room: the time of today, or the date."""
    return _written(at, at.strftime("%H:%M") if at.date() == now.date() else _date(at, now))


def exact(at: datetime, now: datetime, shape: str = "%H:%M:%S") -> dict[str, str]:
    """Return *at* as a time, with the date before it where that is not today's."""
    date = "" if at.date() == now.date() else f"{_date(at, now)}, "
    return _written(at, date + at.strftime(shape))


def day(at: datetime) -> str:
    """Return the date of *at* in full."""
    return f"{at.day} {at.strftime('%B %Y')}"


def _date(at: datetime, now: datetime) -> str:
    return f"{at.day} {at.strftime('%b' if at.year == now.year else '%b %Y')}"


def _written(at: datetime, short: str) -> dict[str, str]:
    return {
        "iso": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "short": short,
        "full": f"{day(at)}, {at.strftime('%H:%M:%S')} UTC",
    }


def moved(seconds: float) -> str:
    """Return by how much a clock is ahead or behind; nothing where it is neither."""
    rest = round(abs(seconds))
    parts: list[str] = []
    for name, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}{'s' if name == 'day' and count > 1 else ''}")
    if not parts:
        return ""
    return f"{' '.join(parts[:_MOST_UNITS])} {'ahead' if seconds > 0 else 'behind'}"
