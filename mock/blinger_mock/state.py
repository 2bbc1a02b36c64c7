"""What a store is: the one interface that the engine and the rules know."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

from blinger_mock.model import Agent, Bot, Conversation, Count, Message
from blinger_mock.record import Record

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Sequence


class NotKeptError(Exception):
    """A store could not keep changes, and has undone them: the disk is full, say."""


class Stored(Record, frozen=True, gc=False):
    """A message, and the uuid that it was sent with."""

    message: Message
    uuid: str | None
    """A UUID, unless the assumption `uuid_format` lets another text pass."""


class Snapshot(Record, frozen=True, gc=False):
    """All that a tenant has, as it is exported and imported."""

    agents: tuple[Agent, ...]
    bot: Bot
    conversations: tuple[Conversation, ...]
    messages: tuple[Stored, ...]
    """Those of one conversation stand in their order."""
    ids: Count
    """How many ids were given out."""


class Seed(Record, frozen=True, gc=False):
    """What a tenant starts with."""

    conversations: tuple[Conversation, ...]
    """Without a file of seed data: that of the samples, a second, and a locked one."""
    agents: tuple[Agent, ...]
    """Without a file of seed data: that of the samples, and a second without an avatar."""
    bot: Bot
    messages: tuple[Stored, ...] = ()
    """Those of one conversation stand in their order."""

    @property
    def open_conversations(self) -> tuple[str, ...]:
        """The ids of the conversations that take messages."""
        return tuple(one.id for one in self.conversations if not one.locked)

    @property
    def open_conversation(self) -> str:
        """The id of the first conversation that takes messages.

        Raises:
            LookupError: There is no such conversation.
        """
        if not self.conversations:
            raise LookupError("there is no conversation in the data: give one")
        if not self.open_conversations:
            raise LookupError("no conversation of the data takes messages: give one without locked")
        return self.open_conversations[0]

    @property
    def locked_conversation(self) -> str:
        """The id of the first conversation that takes none (assumption `locked`).

        Raises:
            LookupError: There is no such conversation.
        """
        for one in self.conversations:
            if one.locked:
                return one.id
        raise LookupError("no conversation of the data is locked: give one `locked: true`")


class Tenant(Protocol):
    """The state of one tenant, as a store keeps it. Upper or lower case makes no other id."""

    @property
    @abstractmethod
    def bot(self) -> Bot:
        """The bot that asks for reviews."""

    @abstractmethod
    def conversation(self, identifier: str) -> Conversation | None:
        """Return the conversation as it stands."""

    @abstractmethod
    def conversations(self) -> Sequence[Conversation]:
        """Return every conversation as it stands, in the order of the seed."""

    @abstractmethod
    def agent(self, identifier: str) -> Agent | None:
        """Return the agent."""

    @abstractmethod
    def agents(self) -> Sequence[Agent]:
        """Return every agent; the first writes where nobody is assigned."""

    @abstractmethod
    def sent_with(self, conversation: str, uuid: str) -> Sequence[Message]:
        """Return the messages of a conversation that were sent with *uuid*, oldest first."""

    @abstractmethod
    def next_id(self) -> str:
        """Return an id that was not used before."""

    @abstractmethod
    def assign(self, conversation: str, agent: Agent, at: int) -> Conversation:
        """Assign *agent* at *at*, Unix seconds, and return the conversation."""

    @abstractmethod
    def add(self, message: Message, uuid: str | None) -> None:
        """Append *message*, which was sent with *uuid*."""

    @abstractmethod
    def message(self, conversation: str, identifier: str) -> Message | None:
        """Return the message of that id in a conversation; the last, if there are two."""

    @abstractmethod
    def replace(self, message: Message) -> None:
        """Put *message* where the one of its id is, and touch its conversation."""

    @abstractmethod
    def messages(self, conversation: str, *, last: int | None = None) -> Sequence[Message]:
        """Return the messages of a conversation, oldest first, or the *last* so many of them.

        Raises:
            KeyError: There is no such conversation.
        """

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """Return all that there is."""


class Store(Protocol):
    """The tenants and what each has."""

    @abstractmethod
    def add(self, tenant: str, start: Seed | Snapshot) -> None:
        """Let *tenant* start with *start*; what one of that name had before is gone."""

    @abstractmethod
    def has(self, tenant: str) -> bool:
        """Return whether *tenant* is there, as it may be from an earlier run."""

    @abstractmethod
    def remove(self, tenant: str) -> None:
        """Forget all that *tenant* has."""

    @abstractmethod
    def tenant(self, name: str) -> Tenant:
        """Return what *name* has.

        Raises:
            KeyError: There is no such tenant.
        """

    @abstractmethod
    def committed(self) -> Future[Any] | None:
        """Return what is done when all changes so far are kept; None if they are.

        What waits for it raises what kept them from being kept: `NotKeptError`, or a bug.
        """

    @abstractmethod
    def close(self) -> None:
        """Keep what is not kept yet, and let go of files."""
