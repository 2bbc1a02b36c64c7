"""Run the suite from beginning to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemathesis.engine import events, from_schema
from schemathesis.engine.run import TESTING_PHASES

from blinger_contract import preflight, report
from blinger_contract.findings import Collector
from blinger_contract.suite import Suite
from blinger_contract.verdict import INTERRUPTED, UNREACHABLE, judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from blinger_contract.options import Options


def run(options: Options, show: Callable[[str], None]) -> int:
    """Test the deployment that *options* name, *show* what happens, and return the exit code.

    Raises:
        UsageError: The URL redirects.
    """
    suite = Suite(options)
    with suite.open():
        show(report.head(options))
        try:
            preflight.ask(suite)
        except preflight.Unreachable as error:
            show(suite.redactor.text(str(error)))
            return UNREACHABLE
        except KeyboardInterrupt:
            return INTERRUPTED
        collector = _execute(suite, show)
    verdict = judge(collector.result, suite)
    show(suite.redactor.text(report.body(collector.result, suite, verdict)))
    return verdict.code


def _execute(suite: Suite, show: Callable[[str], None]) -> Collector:
    collector = Collector(suite)
    stream = from_schema(suite.schema).execute()
    before = 0
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
    return collector
