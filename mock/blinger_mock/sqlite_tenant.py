"""What one tenant has in a SQLite file: messages are read each time, the small rest is at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from blinger_mock import rows, schema
from blinger_mock.holding import Holding
from blinger_mock.memory import grown, touched
from blinger_mock.model import Agent, Bot, Conversation, EndUser
from blinger_mock.people import SqlitePeople
from blinger_mock.state import Snapshot, Stored

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from blinger_mock.ids import Ids
    from blinger_mock.model import Message
    from blinger_mock.uuid_index import UuidIndex

_decode_agents = msgspec.msgpack.Decoder(tuple[Agent, ...]).decode
_decode_bot = msgspec.msgpack.Decoder(Bot).decode


class SqliteTenant(Holding["_Room"]):
    """What one tenant has (`blinger_mock.state.Tenant`)."""

    def __init__(
        self,
        database: sqlite3.Connection,
        change: AbstractContextManager[None],
        uuids: UuidIndex,
        ids: Ids,
        row: tuple[Any, ...],
    ) -> None:
        """Take where it is, what surrounds each change, and its row in `schema.TENANT`."""
        self._database = database
        self._execute = database.execute
        self._change = change
        self._uuids = uuids
        self._key, self._kept_ids, bot, agents = row
        ids.count = self._kept_ids
        super().__init__(ids, _decode_bot(bot), _decode_agents(agents), {})
        self._people = SqlitePeople(database, self._key)
        for key, last, identifier, end_user, agent, locked, *rest in self._execute(
            schema.CONVERSATIONS, (self._key,)
        ).fetchall():
            by, to = self._people.of(end_user), None if agent is None else self._people.of(agent)
            if not isinstance(by, EndUser) or not isinstance(to, Agent | None):
                raise TypeError("a conversation is of an end user with an agent")
            conversation = Conversation(identifier, by, to, bool(locked), *rest)
            self._rooms[identifier] = _Room(key, last, conversation)
        self._changed: set[_Room] = set()

    def start(self, conversations: Iterable[Conversation]) -> None:
        """Add *conversations* to a tenant who has none."""
        for one in conversations:
            values = (
                *(self._key, one.id, self._people.key_of(one.end_user), self._agent_key(one)),
                *(one.locked, one.created_at, one.updated_at, one.last_microseconds),
                *(one.messages, one.reviews),
            )
            key = self._execute(schema.INSERT_CONVERSATION, values).lastrowid
            self._rooms[one.id] = _Room(key or 0, 0, one)

    def fill(self, messages: Iterable[Stored]) -> None:
        """Add *messages*, which the conversations count already."""
        for one in messages:
            self._insert(self._rooms[one.message.conversation], one.message, one.uuid)

    def flush(self) -> None:
        """Write what changed of that which a copy is kept of."""
        if self._ids.count != self._kept_ids:
            self._execute(schema.COUNT_IDS, (self._ids.count, self._key))
            self._kept_ids = self._ids.count
        if not self._changed:
            return
        values = [self._values(room) for room in self._changed]
        self._database.executemany(schema.UPDATE_CONVERSATION, values)
        self._changed.clear()

    def sent_with(self, conversation: str, uuid: str) -> Sequence[Message]:
        """Return the messages of a conversation that were sent with *uuid*, oldest first."""
        room, uuid_key = self._rooms[conversation].key, rows.key(uuid)
        found = (
            self._execute(schema.AT_WITH, (place, room, uuid_key)).fetchone()
            for place in self._uuids.places(room, uuid_key)
        )
        return [rows.read(conversation, row, self._people) for row in found if row is not None]

    def assign(self, conversation: str, agent: Agent, at: int) -> Conversation:
        """Assign *agent* at *at*, Unix seconds, and return the conversation."""
        room = self._rooms[conversation]
        updated_at = max(at, room.conversation.updated_at)
        with self._change:
            changed = msgspec.structs.replace(room.conversation, agent=agent, updated_at=updated_at)
            self._keep(room, changed)
        return changed

    def add(self, message: Message, uuid: str | None) -> None:
        """Append *message*, which was sent with *uuid*."""
        room = self._rooms[message.conversation]
        with self._change:
            self._insert(room, message, uuid)
            room.conversation = grown(room.conversation, message)

    def message(self, conversation: str, identifier: str) -> Message | None:
        """Return the message of that id in a conversation; the last, if there are two."""
        room = self._rooms.get(conversation.lower())
        if room is None:
            return None
        place = self._place(room, identifier)
        if place is None:
            return None
        row = self._execute(schema.AT, (place,)).fetchone()
        return rows.read(room.conversation.id, row, self._people)

    def replace(self, message: Message) -> None:
        """Put *message* where the one of its id is, and touch its conversation."""
        room = self._rooms[message.conversation]
        place = self._place(room, message.id)
        if place is None:
            raise LookupError("there is no such message")
        with self._change:
            row = rows.write(message, None, self._people)
            self._execute(schema.REPLACE_MESSAGE, (*row[2:], place))
            self._keep(room, touched(room.conversation, message))

    def messages(self, conversation: str, *, last: int | None = None) -> Sequence[Message]:
        """Return the messages of a conversation, oldest first, or the *last* so many of them.

        Raises:
            KeyError: There is no such conversation.
        """
        room = self._rooms[conversation.lower()]
        found = self._rows(room, last)
        return tuple(rows.read(room.conversation.id, row, self._people) for row in found)

    def snapshot(self) -> Snapshot:
        """Return all that there is."""
        return Snapshot(
            agents=tuple(self._agents.values()),
            bot=self.bot,
            conversations=tuple(self.conversations()),
            messages=tuple(one for room in self._rooms.values() for one in self._stored(room)),
            ids=self._ids.count,
        )

    def _stored(self, room: _Room) -> Iterator[Stored]:
        for row in self._rows(room):
            uuid = None if row[1] is None else rows.identifier(row[1])
            yield Stored(rows.read(room.conversation.id, row, self._people), uuid)

    def _rows(self, room: _Room, last: int | None = None) -> list[rows.Row]:
        """Return the messages of *room*, oldest first, or the *last* so many of them."""
        most = -1 if last is None else last
        return self._execute(schema.LAST, (room.last, most)).fetchall()[::-1]

    def _place(self, room: _Room, identifier: str) -> int | None:
        found = self._execute(schema.PLACE, (room.last, rows.key(identifier))).fetchone()
        return None if found is None else found[0]

    def _insert(self, room: _Room, message: Message, uuid: str | None) -> None:
        row = rows.write(message, uuid, self._people)
        place = self._execute(schema.INSERT_MESSAGE, (room.key, room.last, *row)).lastrowid or 0
        room.last = place
        self._changed.add(room)
        if row[1] is not None:
            self._uuids.add(room.key, row[1], place)

    def _keep(self, room: _Room, conversation: Conversation) -> None:
        room.conversation = conversation
        self._changed.add(room)

    def _values(self, room: _Room) -> tuple[Any, ...]:
        one = room.conversation
        times = (one.updated_at, one.last_microseconds)
        return (self._agent_key(one), *times, one.messages, one.reviews, room.last, room.key)

    def _agent_key(self, conversation: Conversation) -> int | None:
        return None if conversation.agent is None else self._people.key_of(conversation.agent)


class _Room:
    """A conversation, and the place of its last message; 0 if it has none."""

    __slots__ = ("conversation", "key", "last")

    def __init__(self, key: int, last: int, conversation: Conversation) -> None:
        self.key = key
        self.last = last
        self.conversation = conversation
