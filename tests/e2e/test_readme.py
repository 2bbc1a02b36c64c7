"""What the documentation shows is true: its blocks are run, parsed, or compared with what there is.

A `python` block runs after those before it, in one namespace, against a server; a comment after a
`print` is what it prints, `…` standing for anything. A `console` block holds `$ command` lines;
what these name exists. A `toml` block is a profile; a `yaml` one is rules of faults, seed data, or
a job of CI that is parsed. Any other kind of block is refused, so that none goes unchecked.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sybil.document
import yaml
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser

import blinger_mock.testing
import blinger_spec
from blinger_mock import data, faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sybil import Example

_ROOT = Path(__file__).parents[2]
_PAGES = sorted(
    path.relative_to(_ROOT).as_posix()
    for path in (*_ROOT.glob("*.md"), *_ROOT.glob("docs/**/*.md"), *_ROOT.glob("examples/**/*.md"))
)
_COMMANDS = ("blinger-mock", "blinger-contract")
_PRINTED = re.compile(r"^ *print\(.*\)  # (.+)$", re.MULTILINE)


def _python(example: Example) -> None:
    """Run a block, and hold what it prints against what its comments say; or run its tests."""
    if "def test_" in example.parsed:
        _pytest(example.parsed)
        return
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        PythonEvaluator()(example)
    for line in _PRINTED.findall(example.parsed):
        pattern = ".*".join(re.escape(part) for part in line.split("…"))
        assert re.search(f"^{pattern}$", output.getvalue(), re.MULTILINE), output.getvalue()


def _pytest(block: str) -> None:
    """Run the tests of a block as their reader would, with the plugin of the installed package."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_block.py").write_text(block, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "--quiet", "-pno:cacheprovider", folder]
        if "blinger_contract" not in block:
            # Without the kit its libraries are not there either, whose plugins are slow to load.
            command += ["-pno:schemathesis", "-pno:hypothesispytest"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def _toml(example: Example) -> None:
    """Read a profile: every name and value must exist."""
    blinger_spec.Profile(tomllib.loads(example.parsed))


def _yaml(example: Example) -> None:
    """Read rules of faults or seed data; in a job of CI, the options of a command of ours exist."""
    document = yaml.safe_load(example.parsed)
    if isinstance(document, list):
        faults.read(document)
    elif "conversations" in document:
        data.parse(example.parsed, 0)
    for command in re.findall(r"blinger-contract [^\n]*", example.parsed):
        _check(command)


def _json(example: Example) -> None:
    """Parse."""
    json.loads(example.parsed)


def _console(example: Example) -> None:
    """Check each `$ command` of a block; the other lines are output."""
    commands = [line[2:] for line in example.parsed.splitlines() if line.startswith("$ ")]
    assert commands, "a console block has a line `$ command`"
    for command in commands:
        _check(command)


def _shell(example: Example) -> None:
    """Check each command of a block, which a backslash may continue."""
    for command in example.parsed.replace("\\\n", " ").splitlines():
        _check(command)


def _check(command: str) -> None:
    """Check that what *command* names is there: make's targets, our commands' options, files."""
    words = shlex.split(command, comments=True)
    while words and re.match(r"[A-Z_]+=", words[0]):
        del words[0]
    if not words:
        return
    program, *arguments = words
    if program == "make":
        assert {one for one in arguments if "=" not in one} <= _targets(), command
    elif program == "blinger":
        assert arguments[0] in _help(program, r"(?<=│ )[a-z-]+"), command
    elif Path(program).name in _COMMANDS:
        for option in (one.partition("=")[0] for one in arguments if one.startswith("--")):
            assert option in _help(Path(program).name, r"--[a-z-]+"), command
    else:
        for path in (one for one in words if "/" in one and "://" not in one):
            assert (_ROOT / path).exists(), f"{command}: there is no {path}"


def _targets() -> set[str]:
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


@cache
def _help(command: str, pattern: str) -> set[str]:
    done = subprocess.run(
        [Path(sys.executable).with_name(command), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(pattern, done.stdout))


@pytest.fixture
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point the environment at a server, as the reader's points at one."""
    with blinger_mock.testing.serve() as mock:
        monkeypatch.setenv("BLINGER_TOKEN", mock.token)
        monkeypatch.setenv("BLINGER_BASE_URL", mock.url)
        yield
        assert mock.violations == 0


@pytest.mark.usefixtures("_server")
@pytest.mark.parametrize("page", _PAGES)
def test_blocks(page: str) -> None:
    """Every block of a page does what the page says."""
    parsers = (
        CodeBlockParser("python", _python),
        CodeBlockParser("toml", _toml),
        CodeBlockParser("json", _json),
        CodeBlockParser("yaml", _yaml),
        CodeBlockParser("console", _console),
        CodeBlockParser("sh", _shell),
    )
    document = sybil.document.Document.parse(str(_ROOT / page), *parsers)
    examples = list(document.examples())
    text = (_ROOT / page).read_text(encoding="utf-8")
    assert len(examples) == len(re.findall(r"^```", text, re.MULTILINE)) / 2
    for example in examples:
        example.evaluate()


def test_readme() -> None:
    """The README shows the two commands, and the SDK in at most ten lines before anything else."""
    text = (_ROOT / "README.md").read_text(encoding="utf-8")
    assert "README.md" in _PAGES
    assert text.index("$ make demo\n") < text.index("$ make test\n") < text.index("```python\n")
    [first, *_] = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(first.splitlines()) <= 10
