"""What a run found, in plain values: the events of schemathesis end here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests
from schemathesis.engine import StopReason, events
from schemathesis.engine.statistic import Statistic
from schemathesis.openapi.checks import JsonSchemaError

from blinger_contract import standing
from blinger_contract.exchange import Broken

if TYPE_CHECKING:
    from schemathesis import Response
    from schemathesis.core.failures import Failure

    from blinger_contract.suite import Suite


_NO_ANSWER = "No answer"


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise, with the request that shows it."""

    operation: str
    title: str
    promise: str
    """What was promised, and how the answer differs."""
    answer: str
    """What came back."""
    curl: str
    assumption: str | None
    advisory: bool


@dataclass(slots=True)
class Result:
    """Everything that a run says."""

    findings: list[Finding] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """What kept the suite itself from working."""
    phases: dict[str, int] = field(default_factory=dict)
    """How many cases each phase ran."""
    stop: StopReason = StopReason.INTERRUPTED


class Collector:
    """Turns the events of a run into a `Result`."""

    def __init__(self, suite: Suite) -> None:
        """Collect for *suite*."""
        self.result = Result()
        self._suite = suite
        self._statistic = Statistic()
        self._seen: set[Failure] = set()

    def take(self, event: events.EngineEvent) -> None:
        """Take the next event."""
        if isinstance(event, events.ScenarioFinished):
            phase = event.phase.value
            self.result.phases[phase] = self.result.phases.get(phase, 0) + len(event.recorder.cases)
            self._statistic.on_scenario_finished(event.recorder)
            self._collect()
        elif isinstance(event, events.NonFatalError):
            self._error(event)
        elif isinstance(event, events.FatalError):
            self.result.errors.append(
                self._clean(f"{type(event.exception).__name__}: {event.exception}")
            )
        elif isinstance(event, events.EngineFinished):
            self.result.stop = event.stop_reason

    def _collect(self) -> None:
        for cases in self._statistic.failures.values():
            for group in cases.values():
                for failure in group.failures:
                    if failure not in self._seen:
                        self._seen.add(failure)
                        self._add(failure, _answer(group.response), group.code_sample or "")

    def _add(self, failure: Failure, answer: str, curl: str) -> None:
        name = standing.assumption(failure)
        self.result.findings.append(
            Finding(
                operation=self._suite.operation_id(failure.operation),
                title=failure.title
                if isinstance(failure, Broken)
                else f"{failure.title} ({failure.code})",
                promise=self._clean(_promise(failure)),
                answer=self._clean(answer),
                curl=self._clean(curl),
                assumption=name,
                advisory=standing.is_advisory(name, self._suite.options),
            )
        )

    def _error(self, event: events.NonFatalError) -> None:
        if not isinstance(event.value, requests.RequestException):
            self.result.errors.append(self._clean(f"{event.info.title}: {event.info.message}"))
            return
        message = " ".join([event.info.message, *event.info.extras])
        operation = self._suite.operation_id(event.label)
        if any(
            (found.operation, found.title) == (operation, _NO_ANSWER)
            for found in self.result.findings
        ):
            return
        self.result.findings.append(
            Finding(
                operation=operation,
                title=_NO_ANSWER,
                promise="Each request is answered over HTTP.",
                answer=self._clean(message),
                curl=self._clean(event.info._code_sample or ""),  # noqa: SLF001
                assumption=None,
                advisory=False,
            )
        )

    def _clean(self, text: str) -> str:
        return self._suite.redactor.text(text)


def _promise(failure: Failure) -> str:
    if not isinstance(failure, JsonSchemaError):
        return failure.message
    # Its message quotes half of the schema and of the answer: here it is enough to name the places.
    found = re.search(r"^Schema at (.+):$", failure.message, re.MULTILINE)
    where = f"\nin openapi.yaml at {found[1]}" if found else ""
    inside = "".join(f"/{part}" for part in failure.instance_path)
    return f"{failure.validation_message}{where}\nin the answer at {inside or 'its top'}"


def _answer(response: Response | None) -> str:
    if response is None:
        return ""
    body = response.content.decode("utf-8", "replace")
    return f"HTTP {response.status_code} {body}"
