"""What arrived and how it was answered: a bounded list, for tests and for people."""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from blinger_mock.record import Record
from blinger_mock.steps import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_ENTRIES = 1000
LONGEST_BODY = 64 * 1024
"""How much of a body is kept, in bytes."""


class Exchange(Record, frozen=True, gc=False):
    """One request and its answer. What it holds of the caller is not in its repr."""

    number: int
    """Counts what arrived at the server, from 1."""
    at: int
    """When it was answered, in Unix microseconds."""
    tenant: str | None
    """Whose it was; None where no registered token came with it."""
    method: str
    """Empty, as the path is, where what arrived was no request of HTTP."""
    operation: str | None
    """The `operationId`; None where path, method or token is none of the API's."""
    conversation: str | None
    """The id in the path, as it was sent."""
    uuid: str | None
    """The uuid of a send."""
    status: int
    """The HTTP status, or with `error_transport=inside_200` the status that the body names; 0 where
    no answer went out."""
    applied: bool
    """Whether it was carried out, whatever its caller was told."""
    violations: tuple[str, ...]
    """The rules that were broken."""
    body: bytes
    """The body that arrived, up to 64 KiB of it."""
    user_agent: str | None
    fault: str | None = None
    """The fault that its answer met, as the header `X-Mock-Fault` says it."""
    content_type: str | None = None
    path: str = ""
    """Not decoded, without the query."""
    problems: tuple[Violation, ...] = ()
    """The violations in full: where each is, and what it says."""
    answer: dict[str, Any] | None = None
    """The body that went out, whole even where a fault spoilt it; None where none did. It is kept
    with the end user's `websocketToken`, as its sender got it, and shown without."""

    def __repr__(self) -> str:
        return f"<Exchange {self.number} {self.method} {self.operation} {self.status}>"


class Journal:
    """The last thousand exchanges of each tenant, and of those who are none."""

    __slots__ = ("_entries", "count")

    def __init__(self) -> None:
        self._entries: dict[str | None, deque[Exchange]] = {None: deque(maxlen=_MOST_ENTRIES)}
        self.count = 0

    def add(self, exchange: Exchange) -> None:
        """Append *exchange*; the oldest of its tenant goes."""
        entries = self._entries.get(exchange.tenant)
        if entries is None:
            entries = self._entries[exchange.tenant] = deque(maxlen=_MOST_ENTRIES)
        entries.append(exchange)

    def unanswered(self, tenant: str | None, number: int) -> None:
        """Note that the answer to the exchange *number* of *tenant* did not go out after all."""
        entries = self._entries.get(tenant, deque())
        for place, entry in enumerate(entries):
            if entry.number == number:
                entries[place] = msgspec.structs.replace(entry, status=0, answer=None)

    def forget(self, tenant: str) -> None:
        """Drop what *tenant* sent."""
        self._entries.pop(tenant, None)

    def clear(self, tenant: str) -> None:
        """Drop all that `of` yields for *tenant*."""
        self.forget(tenant)
        self._entries[None].clear()

    def next_number(self) -> int:
        """Return the number of the next exchange."""
        self.count += 1
        return self.count

    def of(self, tenant: str, after: int = 0) -> Iterator[Exchange]:
        """Yield what *tenant* sent, and what came with no registered token, past number *after*."""
        theirs = tuple(self._entries.get(tenant, ()))
        for entry in heapq.merge(theirs, tuple(self._entries[None]), key=lambda one: one.number):
            if entry.number > after:
                yield entry
