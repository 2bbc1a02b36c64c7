"""One finding sent again: it fails while the fault is there, and no more when it is gone."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from blinger_contract import ids

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from tests.contract.conftest import Command

FAULTS = ("microseconds_missing", "uuid_any", "auth_ignored", "unknown_accepted", "hangs_up")
OTHER_CONVERSATION = "7d6d4b1c-0000-4000-8000-000000000000"


def arguments(faulty: ModuleType, folder: Path) -> tuple[str, ...]:
    """Return what each run here is given."""
    ids = ("--conversation", faulty.CONVERSATION, "--agent", faulty.AGENT)
    return (*ids, "--strict", "--seed", "4", "--rate", "1000/s", "--report", str(folder))


def findings(folder: Path) -> list[dict[str, Any]]:
    """Return the findings of the report in *folder*."""
    told: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return list(told["findings"])


def write(folder: Path, finding: dict[str, Any]) -> None:
    """Write a report to *folder* that has *finding* only."""
    (folder / "report.json").write_text(json.dumps({"findings": [finding]}))


def unanswered(
    faulty: ModuleType, folder: Path, path: str, *, body: str = "", made_up: tuple[str, ...] = ()
) -> str:
    """Write a report of a request that had no answer, and return the id of the finding."""
    request = {
        "method": "POST",
        "path": path,
        "content_type": "application/json" if body else None,
        "body": body,
        "authorized": True,
    }
    case = {
        "made_up": made_up,
        "conversation": faulty.CONVERSATION,
        "agents": [faulty.AGENT, faulty.OTHER_AGENT] if body else [],
        "request": request,
    }
    write(folder, {"id": "x", "operation": "any", "title": "No answer", "seed": 4, "case": case})
    return "x"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_finding_is_sent_again(
    command: Command, faulty: ModuleType, tmp_path: Path, fault: str
) -> None:
    """Exit 1 while it still fails, 0 when it does not; into the given conversation only."""
    given = arguments(faulty, tmp_path)
    with faulty.serve(fault) as server:
        assert command(server.url, *given, token=faulty.TOKEN).returncode == 1
        first = next(one for one in findings(tmp_path) if one["case"])
        before = len(server.requests)
        again = command(server.url, *given, "--replay", first["id"], token=faulty.TOKEN)
        assert again.returncode == 1, again.stdout + again.stderr
        assert len(server.requests) - before <= 25
        assert again.stdout.rstrip().endswith("It still fails.")
        assert first["title"] in again.stdout
        assert "canary" not in again.stdout + again.stderr
    with faulty.serve() as server:
        again = command(server.url, *given, "--replay", first["id"], token=faulty.TOKEN)
        assert again.returncode == 0, again.stdout + again.stderr
        assert again.stdout.rstrip().endswith("It does not fail any more.")
        assert set(server.written) <= {faulty.CONVERSATION}


def test_a_replay_has_uuids_of_its_own(
    command: Command, faulty: ModuleType, tmp_path: Path
) -> None:
    """Else a mended server would answer with the broken message that it still has."""
    given = arguments(faulty, tmp_path)
    with faulty.serve("text_changed") as server:
        command(server.url, *given, token=faulty.TOKEN)
        first = next(one for one in findings(tmp_path) if one["case"])
        used = {body.get("uuid") for body in server.bodies}
        before = len(server.bodies)
        command(server.url, *given, "--replay", first["id"], token=faulty.TOKEN)
        fresh = {body.get("uuid") for body in server.bodies[before:]}
    assert fresh
    assert not fresh & used


def test_a_replay_keeps_the_consent(command: Command, faulty: ModuleType, tmp_path: Path) -> None:
    """The conversation of the report is not enough: what is given again is what is written to."""
    given = arguments(faulty, tmp_path)
    with faulty.serve("microseconds_missing") as server:
        command(server.url, *given, token=faulty.TOKEN)
        first = next(one for one in findings(tmp_path) if one["case"])
        before = len(server.written)
        replay = ("--report", str(tmp_path), "--replay", first["id"])
        refused = command(server.url, *replay, token=faulty.TOKEN)
        assert refused.returncode == 2
        assert "give --conversation" in refused.stderr
        other = ("--conversation", OTHER_CONVERSATION, "--agent", faulty.AGENT, "--rate", "99/s")
        command(server.url, *other, *replay, token=faulty.TOKEN)
        assert len(server.written) == before


def test_a_replay_leaves_no_id_to_chance(
    command: Command, faulty: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One random case in so many keeps an unknown id, and the uuid of a replay is a new one.

    Else a finding that was made in the given conversation would be looked for in none.
    """
    given = arguments(faulty, tmp_path)
    with faulty.serve("microseconds_missing") as server:
        command(server.url, *given, token=faulty.TOKEN)
        first = next(one for one in findings(tmp_path) if one["phase"] == "fuzzing")
        monkeypatch.setattr(ids, "_ONE_IN", 1)
        before = len(server.written)
        again = command(server.url, *given, "--replay", first["id"], token=faulty.TOKEN)
        assert again.returncode == 1, again.stdout + again.stderr
        assert server.written[before:] == [faulty.CONVERSATION]


def test_a_replay_sends_each_id_as_a_whole(
    command: Command, faulty: ModuleType, tmp_path: Path
) -> None:
    """A full run makes up ids that are a part of the given one: that one is sent, not a mixture."""
    given = (*arguments(faulty, tmp_path), "--mode", "full")
    with faulty.serve("hangs_up") as server:
        command(server.url, *given, token=faulty.TOKEN)
        (first,) = (one for one in findings(tmp_path) if "request" in (one["case"] or {}))
        assert first["case"]["made_up"] == []
        # As a report may tell it that was written before.
        made_up = [faulty.CONVERSATION[:8], faulty.CONVERSATION[:-1]]
        write(tmp_path, {**first, "case": {**first["case"], "made_up": made_up}})
        again = command(server.url, *given, "--replay", first["id"], token=faulty.TOKEN)
        assert again.returncode == 1, again.stdout + again.stderr
        assert faulty.CONVERSATION in server.requests[-1][1]


def test_a_replay_follows_no_link(command: Command, faulty: ModuleType, tmp_path: Path) -> None:
    """A case may have got an unknown id though its link gave the one of the case before."""
    given = arguments(faulty, tmp_path)
    with faulty.serve("unknown_accepted") as server:
        command(server.url, *given, token=faulty.TOKEN)
        first = next(one for one in findings(tmp_path) if "crash" in (one["case"] or {}))
        sequence = first["case"]["crash"]["sequence"]
        sequence.insert(0, copy.deepcopy(sequence[0]))
        sequence[0]["path_parameters"] = {"id": faulty.CONVERSATION}
        link = {"operationId": "linked", "parameters": {"path.id": "$request.path.id"}}
        sequence[1].update(parent_index=0, link=link)
        write(tmp_path, first)
        again = command(server.url, *given, "--replay", first["id"], token=faulty.TOKEN)
        assert again.returncode == 1, again.stdout + again.stderr


def test_a_replay_names_the_agents_that_are_given(
    command: Command, faulty: ModuleType, tmp_path: Path
) -> None:
    """Those of the report in another order are not taken for one another; and one is needed."""
    body = json.dumps({"agentId": faulty.AGENT})
    path = f"/conversation/{faulty.CONVERSATION}/assign-agent"
    asked = ("--report", str(tmp_path), "--replay", unanswered(faulty, tmp_path, path, body=body))
    with faulty.serve() as server:
        given = (server.url, "--conversation", faulty.CONVERSATION, *asked)
        refused = command(*given, token=faulty.TOKEN)
        assert refused.returncode == 2
        assert "give --agent" in refused.stderr
        others = ("--agent", faulty.OTHER_AGENT, "--agent", faulty.AGENT)
        command(*given, *others, "--rate", "99/s", token=faulty.TOKEN)
        assert server.bodies[-1] == {"agentId": faulty.OTHER_AGENT}


def test_a_replay_of_a_malformed_id_sends_another(
    command: Command, faulty: ModuleType, tmp_path: Path
) -> None:
    """It was made up, so a careful run may send it; and it stays malformed."""
    made = "00000000-0000-5000-8000-000000000000"
    made_up = (made, f"no-uuid-{made}")
    path = f"/conversation/no-uuid-{made}/request-review"
    finding = unanswered(faulty, tmp_path, path, made_up=made_up)
    with faulty.serve() as server:
        again = command(
            server.url,
            *arguments(faulty, tmp_path),
            *("--replay", finding),
            token=faulty.TOKEN,
        )
        assert again.returncode == 0, again.stdout + again.stderr
        sent = server.requests[-1][1].split("/")[-2]
    assert sent.startswith("no-uuid-")
    assert sent not in made_up


@pytest.mark.parametrize(
    ("report", "asked", "said"),
    [
        (None, ("--replay", "x"), "say where with --report DIR"),
        ("absent", ("--replay", "x"), "cannot read"),
        ("broken", ("--replay", "x"), "is no report of blinger-contract"),
        ("empty", ("--replay", "x"), "has no finding 'x'"),
        ("empty", ("--replay", "x", "--plan"), "give one of them"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_a_line(
    command: Command, tmp_path: Path, report: str | None, asked: tuple[str, ...], said: str
) -> None:
    """Exit 2, before anything is sent."""
    for name, text in (("broken", "[]"), ("empty", '{"findings": []}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(text)
    folder = () if report is None else ("--report", str(tmp_path / report))
    done = command("http://127.0.0.1:1/api/external/v1", *folder, *asked, token="t" * 9)
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
