"""What passes between the three steps: request, command or refusal, result, answer."""

from __future__ import annotations

from typing import Any

from blinger_mock.model import Conversation, Message
from blinger_mock.record import Record


class Request(Record, frozen=True, gc=False):
    """What arrived, as far as any check looks at it."""

    method: str
    path: str
    """Not decoded, without the query."""
    authorization: tuple[str, ...] = ()
    """Each `Authorization` header: two of them are no token."""
    content_type: str | None = None
    content_encoding: str | None = None
    user_agent: str | None = None
    body: bytes = b""
    too_large: bool = False
    """The body is over the limit; it was not read to its end."""
    too_slow: bool = False
    """The body did not arrive in time."""
    fault: str | None = None
    """The header `X-Mock-Fault`: what this request asks to meet."""


class Caller(Record, frozen=True, gc=False):
    """Whose request it is and what it asks for: what is known before the body is looked at."""

    tenant: str
    operation: str
    conversation: str
    """The id in the path, decoded, as it was written."""


class AssignAgent(Record, frozen=True, gc=False):
    """Make an agent the one who answers in a conversation."""

    caller: Caller
    agent: str


class SendText(Record, frozen=True, gc=False):
    """Post a text."""

    caller: Caller
    uuid: str
    text: str


class Fetched(Record, frozen=True, gc=False):
    """What the host of a file said about it."""

    size: int
    """In bytes."""
    mime_type: str | None


class SendFile(Record, frozen=True, gc=False):
    """Post a file."""

    caller: Caller
    uuid: str
    url: str
    fetched: Fetched | None = None
    """None where this server does not fetch (assumption `file_fetch`)."""


class RequestReview(Record, frozen=True, gc=False):
    """Ask for a review."""

    caller: Caller


Command = AssignAgent | SendText | SendFile | RequestReview


class EndUserText(Record, frozen=True, gc=False):
    """Post a text as the end user: nothing that the API offers."""

    caller: Caller
    text: str


class GiveReview(Record, frozen=True, gc=False):
    """Fill in a review as the end user: nothing that the API offers."""

    caller: Caller
    message: str
    """The id of the message that asks for it."""
    mark: int
    text: str


Act = Command | EndUserText | GiveReview
"""What changes the state: a command of the API, or what an end user does."""


class Violation(Record, frozen=True, gc=False):
    """One thing that is wrong with a request, said without repeating any of it."""

    where: str
    """`path`, `method`, `header`, `body` or `state`."""
    pointer: str
    """A JSON pointer into the body, the name of a header or path parameter, or empty."""
    keyword: str
    """The keyword of the schema, or the rule or assumption, that is violated."""
    text: str


class Refusal(Record, frozen=True, gc=False):
    """Why a request changes nothing; there is at least one violation."""

    status: int
    violations: tuple[Violation, ...]
    headers: tuple[tuple[str, str], ...] = ()
    by_field: bool = False
    """Whether the error is told as `{field: message}`."""


def refuse(
    status: int, where: str, keyword: str, text: str, *, pointer: str = "", **headers: str
) -> Refusal:
    """Return a refusal for one reason; *headers* are named as Python names them."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Refusal(status, (Violation(where, pointer, keyword, text),), named)


Result = Conversation | Message


class Answer(Record, frozen=True, gc=False):
    """What goes back."""

    status: int
    """The HTTP status; with `error_transport=inside_200` it is not the one in the body."""
    document: dict[str, Any]
    headers: tuple[tuple[str, str], ...] = ()
