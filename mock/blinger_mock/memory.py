"""The state in memory: gone when the process is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from blinger_mock.clock import SECOND
from blinger_mock.holding import Holding
from blinger_mock.ids import Ids
from blinger_mock.model import Conversation
from blinger_mock.state import Seed, Snapshot, Stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blinger_mock.model import Agent, Message


class MemoryStore:
    """The tenants and what each has (`blinger_mock.state.Store`)."""

    __slots__ = ("_number", "_tenants")

    def __init__(self, number: int) -> None:
        """Take the *number* that ids follow from."""
        self._number = number
        self._tenants: dict[str, MemoryTenant] = {}

    def add(self, tenant: str, start: Seed | Snapshot) -> None:
        """Let *tenant* start with *start*; what one of that name had before is gone."""
        self._tenants[tenant] = MemoryTenant(start, Ids(self._number, tenant))

    def has(self, tenant: str) -> bool:
        """Return whether *tenant* is there."""
        return tenant in self._tenants

    def remove(self, tenant: str) -> None:
        """Forget all that *tenant* has."""
        del self._tenants[tenant]

    def tenant(self, name: str) -> MemoryTenant:
        """Return what *name* has.

        Raises:
            KeyError: There is no such tenant.
        """
        return self._tenants[name]

    def committed(self) -> None:
        """Return None: nothing is kept anywhere else."""

    def close(self) -> None:
        """Do nothing: there is no file."""


class MemoryTenant(Holding["_Room"]):
    """What one tenant has (`blinger_mock.state.Tenant`)."""

    __slots__ = ()

    def __init__(self, start: Seed | Snapshot, ids: Ids) -> None:
        rooms = {one.id: _Room(one) for one in start.conversations}
        super().__init__(ids, start.bot, start.agents, rooms)
        if isinstance(start, Snapshot):
            ids.count = start.ids
        for one in start.messages:
            self._rooms[one.message.conversation].add(one.message, one.uuid)

    def sent_with(self, conversation: str, uuid: str) -> Sequence[Message]:
        """Return the messages of a conversation that were sent with *uuid*, oldest first."""
        return self._rooms[conversation].by_uuid.get(uuid.lower(), ())

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
        room.add(message, uuid)
        room.conversation = grown(room.conversation, message)

    def message(self, conversation: str, identifier: str) -> Message | None:
        """Return the message of that id in a conversation; the last, if there are two."""
        room = self._rooms.get(conversation.lower())
        place = None if room is None else room.find(identifier)
        return None if room is None or place is None else room.messages[place]

    def replace(self, message: Message) -> None:
        """Put *message* where the one of its id is, and touch its conversation."""
        room = self._rooms[message.conversation]
        place = room.find(message.id)
        if place is None:
            raise LookupError("there is no such message")
        room.messages[place] = message
        room.conversation = touched(room.conversation, message)

    def messages(self, conversation: str, *, last: int | None = None) -> Sequence[Message]:
        """Return the messages of a conversation, oldest first, or the *last* so many of them.

        Raises:
            KeyError: There is no such conversation.
        """
        messages = self._rooms[conversation.lower()].messages
        return tuple(messages if last is None else messages[max(0, len(messages) - last) :])

    def snapshot(self) -> Snapshot:
        """Return all that there is."""
        return Snapshot(
            agents=tuple(self._agents.values()),
            bot=self.bot,
            conversations=tuple(self.conversations()),
            messages=tuple(one for room in self._rooms.values() for one in room.stored()),
            ids=self._ids.count,
        )


class _Room:
    """A conversation with its messages."""

    __slots__ = ("by_uuid", "conversation", "messages")

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.messages: list[Message] = []
        self.by_uuid: dict[str, tuple[Message, ...]] = {}

    def add(self, message: Message, uuid: str | None) -> None:
        self.messages.append(message)
        if uuid is not None:
            key = uuid.lower()
            self.by_uuid[key] = (*self.by_uuid.get(key, ()), message)

    def find(self, identifier: str) -> int | None:
        key = identifier.lower()
        places = range(len(self.messages) - 1, -1, -1)
        return next((it for it in places if self.messages[it].id.lower() == key), None)

    def stored(self) -> list[Stored]:
        # By identity: with uuid_echo and second_message two messages are equal but for the time.
        sent = {id(one): uuid for uuid, many in self.by_uuid.items() for one in many}
        return [Stored(one, sent.get(id(one))) for one in self.messages]


def grown(conversation: Conversation, message: Message) -> Conversation:
    """Return *conversation* with *message* at its end."""
    # Written out: this is done for every message, and `replace` takes three times as long.
    return Conversation(
        conversation.id,
        conversation.end_user,
        conversation.agent,
        conversation.locked,
        conversation.created_at,
        max(conversation.updated_at, message.microseconds // SECOND),
        message.microseconds,
        conversation.messages + 1,
        conversation.reviews + (message.kind == "review"),
    )


def touched(conversation: Conversation, message: Message) -> Conversation:
    """Return *conversation* after *message*, one of its own, changed."""
    updated_at = max(conversation.updated_at, message.updated_at or 0)
    return msgspec.structs.replace(conversation, updated_at=updated_at)
