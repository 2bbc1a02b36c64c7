"""Send the case of one finding again, once, and say whether it still fails."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any
from unittest import mock

import requests
from schemathesis.cli.commands.replay import executor
from schemathesis.reporting.crashes import CrashFile

from blinger_contract import preflight, report
from blinger_contract.findings import Collector
from blinger_contract.ids import WORD
from blinger_contract.options import UsageError
from blinger_contract.outputs import REPORT
from blinger_contract.probes import run as probes
from blinger_contract.redact import MARK
from blinger_contract.suite import Suite
from blinger_contract.verdict import BROKEN, INCOMPLETE, INTERRUPTED, KEPT, UNREACHABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from blinger_contract.findings import Finding
    from blinger_contract.options import Options


_SECONDS = 30
_FIRST = "reach"
"""The probe without which no other one is sent."""


def replay(options: Options, folder: Path, finding: str, show: Callable[[str], None]) -> int:
    """Send the case of *finding*, an id in the report in *folder*, and return the exit code.

    The rules of a run hold: the conversation must be given again, and a careful run writes into no
    other; the uuids are new ones; nothing is sent twice.

    Raises:
        UsageError: There is no such report or finding, or the run may not send its case.
    """
    told = _finding(folder / REPORT, finding)
    case = told["case"]
    if case is None:
        raise UsageError(
            f"finding {finding} cannot be sent by itself ({told['unrepeatable']}):"
            f" run again with --seed {told['seed']}"
        )
    if not options.conversation and case.get("conversation", "any"):
        raise UsageError("the case is sent into a conversation: give --conversation")
    if not options.agents and case.get("agents"):
        raise UsageError("the case names an agent: give --agent")
    suite = Suite(options)
    # The case was filled when it was sent first: what it names now is what it shows.
    suite.ids.settled = True
    with suite.open():
        show(f"Finding {finding}: {told['operation']}: {told['title']}\n")
        try:
            preflight.ask(suite)
            with suite.trail.during("replay"):
                if "probe" in case:
                    return _probe(suite, case["probe"], finding, show)
                if "request" in case:
                    return _ask(suite, _renewed(suite, case, "request"), show)
                return _send(suite, _crash(suite, case), show)
        except preflight.Unreachable as error:
            show(suite.redactor.text(str(error)))
            return UNREACHABLE
        except KeyboardInterrupt:
            return INTERRUPTED


def _send(suite: Suite, crash: CrashFile, show: Callable[[str], None]) -> int:
    schema = suite.schema
    # One attempt: each of three would be another message.
    with mock.patch.object(executor, "MAX_REPLAY_ATTEMPTS", 1):
        outcome = executor.replay_crash_file(
            crash, base_url=suite.options.url, project_config=schema.config, schema=schema
        )
    _show_sent(suite, show)
    if outcome.status is executor.ReplayStatus.ERRORED:
        show(suite.redactor.text(f"\nUndecided: {outcome.error_message}"))
        return INCOMPLETE
    if outcome.status is executor.ReplayStatus.FIXED:
        show("\nIt does not fail any more.")
        return KEPT
    collector = Collector(suite)
    response = outcome.transport_response
    body, status = (None, 0) if response is None else (response.content, response.status_code)
    for failure in outcome.failures:
        collector.add(failure, answer=body, status=status, curl=outcome.code_sample, phase="replay")
    return _fails(suite, collector.result.findings, show)


def _ask(suite: Suite, kept: dict[str, Any], show: Callable[[str], None]) -> int:
    """Send the one request *kept*, which had no answer."""
    headers = {}
    if kept["content_type"] is not None:
        headers["Content-Type"] = kept["content_type"]
    if kept["authorized"] is not None:
        more = "" if kept["authorized"] else "x"
        headers["Authorization"] = suite.effective.authorization + more
    request = requests.Request(
        *(kept["method"], suite.options.url + kept["path"], headers),
        data=_fresh(suite, kept["body"].encode("latin-1")),
    )
    answered = True
    with requests.Session() as session:
        try:
            session.send(session.prepare_request(request), timeout=_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            answered = False
            show(f"  no answer: {type(error).__name__}")
    _show_sent(suite, show)
    show("\nIt does not fail any more." if answered else "\nIt still fails.")
    return KEPT if answered else BROKEN


def _fresh(suite: Suite, body: bytes) -> bytes:
    """Return *body* with a uuid of this run, if it holds one."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if isinstance(document, dict) and _is_uuid(document.get("uuid")):
        document["uuid"] = str(uuid.uuid5(suite.run, str(document["uuid"])))
        return json.dumps(document).encode()
    return body


def _probe(suite: Suite, name: str, finding: str, show: Callable[[str], None]) -> int:
    """Run the probe *name*, after the one that opens the way to the others."""
    collector = Collector(suite)
    for breach in probes.probe(suite, {_FIRST, name}):
        collector.breach(breach)
    _show_sent(suite, show)
    found = [one for one in collector.result.findings if one.id == finding]
    if found:
        return _fails(suite, found, show)
    if suite.witness.skipped:
        reasons = sorted(set(suite.witness.skipped.values()))
        show(f"\nUndecided: it could not be asked: {'; '.join(reasons)}.")
        return INCOMPLETE
    show("\nIt does not fail any more.")
    return KEPT


def _fails(suite: Suite, found: list[Finding], show: Callable[[str], None]) -> int:
    for line in report.findings(found, suite):
        show(line)
    show("\nIt still fails.")
    return BROKEN


def _show_sent(suite: Suite, show: Callable[[str], None]) -> None:
    for record in suite.trail.records:
        if record.phase == "replay":
            status = record.status or "no answer"
            show(suite.redactor.text(f"  {record.method} {record.url} -> {status}"))


def _finding(path: Path, finding: str) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        findings: list[dict[str, Any]] = told["findings"]
        known = {one["id"]: one for one in findings}
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path} is no report of blinger-contract") from None
    if finding not in known:
        listed = ", ".join(known) or "none"
        raise UsageError(f"{path} has no finding {finding!r}: there are {listed}")
    return known[finding]


def _crash(suite: Suite, case: dict[str, Any]) -> CrashFile:
    """Return the case with the ids and uuids of this run in place of the recorded ones."""
    crash = CrashFile.from_dict(_renewed(suite, case, "crash"))
    for step in crash.sequence:
        if isinstance(step.case_body, dict) and _is_uuid(step.case_body.get("uuid")):
            fresh = uuid.uuid5(suite.run, str(step.case_body["uuid"]))
            step.case_body["uuid"] = str(fresh)
        # An id was recorded as it was sent, also where it was not the one that its link gave.
        step.link = None
        # The session brings the token; what was covered must not stand in its place.
        for headers in (step.request_headers, step.case_headers):
            for name in [name for name, value in headers.items() if value in (MARK, [MARK])]:
                del headers[name]
    return crash


def _renewed(suite: Suite, case: dict[str, Any], key: str) -> dict[str, Any]:
    """Return what *case* holds under *key*, with the ids of this run."""
    new = {made: suite.ids.renew(made) for made in case["made_up"]}
    if case["conversation"] and suite.options.conversation:
        new[case["conversation"]] = suite.options.conversation
    agents = suite.options.agents
    for number, agent in enumerate(case["agents"] if agents else ()):
        new[agent] = agents[number % len(agents)]
    renewed: dict[str, Any] = _replaced(case[key], new)
    return renewed


def _replaced(value: Any, new: dict[str, str]) -> Any:
    """Return *value*, made of what JSON has, with the ids in *new* replaced in its strings.

    All at once and each as a whole: an id that is nearly the given one was made up as a part of
    it, and the agents of this run may be those of the other in another order.
    """
    if isinstance(value, str):
        return WORD.sub(lambda word: new.get(word[0], word[0]), value)
    if isinstance(value, dict):
        return {name: _replaced(item, new) for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, new) for item in value]
    return value


def _is_uuid(value: object) -> bool:
    try:
        uuid.UUID(str(value))
    except ValueError:
        return False
    return True
