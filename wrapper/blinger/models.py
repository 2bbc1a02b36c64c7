"""What the API answers with, as frozen values.

Times are aware UTC datetimes, and unknown fields are kept in `extra`.
Every value of an answer is here under its own name; `to_dict()` gives the API's JSON back. Kinds
that the API may extend (`type`, `status`) are an enumeration's member where the value is known and
the plain text where it is not.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import field, fields, frozen

from blinger._json import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID


class MessageType(StrEnum):
    """What a message holds."""

    TEXT = "text"
    FILE = "file"
    REVIEW = "review"


class MessageStatus(StrEnum):
    """How far a message got."""

    DELIVERED = "delivered"


class AgentStatus(StrEnum):
    """Whether an agent is there."""

    ONLINE = "online"


class FileType(StrEnum):
    """Kind of a file."""

    IMAGE = "image"


@frozen(kw_only=True)
class Meta:
    """How an answer came about: `message.meta`."""

    status: int
    """HTTP status."""
    headers: Mapping[str, str] = field(repr=False)
    """Headers of the answer, their names in lower case."""
    attempts: int
    """How many requests the call took."""
    elapsed: float
    """Seconds from the start of the call to its answer, waits included."""
    uuid: UUID | None
    """The uuid that was sent, of a message; None for other calls."""
    raw: Any = field(repr=False)
    """The answer's JSON, envelope and `websocketToken` included: do not log it."""


def _extra() -> Any:
    return field(factory=dict[str, Any], repr=False, hash=False)


def _meta() -> Any:
    return field(repr=False, eq=False, metadata={"key": None})


@frozen(repr=False)
class _Model:
    """What all of them can do."""

    def __repr__(self) -> str:
        """Show what is set, without secrets and without what people wrote."""
        shown = (
            f"{attribute.name}={_show(value)}"
            for attribute in fields(type(self))
            if attribute.repr and (value := getattr(self, attribute.name)) is not None
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    def to_dict(self) -> dict[str, Any]:
        """Return the API's JSON, unknown fields and an end user's `websocketToken` included."""
        result: dict[str, Any] = {}
        for attribute in fields(type(self)):
            key = attribute.metadata.get("key", _camel_case(attribute.name))
            value = getattr(self, attribute.name)
            if attribute.name == "extra":
                result.update(value)
            elif key is not None and not (value is None and attribute.metadata.get("optional")):
                result[key] = _to_json(value)
        return result


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def _show(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return repr(str(value)) if isinstance(value, StrEnum) else repr(value)


def _to_json(value: Any) -> Any:
    if isinstance(value, _Model):
        return value.to_dict()
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, StrEnum):
        return str(value)
    return dict(value) if is_object(value) else value


@frozen(kw_only=True, repr=False)
class FileMeta(_Model):
    """What is known of a file's content."""

    width: int | None = field(metadata={"optional": True})
    """Width of an image, in pixels; None for other kinds."""
    height: int | None = field(metadata={"optional": True})
    """Height of an image, in pixels; None for other kinds."""
    extra: Mapping[str, Any] = _extra()
    """Fields that the contract does not know."""


@frozen(kw_only=True, repr=False)
class FileInfo(_Model):
    """A file as the server stored it."""

    name: str
    """Name without the extension."""
    ext: str
    """Extension without the dot."""
    mime_type: str
    """Media type."""
    size: int
    """Size in bytes."""
    path: str
    """Path on the file host."""
    extra: Mapping[str, Any] = _extra()
    """Fields that the contract does not know."""


@frozen(kw_only=True, repr=False)
class File(_Model):
    """A file that the server holds."""

    id: str
    """ID of the file."""
    type: FileType | str
    """Kind of the file."""
    meta: FileMeta
    """What is known of the content."""
    info: FileInfo
    """The file as the server stored it."""
    urls: Mapping[str, str] = field(hash=False, repr=False, metadata={"key": "url"})
    """Where it can be fetched, by size: `120x120`, `520x400` and `default` were seen."""
    created_at: datetime
    """When it was made, to the second, in UTC."""
    updated_at: datetime
    """When it last changed, to the second, in UTC."""
    extra: Mapping[str, Any] = _extra()
    """Fields that the contract does not know."""


@frozen(kw_only=True, repr=False)
class Agent(_Model):
    """A person who answers visitors."""

    id: str
    """ID of the agent."""
    service_user_id: str
    """ID of the agent in your own system (inferred from its name); neither unique nor stable."""
    name: str
    """Name of the agent."""
    status: AgentStatus | str
    """Whether the agent is there."""
    avatar: File | None
    """Picture of the agent."""
    active: bool
    """Whether the agent's account is in use."""
    created_at: datetime
    """When it was made, to the second, in UTC."""
    updated_at: datetime
    """When it last changed, to the second, in UTC."""
    extra: Mapping[str, Any] = _extra()
    """Fields that the contract does not know."""


@frozen(kw_only=True, repr=False)
class Bot(_Model):
    """A program that writes in conversations."""

    id: str
    """ID of the bot."""
    name: str
    """Name of the bot."""
    created_at: datetime
    """When it was made, to the second, in UTC."""
    updated_at: datetime
    """When it last changed, to the second, in UTC."""
    extra: Mapping[str, Any] = _extra()
    """Fields that the contract does not know."""


@frozen(kw_only=True, repr=False)
class EndUser(_Model):
    """The visitor of the website."""

    id: str
    """ID of the end user."""
    websocket_token: str = field(repr=False)
    """A live credential of the visitor that does not expire: never log it. It is in no repr."""
    created_at: datetime
    """When it was made, to the second, in UTC."""
    updated_at: datetime
    """When it last changed, to the second, in UTC."""
    extra: Mapping[str, Any] = _extra()
    """Fields that the contract does not know."""


@frozen(kw_only=True, repr=False)
class Review(_Model):
    """A review that was asked for, and what the end user answered."""

    id: str
    """ID of the review."""
    agent: Agent | None
    """The agent who is reviewed; None when none is assigned (assumption `review_needs_agent`)."""
    end_user: EndUser
    """The visitor who was asked."""
    mark: int
    """The mark; 0 while it is not given (inferred). Its scale is not documented."""
    confirmed: bool
    """Whether the end user submitted the review."""
    text: str = field(repr=False)
    """What the end user wrote; empty while nothing is. It is in no repr."""
    created_at: datetime
    """When it was made, to the second, in UTC."""
    updated_at: datetime
    """When it last changed, to the second, in UTC."""
    extra: Mapping[str, Any] = _extra()
    """Fields that the contract does not know."""


@frozen(kw_only=True, repr=False)
class Conversation(_Model):
    """A conversation between a visitor and those who answer."""

    id: str
    """ID of the conversation."""
    assigned_agent: Agent | None
    """The agent who answers here."""
    locked: bool
    """Whether it takes messages (assumption `locked`)."""
    created_at: datetime
    """When it was made, to the second, in UTC."""
    updated_at: datetime
    """When it last changed, to the second, in UTC."""
    extra: Mapping[str, Any] = _extra()
    """Fields that the contract does not know."""
    meta: Meta = _meta()
    """How the answer came about."""


@frozen(kw_only=True, repr=False)
class Message(_Model):
    """A message of a conversation: a text, a file, or a request for a review."""

    id: str
    """ID of the message; not the uuid that you sent, unless the assumption `uuid_echo` says so."""
    status: MessageStatus | str
    """How far the message got."""
    type: MessageType | str
    """What the message holds."""
    body: str | None = field(repr=False)
    """The text of a text message. It is in no repr."""
    file: File | None
    """The file of a file message."""
    review: Review | None
    """The review that a review message asks for."""
    bot: Bot | None
    """The author, when a bot wrote it."""
    agent: Agent | None
    """The author, when an agent wrote it."""
    end_user: EndUser | None
    """The author, when the end user wrote it."""
    microseconds: int
    """When it was made, in Unix microseconds."""
    created_at: datetime
    """When it was made, to the second, in UTC."""
    updated_at: datetime
    """When it last changed, to the second, in UTC."""
    extra: Mapping[str, Any] = _extra()
    """Fields that the contract does not know."""
    meta: Meta = _meta()
    """How the answer came about."""

    @property
    def text(self) -> str | None:
        """The text of a text message: the API's own name for it is `body`."""
        return self.body

    @property
    def author(self) -> Agent | Bot | EndUser | None:
        """Who wrote it: whichever of agent, bot and end user is set; None breaks the contract."""
        return self.agent or self.bot or self.end_user
