"""Where in a file the messages are that were sent with a uuid: an index whose cost does not grow.

A uuid is random. An index that took each of them at once would change a page somewhere for each
message, and the more pages it had, the more of them would be written. So those of the newest
messages are in memory alone. Once they are many, they go to the file in the order of the index, a
few hundred with a commit: there neighbours share a page, however many pages there are.

Nothing is lost with the process. Each message has its uuid, and the file says up to which place its
index is whole; what lies behind that is read again.
"""

from __future__ import annotations

import zlib
from itertools import islice
from typing import TYPE_CHECKING

from blinger_mock import schema

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from blinger_mock.rows import Key

    Places = dict[int, tuple[int, ...]]
    """By the hash of a conversation and a uuid."""

# One in so many messages waits in memory. So several of them share a page whenever they leave, and
# that is the same for a thousand messages and for a million.
_ONE_IN = 32
_FEWEST = 1024
_MOST = 65536
# After a commit in which a page was split, SQLite looks through all of its cache. So it is done
# seldom; but not so much at once that an answer would wait for it noticeably.
_AT_ONCE = 256


class UuidIndex:
    """The places of messages, by conversation and uuid."""

    __slots__ = ("_added", "_database", "_leaving", "_newest", "_older", "_recent", "_whole")

    def __init__(self, database: sqlite3.Connection) -> None:
        """Take the *database* of the messages."""
        self._database = database
        self._recent: Places | None = None
        """None until it is read."""
        self._older: Places = {}
        """What is on its way to the file."""
        self._leaving: Iterator[tuple[int, int]] = iter(())
        """What of `_older` is not there yet."""
        self._newest = 0
        """The last place that was added."""
        self._whole = 0
        """Up to where the index in the file is whole once `_older` is there."""
        self._added = 0
        """How many were added since some were written."""

    def places(self, conversation: int, uuid: Key) -> list[int]:
        """Return where messages may be that were sent with *uuid*, oldest first.

        None is missing; but at a place there may be a message of another uuid with the same hash.
        """
        recent = self._at_hand()
        hashed = _hash(conversation, uuid)
        found = {place for (place,) in self._database.execute(schema.PLACES, (hashed,)).fetchall()}
        found.update(recent.get(hashed, ()), self._older.get(hashed, ()))
        return sorted(found)

    def add(self, conversation: int, uuid: Key, place: int) -> None:
        """Add the message at *place*, which is behind all others."""
        recent = self._at_hand()
        hashed = _hash(conversation, uuid)
        recent[hashed] = (*recent.get(hashed, ()), place)
        self._newest = place
        self._added += 1

    def remove(self, conversation: int, sent: Iterable[tuple[Key, int]]) -> None:
        """Remove messages that are about to be deleted: the uuid and the place of each."""
        entries = ((_hash(conversation, uuid), place) for uuid, place in sent)
        self._database.executemany(schema.DELETE_PLACE, entries)

    def flush(self) -> None:
        """Write some if many were added. To be called in each transaction, at its end."""
        if self._added < _AT_ONCE:
            return
        recent = self._at_hand()
        most = min(max(self._newest // _ONE_IN, _FEWEST), _MOST)
        if not self._older and len(recent) >= most:
            entries = ((hashed, place) for hashed, many in recent.items() for place in many)
            self._leaving = iter(sorted(entries))
            self._older, self._recent = recent, {}
            self._whole = self._newest
        # Whatever came to be in memory, as after a crash, no more than twice as many stay there.
        due = max(self._added, len(recent) + len(self._older) - 2 * most)
        batch = list(islice(self._leaving, due))
        self._added = 0
        self._database.executemany(schema.INSERT_PLACE, batch)
        if self._older and len(batch) < due:
            self._database.execute(schema.WHOLE_UP_TO, (self._whole,))
            self._older = {}

    def read_again(self) -> None:
        """Forget what is in memory: messages were undone or deleted, and the file has the rest."""
        self._recent = None
        self._older = {}
        self._leaving = iter(())
        self._added = 0

    def _at_hand(self) -> Places:
        if self._recent is None:
            self._recent = {}
            for place, conversation, uuid in self._database.execute(schema.NOT_INDEXED).fetchall():
                self.add(conversation, uuid, place)
            self._added = 0
        return self._recent


def _hash(conversation: int, uuid: Key) -> int:
    return zlib.crc32(uuid if isinstance(uuid, bytes) else uuid.encode(), conversation)
