"""The suite under pytest: the same hooks and checks, in the test run of a user."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType


def of_mock(mock: dict[str, Any]) -> dict[str, str]:
    """Return what `as_pytest.py` must know of the mock."""
    known = {"conversation": mock["conversations"][0], "agent": mock["agents"][0]}
    return {"url": mock["url"], "token": mock["token"], **known}


def pytest_run(folder: Path, phases: str, **deployment: str) -> subprocess.CompletedProcess[str]:
    """Run `as_pytest.py` against a *deployment*, in a folder of its own."""
    given = {f"CONTRACT_{name.upper()}": value for name, value in deployment.items()}
    environ = {**os.environ, **given, "CONTRACT_PHASES": phases}
    script = str(Path(__file__).parent / "as_pytest.py")
    plain = ("-p", "no:xdist", "-p", "no:cacheprovider", "-q", "--rootdir", str(folder))
    config = ("-c", os.devnull, "--color", "no", "--assert", "plain")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plain, *config, script],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_gate__examples_and_coverage(mock: dict[str, Any], tmp_path: Path) -> None:
    """The mock passes in at most five seconds of work, each operation proven."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = pytest_run(tmp_path, "examples,coverage", **of_mock(mock))
    assert done.returncode == 0, done.stdout
    assert "4 passed, 1 skipped" in done.stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5


def test_every_phase(mock: dict[str, Any], tmp_path: Path) -> None:
    """Fuzzing and the walk along the links pass too."""
    done = pytest_run(tmp_path, "examples,coverage,fuzzing,stateful", **of_mock(mock))
    assert done.returncode == 0, done.stdout


def test_a_fault_fails_the_test_and_shows_no_credential(faulty: ModuleType, tmp_path: Path) -> None:
    """A failing test shows the answer, with the credentials in it covered."""
    with faulty.serve("file_with_body") as server:
        known = {"conversation": faulty.CONVERSATION, "agent": faulty.AGENT}
        deployment = {"url": server.url, "token": faulty.TOKEN, **known}
        done = pytest_run(tmp_path, "examples,coverage", **deployment)
    assert done.returncode == 1, done.stdout
    assert "send-file-message" in done.stdout
    assert '"websocketToken": "[Filtered]"' in done.stdout
    written = [path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    for text in (done.stdout, done.stderr, *written):
        assert "canary" not in text


def test_without_ids_that_exist_nothing_is_proven(faulty: ModuleType, tmp_path: Path) -> None:
    """A run that never saw a 200 does not pass, though no check failed."""
    with faulty.serve() as server:
        deployment = {"url": server.url, "token": faulty.TOKEN}
        done = pytest_run(tmp_path, "examples,coverage", **deployment, conversation="a", agent="b")
    assert done.returncode == 1, done.stdout
    assert "'sendTextMessage': [200" in done.stdout
