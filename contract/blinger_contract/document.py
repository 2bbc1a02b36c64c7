"""What a run says, as one document: each form of the report is made of it and of nothing else."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from blinger_contract import assumed, coverage
from blinger_contract.curl import with_token

if TYPE_CHECKING:
    from blinger_contract.findings import Finding, Result
    from blinger_contract.suite import Suite
    from blinger_contract.verdict import Verdict

FORMAT = 1
"""Goes up when a reader of report.json must be changed."""


def document(
    suite: Suite, result: Result, verdict: Verdict, *, warnings: list[str], started: float
) -> dict[str, Any]:
    """Return what JSON can hold of a run; every credential that came up in it is covered."""
    options = suite.options
    findings = result.findings
    told = {
        "format": FORMAT,
        "kit": _version("blinger"),
        "schemathesis": _version("schemathesis"),
        "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - started, 1),
        "options": {
            "url": options.url,
            "mode": options.mode,
            "seed": options.seed,
            "conversation": options.conversation,
            "agents": list(options.agents),
            "budget": options.budget,
            "rate": options.rate,
            "strict": options.strict,
            "max_response_time": options.max_response_time,
            "profile": {name: options.profile[name] for name in sorted(options.profile.given)},
        },
        "verdict": {"code": verdict.code, "reason": verdict.reason},
        "warnings": warnings,
        "errors": list(dict.fromkeys(map(with_token, result.errors))),
        "requests": suite.ledger.sent,
        "phases": result.phases,
        "causes": _causes(findings),
        "findings": [as_dict(finding, options.seed) for finding in findings],
        "assumptions": assumed.rows(suite),
        "coverage": coverage.table(suite),
        "times": coverage.times(suite),
    }
    cleaned: dict[str, Any] = suite.redactor.value(told)
    return cleaned


def as_dict(finding: Finding, seed: int) -> dict[str, Any]:
    """Return *finding*, of a run with *seed*, as JSON holds it."""
    return {
        "id": finding.id,
        "tier": "advisory" if finding.advisory else "broken",
        "operation": finding.operation,
        "title": finding.title,
        "promise": finding.promise,
        "where": _where(finding),
        "assumption": finding.assumption,
        "answer": finding.answer,
        "curl": with_token(finding.curl),
        "phase": finding.phase,
        "seed": seed,
        "case": finding.case,
        "unrepeatable": finding.unrepeatable,
    }


def _causes(findings: list[Finding]) -> list[dict[str, Any]]:
    """Return the findings grouped by what is wrong; each names the smallest case that shows it."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.cause, []).append(finding)
    causes = []
    for group in groups.values():
        shown = min(group, key=lambda one: (not one.curl, len(one.curl)))
        causes.append(
            {
                "title": shown.title,
                "tier": "advisory" if shown.advisory else "broken",
                "assumption": shown.assumption,
                "operations": list(dict.fromkeys(finding.operation for finding in group)),
                "findings": [finding.id for finding in group],
                "shown": shown.id,
            }
        )
    return causes


def _where(finding: Finding) -> dict[str, Any] | None:
    place = finding.place
    return None if place is None else {"pointer": place.pointer, "line": place.line}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"
