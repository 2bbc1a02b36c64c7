"""Test the mock against the contract, on this machine alone: `make contract` without BASE_URL.

Starts the mock as a process on a free port, runs `blinger-contract` in full mode with the ids that
the mock seeded, and stops the mock. Arguments are handed on, such as `--seed 7`. The exit status is
that of `blinger-contract`.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_STOP_SECONDS = 10


@contextlib.contextmanager
def mock(*arguments: str) -> Iterator[dict[str, Any]]:
    """Run the mock meanwhile and yield what it says of itself: its URL, token and ids."""
    command = [sys.executable, "-m", "blinger_mock", "--port", "0", "--json", *arguments]
    # Its log is of interest only if it does not start: the run sends it much that is malformed.
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                log.seek(0)
                sys.stderr.write(log.read().decode(errors="replace"))
                raise RuntimeError("the mock did not start")
            yield json.loads(line)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def main(arguments: list[str]) -> int:
    """Run the suite against a mock of its own and return the exit status."""
    with mock() as seeded:
        command = [
            *(sys.executable, "-m", "blinger_contract", seeded["url"], "--mode", "full"),
            *("--conversation", seeded["conversations"][0]),
            *(f"--agent={agent}" for agent in seeded["agents"]),
            *arguments,
        ]
        environ = {**os.environ, "BLINGER_TOKEN": seeded["token"]}
        return subprocess.run(command, env=environ, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
