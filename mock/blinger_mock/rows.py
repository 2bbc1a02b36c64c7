"""A message as a row of SQLite, small: who wrote it is a number, a UUID is its sixteen bytes."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

import msgspec

from blinger_mock.ids import looks_like_uuid
from blinger_mock.model import Agent, Bot, EndUser, File, Message, Review
from blinger_mock.record import Record

if TYPE_CHECKING:
    from blinger_mock.model import Kind

Person = Bot | Agent | EndUser
Key = bytes | str
Row = tuple[Key, Key | None, int, int, int, str, bytes | None]
"""The columns `id`, `uuid`, `microseconds`, `author`, `kind`, `sent` and `more`."""

KINDS: tuple[Kind, ...] = ("text", "file", "review")
"""The column `kind` is a place in it."""


class People(Protocol):
    """Those who write, by number."""

    @abstractmethod
    def key_of(self, person: Person) -> int:
        """Return the number of *person*."""

    @abstractmethod
    def of(self, key: int) -> Person:
        """Return the person of that number."""


class _Asked(Record, frozen=True, gc=False, array_like=True):
    """A review whose people are numbers."""

    id: str
    agent: int | None
    end_user: int
    mark: int
    confirmed: bool
    text: str


class _More(Record, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """What most messages do not have."""

    spelling: str | None = None
    """The id, where it is not in lower case."""
    updated_at: int | None = None
    altered: bool = False
    """Whether `body` is not what follows from what was sent."""
    body: str | None = None
    file: File | None = None
    review: _Asked | None = None


_NOTHING_MORE = _More()
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_More).decode


def key(identifier: str) -> Key:
    """Return what *identifier*, in any case, is found by."""
    folded = identifier.lower()
    return bytes.fromhex(folded.replace("-", "")) if looks_like_uuid(folded) else folded


def identifier(key: Key) -> str:
    """Return the id, in lower case, that is found by *key*."""
    if isinstance(key, str):
        return key
    digits = key.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def write(message: Message, uuid: str | None, people: People) -> Row:
    """Return *message*, which was sent with *uuid*, as a row."""
    more = None
    plain = message.kind == "text" and message.body == message.sent
    if not plain or message.updated_at is not None or message.id != message.id.lower():
        more = _encode(_more(message, people))
    return (
        key(message.id),
        None if uuid is None else key(uuid),
        message.microseconds,
        people.key_of(message.author),
        KINDS.index(message.kind),
        message.sent,
        more,
    )


def read(conversation: str, row: Row, people: People) -> Message:
    """Return the message of *conversation* that *row* is."""
    made, _, microseconds, author, kind, sent, packed = row
    more = _NOTHING_MORE if packed is None else _decode(packed)
    name = KINDS[kind]
    return Message(
        id=more.spelling or identifier(made),
        conversation=conversation,
        microseconds=microseconds,
        author=people.of(author),
        kind=name,
        sent=sent,
        body=more.body if more.altered else _usual_body(name, sent),
        file=more.file,
        review=None if more.review is None else _review(more.review, people),
        updated_at=more.updated_at,
    )


def _usual_body(kind: Kind, sent: str) -> str | None:
    return sent if kind == "text" else None


def _more(message: Message, people: People) -> _More:
    review = message.review
    altered = message.body != _usual_body(message.kind, message.sent)
    return _More(
        spelling=None if message.id == message.id.lower() else message.id,
        updated_at=message.updated_at,
        altered=altered,
        body=message.body if altered else None,
        file=message.file,
        review=None
        if review is None
        else _Asked(
            review.id,
            None if review.agent is None else people.key_of(review.agent),
            people.key_of(review.end_user),
            review.mark,
            review.confirmed,
            review.text,
        ),
    )


def _review(asked: _Asked, people: People) -> Review:
    agent = None if asked.agent is None else people.of(asked.agent)
    end_user = people.of(asked.end_user)
    if not isinstance(agent, Agent | None) or not isinstance(end_user, EndUser):
        raise TypeError("a review is by an end user and of an agent")
    return Review(asked.id, agent, end_user, asked.mark, asked.confirmed, asked.text)
