"""How the cost grows: from one to ten thousand calls that one client gets at the same moment."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.figures import Bar, Row, Section, Spread, Table
from benchmarks.rounds import Absent, Candidate, Order, workers

if TYPE_CHECKING:
    from benchmarks.context import Context

_LEVELS = (1, 10, 100, 1_000, 10_000)
_CALLS = 200
_CANDIDATES = (
    Candidate("httpx", "httpx", "httpx.async.patient"),
    Candidate("blinger", "blinger", "blinger.async.patient"),
    Candidate('blinger, sender="aiohttp"', "aiohttp", "blinger.async.patient.aiohttp"),
)
# httpx looks at every waiting call whenever one ends: ten thousand of them take it many minutes.
_MOST = {"httpx": 1_000}


def growth(context: Context) -> Section:
    """CPU time and memory of a call, by how many are started at once."""
    levels = _LEVELS[: context.number(len(_LEVELS), 4)]
    cpu: dict[str, dict[str, Spread]] = {}
    memory: dict[str, dict[str, Spread]] = {}
    notes: dict[str, str] = {}
    for level in levels:
        for candidate in _CANDIDATES:
            if candidate.name in notes or level > _MOST.get(candidate.name, level):
                continue
            try:
                blocks = _measure(context, candidate, level)
            except Absent as reason:
                notes[candidate.name] = f"absent: {reason}"
                continue
            own = cpu.setdefault(candidate.name, {})
            own[f"{level:,}"] = Spread.of(it["cpu"] / it["calls"] * 1e6 for it in blocks)
            own = memory.setdefault(candidate.name, {})
            own[f"{level:,}"] = Spread.of(it["bytes"] / level / 1024 for it in blocks)
    rows = (
        [
            Row(it.name, found.get(it.name, {}), it.ours, notes.get(it.name, ""))
            for it in _CANDIDATES
        ]
        for found in (cpu, memory)
    )
    titles = ("µs CPU a call, by how many start at once", "KiB a call at the peak, by the same")
    tables = [
        Table(name, title, found)
        for name, title, found in zip(("growth-cpu", "growth-memory"), titles, rows, strict=True)
    ]
    steps = [it.median for it in cpu["blinger"].values()]
    steepest = max(late / early for early, late in itertools.pairwise(steps))
    return Section("growth", tables, [Bar("ten times the calls at once, CPU a call", steepest, 2)])


def _measure(context: Context, candidate: Candidate, level: int) -> list[dict[str, float]]:
    """Measure in a process that did nothing before, so that no memory is lying about."""
    order = Order(max(level, _CALLS), level, "cold")
    blocks = []
    for _ in range(context.number(3 if level < _LEVELS[-1] else 1)):
        with workers(context.environments, context.url) as made:
            made.block(candidate, replace(order, calls=1, at_once=1))
            blocks.append(made.block(candidate, order))
    return blocks
