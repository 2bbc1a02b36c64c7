"""What a person reads: where and how, each finding, the ledger, the verdict."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from blinger_contract.ledger import OK, OPERATIONS, UNAUTHORIZED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger_contract.findings import Finding, Result
    from blinger_contract.options import Options
    from blinger_contract.suite import Suite
    from blinger_contract.verdict import Verdict

_ANSWER_CHARACTERS = 700


def head(options: Options) -> str:
    """Return the first lines: what is tested, and how."""
    limits = f", at most {options.budget} requests, {options.rate}" if options.careful else ""
    return f"The contract of {options.url}\n{options.mode} run{limits}, seed {options.seed}\n"


def phase(name: str, cases: int, findings: int) -> str:
    """Return the line for a phase that has ended."""
    return f"  {name:<10}{cases:>5} cases   {findings} finding{'s' * (findings != 1)}"


def body(result: Result, suite: Suite, verdict: Verdict) -> str:
    """Return all that follows the phases."""
    broken = [finding for finding in result.findings if not finding.advisory]
    advisories = [finding for finding in result.findings if finding.advisory]
    parts = [
        *_section("Broken promises", broken, suite),
        *_section(
            "Advisories: other than assumed, and allowed until a profile pins it", advisories, suite
        ),
        *(f"\nWhat stopped the suite\n{_indent(_with_token(error))}" for error in result.errors),
        "\n" + "\n".join(_ledger(suite)),
        f"\n{verdict.reason}",
    ]
    return "\n".join(parts)


def _section(title: str, findings: list[Finding], suite: Suite) -> Iterator[str]:
    if not findings:
        return
    yield f"\n{title}"
    for number, finding in enumerate(findings, 1):
        yield f"\n{number}. {finding.operation}: {finding.title}"
        if finding.assumption is not None:
            yield _indent(f"assumed    {finding.assumption}")
        yield _labelled("promised", finding.promise)
        yield _labelled("came back", _cut(finding.answer))
        if finding.curl:
            yield _labelled("again", _with_token(finding.curl))
        yield _labelled("seed", str(suite.options.seed))


def _ledger(suite: Suite) -> Iterator[str]:
    needed = (OK, UNAUTHORIZED, suite.unknown)
    yield f"{'Answers seen':<18}" + "".join(f"{status:>7}" for status in needed) + "   others"
    for operation in OPERATIONS.values():
        statuses = suite.ledger.statuses(operation)
        counts = "".join(f"{statuses.get(status, 0) or 'never':>7}" for status in needed)
        others = " ".join(
            f"{status}x{count}" for status, count in statuses.items() if status not in needed
        )
        yield f"  {operation:<16}{counts}   {others}".rstrip()
    yield f"{suite.ledger.sent} requests were sent."


def _with_token(curl: str) -> str:
    """Let the shell put the token in, where the report does not show it."""
    for scheme in ("", "Bearer "):
        curl = curl.replace(
            f"'Authorization: {scheme}[Filtered]'", f'"Authorization: {scheme}$BLINGER_TOKEN"'
        )
    return curl


def _labelled(label: str, text: str) -> str:
    first, *rest = text.splitlines() or [""]
    lines = [f"{label:<11}{first}", *(f"{'':<11}{line}".rstrip() for line in rest)]
    return _indent("\n".join(lines))


def _cut(text: str) -> str:
    return (
        text
        if len(text) <= _ANSWER_CHARACTERS
        else f"{text[:_ANSWER_CHARACTERS]}… ({len(text)} characters)"
    )


def _indent(text: str) -> str:
    return textwrap.indent(text, "   ")
