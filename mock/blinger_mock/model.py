"""What the server knows: the nouns of the API, as immutable values.

A message holds the very agent, bot and end user that it had when it was sent, so that an answer can
be repeated as it was and rendering needs no store. The bounds hold for what is read from a
document: within them, no answer that is made of it breaks the contract.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from blinger_mock.arguments import BEST
from blinger_mock.clock import LATEST, SECOND
from blinger_mock.ids import UUID
from blinger_mock.record import Record

Kind = Literal["text", "file", "review"]
Id = Annotated[str, Meta(pattern=rf"^{UUID}\Z", description="a UUID")]
Seconds = Annotated[int, Meta(ge=0, le=LATEST // SECOND)]
"""Unix seconds."""
Microseconds = Annotated[int, Meta(ge=-LATEST, le=LATEST + SECOND - 1)]
"""Unix microseconds; by the assumption `time_order` they may be from before the clock began."""
Count = Annotated[int, Meta(ge=0, le=10**15)]
Mark = Annotated[int, Meta(ge=0, le=BEST)]
"""0 while none is given."""


class File(Record, frozen=True, gc=False):
    """A file that the server holds."""

    id: Id
    kind: str
    mime_type: str
    name: str
    ext: str
    size: Count
    """In bytes."""
    path: str
    width: Count
    """In pixels, of an image; 0 of anything else."""
    height: Count
    created_at: Seconds
    """Unix seconds, as every `created_at` and `updated_at` here."""


class Agent(Record, frozen=True, gc=False, tag="agent"):
    """A person who answers visitors."""

    id: Id
    service_user_id: str
    name: str
    avatar: File | None
    created_at: Seconds


class Bot(Record, frozen=True, gc=False, tag="bot"):
    """The bot that asks for reviews."""

    id: Id
    name: str
    created_at: Seconds


class EndUser(Record, frozen=True, gc=False, tag="end user"):
    """The visitor of the website; holds a live credential of theirs."""

    id: Id
    websocket_token: str
    created_at: Seconds


class Conversation(Record, frozen=True, gc=False):
    """A conversation as it stands at one moment."""

    id: Id
    end_user: EndUser
    agent: Agent | None
    locked: bool
    created_at: Seconds
    updated_at: Seconds
    last_microseconds: Microseconds
    """When its last message was made; 0 where there is none."""
    messages: Count
    """How many messages it has."""
    reviews: Count
    """How many of them ask for a review."""


class Review(Record, frozen=True, gc=False):
    """A review that was asked for; with `confirmed`, it was given."""

    id: Id
    agent: Agent | None
    end_user: EndUser
    mark: Mark = 0
    confirmed: bool = False
    text: str = ""


class Message(Record, frozen=True, gc=False):
    """A message of a conversation."""

    id: str
    """A UUID, or what was sent as one, by the assumptions `uuid_echo` and `uuid_format`."""
    conversation: Id
    microseconds: Microseconds
    author: Bot | Agent | EndUser
    kind: Kind
    sent: str
    """The text or URL, as it was sent: it decides whether a repeated uuid has the same content."""
    body: str | None = None
    file: File | None = None
    review: Review | None = None
    updated_at: Seconds | None = None
    """When it changed; None where it never did."""
