"""What the rules ask of a store: the one interface that every store has."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blinger_mock.model import Agent, Bot, Conversation, Message


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
    def agent(self, identifier: str) -> Agent | None:
        """Return the agent."""

    @abstractmethod
    def default_agent(self) -> Agent:
        """Return the agent who writes where nobody is assigned."""

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
