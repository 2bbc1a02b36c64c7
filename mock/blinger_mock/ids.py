"""Ids that are the same on every start from the same seed."""

from __future__ import annotations

import re
from hashlib import blake2b

UUID = r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"
"""The shape of a UUID, as a regular expression."""

_UUID = re.compile(UUID)
_SEPARATOR = "\x1f"


def looks_like_uuid(value: str) -> bool:
    """Return whether *value* has the shape of a UUID, whatever its version nibble says."""
    return _UUID.fullmatch(value) is not None


def uuid_from(*parts: object) -> str:
    """Return a UUID of version 4 in shape, made from *parts* alone."""
    return _shaped(_SEPARATOR.join(map(str, parts)))


def _shaped(name: str) -> str:
    digest = blake2b(name.encode(), digest_size=16).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"


class Ids:
    """A sequence of ids; two of the same seed and name are equal."""

    __slots__ = ("_prefix", "count")

    def __init__(self, seed: int, name: str) -> None:
        self._prefix = _SEPARATOR.join((str(seed), name, ""))
        self.count = 0
        """How many were given out."""

    def next(self) -> str:
        """Return the next id."""
        self.count += 1
        return _shaped(f"{self._prefix}{self.count}")
