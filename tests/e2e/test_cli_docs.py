"""docs/cli.md shows what a person sees: each of its commands is run on a terminal."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.terminal import Terminal

from blinger_mock.clock import Held
from blinger_mock.testing import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
FIXED = {
    "e1d247c8-5cd8-4f93-b9d7-15fd3259ac22",
    "c671d030-584e-4422-8710-9215c04b6a64",
    "6e3f1d0e-2b6a-5b52-9d0c-0f4bb8a2f1b7",
}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SECONDS = re.compile(r"\d+\.\d+(?= s\b)|(?<=\"elapsed\": )\d+\.\d+")
SIZE = re.compile(r"\d+ bytes *")


def shown() -> list[tuple[str, str]]:
    """Return each command of the page, with what stands below it."""
    blocks = re.findall(
        r"^```console\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    pieces = [piece for block in blocks for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)]
    return [(one, rest) for one, _, rest in (piece.partition("\n") for piece in pieces if piece)]


def comparable(screen: str) -> str:
    """Return *screen* without what differs from run to run: ids, seconds, sizes."""
    screen = UUID.sub(lambda found: found[0] if found[0] in FIXED else "UUID", screen)
    return SIZE.sub("N bytes", SECONDS.sub("N", screen))


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of the page's reader, who has no colours."""
    with serve(clock=Held()) as mock:
        yield {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
            "HOME": str(tmp_path),
            "TERM": "dumb",
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "PYTHONUTF8": "1",
            "BLINGER_TOKEN": mock.token,
            "BLINGER_BASE_URL": mock.url,
        }
        assert mock.violations == 0


def see(command: str, env: dict[str, str]) -> str:
    """Run *command* on a terminal, and return what it shows."""
    with Terminal(["bash", "-c", command], env) as terminal:
        terminal.end()
    return "".join(f"{line.rstrip()}\n" for line in terminal.screen.splitlines())


def test_shown(env: dict[str, str]) -> None:
    """What the page shows below a command is what the command shows, from top to bottom."""
    for command, expected in shown():
        assert comparable(see(command, env)) == comparable(expected), command


def test_every_command() -> None:
    """The page shows each command there is."""
    words = {command.split()[1] for command, _ in shown() if command.startswith("blinger ")}

    assert {"send-text", "send-file", "assign-agent", "request-review", "--help"} <= words
