"""What a person reads in a terminal: where and how, each cause, what was seen, the verdict."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from blinger_contract.document import as_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger_contract.findings import Finding
    from blinger_contract.options import Options
    from blinger_contract.suite import Suite

_ANSWER_CHARACTERS = 700
_SHOWN = ("200", "401")


def head(options: Options) -> str:
    """Return the first lines: what is tested, and how."""
    limits = f", at most {options.budget} requests, {options.rate}" if options.careful else ""
    return f"The contract of {options.url}\n{options.mode} run{limits}, seed {options.seed}\n"


def phase(name: str, cases: int, findings: int) -> str:
    """Return the line for a phase that has ended."""
    return f"  {name:<10}{cases:>5} cases   {findings} finding{'s' * (findings != 1)}"


def body(told: dict[str, Any]) -> str:
    """Return all that follows the phases of the run that *told* tells of."""
    parts = [
        *_section("Broken promises", told, "broken"),
        *_section(
            "Advisories: other than assumed, and allowed until a profile pins it", told, "advisory"
        ),
        *(f"\nWhat stopped the suite\n{_indent(error)}" for error in told["errors"]),
    ]
    # A preflight alone says nothing of these.
    if told["phases"]:
        parts += [
            *_assumptions(told["assumptions"]),
            "\n" + "\n".join(_coverage(told)),
        ]
    parts.append(f"\n{told['verdict']['reason']}")
    return "\n".join(parts)


def findings(found: list[Finding], suite: Suite) -> Iterator[str]:
    """Yield what is said of the findings *found* alone, as in a replay."""
    told = suite.redactor.value([as_dict(finding, suite.options.seed) for finding in found])
    for number, finding in enumerate(told, 1):
        cause = {"operations": [finding["operation"]], "findings": [finding["id"]]}
        # It was just sent again: why it could not be is for the report of a run.
        yield from cause_lines(number, cause, {**finding, "unrepeatable": ""})


def _section(title: str, told: dict[str, Any], tier: str) -> Iterator[str]:
    causes = [cause for cause in told["causes"] if cause["tier"] == tier]
    if not causes:
        return
    findings = {finding["id"]: finding for finding in told["findings"]}
    yield f"\n{title}"
    for number, cause in enumerate(causes, 1):
        yield from cause_lines(number, cause, findings[cause["shown"]])


def cause_lines(number: int, cause: dict[str, Any], finding: dict[str, Any]) -> Iterator[str]:
    """Yield what is said of one *cause*, shown by *finding*."""
    yield f"\n{number}. {finding['operation']}: {finding['title']}"
    others = [name for name in cause["operations"] if name != finding["operation"]]
    if others:
        yield _labelled("also in", ", ".join(others))
    if finding["assumption"] is not None:
        yield _labelled("assumed", finding["assumption"])
    yield _labelled("promised", finding["promise"])
    where = finding["where"]
    if where is not None:
        yield _labelled("where", f"openapi.yaml:{where['line']}  {where['pointer']}")
    yield _labelled("came back", _cut(finding["answer"]))
    if finding["curl"]:
        yield _labelled("again", finding["curl"])
    yield _labelled("finding", " ".join(cause["findings"]))
    if finding["unrepeatable"]:
        yield _labelled("replay", f"not by --replay: {finding['unrepeatable']}")
    yield _labelled("seed", str(finding["seed"]))


def _assumptions(rows: list[dict[str, Any]]) -> Iterator[str]:
    observed = [row for row in rows if row["observed"] is not None]
    if not observed:
        return
    yield "\nAssumptions"
    for row in observed:
        yield f"  {row['name']:<22}{row['observed']!s:<22}{row['verdict']}" + (
            f" from {row['assumed']}" if row["verdict"] == "differs" else ""
        )
    silent = [row["name"] for row in rows if row["observed"] is None]
    if silent:
        yield textwrap.fill(
            f"not probed: {', '.join(silent)}",
            96,
            initial_indent="  ",
            subsequent_indent="              ",
        )


def _coverage(told: dict[str, Any]) -> Iterator[str]:
    unknown = str(told["options"]["profile"].get("unknown_ids", 404))
    needed = (*_SHOWN, unknown)
    yield f"{'Answers seen':<18}" + "".join(f"{status:>7}" for status in needed) + "   others"
    for row in told["coverage"]:
        counts = "".join(f"{row['seen'].get(status, 'never'):>7}" for status in needed)
        others = " ".join(
            f"{status}x{count}" for status, count in row["seen"].items() if status not in needed
        )
        yield f"  {row['operation']:<16}{counts}   {others}".rstrip()
    never: dict[str, list[str]] = {}
    for row in told["coverage"]:
        for one in row["never"]:
            if str(one["status"]) not in needed:
                never.setdefault(f"{one['status']} ({one['why']})", []).append(row["operation"])
    for named, operations in never.items():
        where = "" if len(operations) == len(told["coverage"]) else f": {', '.join(operations)}"
        yield f"Named, and never seen: {named}{where}"
    if told["times"]:
        longest = max(told["times"], key=lambda row: row["longest"])
        median = sorted(row["median"] for row in told["times"])[len(told["times"]) // 2]
        yield (
            f"Response times: median {median:.3f} s, longest {longest['longest']:.3f} s"
            f" ({longest['operation']})."
        )
    yield f"{told['requests']} requests were sent."


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
