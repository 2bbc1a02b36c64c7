"""Annotations: a line for each cause, which GitHub Actions shows beside the line of the promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE = "openapi.yaml"


def lines(told: dict[str, Any]) -> Iterator[str]:
    """Yield the workflow commands for the run that *told* tells of."""
    findings = {finding["id"]: finding for finding in told["findings"]}
    for cause in told["causes"]:
        finding = findings[cause["shown"]]
        level = "error" if cause["tier"] == "broken" else "warning"
        line = finding["where"]["line"] if finding["where"] else 1
        title = f"{', '.join(cause['operations'])}: {cause['title']}"
        text = f"{finding['promise']}\n{finding['curl']}".strip()
        yield f"::{level} file={_FILE},line={line},title={_property(title)}::{_data(text)}"
    if told["verdict"]["code"] and not any(one["tier"] == "broken" for one in told["causes"]):
        yield f"::error file={_FILE},line=1::{_data(told['verdict']['reason'])}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
