"""Which failure may be replayed, and when: the table of the README, as pure functions."""

from __future__ import annotations

import random
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import frozen

from blinger.errors import (
    APIError,
    BlingerError,
    Conflict,
    ConnectionFailed,
    Outcome,
    RateLimited,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

RETRY_AFTER_CAP = 60.0
"""Seconds; a server that asks for more is not waited for."""
FIRST_BACKOFF = 0.5
"""Seconds; the bound of the first wait, doubled for each that follows."""
LONGEST_BACKOFF = 8.0
"""Seconds; no bound grows beyond it."""

# A whole number by the standard; a fraction is understood all the same, so as not to be early.
_SECONDS = re.compile(r"\d+(\.\d+)?\Z", re.ASCII)
_WORTH_REPLAYING = frozenset({408, 500, 502, 503, 504, *range(520, 525)})


class Replay(StrEnum):
    """Why an operation may, or may not, be sent again when nobody knows whether it took effect."""

    SAFE = "safe"
    """Doing it twice is doing it once."""
    KEYED = "keyed"
    """The server knows it again by its uuid (assumption `uuid_dedupe`)."""
    NEVER = "never"
    """A second one is a second effect."""


@frozen(kw_only=True)
class RetryEvent:
    """What `on_retry` is told, before the wait."""

    operation: str
    """Name of the method that was called."""
    attempt: int
    """Number of the attempt that failed, from 1."""
    wait: float
    """Seconds until the next."""
    error: BlingerError
    """Why it failed."""
    uuid: UUID | None
    """The uuid of the message, the same on each attempt."""


def may_replay(error: BaseException | None, replay: Replay) -> bool:
    """Return whether an attempt that failed with *error* may be followed by another."""
    match error:
        case ConnectionFailed() | RateLimited():
            return True
        case TransportError():
            return replay is not Replay.NEVER
        case APIError():
            return error.status in _WORTH_REPLAYING and replay is not Replay.NEVER
        case _:
            return False


def advise(error: BlingerError, replay: Replay) -> str:
    """Return what the caller of a failed call should do, in a few words; "" where it is plain."""
    if isinstance(error, Conflict) and replay is not Replay.SAFE:
        return "a message with this uuid may be there already: look before you send another"
    if error.outcome is not Outcome.UNKNOWN:
        return ""
    if replay is Replay.SAFE:
        return "repeating it is safe"
    if replay is Replay.KEYED:
        return f"repeat it with uuid={str(error.uuid)!r}"
    return "look before you repeat it"


def wait_for(error: BaseException, attempt: int) -> float:
    """Return the seconds to wait after *attempt* (from 1) failed with *error*.

    What the server asks for is kept to exactly; else exponential backoff with full jitter.
    """
    asked = getattr(error, "retry_after", None)
    if asked is not None:
        return float(asked)
    return random.uniform(0, backoff_bound(attempt))  # noqa: S311 - jitter is no secret


def backoff_bound(attempt: int) -> float:
    """Return the longest backoff, in seconds, after *attempt* (from 1) failed."""
    return min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(attempt - 1, 10))


def is_too_long(error: BaseException) -> bool:
    """Return whether the server asks for a longer wait than we are ready for."""
    asked = getattr(error, "retry_after", None)
    return asked is not None and asked > RETRY_AFTER_CAP


def parse_retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that `Retry-After` asks for; None where it says nothing.

    It gives them as a number or as a date. A date is compared with the server's own clock (`Date`)
    where the answer has it, else with *now* (Unix seconds): two clocks that differ must not make
    the wait shorter.
    """
    value = headers.get("retry-after", "").strip()
    if _SECONDS.match(value):
        return float(value)
    moment = _timestamp(value)
    if moment is None:
        return None
    server_now = _timestamp(headers.get("date", ""))
    return max(0.0, moment - (now if server_now is None else server_now))


def _timestamp(value: str) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
        # A date that names no zone, as those of asctime, is in UTC all the same.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
