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
from typing import TYPE_CHECKING

import msgspec

from blinger_mock import schema
from blinger_mock.ids import Ids
from blinger_mock.sqlite_tenant import SqliteTenant
from blinger_mock.state import NotKeptError, Seed, Snapshot
from blinger_mock.uuid_index import UuidIndex

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from pathlib import Path


_encode = msgspec.msgpack.Encoder().encode


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
        self._path = path
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
            DatabaseError: The file is damaged.
        """
        found = self._tenants.get(name)
        if found is None:
            with self._lock:
                row = self._execute(schema.TENANT, (name,)).fetchone()
                if row is None:
                    raise KeyError(name)
                ids = Ids(self._number, name)
                try:
                    found = SqliteTenant(self._database, self._change, self._uuids, ids, row)
                except (msgspec.MsgspecError, TypeError, ValueError) as error:
                    raise schema.damaged(self._path) from error
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
            NotKeptError: They are not kept, and undone; so they are where a bug raises anything.
        """
        if not self._changed:
            return
        try:
            self._write()
        except sqlite3.Error as error:
            unkept = NotKeptError(str(error))
            self.undo(unkept)
            raise unkept from error
        except Exception as error:
            self.undo(error)
            raise

    def _write(self) -> None:
        if not self._database.in_transaction:
            # SQLite ends it by itself where the disk is full.
            raise sqlite3.OperationalError("the transaction was rolled back")
        for tenant in self._tenants.values():
            tenant.flush()
        self._uuids.flush()
        self._execute("COMMIT")
        self._changed = False

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
            with contextlib.suppress(Exception):
                # Those who wait are told, whatever it is: else they would wait for ever.
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
