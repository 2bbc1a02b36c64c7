"""The repository's habits: a changelog that builds, a Makefile that explains itself, no secrets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

# Written apart, so that this file has none.
_NOTES = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
_CANARY = "canary-3f9c1d"
# The environment counts as made: these tests look at the recipe alone.
_MADE = ("-o", ".venv/.ready", "-o", "node_modules/.ready")


def _make(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run make in a clean environment, as it comes from a user's shell."""
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "PATH")}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=root,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_changelog(root: Path, tracked: dict[str, str]) -> None:
    """Every fragment is of a known type and reaches the changelog."""
    done = subprocess.run(
        [Path(sys.executable).with_name("towncrier"), "build", "--draft", "--version", "1.2.3"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^## 1\.2\.3 \(\d{4}-\d{2}-\d{2}\)$", done.stdout, re.MULTILINE)
    fragments = {
        name: text
        for name, text in tracked.items()
        if name.startswith("changelog.d/") and name != "changelog.d/README.md"
    }
    built = " ".join(done.stdout.split())
    for name, text in fragments.items():
        pattern = r"changelog\.d/(\+[\w-]+|\d+)\.(breaking|deprecation|change)(\.\d+)?\.md"
        assert re.fullmatch(pattern, name)
        for line in text.splitlines():
            assert " ".join(line.split()) in built, name
            assert line.rstrip().endswith("."), name


def test_no_notes(tracked: dict[str, str]) -> None:
    """No file holds a note to oneself: what is to be done is an issue."""
    # Hashes are random text, in which any letters can meet.
    searched = {name: text for name, text in tracked.items() if name != "package-lock.json"}
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in searched.items()
        for number, line in enumerate(text.splitlines(), 1)
        if _NOTES.search(line)
    ]
    assert not found


def test_help(root: Path, tracked: dict[str, str]) -> None:
    """`make` lists every target with what it does."""
    targets = re.findall(r"^\.PHONY: (.*)$", tracked["Makefile"], re.MULTILINE)[0].split()
    expected = ["demo", "test", "generate", "check-generated", "lint", "type", "mock", "contract"]
    assert {"help", "setup", *expected, "build", "clean"} <= set(targets)
    done = _make(root)
    assert done.returncode == 0, done.stderr
    listed = dict(re.findall(r"^  (\S+) +(\S.*)$", done.stdout, re.MULTILINE))
    assert list(listed) == targets
    assert done.stdout == _make(root, "help").stdout


@pytest.mark.parametrize("variable", ["TOKEN", "BLINGER_TOKEN"])
@pytest.mark.parametrize("target", ["help", "contract"])
def test_token_on_the_command_line(root: Path, variable: str, target: str) -> None:
    """A token on make's command line, which any user of the machine can list, is refused unsaid."""
    done = _make(root, target, f"{variable}={_CANARY}")
    assert done.returncode == 2
    assert "No token on make's command line" in done.stderr
    assert _CANARY not in done.stdout + done.stderr


def test_token_in_the_environment(root: Path) -> None:
    """A token in the environment is where it belongs, and make shows it nowhere."""
    tokens = {"TOKEN": _CANARY, "BLINGER_TOKEN": _CANARY}
    done = _make(root, "-n", *_MADE, "contract", "BASE_URL=https://example.com", **tokens)
    assert done.returncode == 0, done.stderr
    assert "blinger-contract 'https://example.com'" in done.stdout
    assert _CANARY not in done.stdout + done.stderr


def test_base_url_of_the_environment(root: Path) -> None:
    """A stray BASE_URL of the environment picks no deployment to test."""
    done = _make(root, "-n", *_MADE, "contract", BASE_URL="https://example.com")
    assert done.returncode == 2
    assert "make contract BASE_URL=..." in done.stderr


def test_contract__deployment(root: Path) -> None:
    """What is given after make reaches the kit, each agent too."""
    given = ("BASE_URL=https://example.com", "CONVERSATION=c", "AGENT=a b")
    done = _make(root, "-n", *_MADE, "contract", *given)
    assert " ".join(done.stdout.split()) == (
        "blinger-contract 'https://example.com' --conversation 'c' --agent 'a' --agent 'b'"
    )


def test_contract__mock(root: Path) -> None:
    """Without a deployment, the mock is tested."""
    done = _make(root, "-n", *_MADE, "contract")
    assert done.stdout.strip() == "python tests/contract/hermetic.py"


def test_secrets(tracked: dict[str, str]) -> None:
    """The only JWT of the repository is the sample of the API's public page, canaries apart."""
    jwt = re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")
    found = {match for text in tracked.values() for match in jwt.findall(text)}
    found = {match for match in found if "canary" not in match}
    sample = tracked["tests/samples/conversation_send_text_message.200.json"]
    assert {jwt.findall(sample)[0]} == found


def test_ci(root: Path, tracked: dict[str, str]) -> None:
    """CI runs the command that README.md names for the tests, with skips turned into failures."""
    lines = tracked[".ci/run"].splitlines()
    assert lines[-1] == "make test"
    assert "export CI=true" in lines
    assert "make test" in tracked["README.md"]
    assert os.access(root / ".ci" / "run", os.X_OK)
