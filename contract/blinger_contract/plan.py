"""The plan: what a run would send, counted, before anything is sent.

The suite runs as it would, with the same seed, against a stand-in inside this process.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from blinger_contract.ledger import OPERATIONS
from blinger_contract.run import rehearse
from blinger_contract.standin import StandIn
from blinger_contract.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from blinger_contract.options import Options

_OTHER = "other paths"
_UNITS = {"s": 1, "m": 60, "h": 3600}


def plan(options: Options, show: Callable[[str], None]) -> int:
    """Show what a run with *options* would send; return the exit code, 0."""
    suite = Suite(replace(options, rate=None))
    stand_in = StandIn(options)
    suite.gate.answer = stand_in
    rehearse(suite)
    show("\n".join(_text(suite, options, stand_in.messages)))
    return 0


def _text(suite: Suite, options: Options, messages: int) -> Iterator[str]:
    records = suite.trail.records
    yield f"What a {options.mode} run sends to {options.url}, seed {options.seed}"
    yield "(nothing was sent)\n"
    phases = list(dict.fromkeys(record.phase for record in records))
    counts = Counter((record.operation or _OTHER, record.phase) for record in records)
    accepted = Counter(record.operation for record in records if record.accepted)
    yield f"  {'':<16}" + "".join(f"{name:>11}" for name in (*phases, "requests", "accepted"))
    rows = [*OPERATIONS.values(), _OTHER]
    for operation in rows:
        row = [counts[operation, phase] for phase in phases]
        numbers = (*row, sum(row), accepted[operation])
        yield f"  {operation:<16}" + "".join(f"{number or '-':>11}" for number in numbers)
    totals = [sum(counts[operation, phase] for operation in rows) for phase in phases]
    numbers = (*totals, len(records), sum(accepted.values()))
    yield f"  {'in all':<16}" + "".join(f"{number or '-':>11}" for number in numbers)
    yield ""
    yield from _sentences(suite, options, messages)


def _sentences(suite: Suite, options: Options, messages: int) -> Iterator[str]:
    writes = sum(record.accepted for record in suite.trail.records)
    if options.conversation:
        assigned = sum(
            one.accepted and one.operation == "assignAgent" for one in suite.trail.records
        )
        yield (
            f"{writes} requests write, all into conversation {options.conversation}: "
            f"{messages} new messages, {assigned} assignments; the others repeat one."
        )
    else:
        yield "Nothing is written: without --conversation only refusals are tested."
    if options.rate:
        number, unit = options.rate.split("/")
        seconds = len(suite.trail.records) * _UNITS[unit] / int(number)
        yield f"At {options.rate} that takes about {_duration(seconds)}."
    if options.careful:
        yield (
            "Exact where the deployment answers as the contract and the profile say; one that"
            f" answers otherwise is asked more or less, and never more than {options.budget} times."
        )
    else:
        yield "An estimate: how a full run goes on depends on what came back before."
    if suite.gate.spent:
        yield f"The budget of {options.budget} requests ends the run early: raise --budget."


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"  # noqa: PLR2004
