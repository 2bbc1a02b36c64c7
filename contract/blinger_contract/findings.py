"""What a run found, in plain values: the events of schemathesis end here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import requests
from schemathesis.core.failures import MalformedJson
from schemathesis.engine import Status, StopReason, events
from schemathesis.openapi.checks import IgnoredAuth, JsonSchemaError, MissingHeaderNotRejected

from blinger_contract import places, schemas, standing
from blinger_contract.answers import NOT_STRICT
from blinger_contract.cases import request, stored
from blinger_contract.curl import curl as curl_of
from blinger_contract.probes.registry import PROBES
from blinger_contract.seen import read
from blinger_spec import assumptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemathesis.core.failures import Failure
    from schemathesis.engine.recorder import CheckFailureInfo, RecordedScenario

    from blinger_contract.breach import Breach
    from blinger_contract.places import Place
    from blinger_contract.suite import Suite


NO_ANSWER = "No answer"
_SIGHTS = {
    "A wrong token is taken": "the token does not matter",
    IgnoredAuth.kind_title: "the token does not matter",
    MissingHeaderNotRejected.kind_title: "the token does not matter",
    NOT_STRICT: "the answer is no JSON",
    MalformedJson.kind_title: "the answer is no JSON",
}
"""Titles under which one thing is seen, and that thing."""


@dataclass(slots=True)
class Finding:
    """One broken promise, with the smallest request that shows it."""

    operation: str
    title: str
    promise: str
    """What was promised, and how the answer differs."""
    answer: str
    """What came back."""
    curl: str
    assumption: str | None
    advisory: bool
    place: Place | None = None
    """Where in `openapi.yaml` the promise stands."""
    phase: str = ""
    case: dict[str, Any] | None = None
    """What `--replay` needs to send it again; None if that is not possible."""
    about: str = ""
    """What tells causes with the same title apart, whatever the operation."""

    @property
    def id(self) -> str:
        """Return a name for the finding that is the same in each run."""
        key = f"{self.operation}|{self.title}|{self.assumption}|{self.about}"
        return hashlib.sha256(key.encode()).hexdigest()[:8]

    @property
    def cause(self) -> tuple[object, ...]:
        """Return what findings with one cause have in common, whatever the operation."""
        if self.title in _SIGHTS:
            return self.advisory, _SIGHTS[self.title]
        return self.advisory, self.title, self.assumption, self.about

    @property
    def unrepeatable(self) -> str:
        """Return why `--replay` cannot send it again; empty if it can."""
        return "" if self.case else "it takes more than one case, or what was sent is too long"


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
        self._known: dict[str, Finding] = {}

    def take(self, event: events.EngineEvent) -> None:
        """Take the next event."""
        if isinstance(event, events.PhaseStarted):
            self._suite.trail.phase = event.phase.name.value
        elif isinstance(event, events.ScenarioFinished):
            phase = event.phase.value
            self.result.phases[phase] = self.result.phases.get(phase, 0) + len(event.recorder.cases)
            self._collect(event.recorder, phase)
        elif isinstance(event, events.NonFatalError):
            self._error(event)
        elif isinstance(event, events.FatalError):
            self.result.errors.append(
                self._clean(f"{type(event.exception).__name__}: {event.exception}")
            )
        elif isinstance(event, events.EngineFinished):
            self.result.stop = event.stop_reason
            for failure in event.failures:
                self.add(failure)

    def add(
        self,
        failure: Failure,
        *,
        answer: bytes | None = None,
        status: int = 0,
        curl: str = "",
        phase: str = "",
        case: Callable[[], dict[str, Any] | None] = lambda: None,
    ) -> None:
        """Add *failure*, of a check of schemathesis or of ours; *answer* is the body that came."""
        name = standing.assumption(failure)
        operation = self._suite.operation_id(failure.operation)
        found = Finding(
            operation=operation,
            title=failure.title,
            promise=self._clean(_stated(failure.message, name)),
            answer="" if answer is None else self._answer(status, answer),
            curl=self._clean(curl),
            assumption=name,
            advisory=standing.is_advisory(name, self._suite.options),
            place=places.of(failure, operation, name),
            phase=phase,
        )
        if isinstance(failure, JsonSchemaError):
            # It names one departure, and not the deepest.
            found.promise = self._clean(failure.validation_message)
            self._departures(found, answer, case)
        else:
            self._keep(found, case)

    def breach(self, breach: Breach) -> None:
        """Add *breach*, which a probe found."""
        if breach.title == NO_ANSWER:
            self._no_answer(breach.message, breach.operation)
            return
        authorization = self._suite.effective.authorization
        found = Finding(
            operation=breach.operation,
            title=breach.title,
            promise=self._clean(_stated(breach.message, breach.assumption)),
            answer=self._answer(breach.seen.http_status, breach.seen.raw),
            curl=self._clean(curl_of(breach.seen.request, authorization)),
            assumption=breach.assumption,
            advisory=standing.is_advisory(breach.assumption, self._suite.options),
            place=places.of_pointer(breach.place),
            phase=self._suite.trail.phase,
        )
        probe = breach.probe or self._suite.witness.probe or _observer(breach.assumption)

        def case() -> dict[str, Any] | None:
            return {"probe": probe} if probe else None

        if breach.title == schemas.TITLE:
            self._departures(found, breach.seen.raw, case)
        else:
            self._keep(found, case)

    def _departures(
        self, found: Finding, answer: bytes | None, case: Callable[[], dict[str, Any] | None]
    ) -> None:
        """Add each thing that is wrong with the schema of *answer*, in the words of *found*."""
        document, _ = read(answer or b"")
        # Its credentials go first: what is wrong with it is told in its own words, and cut.
        clean = self._suite.redactor.value(document)
        departures = schemas.departures(clean, found.operation)
        for one in departures:
            place = places.of_pointer(one.pointer)
            self._keep(
                replace(found, title=one.title, promise=one.text, about=one.about, place=place),
                case,
            )
        if not departures:
            self._keep(found, case)

    def _keep(self, found: Finding, case: Callable[[], dict[str, Any] | None]) -> None:
        """Add *found*; of findings that are the same one, keep the smallest."""
        known = self._known.get(found.id)
        if known is None:
            found.case = case()
            self._known[found.id] = found
            self.result.findings.append(found)
        elif len(found.curl) < len(known.curl):
            known.answer, known.curl, known.phase = found.answer, found.curl, found.phase
            known.promise, known.place = found.promise, found.place
            known.case = case() or known.case
        elif known.case is None:
            known.case = case()

    def _collect(self, recorder: RecordedScenario, phase: str) -> None:
        for case_id, checks in recorder.checks.items():
            # A check that asked again fails on that answer, not on the one of its own case.
            for check in checks:
                if check.status is Status.FAILURE and check.failure_info is not None:
                    self._take(recorder, case_id, check.failure_info, phase)

    def _take(
        self, recorder: RecordedScenario, case_id: str, info: CheckFailureInfo, phase: str
    ) -> None:
        failure = info.failure
        response = recorder.find_response(case_id=failure.case_id or case_id)
        self.add(
            failure,
            answer=None if response is None else response.content,
            status=0 if response is None else response.status_code,
            curl=info.code_sample,
            phase=phase,
            case=partial(stored, self._suite, recorder, case_id, failure),
        )

    def _error(self, event: events.NonFatalError) -> None:
        if isinstance(event.value, requests.RequestException):
            said = " ".join([event.info.message, *event.info.extras])
            self._no_answer(said, self._suite.operation_id(event.label))
        else:
            self.result.errors.append(self._clean(f"{event.info.title}: {event.info.message}"))

    def _no_answer(self, said: str, operation: str) -> None:
        """Add that the request which was sent last was not answered."""
        lost = self._suite.gate.lost
        if lost is not None and lost.asked is not None:
            operation = lost.asked.operation
        authorization = self._suite.effective.authorization
        self._keep(
            Finding(
                operation=operation,
                title=NO_ANSWER,
                promise="Each request is answered over HTTP.",
                answer=self._clean(said.removeprefix("Each request is answered over HTTP.\n")),
                curl="" if lost is None else self._clean(curl_of(lost.request, authorization)),
                assumption=None,
                advisory=False,
                place=places.of_operation(operation),
                phase=self._suite.trail.phase,
            ),
            lambda: None if lost is None else request(self._suite, lost),
        )

    def _answer(self, status: int, body: bytes) -> str:
        return self._clean(f"HTTP {status} {body.decode('utf-8', 'replace')}")

    def _clean(self, text: str) -> str:
        return self._suite.redactor.text(text)


def _stated(message: str, assumption: str | None) -> str:
    """Return *message*, with the question of *assumption* before it where it only compares."""
    entry = assumptions().get(assumption or "")
    if entry is None or not message.startswith("Expected: "):
        return message
    return f"{entry.question}\n{message}"


def _observer(assumption: str | None) -> str | None:
    """Return the name of the probe that observes *assumption*."""
    return next((one.name for one in PROBES if assumption in one.observes), None)
