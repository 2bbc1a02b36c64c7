"""Those who write, each once in the file: a row of a message names its author by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from blinger_mock import schema
from blinger_mock.rows import Person

if TYPE_CHECKING:
    import sqlite3

_MOST_AT_HAND = 1024
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Person).decode


class SqlitePeople:
    """Those of one tenant (`blinger_mock.rows.People`); who wrote last is at hand."""

    __slots__ = ("_by_key", "_execute", "_keys", "_tenant")

    def __init__(self, database: sqlite3.Connection, tenant: int) -> None:
        """Take the *database*, and the key of the tenant in it."""
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
            found = _decode(row[0])
            self._remember(key, found)
        return found

    def _remember(self, key: int, person: Person) -> None:
        if len(self._keys) >= _MOST_AT_HAND:
            self._keys.clear()
            self._by_key.clear()
        self._keys[person] = key
        self._by_key[key] = person
