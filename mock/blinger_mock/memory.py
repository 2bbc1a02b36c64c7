"""The state in memory: gone when the process is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from blinger_mock.clock import SECOND
from blinger_mock.ids import Ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blinger_mock.model import Agent, Bot, Conversation, Message
    from blinger_mock.rules import Rules
    from blinger_mock.seed import Seed
    from blinger_mock.steps import Command, Refusal, Result


class MemoryStore:
    """The tenants and what each has."""

    __slots__ = ("_number", "_rules", "_seed", "_tenants")

    def __init__(self, rules: Rules, seed: Seed, number: int) -> None:
        """Take *seed*, what a tenant starts with, and the *number* that it was made from."""
        self._rules = rules
        self._seed = seed
        self._number = number
        self._tenants: dict[str, MemoryTenant] = {}

    def add(self, tenant: str) -> None:
        """Add *tenant* as it is at the start; one that is there starts anew."""
        self._tenants[tenant] = MemoryTenant(self._seed, Ids(self._number, tenant))

    def remove(self, tenant: str) -> None:
        """Forget all that *tenant* has."""
        del self._tenants[tenant]

    def apply(self, command: Command) -> Result | Refusal:
        """Carry out *command*, or refuse it and change nothing."""
        return self._rules.apply(self._tenants[command.caller.tenant], command)

    def settle(self, command: Command) -> Result | Refusal | None:
        """Return how *command* ends if it changes nothing, else None."""
        return self._rules.settle(self._tenants[command.caller.tenant], command)

    def messages(self, tenant: str, conversation: str) -> Sequence[Message]:
        """Return the messages of a conversation, oldest first.

        Raises:
            KeyError: There is no such tenant or conversation.
        """
        return self._tenants[tenant].messages(conversation)


class MemoryTenant:
    """What one tenant has (`blinger_mock.state.Tenant`)."""

    __slots__ = ("_agents", "_ids", "_rooms", "bot")

    def __init__(self, seed: Seed, ids: Ids) -> None:
        self._ids = ids
        self._agents = {one.id: one for one in seed.agents}
        self._rooms = {one.id: _Room(one) for one in seed.conversations}
        self.bot: Bot = seed.bot

    def conversation(self, identifier: str) -> Conversation | None:
        """Return the conversation as it stands."""
        room = self._rooms.get(identifier.lower())
        return None if room is None else room.conversation

    def agent(self, identifier: str) -> Agent | None:
        """Return the agent."""
        return self._agents.get(identifier.lower())

    def default_agent(self) -> Agent:
        """Return the agent who writes where nobody is assigned: the first."""
        return next(iter(self._agents.values()))

    def sent_with(self, conversation: str, uuid: str) -> Sequence[Message]:
        """Return the messages of a conversation that were sent with *uuid*, oldest first."""
        return self._rooms[conversation].by_uuid.get(uuid.lower(), ())

    def next_id(self) -> str:
        """Return an id that was not used before."""
        return self._ids.next()

    def assign(self, conversation: str, agent: Agent, at: int) -> Conversation:
        """Assign *agent* at *at*, Unix seconds, and return the conversation."""
        room = self._rooms[conversation]
        updated_at = max(at, room.conversation.updated_at)
        changed = msgspec.structs.replace(room.conversation, agent=agent, updated_at=updated_at)
        room.conversation = changed
        return changed

    def add(self, message: Message, uuid: str | None) -> None:
        """Append *message*, which was sent with *uuid*."""
        room = self._rooms[message.conversation]
        before = room.conversation
        room.messages.append(message)
        if uuid is not None:
            key = uuid.lower()
            room.by_uuid[key] = (*room.by_uuid.get(key, ()), message)
        room.conversation = msgspec.structs.replace(
            before,
            updated_at=max(before.updated_at, message.microseconds // SECOND),
            last_microseconds=message.microseconds,
            messages=before.messages + 1,
            reviews=before.reviews + (message.kind == "review"),
        )

    def messages(self, conversation: str) -> Sequence[Message]:
        """Return the messages of a conversation, oldest first."""
        return tuple(self._rooms[conversation.lower()].messages)


class _Room:
    """A conversation with its messages."""

    __slots__ = ("by_uuid", "conversation", "messages")

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.messages: list[Message] = []
        self.by_uuid: dict[str, tuple[Message, ...]] = {}
