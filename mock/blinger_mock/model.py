"""What the server knows: the nouns of the API, as immutable values.

A message holds the very agent, bot and end user that it had when it was sent, so that an answer can
be repeated as it was and rendering needs no store.
"""

from __future__ import annotations

from typing import Literal

from blinger_mock.record import Record

Kind = Literal["text", "file", "review"]


class File(Record, frozen=True, gc=False):
    """A file that the server holds."""

    id: str
    kind: str
    mime_type: str
    name: str
    ext: str
    size: int
    """In bytes."""
    path: str
    width: int
    """In pixels, of an image; 0 of anything else."""
    height: int
    created_at: int
    """Unix seconds, as every `created_at` and `updated_at` here."""


class Agent(Record, frozen=True, gc=False, tag="agent"):
    """A person who answers visitors."""

    id: str
    service_user_id: str
    name: str
    avatar: File | None
    created_at: int


class Bot(Record, frozen=True, gc=False, tag="bot"):
    """The bot that asks for reviews."""

    id: str
    name: str
    created_at: int


class EndUser(Record, frozen=True, gc=False, tag="end user"):
    """The visitor of the website; holds a live credential of theirs."""

    id: str
    websocket_token: str
    created_at: int


class Conversation(Record, frozen=True, gc=False):
    """A conversation as it stands at one moment."""

    id: str
    end_user: EndUser
    agent: Agent | None
    locked: bool
    created_at: int
    updated_at: int
    last_microseconds: int
    """When its last message was made; 0 where there is none."""
    messages: int
    """How many messages it has."""
    reviews: int
    """How many of them ask for a review."""


class Review(Record, frozen=True, gc=False):
    """A review that was asked for; with `confirmed`, it was given."""

    id: str
    agent: Agent | None
    end_user: EndUser
    mark: int = 0
    confirmed: bool = False
    text: str = ""


class Message(Record, frozen=True, gc=False):
    """A message of a conversation."""

    id: str
    conversation: str
    microseconds: int
    author: Bot | Agent | EndUser
    kind: Kind
    sent: str
    """The text or URL, as it was sent: it decides whether a repeated uuid has the same content."""
    body: str | None = None
    file: File | None = None
    review: Review | None = None
    updated_at: int | None = None
    """When it changed; None where it never did."""
