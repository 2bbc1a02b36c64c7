"""The state in a SQLite file, which is all of it: what an answer says is in the file by then.

All that changes in one turn of the event loop is one transaction. It begins with the first change,
and the loop commits it before it reads more requests; `SqliteStore.committed` is what answers wait
for. Where no loop runs, each change is a transaction of its own.

One process has the file. Messages are read from it each time; of the rest, which is small, a copy
is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

import msgspec

from blinger_mock import rows, schema
from blinger_mock.holding import Holding
from blinger_mock.ids import Ids
from blinger_mock.memory import grown, touched
from blinger_mock.model import Agent, Bot, Conversation, EndUser
from blinger_mock.rows import Person
from blinger_mock.state import NotKeptError, Snapshot, Stored
from blinger_mock.uuid_index import UuidIndex

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from blinger_mock.model import Message
    from blinger_mock.seed import Seed

_MOST_PEOPLE = 1024
_encode = msgspec.msgpack.Encoder().encode
_decode_agents = msgspec.msgpack.Decoder(tuple[Agent, ...]).decode
_decode_bot = msgspec.msgpack.Decoder(Bot).decode
_decode_person = msgspec.msgpack.Decoder(Person).decode


class SqliteStore:
    """The tenants and what each has (`blinger_mock.state.Store`)."""

    def __init__(self, number: int, path: Path) -> None:
        """Open the file at *path*, or make it.

        Args:
            number: What new ids follow from.
            path: Where the state is. SQLite keeps a second file beside it while it is open.

        Raises:
            DatabaseError: The file cannot be opened, is of another version, or is no such file.
        """
        self._number = number
        self._database = schema.connect(path)
        self._execute = self._database.execute
        self._tenants: dict[str, SqliteTenant] = {}
        self._uuids = UuidIndex(self._database)
        self._lock = threading.RLock()
        self._change = _Change(self, self._lock)
        self._changed = False
        self._loop: AbstractEventLoop | None = None
        """Whose turn the changes were made in; None where no loop ran."""
        self._error: Exception | None = None
        """What kept the changes of this turn from being kept."""
        self._waiting: list[Future[None]] = []

    def __repr__(self) -> str:
        return f"<SqliteStore, {len(self._tenants)} tenants>"

    def add(self, tenant: str, start: Seed | Snapshot) -> None:
        """Let *tenant* start with *start*; what one of that name had before is gone."""
        ids = start.ids if isinstance(start, Snapshot) else 0
        with self._change:
            self._delete(tenant)
            values = (tenant, ids, _encode(start.bot), _encode(start.agents))
            self._execute(schema.INSERT_TENANT, values)
            added = self.tenant(tenant)
            added.start(start.conversations)
            added.fill(start.messages)

    def has(self, tenant: str) -> bool:
        """Return whether *tenant* is there, as it may be from an earlier run."""
        return self._execute(schema.TENANT, (tenant,)).fetchone() is not None

    def remove(self, tenant: str) -> None:
        """Forget all that *tenant* has."""
        with self._change:
            self._delete(tenant)

    def tenant(self, name: str) -> SqliteTenant:
        """Return what *name* has.

        Raises:
            KeyError: There is no such tenant.
        """
        found = self._tenants.get(name)
        if found is None:
            with self._lock:
                row = self._execute(schema.TENANT, (name,)).fetchone()
                if row is None:
                    raise KeyError(name)
                ids = Ids(self._number, name)
                found = SqliteTenant(self._database, self._change, self._uuids, ids, row)
                self._tenants[name] = found
        return found

    def committed(self) -> Future[None] | None:
        """Return what is done when all changes so far are kept; None if they are.

        What waits for it raises what kept them from being kept.
        """
        if self._loop is None or not (self._changed or self._error):
            return None
        # One for each who asks: who is cancelled cancels what they wait for.
        future = self._loop.create_future()
        self._waiting.append(future)
        return future

    def close(self) -> None:
        """Keep what is not kept yet, and let go of the file."""
        with self._lock:
            self._end_turn()
            self._database.close()

    def begin(self) -> None:
        """Begin a transaction, unless one is open; the loop of this thread, if any, will end it.

        Raises:
            NotKeptError: The file cannot be written.
        """
        if self._changed:
            return
        try:
            self._execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise NotKeptError(str(error)) from error
        self._changed = True
        self._loop = asyncio._get_running_loop()  # noqa: SLF001 - as in bus
        if self._loop is not None:
            self._loop.call_soon(self._end_turn)

    def end(self) -> None:
        """Commit, unless the loop of this thread will."""
        if self._loop is None or asyncio._get_running_loop() is not self._loop:  # noqa: SLF001 - as in bus
            self._commit()

    def _commit(self) -> None:
        """Commit the changes.

        Raises:
            NotKeptError: They are not kept, and undone.
        """
        if not self._changed:
            return
        try:
            if not self._database.in_transaction:
                # SQLite ends it by itself where the disk is full.
                raise sqlite3.OperationalError("the transaction was rolled back")
            for tenant in self._tenants.values():
                tenant.flush()
            self._uuids.flush()
            self._execute("COMMIT")
            self._changed = False
        except sqlite3.Error as error:
            unkept = NotKeptError(str(error))
            self.undo(unkept)
            raise unkept from error

    def undo(self, error: Exception) -> None:
        """Undo all changes of this turn; whoever waits for them learns of *error*."""
        self._changed = False
        self._tenants.clear()
        if self._loop is not None:
            self._error = error
        self._uuids.read_again()
        if self._database.in_transaction:
            self._execute("ROLLBACK")

    def _end_turn(self) -> None:
        with self._lock:
            with contextlib.suppress(NotKeptError):
                # Those who wait are told.
                self._commit()
            error, self._error = self._error, None
            waiting, self._waiting = self._waiting, []
        for future in waiting:
            if future.done():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)

    def _delete(self, tenant: str) -> None:
        self._tenants.pop(tenant, None)
        row = self._execute(schema.TENANT, (tenant,)).fetchone()
        if row is None:
            return
        key = row[:1]
        if self._execute(schema.OTHERS, key).fetchone() is None:
            for statement in schema.DELETE_ALL_MESSAGES:
                self._execute(statement)
        else:
            for room, last in self._execute(schema.ROOMS, key).fetchall():
                self._uuids.remove(room, self._execute(schema.SENT, (last,)))
                self._execute(schema.DELETE_MESSAGES, (last,))
        for statement in schema.DELETE_TENANT:
            self._execute(statement, key)
        self._execute(schema.STEP_BACK)
        self._uuids.read_again()


class _Change:
    """What surrounds each change: the lock, and the transaction. Costs less than a generator."""

    __slots__ = ("_lock", "_store")

    def __init__(self, store: SqliteStore, lock: threading.RLock) -> None:
        self._store = store
        self._lock = lock

    def __enter__(self) -> None:
        self._lock.acquire()
        try:
            self._store.begin()
        except BaseException:
            self._lock.release()
            raise

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                self._store.end()
            elif isinstance(error, sqlite3.OperationalError):
                unkept = NotKeptError(str(error))
                self._store.undo(unkept)
                raise unkept from error
            elif isinstance(error, Exception):
                self._store.undo(error)
        finally:
            self._lock.release()


class SqliteTenant(Holding["_Room"]):
    """What one tenant has (`blinger_mock.state.Tenant`)."""

    def __init__(
        self,
        database: sqlite3.Connection,
        change: _Change,
        uuids: UuidIndex,
        ids: Ids,
        row: tuple[Any, ...],
    ) -> None:
        self._database = database
        self._execute = database.execute
        self._change = change
        self._uuids = uuids
        self._key, self._kept_ids, bot, agents = row
        ids.count = self._kept_ids
        super().__init__(ids, _decode_bot(bot), _decode_agents(agents), {})
        self._people = _People(database, self._key)
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


class _People:
    """Those of one tenant who write, by number; those who wrote last are at hand."""

    __slots__ = ("_by_key", "_execute", "_keys", "_tenant")

    def __init__(self, database: sqlite3.Connection, tenant: int) -> None:
        self._execute = database.execute
        self._tenant = tenant
        self._by_key: dict[int, Person] = {}
        self._keys: dict[Person, int] = {}

    def key_of(self, person: Person) -> int:
        """Return the number of *person*."""
        found = self._keys.get(person)
        if found is None:
            values = (self._tenant, _encode(person))
            row = self._execute(schema.PERSON_KEY, values).fetchone()
            found = row[0] if row else self._execute(schema.INSERT_PERSON, values).lastrowid or 0
            self._remember(found, person)
        return found

    def of(self, key: int) -> Person:
        """Return the person of that number."""
        found = self._by_key.get(key)
        if found is None:
            row = self._execute(schema.PERSON, (key,)).fetchone()
            found = _decode_person(row[0])
            self._remember(key, found)
        return found

    def _remember(self, key: int, person: Person) -> None:
        if len(self._keys) >= _MOST_PEOPLE:
            self._keys.clear()
            self._by_key.clear()
        self._keys[person] = key
        self._by_key[key] = person
