"""Say in a few words what is to go wrong: the rule of a fault, checked. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import get_args

from blinger_mock.faults import (
    AnyEffect,
    Close,
    Delay,
    Drip,
    Hang,
    Malformed,
    OperationName,
    Reset,
    Rule,
    Status,
    Truncate,
    When,
)

_ENDS: dict[str, AnyEffect] = {
    "close": Close(),
    "hang": Hang(),
    "reset": Reset(),
}
_SPOILS: dict[str, AnyEffect] = {"malformed": Malformed(), "truncate": Truncate()}
_TAKES_TIME: dict[str, type[Delay | Drip]] = {"delay": Delay, "drip": Drip}
_KINDS = tuple(sorted((*_ENDS, *_SPOILS, *_TAKES_TIME)))


def rule(  # noqa: PLR0917 - one caller, which hands on what it was given
    fault: int | str,
    when: When | None,
    times: int | None,
    operation: str | None,
    conversation: str | None,
    retry_after: int | datetime | None,
    seconds: float | None,
) -> Rule:
    """Return the rule that `Mock.fail_next` describes.

    Raises:
        ValueError: An argument is none of those allowed, which the message lists.
    """
    effect = _effect(fault, retry_after, seconds)
    spoils = fault in {*_SPOILS, "drip"}
    if when not in {None, *get_args(When)}:
        raise ValueError("when is 'before' or 'after' the request is applied")
    if spoils and when == "before":
        raise ValueError(f"{fault} spoils the answer to a request that was applied: when='after'")
    if times is not None and (isinstance(times, bool) or times < 1):
        raise ValueError("times is at least 1, or None for always")
    if operation not in {None, *get_args(OperationName)}:
        known = ", ".join(get_args(OperationName))
        raise ValueError(f"operation is one of {known}, or None for any")
    return Rule(
        effect,
        when=when or ("after" if spoils else "before"),
        operation=operation,
        conversation=None if conversation is None else conversation.lower(),
        times=times,
    )


def _effect(
    fault: int | str, retry_after: int | datetime | None, seconds: float | None
) -> AnyEffect:
    if isinstance(fault, int) and not isinstance(fault, bool):
        return _status(fault, retry_after, seconds)
    if retry_after is not None:
        raise ValueError("retry_after goes with a status, such as 429")
    if fault in _TAKES_TIME:
        if seconds is None or not 0 <= seconds < float("inf"):
            raise ValueError(f"{fault} takes seconds=, 0 or more")
        return _TAKES_TIME[fault](seconds)
    if fault not in _KINDS:
        known = ", ".join(_KINDS)
        raise ValueError(f"a fault is a status from 400 to 599, or one of {known}")
    if seconds is not None:
        raise ValueError("seconds goes with delay and drip")
    return (_ENDS | _SPOILS)[fault]


def _status(status: int, retry_after: int | datetime | None, seconds: float | None) -> Status:
    if not 400 <= status <= 599:  # noqa: PLR2004 - the errors of HTTP
        raise ValueError("the status of a fault is 400 to 599")
    if seconds is not None:
        raise ValueError("seconds goes with delay and drip; a status takes retry_after")
    return Status(status, None if retry_after is None else _retry_after(retry_after))


def _retry_after(value: int | datetime) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("the date of retry_after has a time zone")
        return format_datetime(value.astimezone(UTC), usegmt=True)
    if not str(value).isdecimal():
        raise ValueError("retry_after is whole seconds, 0 or more, or a datetime")
    return str(value)
