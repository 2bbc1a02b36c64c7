"""The SQLite file: its tables, every statement that is run on it, and how it is opened."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1
_APPLICATION = 0x426C6E67
"""Tells the file from the databases of other programs."""
_BUSY_SECONDS = 1.0
# A checkpoint waits for the disk. Pages of an index change again and again: the fewer checkpoints,
# the less is written. While the file is open its log may grow to so many pages, some 94 MiB.
_PAGES_OF_LOG = 24000
_CACHE_KIB = 64 * 1024

# Who wrote a message is kept as they were then, once for all their messages. A message is found by
# its place in the conversation and by the uuid that it was sent with, which is all that a send
# needs. Its id has no index: each message would change one more page somewhere in the file, and
# only people ask for an id, of a message that they just saw.
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
    UNIQUE (tenant, id)
) STRICT;
CREATE TABLE message (
    conversation INTEGER NOT NULL,
    place INTEGER NOT NULL,
    id ANY NOT NULL,
    uuid ANY,
    microseconds INTEGER NOT NULL,
    author INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    sent TEXT NOT NULL,
    more BLOB,
    PRIMARY KEY (conversation, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_uuid ON message (conversation, uuid) WHERE uuid IS NOT NULL;
"""

TENANT = "SELECT key, ids, bot, agents FROM tenant WHERE name = ?"
INSERT_TENANT = "INSERT INTO tenant VALUES (NULL, ?, ?, ?, ?)"
COUNT_IDS = "UPDATE tenant SET ids = ? WHERE key = ?"
_MESSAGES_OF = "SELECT key FROM conversation WHERE tenant = ?"
DELETE_TENANT = (
    f"DELETE FROM message WHERE conversation IN ({_MESSAGES_OF})",  # noqa: S608 - constants
    "DELETE FROM conversation WHERE tenant = ?",
    "DELETE FROM person WHERE tenant = ?",
    "DELETE FROM tenant WHERE key = ?",
)
PERSON = "SELECT value FROM person WHERE key = ?"
PERSON_KEY = "SELECT key FROM person WHERE tenant = ? AND value = ?"
INSERT_PERSON = "INSERT INTO person VALUES (NULL, ?, ?)"
CONVERSATIONS = """
SELECT key, (SELECT max(place) FROM message WHERE conversation = it.key), id, end_user, agent,
    locked, created_at, updated_at, last_microseconds, messages, reviews
FROM conversation AS it WHERE tenant = ? ORDER BY key
"""
INSERT_CONVERSATION = "INSERT INTO conversation VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
UPDATE_CONVERSATION = """
UPDATE conversation SET agent = ?, updated_at = ?, last_microseconds = ?, messages = ?, reviews = ?
WHERE key = ?
"""
INSERT_MESSAGE = "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
REPLACE_MESSAGE = """
UPDATE message SET microseconds = ?, author = ?, kind = ?, sent = ?, more = ?
WHERE conversation = ? AND place = ?
"""
_ROW = "SELECT id, uuid, microseconds, author, kind, sent, more FROM message"
# SQLite would rather read the whole conversation than sort the one message that it finds.
BY_UUID = f"{_ROW} INDEXED BY message_uuid WHERE conversation = ? AND uuid = ? ORDER BY place"
_NEWEST = "WHERE conversation = ? AND id = ? ORDER BY place DESC LIMIT 1"
BY_ID = f"{_ROW} {_NEWEST}"
PLACE = f"SELECT place FROM message {_NEWEST}"  # noqa: S608 - a constant
ALL = f"{_ROW} WHERE conversation = ? ORDER BY place"
LAST = f"{_ROW} WHERE conversation = ? ORDER BY place DESC LIMIT ?"
LOOKUPS = (
    *(TENANT, COUNT_IDS, *DELETE_TENANT, PERSON, PERSON_KEY, CONVERSATIONS, UPDATE_CONVERSATION),
    *(REPLACE_MESSAGE, BY_UUID, BY_ID, PLACE, ALL, LAST),
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
        raise DatabaseError(f"{path} cannot be used: {_why(path, error)}") from None
    except DatabaseError:
        database.close()
        raise
    return database


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
        text = f"{path} has version {version} of the tables; this blinger-mock reads {VERSION}"
        raise DatabaseError(text)
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
