"""What arrived and how it was answered: a bounded list, for tests and for people."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from blinger_mock.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_ENTRIES = 1000
LONGEST_BODY = 64 * 1024
"""How much of a body is kept, in bytes."""


class Exchange(Record, frozen=True, gc=False):
    """One request and the status of its answer. What it holds of the caller is not in its repr."""

    number: int
    """Counts what arrived at the server, from 1."""
    at: int
    """When it was answered, in Unix microseconds."""
    tenant: str | None
    """Whose it was; None where no registered token came with it."""
    method: str
    operation: str | None
    """The `operationId`; None where path, method or token is none of the API's."""
    conversation: str | None
    """The id in the path, as it was sent."""
    uuid: str | None
    """The uuid of a send."""
    status: int
    """The HTTP status, or with `error_transport=inside_200` the status that the body names."""
    violations: tuple[str, ...]
    """The rules that were broken."""
    body: bytes
    """The body that arrived, up to 64 KiB of it."""
    user_agent: str | None

    def __repr__(self) -> str:
        return f"<Exchange {self.number} {self.method} {self.operation} {self.status}>"


class Journal:
    """The last thousand exchanges."""

    __slots__ = ("_entries", "count")

    def __init__(self) -> None:
        self._entries: deque[Exchange] = deque(maxlen=_MOST_ENTRIES)
        self.count = 0

    def add(self, exchange: Exchange) -> None:
        """Append *exchange*; the oldest goes."""
        self._entries.append(exchange)

    def next_number(self) -> int:
        """Return the number of the next exchange."""
        self.count += 1
        return self.count

    def of(self, tenant: str, after: int = 0) -> Iterator[Exchange]:
        """Yield what *tenant* sent, and what came with no registered token, past number *after*."""
        for entry in tuple(self._entries):
            if entry.number > after and entry.tenant in {tenant, None}:
                yield entry
