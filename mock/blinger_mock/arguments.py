"""What a server is started with, from the command line and from a test alike: what it may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from blinger_mock.clock import Clock

WORST, BEST = 1, 5
"""The marks that a review is given with; what the API takes is not documented."""
TOKEN = r"[!-~]([ -~]*[!-~])?"  # noqa: S105 - what one may be
"""What a token may be, as a regular expression."""
VISIBLE = "visible ASCII, as a header can carry it"
_LAST_PORT = 65535
_MOST_DIGITS = 18


def port(given: object) -> int:
    """Return *given*, a port to listen at.

    Raises:
        TypeError: It is no whole number.
        ValueError: There is no such port.
    """
    allowed = f"a port is a whole number from 0, for a free one, to {_LAST_PORT}"
    return _whole(given, 0, _LAST_PORT, allowed)


def seed(given: object) -> int:
    """Return *given*, which ids are to follow from.

    Raises:
        TypeError: It is no whole number.
        ValueError: It has more than 18 digits.
    """
    most = 10**_MOST_DIGITS - 1
    return _whole(given, -most, most, f"a seed is a whole number of at most {_MOST_DIGITS} digits")


def token(given: object) -> str:
    """Return *given*, a token to let in.

    Raises:
        TypeError: It is no str.
        ValueError: No header can carry it; the message does not repeat it.
    """
    if not isinstance(given, str):
        raise TypeError("a token is a str")
    if not re.fullmatch(TOKEN, given):
        raise ValueError(f"a token is {VISIBLE}")
    return given


def host(given: object) -> str:
    """Return *given*, the address or the name of one to listen at.

    Raises:
        TypeError: It is no str.
    """
    if not isinstance(given, str):
        raise TypeError("a host is a str, such as '127.0.0.1'")
    return given


def assume(given: object) -> Mapping[str, object]:
    """Return *given*, the values of assumptions by name; None is none.

    Raises:
        TypeError: It is something else.
    """
    if given is None:
        return {}
    if not _is_by_name(given):
        raise TypeError("assume is a mapping, from the names of assumptions to their values")
    return given


def profile(given: object) -> Mapping[str, object] | str | Path | None:
    """Return *given*, the values of assumptions or the path of a file of them; None is none.

    Raises:
        TypeError: It is something else.
    """
    if given is None or isinstance(given, str | Path) or _is_by_name(given):
        return given
    raise TypeError("profile is a mapping as assume is, or the path of a TOML file")


def clock(given: Clock) -> Clock:
    """Return *given*, a clock, which is read once.

    Raises:
        TypeError: It cannot be called, or returns something else than microseconds.
    """
    if not callable(given):
        raise TypeError("a clock is a function that returns the time, or says how it goes")
    if not _is_whole(given()):
        raise TypeError("a clock returns whole microseconds, as time.time_ns() // 1000 does")
    return given


def mark(given: object) -> int:
    """Return *given*, the mark of a review.

    Raises:
        TypeError: It is no whole number.
        ValueError: There is no such mark.
    """
    return _whole(given, WORST, BEST, f"a mark is a whole number from {WORST} to {BEST}")


def text(given: object, name: str) -> str:
    """Return *given*, a text; *name* says which, where it is refused.

    Raises:
        TypeError: It is no str.
        ValueError: UTF-8 cannot hold it; the message does not repeat it.
    """
    if not isinstance(given, str):
        raise TypeError(f"{name} is a str")
    if not is_unicode(given):
        raise ValueError(f"{name} has half of a surrogate pair, which is no character")
    return given


def is_unicode(given: str) -> bool:
    """Return whether *given* can be written as UTF-8: it cannot with half of a surrogate pair."""
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole(given: object, least: int, most: int, allowed: str) -> int:
    if not _is_whole(given):
        raise TypeError(allowed)
    if not least <= given <= most:
        raise ValueError(allowed)
    return given


def _is_by_name(given: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(given, Mapping) and all(isinstance(name, str) for name in given)


def _is_whole(given: object) -> TypeGuard[int]:
    return isinstance(given, int) and not isinstance(given, bool)
