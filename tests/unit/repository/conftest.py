"""What the tests of the repository share: its files, as git would have them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return _ROOT


@pytest.fixture(scope="session")
def tracked() -> dict[str, str]:
    """The text of each file that is, or can be, committed, by its path from the top."""
    git = ["git", "-c", "safe.directory=*"]
    listed = subprocess.run(
        [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=_ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    texts: dict[str, str] = {}
    for name in listed.split("\0"):
        path = _ROOT / name
        if name and path.is_file():
            texts[name] = path.read_bytes().decode(errors="replace")
    return texts
