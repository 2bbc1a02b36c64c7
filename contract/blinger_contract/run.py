"""Run the suite from beginning to end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from schemathesis.engine import events, from_schema
from schemathesis.engine.run import TESTING_PHASES

from blinger_contract import preflight, report
from blinger_contract.document import document
from blinger_contract.findings import Collector
from blinger_contract.outputs import Outputs
from blinger_contract.suite import Suite
from blinger_contract.verdict import INTERRUPTED, UNREACHABLE, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from blinger_contract.options import Options

INTERRUPTION = Verdict(INTERRUPTED, "Interrupted: what was found so far stands above.")


def run(options: Options, show: Callable[[str], None], outputs: Outputs | None = None) -> int:
    """Test the deployment that *options* name, *show* what happens, and return the exit code.

    Raises:
        UsageError: The URL redirects.
    """
    suite = Suite(options)
    collector = Collector(suite)
    outputs = outputs or Outputs()
    started = time.time()
    warnings: list[str] = []
    verdict: Verdict | None = None
    with suite.open():
        show(report.head(options))
        try:
            warnings += preflight.ask(suite)
            for warning in warnings:
                show(f"Warning: {warning}\n")
            execute(collector, suite, show)
        except preflight.Unreachable as error:
            verdict = Verdict(UNREACHABLE, str(error))
        except KeyboardInterrupt:
            verdict = INTERRUPTION
    verdict = verdict or judge(collector.result, suite)
    told = document(suite, collector.result, verdict, warnings=warnings, started=started)
    show(report.body(told))
    outputs.write(told, suite, show)
    return verdict.code


def rehearse(suite: Suite) -> None:
    """Run *suite* against what its gate answers itself, and show nothing."""
    collector = Collector(suite)
    with suite.open():
        preflight.ask(suite)
        execute(collector, suite, lambda _: None)


def execute(collector: Collector, suite: Suite, show: Callable[[str], None]) -> None:
    """Run the phases of *suite*, *show* each as it ends, and give what they say to *collector*."""
    if not _probe(collector, suite, show):
        return
    stream = from_schema(suite.schema).execute()
    before = len(collector.result.findings)
    try:
        for event in stream:
            collector.take(event)
            if (
                isinstance(event, events.PhaseFinished)
                and event.phase.name in TESTING_PHASES
                and event.phase.is_enabled
            ):
                found = len(collector.result.findings)
                name = event.phase.name.value
                show(report.phase(name, collector.result.phases.get(name, 0), found - before))
                before = found
    except KeyboardInterrupt:
        # Also the gate's own stop, where schemathesis let it through.
        stream.stop()


def _probe(collector: Collector, suite: Suite, show: Callable[[str], None]) -> bool:
    """Run the phase of the directed probes; return whether it came to its end."""
    before = suite.ledger.sent
    try:
        with suite.trail.during("probes"):
            for breach in suite.probe():
                collector.breach(breach)
    except KeyboardInterrupt:
        if not suite.gate.spent:
            raise
        return False
    finally:
        sent = suite.ledger.sent - before
        collector.result.phases["probes"] = sent
        show(report.phase("probes", sent, len(collector.result.findings)))
    return True
