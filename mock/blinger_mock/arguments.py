"""What a server is started with, from the command line and from a test alike: what it may be."""

from __future__ import annotations

from typing import TypeGuard

WORST, BEST = 1, 5
"""The marks that a review is given with; what the API takes is not documented."""
_LAST_PORT = 65535
_MOST_DIGITS = 18


def port(given: object) -> int:
    """Return *given*, a port to listen at.

    Raises:
        ValueError: It is none.
    """
    if not _is_whole(given) or not 0 <= given <= _LAST_PORT:
        raise ValueError(f"a port is a whole number from 0, for a free one, to {_LAST_PORT}")
    return given


def seed(given: object) -> int:
    """Return *given*, which ids are to follow from.

    Raises:
        ValueError: It is no number, or has more than 18 digits.
    """
    if not _is_whole(given) or abs(given) >= 10**_MOST_DIGITS:
        raise ValueError(f"a seed is a whole number of at most {_MOST_DIGITS} digits")
    return given


def token(given: object) -> str:
    """Return *given*, a token to let in.

    Raises:
        ValueError: No header can carry it; the message does not repeat it.
    """
    if not isinstance(given, str) or not given.isascii() or not given.isprintable():
        given = ""
    if not given or given != given.strip():
        raise ValueError("a token is visible ASCII, as a header can carry it")
    return given


def mark(given: object) -> int:
    """Return *given*, the mark of a review.

    Raises:
        ValueError: It is none.
    """
    if not _is_whole(given) or not WORST <= given <= BEST:
        raise ValueError(f"a mark is a whole number from {WORST} to {BEST}")
    return given


def text(given: object, name: str) -> str:
    """Return *given*, what an end user writes as *name*.

    Raises:
        ValueError: It is no text, or none that UTF-8 can hold; the message does not repeat it.
    """
    if not isinstance(given, str):
        raise ValueError(f"{name} is a str")  # noqa: TRY004 - as every bad argument here
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


def _is_whole(given: object) -> TypeGuard[int]:
    return isinstance(given, int) and not isinstance(given, bool)
