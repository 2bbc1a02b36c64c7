"""`make lint` compares the public API of the SDK with that of the last release, its tag."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A checkout whose last release is what stands here now."""
    shutil.copytree(
        ROOT / "wrapper", tmp_path / "wrapper", ignore=shutil.ignore_patterns("__pycache__")
    )
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "--quiet", "--message", "Release")
    _git(tmp_path, "tag", "v0.0.1")
    return tmp_path


def _git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.test", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True)


def _drift(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the line of `make lint` that looks for drift."""
    recipe = subprocess.run(
        ["make", "--dry-run", "lint"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    line = next(line for line in recipe.splitlines() if "griffe check" in line)
    return subprocess.run(
        ["sh", "-euc", line],
        cwd=folder,
        env={"PATH": f"{ROOT}/.venv/bin:/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_unchanged_or_added_passes(released: Path) -> None:
    """A new name breaks nobody."""
    with (released / "wrapper/blinger/errors.py").open("a") as file:
        file.write("\n\nclass Brandnew(BlingerError):\n    pass\n")

    assert (_drift(released).returncode, _drift(released).stdout) == (0, "")


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("_conversation.py", "def send_text(self, text: str, *, ", "def send_text(self, ", "text"),
        ("_conversation.py", "def request_review(", "def ask_review(", "request_review"),
        ("errors.py", "class RateLimited(", "class TooMany(", "RateLimited"),
        ("_client.py", "retries: int = 2", "retries: int = 5", "retries"),
    ],
)
def test_a_break_fails_and_is_named(
    released: Path, file: str, old: str, new: str, named: str
) -> None:
    """A removed name, an argument that is gone, and a default that moved are found."""
    path = released / "wrapper/blinger" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))

    done = _drift(released)

    assert done.returncode == 1
    assert named in done.stdout + done.stderr


def test_without_a_release_there_is_nothing_to_compare(tmp_path: Path) -> None:
    """Before the first tag the line passes."""
    _git(tmp_path, "init", "--quiet")

    assert _drift(tmp_path).returncode == 0
