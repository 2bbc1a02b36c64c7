"""The four operations as values: what to send, how to read the answer, whether to replay it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

from attrs import field, frozen

from blinger import _answers, _raw
from blinger._options import split_url
from blinger._retries import Replay
from blinger.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from blinger.models import Conversation, Message, Meta

T = TypeVar("T")

_NOT_IN_AN_ID = re.compile(r"[/\\?#\s\x00-\x1f\x7f]")
_LONG_VALUE = 8
"""Characters from which on a value of a URL's query is taken for a secret."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_URL = re.compile(r"https?://[!-~]+\Z", re.IGNORECASE)


@frozen(kw_only=True)
class Operation(Generic[T]):
    """One call that is yet to be made."""

    name: str
    replay: Replay
    path: str
    """Below the base URL, percent-encoded."""
    body: Mapping[str, Any] | None = field(repr=False)
    read: Callable[[object, Meta], T] = field(repr=False)
    """Turns the `data` of an answer into what the caller gets."""
    uuid: UUID | None = None
    """Made before the first attempt, and the same on each."""
    content: tuple[str, ...] = field(default=(), repr=False)
    """What the customer would read, which no error may show."""


def assign_agent(conversation: str, agent_id: str | UUID) -> Operation[Conversation]:
    """Make the operation that assigns an agent."""
    return _operation(
        "assign_agent",
        Replay.SAFE,
        _raw.assign_agent_request(conversation, check_id("agent_id", agent_id)),
        _answers.read_conversation,
    )


def send_text(conversation: str, text: str, uuid: UUID | str | None) -> Operation[Message]:
    """Make the operation that sends a text."""
    _check_text("text", text)
    key = _check_uuid(uuid)
    request = _raw.send_text_request(conversation, text, key)
    return _operation("send_text", Replay.KEYED, request, _answers.read_message, key, (text,))


def send_file(conversation: str, url: str, uuid: UUID | str | None) -> Operation[Message]:
    """Make the operation that sends a file."""
    _check_url(url)
    key = _check_uuid(uuid)
    request = _raw.send_file_request(conversation, url, key)
    return _operation("send_file", Replay.KEYED, request, _answers.read_message, key, _secrets(url))


def request_review(conversation: str) -> Operation[Message]:
    """Make the operation that asks for a review."""
    request = _raw.request_review_request(conversation)
    return _operation("request_review", Replay.NEVER, request, _answers.read_message)


def check_id(name: str, value: str | UUID) -> str:
    """Return *value* as the text of an ID that makes one segment of a path.

    `.` and `..` would name another path, and a blank or a slash is a slip.
    """
    if isinstance(value, UUID):
        return str(value)
    _check_text(name, value)
    if value in (".", "..") or _NOT_IN_AN_ID.search(value):
        message = f"{name} is not an ID: it may have no slash, blank, ? or # in it, nor be all dots"
        raise ConfigurationError(message)
    return value


def _operation(  # noqa: PLR0917 - one place where an operation is put together
    name: str,
    replay: Replay,
    request: Mapping[str, Any],
    read: Callable[[object, Meta], T],
    uuid: UUID | None = None,
    content: tuple[str, ...] = (),
) -> Operation[T]:
    return Operation(
        name=name,
        replay=replay,
        path=request["url"],
        body=request.get("json"),
        read=read,
        uuid=uuid,
        content=content,
    )


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        message = f"{name} should be a string and is {type(value).__name__}"
        raise ConfigurationError(message)
    if not value:
        message = f"{name} is empty"
        raise ConfigurationError(message)
    if lone := _SURROGATE.search(value):
        message = (
            f"{name} has a lone surrogate at character {lone.start()}, which UTF-8 cannot carry"
        )
        raise ConfigurationError(message)


def _check_url(url: str) -> None:
    _check_text("url", url)
    if not _URL.match(url) or split_url(url) is None:
        message = (
            "url is not an http(s) URL with a host, percent-encoded: the server fetches the file"
        )
        raise ConfigurationError(message)


def _secrets(url: str) -> tuple[str, ...]:
    """Return *url* and, as a signed one has its key there, its query and the long values in it."""
    query = urlsplit(url).query
    values = (value for _, value in parse_qsl(query) if len(value) >= _LONG_VALUE)
    return (url, query, *values)


def _check_uuid(uuid: object) -> UUID:
    if uuid is None:
        return uuid4()
    if isinstance(uuid, UUID):
        return uuid
    try:
        return UUID(uuid if isinstance(uuid, str) else None)
    except (ValueError, TypeError):
        message = (
            "uuid is not a UUID: leave it out and one is made, "
            "or derive one from a key of yours with uuid.uuid5"
        )
        raise ConfigurationError(message) from None
