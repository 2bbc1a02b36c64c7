"""The report as JUnit XML: a suite for each operation, a test for each cause and for its proof."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def text(told: dict[str, Any]) -> str:
    """Return the document for the run that *told* tells of."""
    suites = ET.Element("testsuites", name="blinger-contract", time=str(told["seconds"]))
    names = [row["operation"] for row in told["coverage"]]
    others = {finding["operation"] for finding in told["findings"]} - set(names)
    for operation in (*names, *sorted(others)):
        _suite(suites, operation, _tests(told, operation))
    _suite(suites, "the run", _verdict(told))
    for key in ("tests", "failures", "errors", "skipped"):
        suites.set(key, str(sum(int(suite.get(key, "0")) for suite in suites)))
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _tests(told: dict[str, Any], operation: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, outcome, message and text of each test of *operation*."""
    found = [finding for finding in told["findings"] if finding["operation"] == operation]
    for finding in found:
        place = finding["where"]
        where = f"openapi.yaml:{place['line']} {place['pointer']}\n" if place else ""
        details = (
            f"{finding['promise']}\n\n{where}came back: {finding['answer'][:2000]}\n\n"
            f"{finding['curl']}\n\nfinding {finding['id']}, seed {finding['seed']}"
        )
        outcome = "failure" if finding["tier"] == "broken" else "skipped"
        yield finding["title"], outcome, finding["promise"].split("\n")[0], details
    if not any(finding["tier"] == "broken" for finding in found):
        yield "keeps its promises", "", "", ""


def _verdict(told: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    broken = any(finding["tier"] == "broken" for finding in told["findings"])
    unproven = told["verdict"]["code"] != 0 and not broken
    reason = told["verdict"]["reason"]
    details = "\n".join([reason, *told["warnings"], *told["errors"]])
    yield "proves something", "error" if unproven else "", reason, details


def _suite(suites: ET.Element, name: str, tests: Iterator[tuple[str, str, str, str]]) -> None:
    suite = ET.SubElement(suites, "testsuite", name=name)
    outcomes = []
    for title, outcome, message, details in tests:
        test = ET.SubElement(suite, "testcase", name=_legal(title), classname=name)
        outcomes.append(outcome)
        if outcome:
            ET.SubElement(test, outcome, message=_legal(message)).text = _legal(details)
    suite.set("tests", str(len(outcomes)))
    for key, outcome in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(outcomes.count(outcome)))


def _legal(value: str) -> str:
    return _ILLEGAL.sub(lambda match: ascii(match.group())[1:-1], value)
