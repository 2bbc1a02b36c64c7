"""What a call of the command line came to, as pure functions: exit status, JSON, card, line."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from blinger._cli import INTERRUPTED, USAGE
from blinger._json import is_list, is_object
from blinger.errors import BlingerError, ConfigurationError, Outcome
from blinger.models import Agent, Bot, Conversation, Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger._scrub import Scrubber

UNREADABLE = 5
_STATUS = {
    Outcome.REJECTED: 1,
    Outcome.NOT_SENT: 3,
    Outcome.UNKNOWN: 4,
    Outcome.ACCEPTED: UNREADABLE,
}
_ADVICE = {
    Outcome.NOT_SENT: "nothing was sent",
    Outcome.REJECTED: "nothing was changed",
    Outcome.ACCEPTED: "the server accepted it: do not repeat it",
}


class UsageError(ConfigurationError):
    """The command line cannot be understood."""


class Interrupted(BlingerError):
    """Ctrl-C was pressed."""


@frozen(kw_only=True)
class Report:
    """What is known when the call is over."""

    answer: Message | Conversation | BlingerError = field(repr=False)
    """What the call returned, or raised."""
    operation: str | None = None
    """Name of the method that was called."""
    uuid: str | None = None
    """The uuid of the message."""
    knows_again: bool = True
    """Whether the server knows a message again by its uuid."""
    elapsed: float = 0.0
    """Seconds from the start of the call to its end."""


def exit_status(answer: Message | Conversation | BlingerError) -> int:
    """Return the exit status of a call that returned, or raised, *answer*."""
    match answer:
        case ConfigurationError():
            return USAGE
        case Interrupted():
            return INTERRUPTED
        case BlingerError(outcome=outcome):
            return _STATUS[outcome]
        case _:
            return 0


def document(report: Report, scrub: Scrubber) -> str:
    """Return the one JSON document of `--json`: ASCII, without secrets, in one line."""
    answer = report.answer
    failure = answer if isinstance(answer, BlingerError) else None
    facts = {
        "operation": report.operation,
        "outcome": str(Outcome.ACCEPTED if failure is None else failure.outcome),
        "uuid": report.uuid,
        "attempts": attempts(answer),
        "elapsed": round(report.elapsed, 3),
        "result": None if isinstance(answer, BlingerError) else answer.to_dict(),
        "error": None if failure is None else _error_facts(failure),
    }
    return json.dumps(_finite(scrub.json(facts)), allow_nan=False)


def rows(report: Report, result: Message | Conversation) -> Iterator[tuple[str, str]]:
    """Yield what the card says, name and value. The text of a message is not in it."""
    yield from _message(result) if isinstance(result, Message) else _conversation(result)
    yield "created", f"{result.created_at:%Y-%m-%d %H:%M:%S} UTC"
    if report.uuid is not None:
        yield "uuid", report.uuid
    yield "attempts", f"{attempts(result)}, in {report.elapsed:.3f} s"


def error_line(report: Report, error: BlingerError) -> str:
    """Return what went wrong and what to do, in one line."""
    line = str(error.args[0])
    if report.operation is None or isinstance(error, ConfigurationError):
        return line
    return f"{line} ({', '.join(_story(report, error))})"


def attempts(answer: Message | Conversation | BlingerError) -> int | None:
    """Return how many requests were tried, where that is known."""
    match answer:
        case Interrupted():
            return None
        case BlingerError(attempts=number):
            return number
        case _:
            return answer.meta.attempts


def printable(text: str) -> str:
    """Return *text* without what could steer a terminal: it may come from elsewhere."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _story(report: Report, error: BlingerError) -> Iterator[str]:
    yield str(report.operation)
    if (number := attempts(error)) is not None:
        yield f"{number} attempt{'' if number == 1 else 's'}"
    yield _ADVICE[error.outcome] if error.outcome in _ADVICE else _unknown(report)
    if report.uuid is not None and error.outcome is not Outcome.UNKNOWN:
        yield f"uuid {report.uuid}"


def _unknown(report: Report) -> str:
    if report.operation == "assign_agent":
        what = "it is safe to repeat"
    elif report.uuid is None:
        what = "to repeat it may ask twice"
    elif report.knows_again:
        what = f"repeat it with --uuid {report.uuid}"
    else:
        what = f"look before you repeat it, uuid {report.uuid}"
    return f"it may have taken effect: {what}"


def _error_facts(error: BlingerError) -> dict[str, Any]:
    return {
        "type": type(error).__name__,
        "message": str(error.args[0]),
        **{name: getattr(error, name, None) for name in ("status", "retry_after", "request_id")},
    }


def _conversation(conversation: Conversation) -> Iterator[tuple[str, str]]:
    agent = conversation.assigned_agent
    yield "conversation", conversation.id
    yield "agent", "nobody" if agent is None else f"{agent.name}, {agent.status}"
    yield "locked", "yes" if conversation.locked else "no"


def _message(message: Message) -> Iterator[tuple[str, str]]:
    yield "message", message.id
    yield "type", ", ".join((str(message.type), *_content(message)))
    yield "status", str(message.status)
    yield "author", _author(message)


def _content(message: Message) -> Iterator[str]:
    if message.text is not None:
        yield f"{len(message.text)} character{'' if len(message.text) == 1 else 's'}"
    if message.file is not None:
        info = message.file.info
        yield f"{info.name}.{info.ext}, {info.mime_type}, {info.size} bytes"
    if message.review is not None and message.review.agent is not None:
        yield f"of {message.review.agent.name}"


def _author(message: Message) -> str:
    match message.author:
        case None:
            return "nobody"
        case Agent(name=name):
            return f"agent {name}"
        case Bot(name=name):
            return f"bot {name}"
        case _:
            return "end user"


def _finite(value: Any) -> Any:
    """Return *value* with null for each number that JSON cannot write."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if is_list(value):
        return [_finite(item) for item in value]
    if is_object(value):
        return {key: _finite(item) for key, item in value.items()}
    return value
