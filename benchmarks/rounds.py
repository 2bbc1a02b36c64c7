"""How things are compared: in short blocks, in turn, so that a busy machine hits all alike.

Each candidate runs in a process of its environment that waits for orders. In each round every
candidate gets one block, in shuffled order; its CPU time is divided by that of the base in the same
round, and the median of those ratios, with quartiles, is what counts.
"""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks.environments import environ
from benchmarks.figures import Row, Spread, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.environments import Environments


@dataclass(frozen=True)
class Candidate:
    """What is measured: its name in a table, its environment, and its key in `candidates`."""

    name: str
    environment: str
    key: str

    @property
    def ours(self) -> bool:
        return self.key.startswith("blinger")


@dataclass(frozen=True)
class Order:
    """A block: how many calls, how many of them at once, and by which client (see `worker`)."""

    calls: int
    at_once: int = 1
    client: str = "kept"

    def __str__(self) -> str:
        return f"{self.calls} {self.at_once} {self.client}"


class Absent(Exception):
    """A candidate that cannot be run here."""


class Workers:
    """The processes that wait for orders, one for each environment."""

    def __init__(self, environments: Environments, url: str) -> None:
        self._environments = environments
        self._url = url
        self._running: dict[str, subprocess.Popen[str]] = {}

    def block(self, candidate: Candidate, order: Order) -> dict[str, float]:
        """Have a block of calls made, and return what they took."""
        worker = self._worker(candidate.environment)
        assert worker.stdin
        assert worker.stdout
        worker.stdin.write(f"{candidate.key} {order}\n")
        worker.stdin.flush()
        line = worker.stdout.readline()
        if not line:
            raise RuntimeError(f"the worker of {candidate.name} died: {worker.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "absent" in answer:
            raise Absent(answer["absent"])
        return answer

    def close(self) -> None:
        for worker in self._running.values():
            worker.communicate()  # the end of its input is its end

    def _worker(self, environment: str) -> subprocess.Popen[str]:
        if environment not in self._running:
            self._running[environment] = subprocess.Popen(
                self._environments.command(environment, "worker", self._url),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environ(),
            )
        return self._running[environment]


@contextlib.contextmanager
def workers(environments: Environments, url: str) -> Iterator[Workers]:
    made = Workers(environments, url)
    try:
        yield made
    finally:
        made.close()


def compare(
    made: Workers,
    table: tuple[str, str],
    candidates: Sequence[Candidate],
    order: Order,
    rounds: int,
) -> Table:
    """Compare candidates with the first of them; leave out, with a note, who is absent."""
    absent: dict[str, str] = {}
    found: dict[str, list[float]] = {}
    for candidate in candidates:
        try:
            made.block(candidate, replace(order, calls=order.at_once))
        except Absent as reason:
            absent[candidate.name] = str(reason)
    present = [one for one in candidates if one.name not in absent]
    for _ in range(rounds):
        for candidate in random.sample(present, len(present)):
            block = made.block(candidate, order)
            found.setdefault(candidate.name, []).append(block["cpu"] / block["calls"] * 1e6)
    base = found[candidates[0].name]
    rows = [
        Row(one.name, note=f"absent: {absent[one.name]}", ours=one.ours)
        if one.name in absent
        else Row(one.name, _figures(found[one.name], base), ours=one.ours)
        for one in candidates
    ]
    return Table(*table, rows)


def _figures(values: list[float], base: list[float]) -> dict[str, Spread]:
    return {
        "µs CPU": Spread.of(values),
        "ratio": Spread.of(own / its for own, its in zip(values, base, strict=True)),
    }
