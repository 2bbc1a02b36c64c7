"""The verdict: what a run proved, as an exit code and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemathesis.engine import StopReason

from blinger_contract import standing
from blinger_contract.ledger import OK

if TYPE_CHECKING:
    from blinger_contract.findings import Result
    from blinger_contract.suite import Suite

KEPT, BROKEN, INCOMPLETE, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 130


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended."""

    code: int
    reason: str


def judge(result: Result, suite: Suite) -> Verdict:
    """Return the verdict on *result*.

    A finding breaks the contract, whatever else happened. Without one, the contract is kept only if
    each operation was seen to answer 200, 401 and 404 (what `Ledger.missing` says). An operation
    that never answered 200 proved nothing: the run is incomplete, since a wrong id looks just like
    that. One that did, and never refused, broke a promise.
    """
    interrupted = result.stop is StopReason.INTERRUPTED and not suite.gate.spent
    broken = [finding for finding in result.findings if not finding.advisory]
    if interrupted:
        return Verdict(INTERRUPTED, "Interrupted: what was found so far stands above.")
    if broken:
        return Verdict(BROKEN, f"Broken: {len(broken)} finding{'s' * (len(broken) > 1)}.")
    if result.stop is StopReason.SERVER_UNAVAILABLE:
        return Verdict(UNREACHABLE, "Unreachable: the server stopped answering.")
    if result.errors:
        return Verdict(INCOMPLETE, f"Incomplete: {result.errors[0]}")
    return _judge_coverage(suite)


def _judge_coverage(suite: Suite) -> Verdict:
    owed = suite.ledger.missing(suite.unknown)
    listed = "; ".join(f"{name} never answered {', '.join(map(str, owed[name]))}" for name in owed)
    if suite.gate.spent:
        return Verdict(
            INCOMPLETE, f"Incomplete: the budget of {suite.options.budget} requests is used up."
        )
    lost = [
        agent
        for agent in suite.options.agents
        if agent in suite.witness.named - suite.witness.found
    ]
    if not owed and lost:
        reason = f"no assignment of the agent {lost[0]} was answered with 200: is the id right?"
        return Verdict(INCOMPLETE, f"Incomplete: {reason}")
    if not owed:
        return Verdict(
            KEPT,
            "Kept: no promise was broken, and each operation was seen to accept and to refuse.",
        )
    broken = [status for statuses in owed.values() if OK not in statuses for status in statuses]
    if set(broken) == {suite.unknown} and standing.is_advisory("unknown_ids", suite.options):
        hint = "where unknown ids are answered with 400, say so in a profile."
    elif broken:
        return Verdict(BROKEN, f"Broken: {listed}.")
    elif suite.options.conversation and suite.options.agents:
        hint = "are the ids right?"
    else:
        hint = "give --conversation and --agent with ids that exist."
    return Verdict(INCOMPLETE, f"Incomplete: {listed}: {hint}")
