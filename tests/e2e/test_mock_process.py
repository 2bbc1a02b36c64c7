"""The command as a person starts it: a process with a port, an output and an end."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
        block = [next(process.stdout) for _ in range(8)]
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
    assert statuses == [200] * 6


def test_tokens() -> None:
    """Tokens that are given are let in, each a tenant; neither they nor a text are printed."""
    with _running("--token", "canary-1", "--token", "canary-2", "--json") as process:
        line = _first_line(process)
        url = json.loads(line)["url"]
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
        f"blinger-mock: cannot listen at 127.0.0.1 port {port}: Address already in use\n"
    )
