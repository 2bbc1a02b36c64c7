"""`make demo` shows a stranger the whole chain, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# What differs from run to run: the port, and the size of a file that the mock makes up.
_OF_THIS_RUN = re.compile(r"(?<=127\.0\.0\.1:)\d+|\d+(?= bytes)")


@pytest.fixture(scope="session")
def demo(root: Path, once: Callable[[str, Callable[[Path], None]], Path]) -> str:
    """What the demo prints, to both streams."""

    def run(folder: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-W", "error", root / "examples" / "demo.py"],
            cwd=folder,
            env={**os.environ, "PYTHONUTF8": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout
        (folder / "printed").write_text(done.stdout, encoding="utf-8")

    return (once("demo", run) / "printed").read_text(encoding="utf-8")


def test_operations(demo: str) -> None:
    """Each operation is named with what came back, called and awaited, and no error is among it."""
    calls = re.findall(r"^  (?:await )?(\w+)\(", demo, re.MULTILINE)
    operations = ["assign_agent", "send_text", "send_file", "request_review"]
    assert [call for call in calls if call in operations] == operations * 2
    awaited = re.findall(r"^  await (\w+)\(", demo, re.MULTILINE)
    assert [call for call in awaited if call in operations] == operations
    for line in ("'Hello'", "invoice.pdf", "as a review by Blinger bot", "who is online"):
        assert demo.count(line) >= 2, line
    assert "Traceback" not in demo


def test_secrets(demo: str) -> None:
    """Neither the API's token nor a visitor's is shown."""
    assert "mock-token" not in demo
    assert "eyJ" not in demo
    assert "websocket" not in demo.lower()


@pytest.mark.parametrize("interrupted", [False, True], ids=["ends", "interrupted"])
def test_stops(root: Path, interrupted: bool) -> None:
    """When it ends, however it ends, the mock that it started has ended too."""
    with subprocess.Popen(
        [sys.executable, str(root / "examples" / "demo.py")],
        env={**os.environ, "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert b"The mock is at http://127.0.0.1:" in process.stdout.readline()
        if interrupted:
            process.send_signal(signal.SIGINT)
        process.stdout.read()
        process.wait(60)
    # The group of the new session has its number; once it is empty there is none.
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_readme(root: Path, demo: str) -> None:
    """README.md shows what the demo prints, but for the port and the sizes of files."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"^```console\n\$ make demo\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert _OF_THIS_RUN.sub("…", demo) == _OF_THIS_RUN.sub("…", shown[1])
