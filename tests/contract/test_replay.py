"""One finding sent again: it fails while the fault is there, and no more when it is gone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

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
