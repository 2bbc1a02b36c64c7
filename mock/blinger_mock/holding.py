"""What every store keeps at hand of a tenant: the agents, and each conversation as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blinger_mock.ids import Ids
    from blinger_mock.model import Agent, Bot, Conversation


class Room(Protocol):
    """A conversation, with whatever a store keeps beside it."""

    conversation: Conversation


R = TypeVar("R", bound=Room)


class Holding(Generic[R]):
    """The part of `blinger_mock.state.Tenant` that asks no store."""

    __slots__ = ("_agents", "_ids", "_rooms", "bot")

    def __init__(self, ids: Ids, bot: Bot, agents: Sequence[Agent], rooms: dict[str, R]) -> None:
        self._ids = ids
        self.bot = bot
        self._agents = {one.id: one for one in agents}
        self._rooms = rooms

    def conversation(self, identifier: str) -> Conversation | None:
        """Return the conversation as it stands."""
        room = self._rooms.get(identifier.lower())
        return None if room is None else room.conversation

    def conversations(self) -> Sequence[Conversation]:
        """Return every conversation as it stands, in the order of the seed."""
        return tuple(room.conversation for room in self._rooms.values())

    def agent(self, identifier: str) -> Agent | None:
        """Return the agent."""
        return self._agents.get(identifier.lower())

    def agents(self) -> Sequence[Agent]:
        """Return every agent; the first writes where nobody is assigned."""
        return tuple(self._agents.values())

    def next_id(self) -> str:
        """Return an id that was not used before."""
        return self._ids.next()
