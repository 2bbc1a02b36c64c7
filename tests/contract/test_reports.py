"""What a run writes: each form of the report, what stands in it, and what never may."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from blinger_contract.annotations import lines
from blinger_contract.markup import escape, pretty
from blinger_contract.redact import MARK
from blinger_mock.testing import serve
from blinger_spec import Profile, assumptions, line

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from tests.contract.conftest import Command, Reported

FORMS = {"report.html", "report.json", "junit.xml", "run.har"}


def given(faulty: ModuleType, folder: Path) -> tuple[str, ...]:
    """Return what each run here is given."""
    ids = ("--conversation", faulty.CONVERSATION, "--agent", faulty.AGENT)
    return (*ids, "--seed", "4", "--rate", "1000/s", "--report", str(folder))


def told(folder: Path) -> dict[str, Any]:
    """Return the report in *folder*."""
    document: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return document


def test_every_form_says_the_same_and_none_holds_a_credential(reported: Reported) -> None:
    """One document, four files: as many findings, and no canary in any byte of them."""
    done, folder, document = reported.done, reported.folder, reported.told
    assert done.returncode == 1, done.stdout + done.stderr
    assert {path.name for path in folder.iterdir()} == FORMS
    for path in folder.iterdir():
        assert "canary" not in path.read_text(), path.name
        assert MARK in path.read_text(), path.name
    assert "canary" not in done.stdout + done.stderr
    broken = [one for one in document["findings"] if one["tier"] == "broken"]
    assert 0 < len(broken) < len(document["findings"])
    junit = ET.parse(folder / "junit.xml").getroot()
    assert junit.get("failures") == str(len(broken))
    assert len(list(junit.iter("failure"))) == len(broken)
    archive = json.loads((folder / "run.har").read_text())["log"]
    assert archive["version"] == "1.2"
    assert len(archive["entries"]) == document["requests"] == reported.requests
    page = (folder / "report.html").read_text()
    for cause in document["causes"]:
        assert escape(cause["title"]) in page
        assert set(cause["findings"]) <= {one["id"] for one in document["findings"]}
        for one in cause["findings"]:
            assert one in page
            assert one in done.stdout


def test_a_finding_says_all_that_is_needed(reported: Reported) -> None:
    """What was promised and on which line, what came back, the smallest case, the seed."""
    document = reported.told
    cause = next(one for one in document["causes"] if one["title"] == "Response violates schema")
    assert {"sendTextMessage", "requestReview"} <= set(cause["operations"])
    finding = next(one for one in document["findings"] if one["id"] == cause["shown"])
    assert finding["promise"] == '"microseconds" is a required property\nin the answer at /data'
    message = ["components", "schemas", "Message"]
    assert finding["where"]["line"] == line([*message, "properties", "microseconds"])
    assert finding["answer"].startswith("HTTP 200 ")
    assert re.match(r"curl -X POST .*\"Authorization: \$BLINGER_TOKEN\"", finding["curl"])
    assert finding["seed"] == 4
    assert f"openapi.yaml:{finding['where']['line']}" in reported.done.stdout


def test_an_answer_that_is_no_json_is_one_cause(command: Command, tmp_path: Path) -> None:
    """It is said once, and not of a schema that null would violate; a replay says it again."""
    with serve() as mock:
        ids = ("--conversation", mock.conversation, "--agent", mock.agent)
        options = (mock.url, *ids, "--rate", "1000/s", "--report", str(tmp_path))
        mock.fail_next("malformed", operation="requestReview", times=None)
        done = command(*options, token=mock.token)
        broken = [one for one in told(tmp_path)["causes"] if one["tier"] == "broken"]
        again = command(*options, "--replay", broken[0]["shown"], token=mock.token)

    assert (done.returncode, again.returncode) == (1, 1)
    assert [one["title"] for one in broken] == ["The answer is not strict JSON"]
    assert "Response violates schema" not in done.stdout
    assert "It still fails." in again.stdout
    assert "not by --replay" not in again.stdout


def test_each_thing_is_found_once__and_its_place_is_not_merely_the_operation(
    reported: Reported,
) -> None:
    """No two findings share operation, title and cause; only "No answer" has no smaller place."""
    findings = reported.told["findings"]
    assert len({one["id"] for one in findings}) == len(findings)
    said = [(one["operation"], one["title"], one["promise"].partition("\n")[0]) for one in findings]
    assert len(set(said)) == len(said)
    for one in findings:
        pointer = one["where"]["pointer"]
        assert one["title"] == "No answer" or pointer.startswith(
            ("#/components", "#/x-assumptions")
        )


def test_every_finding_can_be_sent_again__or_says_why_not(reported: Reported) -> None:
    """Also the request that had no answer; the reason stands in each form for people."""
    for one in reported.told["findings"]:
        assert bool(one["case"]) != bool(one["unrepeatable"])
    [lost] = [one for one in reported.told["findings"] if one["title"] == "No answer"]
    assert lost["case"]["request"]["path"].endswith("/send-file-message")
    assert lost["operation"] == "sendFileMessage"
    assert "Remote end closed connection" in lost["answer"]


def test_the_report_shows_what_was_seen__and_the_profile_holds_it(
    command: Command, faulty: ModuleType, tmp_path: Path
) -> None:
    """Assumptions, operations by status, response times; pinned, the same server keeps them."""
    file = tmp_path / "observed.toml"
    options = given(faulty, tmp_path)
    with faulty.serve() as server:
        done = command(server.url, *options, "--write-profile", str(file), token=faulty.TOKEN)
        pinned = command(server.url, *options[:-2], "--profile", str(file), token=faulty.TOKEN)
    assert (done.returncode, pinned.returncode) == (0, 0), done.stdout + pinned.stdout
    assert "Response time limit exceeded" not in done.stdout
    document = told(tmp_path)
    assert document["verdict"]["code"] == 0
    assert [row["name"] for row in document["assumptions"]] == list(assumptions())
    for row in document["assumptions"]:
        assert (row["observed"] is None) == bool(row["why"])
    observed = {row["name"] for row in document["assumptions"] if row["observed"] is not None}
    assert len(observed) > 5
    assert set(Profile(tomllib.loads(file.read_text())).given) == observed
    for row in document["coverage"]:
        assert {"200", "401", "404"} <= set(row["seen"])
        assert not {str(one["status"]) for one in row["never"]} & set(row["seen"])
    assert {row["operation"] for row in document["times"]} == {
        row["operation"] for row in document["coverage"]
    }
    assert all(0 < row["median"] <= row["p95"] <= row["longest"] for row in document["times"])
    assert "Response times: median" in done.stdout
    junit = ET.parse(tmp_path / "junit.xml").getroot()
    assert (junit.get("failures"), junit.get("errors")) == ("0", "0")
    assert len(list(junit.iter("testcase"))) == 5


def test_a_run_that_proves_too_little_is_an_error_in_junit(
    command: Command, faulty: ModuleType, tmp_path: Path
) -> None:
    """A CI system that reads only junit.xml does not take it for kept."""
    with faulty.serve() as server:
        done = command(
            server.url, "--rate", "1000/s", "--report", str(tmp_path), token=faulty.TOKEN
        )
        assert server.written == []
    assert done.returncode == 2
    assert ET.parse(tmp_path / "junit.xml").getroot().get("errors") == "1"


def test_a_wrong_token_is_reported_too(
    command: Command, faulty: ModuleType, tmp_path: Path
) -> None:
    """Exit 3, with a report that says so, and no table of what was never asked."""
    with faulty.serve() as server:
        done = command(server.url, *given(faulty, tmp_path), token="canary-wrong")
        assert server.written == []
    assert done.returncode == 3
    assert "never" not in done.stdout
    assert told(tmp_path)["verdict"]["code"] == 3
    assert ET.parse(tmp_path / "junit.xml").getroot().get("errors") == "1"
    assert not any("canary" in path.read_text() for path in tmp_path.iterdir())


def test_a_file_that_cannot_be_written_is_said_before_the_run(
    command: Command, tmp_path: Path
) -> None:
    """Not after minutes: exit 2, and nothing is sent."""
    (tmp_path / "file").write_text("")
    for option in ("--report", "--write-profile"):
        path = str(tmp_path / "file" / "inside")
        done = command("http://127.0.0.1:1/api/external/v1", option, path, token="t" * 9)
        assert done.returncode == 2
        assert "cannot write" in done.stderr


def test_annotations_point_at_the_line_of_the_promise(command: Command, faulty: ModuleType) -> None:
    """Printed when asked for, and where GitHub Actions runs the command."""
    ids = ("--conversation", faulty.CONVERSATION, "--agent", faulty.AGENT, "--budget", "20")
    with faulty.serve("two_authors") as server:
        common = (server.url, *ids, "--rate", "1000/s")
        quiet = command(*common, token=faulty.TOKEN)
        asked = command(*common, "--annotations", token=faulty.TOKEN)
        there = command(*common, token=faulty.TOKEN, GITHUB_ACTIONS="true")
    assert "::error" not in quiet.stdout
    for done in (asked, there):
        found = re.findall(
            r"^::error file=openapi.yaml,line=(\d+),title=", done.stdout, re.MULTILINE
        )
        assert found
        assert all(int(one) > 1 for one in found)


def test_an_annotation_stays_one_line() -> None:
    """Whatever a server puts into an answer: no line of its own, no other command."""
    finding = {"id": "1", "promise": "50%\r\n::stop::", "curl": "", "where": {"line": 7}}
    cause = {"tier": "advisory", "shown": "1", "operations": ["a", "b"], "title": "x: y"}
    document = {"findings": [finding], "causes": [cause], "verdict": {"code": 0, "reason": ""}}
    [one] = lines(document)
    assert one == "::warning file=openapi.yaml,line=7,title=a%2C b%3A x%3A y::50%25%0D%0A::stop::"


def test_response_time_is_a_finding_only_past_the_limit(
    command: Command, faulty: ModuleType
) -> None:
    """A careful run reports it and has no limit unless one is given."""
    ids = ("--conversation", faulty.CONVERSATION, "--agent", faulty.AGENT, "--rate", "1000/s")
    with faulty.serve() as server:
        done = command(server.url, *ids, "--max-response-time", "0.0001", token=faulty.TOKEN)
    assert done.returncode == 1, done.stdout
    assert "Response time limit exceeded" in done.stdout


@pytest.mark.parametrize("given_limit", ["0", "-1", "soon", "nan", "inf"])
def test_a_limit_is_a_number_of_seconds(command: Command, given_limit: str) -> None:
    """Anything else is wrong usage."""
    url = "http://127.0.0.1:1/api/external/v1"
    done = command(url, f"--max-response-time={given_limit}", token="t" * 9)
    assert done.returncode == 2
    assert "is no number of seconds" in done.stderr


def test_a_preflight_that_proves_nothing_warns(command: Command, faulty: ModuleType) -> None:
    """Where the token makes no difference, the first lines say so, and nothing was created."""
    with faulty.serve(always=404) as server:
        done = command(server.url, "--rate", "1000/s", token=faulty.TOKEN)
        assert server.written == []
    assert "Warning: the preflight proves nothing" in done.stdout
    assert "404 with the token and 404 without it" in done.stdout


def test_a_place_has_a_line() -> None:
    """Through references, and where its end does not exist, the nearest part that does."""
    text = [
        "paths",
        "/conversation/{id}/send-text-message",
        "post",
        "requestBody",
        "content",
        "application/json",
        "schema",
        "properties",
        "text",
    ]
    assert line(text) == line(
        ["components", "schemas", "SendTextMessageRequest", "properties", "text"]
    )
    assert line(["x-assumptions", "locked"]) < line(["x-assumptions", "wrong_method"])
    assert line(["x-assumptions", "nothing"]) == line(["x-assumptions"])
    assert line([]) == 1


def test_what_cannot_be_seen_is_named_in_html() -> None:
    """Markup is shown and not obeyed; control and direction characters do nothing."""
    assert escape("<b>&\u202e\x00\ud800é") == "&lt;b&gt;&amp;\\u202e\\x00\\ud800é"
    assert pretty('HTTP 200 {"a": 1}') == 'HTTP 200\n{\n  "a": 1\n}'
    assert pretty("HTTP 500 {oops") == "HTTP 500 {oops"
