"""What arrived and what is there, in lines for a person: no token, no text, no uuid. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blinger_mock.journal import Exchange

AUTHORS = ("agent", "bot", "endUser")
"""The keys of a message that say who wrote it: one of them is not null."""

_MOST_LINES = 50
_MOST_WORDS = 10


def author(message: dict[str, Any]) -> str:
    """Return which of `AUTHORS` wrote *message*."""
    return next((one for one in AUTHORS if message[one] is not None), "nobody")


def messages(those: Sequence[dict[str, Any]]) -> str:
    """Say how many messages there are, and of the last ones who wrote what."""
    if not those:
        return "there is none"
    words = [f"{one['type']} by {author(one)}" for one in those[-_MOST_WORDS:]]
    return f"there are {len(those)}: {_list(words, len(those))}"


def near(those: Sequence[dict[str, Any]], text: str | None) -> str:
    """Say whether there are texts that differ from *text* by case or white space alone."""
    if text is None:
        return ""
    bodies = [one["body"] for one in those if one["body"] not in {None, text}]
    count = sum(_plain(body) == _plain(text) for body in bodies)
    return f"; {count} with that text but for case or white space" if count else ""


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def requests(those: Sequence[Exchange]) -> str:
    """Say how many requests arrived, and how the last ones were answered."""
    if not those:
        return "none arrived"
    words = [f"{_operation(one)} {_status(one)}" for one in those[-_MOST_WORDS:]]
    return f"{len(those)} arrived: {_list(words, len(those))}"


def journal(those: Sequence[Exchange]) -> str:
    """Return a line for each of the last requests: operation, status, fault, violations."""
    if not those:
        return "no request arrived"
    before = len(those) - _MOST_LINES
    lines = [f"… {before} before these"] if before > 0 else []
    for number, one in enumerate(those, 1):
        if number > before:
            fault = f"  fault: {one.fault}" if one.fault else ""
            rules = () if (one.fault or "").startswith("status=") else one.violations
            broken = f"  violations: {', '.join(rules)}" if rules else ""
            lines.append(f"{number:>3}  {_operation(one):<15}  {_status(one)}{fault}{broken}")
    return "\n".join(lines)


def _operation(one: Exchange) -> str:
    return one.operation or "(no operation)"


def _status(one: Exchange) -> str:
    if one.status:
        return str(one.status)
    return "applied, no answer" if one.applied else "no answer"


def _list(words: Sequence[str], among: int) -> str:
    return ("… " if among > len(words) else "") + ", ".join(words)
