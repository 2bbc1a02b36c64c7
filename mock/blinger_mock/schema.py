"""The SQLite file: its tables, every statement that is run on it, and how it is opened."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 2
_APPLICATION = 0x426C6E67
"""Tells the file from the databases of other programs."""
_BUSY_SECONDS = 1.0
# So many pages may be in the log, some 16 MiB, before they go to the file: a checkpoint waits for
# the disk, and a page that changes several times until then is written once.
_PAGES_OF_LOG = 4000
_CACHE_KIB = 32 * 1024

# Who wrote a message is kept as they were then, once for all their messages. Messages are appended,
# whatever their conversation, so that those of one commit share a page; each knows the place of the
# one before it in its conversation, and the conversation that of its last one. What a send needs
# besides is found by `uuid_index`, which fills the table `sent`. A message's id has no index: each
# message would change one more page somewhere in the file, and only people ask for an id, of a
# message that they just saw.
_TABLES = """
CREATE TABLE tenant (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    ids INTEGER NOT NULL,
    bot BLOB NOT NULL,
    agents BLOB NOT NULL
) STRICT;
CREATE TABLE person (
    key INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    value BLOB NOT NULL,
    UNIQUE (tenant, value)
) STRICT;
CREATE TABLE conversation (
    key INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    end_user INTEGER NOT NULL,
    agent INTEGER,
    locked INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_microseconds INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    reviews INTEGER NOT NULL,
    last INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE TABLE message (
    place INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    id ANY NOT NULL,
    uuid ANY,
    microseconds INTEGER NOT NULL,
    author INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    sent TEXT NOT NULL,
    more BLOB
) STRICT;
CREATE TABLE sent (
    hash INTEGER NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (hash, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE sent_whole (
    up_to INTEGER NOT NULL
) STRICT;
INSERT INTO sent_whole VALUES (0);
"""

_READ_AT_THE_START = ("tenant", "person", "conversation", "sent_whole")
"""The tables that are small, however many messages there are."""

TENANT = "SELECT key, ids, bot, agents FROM tenant WHERE name = ?"
INSERT_TENANT = "INSERT INTO tenant VALUES (NULL, ?, ?, ?, ?)"
COUNT_IDS = "UPDATE tenant SET ids = ? WHERE key = ?"
ROOMS = "SELECT key, last FROM conversation WHERE tenant = ?"
OTHERS = "SELECT 1 FROM tenant WHERE key <> ? LIMIT 1"
DELETE_TENANT = (
    "DELETE FROM conversation WHERE tenant = ?",
    "DELETE FROM person WHERE tenant = ?",
    "DELETE FROM tenant WHERE key = ?",
)
PERSON = "SELECT value FROM person WHERE key = ?"
PERSON_KEY = "SELECT key FROM person WHERE tenant = ? AND value = ?"
INSERT_PERSON = "INSERT INTO person VALUES (NULL, ?, ?)"
CONVERSATIONS = """
SELECT key, last, id, end_user, agent,
    locked, created_at, updated_at, last_microseconds, messages, reviews
FROM conversation WHERE tenant = ? ORDER BY key
"""
INSERT_CONVERSATION = "INSERT INTO conversation VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"
UPDATE_CONVERSATION = """
UPDATE conversation
SET agent = ?, updated_at = ?, last_microseconds = ?, messages = ?, reviews = ?, last = ?
WHERE key = ?
"""
INSERT_MESSAGE = "INSERT INTO message VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
REPLACE_MESSAGE = """
UPDATE message SET microseconds = ?, author = ?, kind = ?, sent = ?, more = ? WHERE place = ?
"""
_ROW = ("id", "uuid", "microseconds", "author", "kind", "sent", "more")
AT = f"SELECT {', '.join(_ROW)} FROM message WHERE place = ?"  # noqa: S608 - as all here, of constants
AT_WITH = f"{AT} AND conversation = ? AND uuid = ?"


def _chain(then: str, *columns: str) -> str:
    """Return a query of `chain`, the messages of one conversation from the one at a place back."""
    named = ", ".join(("place", "previous", *columns))
    earlier = ", ".join(f"message.{one}" for one in ("place", "previous", *columns))
    return f"""
WITH RECURSIVE chain ({named}) AS (
    SELECT {named} FROM message WHERE place = ?
    UNION ALL
    SELECT {earlier} FROM chain JOIN message ON message.place = chain.previous
    ORDER BY 1 DESC
)
{then}
"""  # noqa: S608


LAST = _chain(f"SELECT {', '.join(_ROW)} FROM chain LIMIT ?", *_ROW)  # noqa: S608
PLACE = _chain("SELECT place FROM chain WHERE id = ? LIMIT 1", "id")
SENT = _chain("SELECT uuid, place FROM chain WHERE uuid IS NOT NULL", "uuid")
DELETE_MESSAGES = _chain("DELETE FROM message WHERE place IN (SELECT place FROM chain)")
PLACES = "SELECT place FROM sent WHERE hash = ?"
INSERT_PLACE = "INSERT OR IGNORE INTO sent VALUES (?, ?)"
DELETE_PLACE = "DELETE FROM sent WHERE hash = ? AND place = ?"
WHOLE_UP_TO = "UPDATE sent_whole SET up_to = ?"
NOT_INDEXED = """
SELECT place, conversation, uuid FROM message
WHERE place > (SELECT up_to FROM sent_whole) AND uuid IS NOT NULL ORDER BY place
"""
# A place that is free again is given again: what the index is said to have must end before it.
STEP_BACK = """
UPDATE sent_whole SET up_to = min(up_to, (SELECT ifnull(max(place), 0) FROM message))
"""
DELETE_ALL_MESSAGES = ("DELETE FROM sent", "DELETE FROM message")
"""Takes no time, however many there are: SQLite drops the pages."""
LOOKUPS = (
    *(TENANT, COUNT_IDS, ROOMS, *DELETE_TENANT, PERSON, PERSON_KEY, CONVERSATIONS),
    *(UPDATE_CONVERSATION, REPLACE_MESSAGE, AT, AT_WITH, LAST, PLACE, SENT, DELETE_MESSAGES),
    *(PLACES, DELETE_PLACE, NOT_INDEXED),
)
"""Every statement that has to find something."""


class DatabaseError(Exception):
    """A file cannot hold the state; the message says why in one line."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file at *path*, or make it, for this process alone.

    Raises:
        DatabaseError: It cannot be opened or written, is in use, is of another version, or is
            something else.
    """
    try:
        database = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise DatabaseError(f"{path} cannot be opened: {_why(path, error)}") from None
    try:
        _prepare(database, path)
    except sqlite3.Error as error:
        database.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_CORRUPT:
            raise damaged(path) from None
        raise DatabaseError(f"{path} cannot be used: {_why(path, error)}") from None
    except DatabaseError:
        database.close()
        raise
    return database


def damaged(path: Path) -> DatabaseError:
    """Return what is raised where the file at *path* cannot be read any more."""
    return DatabaseError(f"{path} is damaged: take a copy of it from before, or another file")


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    database.execute(f"PRAGMA busy_timeout = {round(_BUSY_SECONDS * 1000)}")
    # The copies that are kept of what is small hold because nobody else writes.
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    application, version, tables = (
        database.execute(query).fetchone()[0]
        for query in (
            "PRAGMA application_id",
            "PRAGMA user_version",
            "SELECT count(*) FROM sqlite_schema",
        )
    )
    new = (application, version, tables) == (0, 0, 0)
    if not new and application != _APPLICATION:
        raise DatabaseError(f"{path} is a database, but none of blinger-mock")
    if not new and version != VERSION:
        text = (
            f"{path} has version {version} of the tables; this blinger-mock reads {VERSION}: "
            "take another file, or export the state with the version that made it and import it"
        )
        raise DatabaseError(text)
    if new:
        # Visitors' credentials will be in it, and in the log, which gets the same mode.
        with contextlib.suppress(OSError):
            path.chmod(0o600)
    else:
        for table in _READ_AT_THE_START:
            if database.execute(f"PRAGMA quick_check({table})").fetchone()[0] != "ok":
                raise damaged(path)
    database.execute("PRAGMA journal_mode = WAL")
    # A process that dies loses nothing; a machine that loses power may lose the last moments.
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_OF_LOG}")
    database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    database.execute("BEGIN IMMEDIATE")
    if new:
        for statement in _TABLES.split(";"):
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {_APPLICATION}")
        database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute("COMMIT")


def _why(path: Path, error: sqlite3.Error) -> str:
    if path.is_dir():
        return "it is a directory"
    if not path.parent.is_dir():
        return f"there is no directory {path.parent}"
    if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
        return "another process has it open"
    if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
        return "it is no SQLite database"
    return str(error)
