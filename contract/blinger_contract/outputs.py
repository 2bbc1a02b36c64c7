"""Write what a run says: the folder of the report, annotations for CI, the profile it observed."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blinger_contract import assumed, har, junit, page
from blinger_contract.annotations import lines
from blinger_contract.options import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from blinger_contract.suite import Suite

REPORT = "report.json"


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a run writes, beside the terminal."""

    report: Path | None = None
    """A folder for report.html, report.json, junit.xml and run.har."""
    profile: Path | None = None
    """A file for the profile that was observed."""
    annotate: bool = False
    """Whether to print annotations that GitHub Actions shows."""

    def prepare(self) -> None:
        """Make the folders, so that a run of minutes does not end without its report.

        Raises:
            UsageError: One cannot be made.
        """
        try:
            if self.report is not None:
                self.report.mkdir(parents=True, exist_ok=True)
            if self.profile is not None:
                self.profile.parent.mkdir(parents=True, exist_ok=True)
                self.profile.touch()
        except OSError as error:
            raise UsageError(f"cannot write {error.filename}: {error.strerror}") from None

    def write(self, told: dict[str, Any], suite: Suite, show: Callable[[str], None]) -> None:
        """Write everything that was asked for of the run that *told* tells of."""
        if self.profile is not None:
            if any(row["observed"] is not None for row in told["assumptions"]):
                self.profile.write_text(assumed.to_toml(suite), encoding="utf-8")
                show(f"The profile that was observed: {self.profile}")
            else:
                show(f"Nothing was observed: {self.profile} holds no profile.")
        if self.report is not None:
            for name, text in _files(told, suite):
                # Its values are clean already; this catches what only their form brought together.
                (self.report / name).write_text(
                    suite.redactor.text(text), encoding="utf-8", errors="backslashreplace"
                )
            show(f"The report: {self.report / 'report.html'}")
        if self.annotate:
            for line in lines(told):
                show(line)


def _files(told: dict[str, Any], suite: Suite) -> list[tuple[str, str]]:
    recorded = io.StringIO()
    har.write(recorded, suite)
    return [
        (REPORT, json.dumps(told, indent=2) + "\n"),
        ("junit.xml", junit.text(told)),
        ("run.har", recorded.getvalue()),
        ("report.html", page.html(told)),
    ]
