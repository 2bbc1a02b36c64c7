"""The command from end to end: what it proves, what it finds, what it spares, how it ends."""

from __future__ import annotations

import json
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from tests.contract.conftest import Command

KEPT, BROKEN, INCOMPLETE, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 130
FAST = ("--rate", "1000/s", "--seed", "4")
FORMS = {"report.html", "report.json", "junit.xml", "run.har"}
OPERATIONS = ("assignAgent", "sendTextMessage", "sendFileMessage", "requestReview")


def ids(faulty: ModuleType) -> tuple[str, ...]:
    """Return the options that name what exists on the server."""
    return ("--conversation", faulty.CONVERSATION, "--agent", faulty.AGENT)


def answers(output: str) -> dict[str, list[str]]:
    """Return the ledger that stands in *output*: the counts of 200, 401 and 404 by operation."""
    rows = re.findall(r"^  (\w+) +(\d+|never) +(\d+|never) +(\d+|never)\b", output, re.MULTILINE)
    return {name: list(counts) for name, *counts in rows if name in OPERATIONS}


def test_the_mock_keeps_the_contract() -> None:
    """A full run proves each operation in each phase, in 15 seconds of work, and stops its mock."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, f"{__file__.rpartition('/')[0]}/hermetic.py", "--seed", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 15
    assert (done.returncode, done.stderr) == (KEPT, ""), done.stdout
    phases = re.findall(r"^  (\w+) +(\d+) cases   0 findings$", done.stdout, re.MULTILINE)
    assert [name for name, _ in phases] == ["probes", "examples", "coverage", "fuzzing", "stateful"]
    assert all(int(cases) > 0 for _, cases in phases)
    assert set(answers(done.stdout)) == set(OPERATIONS)
    assert not any("never" in counts for counts in answers(done.stdout).values())


def test_the_mock_keeps_the_contract_on_a_file_too(
    command: Command, hermetic: ModuleType, tmp_path: Path
) -> None:
    """What is said of the mock in memory holds with `--db`, and no answer broke the contract."""
    with hermetic.mock("--db", str(tmp_path / "mock.db")) as seeded:
        options = ("--mode", "full", "--conversation", seeded["conversations"][0])
        agents = (f"--agent={agent}" for agent in seeded["agents"])
        done = command(seeded["url"], *options, *agents, token=seeded["token"])
        state = requests.get(f"{seeded['page']}state", timeout=10).json()
    assert done.returncode == KEPT, done.stdout
    assert state["violations"] == 0


def test_a_careful_run_keeps_the_mock(command: Command, mock: dict[str, Any]) -> None:
    """The default mode proves each operation too, within its budget."""
    conversation, agent = mock["conversations"][0], mock["agents"][0]
    done = command(
        *(mock["url"], "--conversation", conversation, "--agent", agent, *FAST),
        token=mock["token"],
    )
    assert done.returncode == KEPT, done.stdout
    assert "careful run, at most 250 requests" in done.stdout
    assert "stateful" not in done.stdout


@pytest.mark.parametrize(
    ("given", "owed"),
    [((), OPERATIONS), (("--conversation",), ("assignAgent",))],
    ids=["no ids", "no agent"],
)
def test_a_run_without_ids_is_incomplete(
    command: Command, faulty: ModuleType, given: tuple[str, ...], owed: tuple[str, ...]
) -> None:
    """Without ids that exist nothing is proven, though nothing is found either: exit 2."""
    arguments = [part for name in given for part in (name, faulty.CONVERSATION)]
    with faulty.serve() as server:
        done = command(server.url, *arguments, *FAST, token=faulty.TOKEN)
    assert done.returncode == INCOMPLETE, done.stdout
    never = {name for name, (accepted, *_) in answers(done.stdout).items() if accepted == "never"}
    assert never == set(owed)
    assert "give --conversation and --agent" in done.stdout
    assert server.written == [faulty.CONVERSATION] * len(server.written)


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, BROKEN), (401, UNREACHABLE), (500, BROKEN), (301, INCOMPLETE)],
)
def test_a_server_with_one_answer_for_everything_never_keeps_it(
    command: Command, faulty: ModuleType, status: int, code: int
) -> None:
    """A server that only refuses proves nothing; one that refuses the token is not tested."""
    with faulty.serve(always=status) as server:
        done = command(server.url, *ids(faulty), *FAST, token=faulty.TOKEN)
    assert done.returncode == code, done.stdout
    if code == UNREACHABLE:
        assert len(server.requests) == 2


def test_a_wrong_id_is_incomplete__not_broken(command: Command, faulty: ModuleType) -> None:
    """A mistake of the caller is no broken promise of the deployment."""
    with faulty.serve() as server:
        wrong = ("--conversation", "7d6d4b1c-0000-4000-8000-000000000000", "--agent", faulty.AGENT)
        done = command(server.url, *wrong, *FAST, token=faulty.TOKEN)
    assert done.returncode == INCOMPLETE, done.stdout
    assert "are the ids right?" in done.stdout


def test_one_wrong_agent_of_two_is_incomplete(command: Command, faulty: ModuleType) -> None:
    """Whoever gives an id wants it tested: the verdict names the one that was never found."""
    wrong = "7d6d4b1c-0000-4000-8000-000000000000"
    with faulty.serve() as server:
        done = command(server.url, *ids(faulty), "--agent", wrong, *FAST, token=faulty.TOKEN)
    assert done.returncode == INCOMPLETE, done.stdout
    assert f"no assignment of the agent {wrong} was answered with 200" in done.stdout


def test_a_wrong_token_is_refused_before_anything_is_sent(
    command: Command, faulty: ModuleType
) -> None:
    """The preflight asks about a conversation that does not exist, with the token in both ways."""
    with faulty.serve() as server:
        done = command(server.url, *ids(faulty), token="wrong")
    assert done.returncode == UNREACHABLE
    assert done.stdout.splitlines()[-1].endswith("refuses the token of BLINGER_TOKEN (401)")
    assert server.written == []
    assert len(server.requests) == 2


def test_nobody_there_is_unreachable(command: Command) -> None:
    """Where nothing listens, one line says why."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/api/external/v1"
        done = command(url, token="t")
    assert done.returncode == UNREACHABLE
    assert done.stdout.splitlines()[-1] == f"{url} does not answer (Connection refused)"


URL = "http://127.0.0.1:1/api/external/v1"


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        ((), {}, "URL"),
        ((URL,), {}, "set BLINGER_TOKEN"),
        ((URL,), {"BLINGER_TOKEN": "two\nlines"}, "BLINGER_TOKEN holds"),
        ((URL, "--token", "t"), {"BLINGER_TOKEN": "t"}, "--token"),
        ((URL, "--mode", "reckless"), {"BLINGER_TOKEN": "t"}, "reckless"),
        ((URL, "--mode", "full", "--budget", "9"), {"BLINGER_TOKEN": "t"}, "--budget belongs"),
        ((URL, "--budget", "0"), {"BLINGER_TOKEN": "t"}, "from 1"),
        ((URL, "--rate", "fast"), {"BLINGER_TOKEN": "t"}, "is no rate"),
        ((URL, "--conversation", "a/b"), {"BLINGER_TOKEN": "t"}, "is no id"),
        ((URL, "--conversation", ".."), {"BLINGER_TOKEN": "t"}, "is no id"),
        ((URL, "--agent", ""), {"BLINGER_TOKEN": "t"}, "is no id"),
        ((URL, "--profile", "absent.toml"), {"BLINGER_TOKEN": "t"}, "cannot read the profile"),
        (("widget.blinger.io",), {"BLINGER_TOKEN": "t"}, "is no URL"),
        (("https://widget.blinger.io",), {"BLINGER_TOKEN": "t"}, "ends in /api/external/v1"),
        (("https://a@b/api/external/v1",), {"BLINGER_TOKEN": "t"}, "may hold no user"),
        (("http://b.example/api/external/v1",), {"BLINGER_TOKEN": "t"}, "in the clear"),
    ],
)
def test_wrong_usage_is_said_in_a_line(
    command: Command, arguments: tuple[str, ...], environ: dict[str, str], said: str
) -> None:
    """Exit 2, before anything is sent; the last line names what is wrong."""
    done = command(*arguments, **environ)
    assert done.returncode == INCOMPLETE
    assert said in done.stderr.splitlines()[-1]
    assert done.stdout == ""


def test_a_missing_extra_names_the_pip_install(process: Command, tmp_path: Path) -> None:
    """Without schemathesis the command says in one line what to install."""
    (tmp_path / "schemathesis.py").write_text("raise ModuleNotFoundError(name='schemathesis')\n")
    done = process(URL, token="t")
    assert done.returncode == INCOMPLETE
    assert done.stderr.splitlines() == [
        "blinger-contract: schemathesis is not installed: pip install 'blinger[contract]'"
    ]


def test_the_budget_is_never_exceeded(command: Command, faulty: ModuleType) -> None:
    """Counted at the server; a run that it stops is incomplete, and still reports."""
    with faulty.serve() as server:
        done = command(server.url, "--budget", "25", *ids(faulty), *FAST, token=faulty.TOKEN)
    assert done.returncode == INCOMPLETE, done.stdout
    assert len(server.requests) == 25
    assert "25 requests were sent." in done.stdout
    assert "the budget of 25 requests is used up" in done.stdout


@pytest.mark.parametrize("fault", [None, "hangs_up", "unknown_accepted", "auth_ignored"])
def test_a_careful_run_writes_into_the_given_conversation_only(
    command: Command, faulty: ModuleType, fault: str | None
) -> None:
    """Counted at the server: one conversation, and no method that changes anything but POST."""
    with faulty.serve(fault) as server:
        done = command(server.url, *ids(faulty), *FAST, token=faulty.TOKEN)
    assert len(server.requests) <= 250
    assert f"{len(server.requests)} requests were sent." in done.stdout
    operations = [request for request in server.requests if "/conversation/" in request[1]]
    assert {method for method, _ in operations} == {"POST", "GET", "HEAD", "OPTIONS"}
    assert all(method == "GET" for method, path in server.requests if "/conversation/" not in path)
    if fault != "unknown_accepted":
        assert set(server.written) == {faulty.CONVERSATION}
    hosts = {urlsplit(body["file"]).hostname for body in server.bodies if "file" in body}
    assert hosts <= {"example.com", "127.0.0.1"}


def test_a_careful_run_keeps_to_its_rate(command: Command, faulty: ModuleType) -> None:
    """Twenty requests at ten a second take a second or two, not none."""
    with faulty.serve() as server:
        started = time.monotonic()
        command(*(server.url, "--rate", "10/s", "--budget", "30", *ids(faulty)), token=faulty.TOKEN)
    assert len(server.requests) == 30
    assert time.monotonic() - started > 2


@pytest.mark.parametrize(("phase", "sent"), [("preflight", 0), ("probes", 9), ("coverage", 180)])
def test_ctrl_c_ends_the_run_at_once__and_writes_every_report(
    tmp_path: Path, faulty: ModuleType, phase: str, sent: int
) -> None:
    """Exit 130, whatever the run is doing: waiting for an answer or its rate, or inside a case."""
    folder = tmp_path / "report"
    rate = "2/s" if phase == "probes" else "300/s"
    options = (*ids(faulty), "--rate", rate, "--seed", "4", "--report", str(folder))
    with faulty.serve("two_authors") as server, socket.create_server(("127.0.0.1", 0)) as mute:
        silent = f"http://127.0.0.1:{mute.getsockname()[1]}/api/external/v1"
        with subprocess.Popen(
            [
                *(sys.executable, "-m", "blinger_contract"),
                *(server.url if sent else silent, *options),
            ],
            cwd=tmp_path,
            env={"BLINGER_TOKEN": faulty.TOKEN, "PATH": "", "PYTHONPATH": ":".join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            if not sent:
                mute.settimeout(30)
                with mute.accept()[0]:
                    process.send_signal(signal.SIGINT)
                    process.wait(3)
            while len(server.requests) < sent and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGINT)
            started = time.monotonic()
            output, errors = process.communicate(timeout=10)
            assert time.monotonic() - started < 3
    assert (process.returncode, errors) == (INTERRUPTED, ""), output
    assert "Interrupted" in output
    assert {path.name for path in folder.iterdir()} == FORMS
    told = json.loads((folder / "report.json").read_text())
    assert told["verdict"]["code"] == INTERRUPTED
    if sent:
        assert "Answers seen" in output
        assert phase in told["phases"]
