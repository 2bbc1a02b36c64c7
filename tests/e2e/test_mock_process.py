"""The command as a person starts it: a process with a port, an output and an end."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

CONVERSATION = "e1d247c8-5cd8-4f93-b9d7-15fd3259ac22"
AGENT = "c671d030-584e-4422-8710-9215c04b6a64"
COMMAND = [sys.executable, "-W", "error", "-m", "blinger_mock"]


@contextlib.contextmanager
def _running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the mock on a free port, and end it however the block ends."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _review(url: str, token: str) -> httpx.Response:
    target = f"{url}/conversation/{CONVERSATION}/request-review"
    return httpx.post(target, headers={"Authorization": token})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_walk(number: signal.Signals) -> None:
    """It says where it is and what it has, answers there, and stops at once and quietly."""
    with _running("serve") as process:
        assert process.stdout is not None
        block = [next(process.stdout) for _ in range(9)]
        text = "".join(block)
        url = re.search(r"http://127\.0\.0\.1:\d+/api/external/v1", text)
        assert url is not None
        assert all(one in text for one in ("mock-token", CONVERSATION, AGENT, "(locked)"))
        answer = _review(url[0], "mock-token")
        begin = time.monotonic()
        process.send_signal(number)
        rest, errors = process.communicate(timeout=5)

    assert answer.status_code == 200
    assert (process.returncode, rest, errors) == (0, "", "")
    assert time.monotonic() - begin < 2


def test_json() -> None:
    """With --json it prints one line, and every id in it is there."""
    with _running("--json", "--seed", "5", "--assume", "locked=accepted") as process:
        facts = json.loads(_first_line(process))
        ids = [*facts["conversations"], facts["locked_conversation"]]
        statuses = [
            httpx.post(
                f"{facts['url']}/conversation/{conversation}/assign-agent",
                headers={"Authorization": facts["token"]},
                json={"agentId": agent},
            ).status_code
            for conversation in ids
            for agent in facts["agents"]
        ]

    assert (ids[0], facts["agents"][0]) == (CONVERSATION, AGENT)
    assert facts["assumptions"] == {"locked": "accepted"}
    in_force = [facts[name] for name in ("tenants", "db", "faults", "clock")]
    assert in_force == [["1"], None, None, "real"]
    assert statuses == [200] * 6


def test_words(tmp_path: Path) -> None:
    """It says which token is which tenant, and what else is in force; of many, ten."""
    (tmp_path / "faults.yaml").write_text("- effect: {kind: reset}\n  times: 1\n")
    (tmp_path / "data.yaml").write_text("conversations:\n" + "- {}\n" * 200)
    tokens = [word for number in range(12) for word in ("--token", f"canary-{number}")]
    files = [f"--{name}={tmp_path / name}.yaml" for name in ("faults", "data")]
    options = [*tokens, *files, "--db", str(tmp_path / "state.db"), "--clock", "step=1,2026-01-01"]
    with _running(*options, "--assume", "locked=accepted") as process:
        assert process.stdout is not None
        lines = [next(process.stdout).rstrip("\n") for _ in range(32)]
        process.terminate()
        rest, errors = process.communicate(timeout=5)

    assert lines[4:6] == [
        "  tokens         tenant 1: --token number 1",
        "                 tenant 2: --token number 2",
    ]
    assert lines[14] == "                 and 2 more"
    assert [lines[15][:17], lines[25]] == ["  conversations  ", "                 and 190 more"]
    assert lines[28:] == [
        f"  db             {tmp_path}/state.db",
        f"  faults         1 rule of {tmp_path}/faults.yaml",
        "  clock          step=1,2026-01-01",
        "  assumed        locked = accepted",
    ]
    assert "canary" not in "\n".join(lines) + rest + errors


def test_allow_host() -> None:
    """A name that is allowed is one by which the admin API may be called; others are refused."""
    names = ("--allow-host", "Mock", "--allow-host", "mock_2.internal")
    with _running("--json", *names) as process:
        page = json.loads(_first_line(process))["page"]
        hosts = ["mock:8787", "MOCK_2.internal", "localhost", "other", "mock.evil.example"]
        statuses = [httpx.get(f"{page}state", headers={"Host": host}) for host in hosts]

    assert [one.status_code for one in statuses] == [200, 200, 200, 403, 403]
    assert "--allow-host NAME" in statuses[3].json()["error"]


def test_tokens() -> None:
    """Tokens that are given are let in, each a tenant; neither they nor a text are printed."""
    with _running("--token", "canary-1", "--token", "canary-2", "--json") as process:
        line = _first_line(process)
        url, tenants = (json.loads(line)[name] for name in ("url", "tenants"))
        one, two = (_review(url, token).json()["data"]["id"] for token in ("canary-1", "canary-2"))
        default = _review(url, "mock-token").status_code
        for body in (
            '{"uuid": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "text": "canary"}',
            "canary",
        ):
            httpx.post(
                f"{url}/conversation/{CONVERSATION}/send-text-message",
                headers={"Authorization": "canary-1", "Content-Type": "application/json"},
                content=body,
            )
        process.terminate()
        rest = process.communicate(timeout=5)

    assert one != two
    assert tenants == ["1", "2"]
    assert default == 401
    assert "canary" not in line + "".join(rest)


def test_profile(tmp_path: Path) -> None:
    """A profile holds, and --assume stands on top of it."""
    file = tmp_path / "profile.toml"
    file.write_text('review_repeat = "no"\nerror_transport = "inside_200"\n')
    with _running("--profile", str(file), "--assume", "error_transport=http", "--json") as process:
        facts = json.loads(_first_line(process))
        statuses = [_review(facts["url"], facts["token"]).status_code for _ in range(2)]

    assert statuses == [200, 409]


def test_port_in_use() -> None:
    """A port in use is one clear line and exit status 2."""
    with _running("--json") as process:
        port = json.loads(_first_line(process))["url"].split(":")[2].split("/")[0]
        second = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, check=False, timeout=10
        )

    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == (
        f"blinger-mock: cannot listen at 127.0.0.1 port {port}: Address already in use; "
        "take another with --port, 0 for a free one\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_output__cannot_be_written(arguments: list[str]) -> None:
    """Where nobody can be told where it is, that is one clear line and exit status 2."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "--port", "0", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=10,
        )

    expected = "blinger-mock: the output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, expected)


def test_output__is_closed() -> None:
    """Where there is no output at all, that is one clear line too."""
    shell = [*("sh", "-c", 'exec "$@" >&-', "sh"), *COMMAND, "--port", "0"]
    done = subprocess.run(shell, stderr=subprocess.PIPE, text=True, check=False, timeout=10)

    expected = "blinger-mock: the output cannot be written: it is closed\n"
    assert (done.returncode, done.stderr) == (2, expected)


@pytest.mark.parametrize(
    ("closed", "port"), [("<&- >&- 2>&-", "0"), (">&- 2>&-", "0"), ("2>&-", "99999")]
)
def test_output__nowhere_to_say_it(closed: str, port: str) -> None:
    """Where nobody can be told, the exit status still says that it did not start."""
    shell = [*("sh", "-c", f'exec "$@" {closed}', "sh"), *COMMAND, "--port", port]

    assert subprocess.run(shell, check=False, timeout=10).returncode == 2


def test_version() -> None:
    """With --version it says which it is, and no more."""
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"blinger-mock {metadata.version('blinger')}\n"


def _ids(url: str, conversation: str) -> list[str]:
    with httpx.Client(base_url=f"{url}/conversation/{conversation}") as client:
        client.headers["Authorization"] = "mock-token"
        text = {"uuid": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "text": "Hello"}
        file = {"uuid": "0b9a7f3e-6a0e-4f44-8f41-7d0f2a3f6f10", "file": "https://example.com/a.png"}
        answers = [
            client.post("/send-text-message", json=text),
            client.post("/send-file-message", json=file),
            client.post("/request-review"),
        ]
    messages = [one.json()["data"] for one in answers]
    made = [[one["id"], one["microseconds"], one["endUser"]] for one in messages]
    return [*map(str, made), messages[1]["file"]["id"], messages[2]["review"]["id"]]


@pytest.mark.parametrize("db", [False, True])
def test_seed__on_four_starts(tmp_path: Path, db: bool) -> None:
    """The same seed, data and clock give the same ids and times on every start."""
    data = tmp_path / "data.yaml"
    data.write_text("agents:\n- name: Anna\nconversations:\n- agent: Anna\n- {}\n")
    arguments = ["--json", "--seed", "9", "--data", str(data)]
    arguments += ["--clock", "step=0.5,2026-01-01T09:00:00Z"]
    found = []
    for place in range(4):
        more = ["--db", str(tmp_path / f"{place}.db")] if db else []
        with _running(*arguments, *more) as process:
            facts = json.loads(_first_line(process))
            ids = _ids(facts["url"], facts["conversations"][1])
            found.append([facts["conversations"], facts["agents"], *ids])

    assert found[1:] == found[:1] * 3
    assert "1767258000500000" in found[0][2]


def test_db__goes_on(tmp_path: Path) -> None:
    """What was answered before a stop is there after it, and the seed is not started anew."""
    arguments = ["--json", "--db", str(tmp_path / "state.db"), "--clock", "frozen=2026-01-01"]
    answers = []
    for seed in ("1", "2"):
        with _running(*arguments, "--seed", seed) as process:
            facts = json.loads(_first_line(process))
            ids = _ids(facts["url"], facts["conversations"][1])
            answers.append([facts["conversations"], *ids[:2]])
            process.terminate()
            assert process.wait(5) == 0

    assert answers[0] == answers[1]
    assert not (tmp_path / "state.db-wal").exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--db", "none/state.db"], "none/state.db cannot be opened: there is no directory none"),
        (["--db", "."], "it is a directory"),
        (["--db", "bad.yaml"], "bad.yaml cannot be used: it is no SQLite database"),
        (["--data", "none.yaml"], "none.yaml cannot be read: No such file or directory"),
        (["--data", "bad.yaml"], "bad.yaml:2: agents[0]: the key nam is not known; allowed are id"),
        (["--clock", "fast"], "it is real, frozen, frozen=TIME, step=SECONDS or step=SECONDS,TIME"),
        (["--clock", "step=0"], "a step is in seconds, from 0.000001"),
        (["--clock", "frozen=1969-01-01"], "a time is ISO 8601, from 1970 to 9999 in UTC"),
        (["--clock", "frozen=2026-13-01"], "a time is ISO 8601, from 1970 to 9999 in UTC"),
        (["--clock", "step=nan"], "a step is in seconds, from 0.000001"),
        (["--clock", "frozenx"], "it is real, frozen"),
    ],
)
def test_start__refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], text: str
) -> None:
    """What it cannot start with is one line that says what, and exit status 2."""
    (tmp_path / "bad.yaml").write_text("agents:\n- nam: Anna\n")
    monkeypatch.chdir(tmp_path)
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("blinger-mock: ")
    assert text in done.stderr
