"""`generator/generate.py` writes the same client everywhere, and names what differs from it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
_GENERATED = _ROOT / "generated" / "blinger_api"


def _run(
    *arguments: str | Path, root: Path = _ROOT, hash_seed: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run the script of the tree *root*."""
    return subprocess.run(
        [sys.executable, root / "generator" / "generate.py", *arguments],
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        check=False,
    )


def _copy(folder: Path) -> Path:
    """Copy what the script reads into *folder*."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_ROOT / "generator", folder / "generator", ignore=ignore)
    shutil.copytree(_GENERATED, folder / "generated" / "blinger_api", ignore=ignore)
    (folder / "requirements").mkdir()
    shutil.copy(_ROOT / "requirements" / "dev.in", folder / "requirements")
    shutil.copy(_ROOT / "openapi.yaml", folder)
    return folder


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_check__clean() -> None:
    """The committed client is what the contract makes, and nothing is said then."""
    done = _run("--check", hash_seed=1)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_check__planted(tmp_path: Path) -> None:
    """What differs, is stale or is missing is named, a file a line, and nothing is written.

    A file differs when it was edited, and when the contract was changed and not generated from.
    """
    root = _copy(tmp_path)
    folder = root / "generated" / "blinger_api"
    with (folder / "client.py").open("a", encoding="utf-8") as file:
        file.write("# edited by hand\n")
    contract = root / "openapi.yaml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("Name of the bot.", "What the bot is called."), "utf-8")
    (folder / "models" / "message.py").rename(folder / "models" / "old_message.py")
    (folder / "py.typed").unlink()
    (folder / "notes.txt").touch()
    (folder / "models" / "__pycache__").mkdir()
    (folder / "models" / "__pycache__" / "message.cpython-311.pyc").touch()
    before = _files(root)
    done = _run("--check", root=root, hash_seed=2)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "differs: client.py",
        "differs: models/bot.py",
        "missing: models/message.py",
        "stale: models/old_message.py",
        "stale: notes.txt",
        "missing: py.typed",
    ]
    assert _files(root) == before


def test_write(tmp_path: Path) -> None:
    """Written under another hash seed the files are the same, byte for byte, and stale ones go."""
    root = _copy(tmp_path)
    folder = root / "generated" / "blinger_api"
    shutil.rmtree(folder / "models")
    (folder / "stale.py").touch()
    done = _run(root=root, hash_seed=3)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert _files(folder) == _files(_GENERATED)


def test_warning_fails(tmp_path: Path) -> None:
    """A contract that the generator would pass over in part is refused, and nothing is written."""
    root = _copy(tmp_path)
    contract = root / "openapi.yaml"
    text = contract.read_text(encoding="utf-8")
    broken = text.replace('$ref: "#/components/schemas/FileMeta"', "$ref: other.yaml", 1)
    assert broken != text
    contract.write_text(broken, encoding="utf-8")
    before = _files(root)
    done = _run(root=root)
    assert done.returncode == 1
    assert "openapi-python-client failed" in done.stderr
    assert _files(root) == before


@pytest.mark.parametrize("tool", ["openapi-python-client", "ruff"])
def test_pins(tmp_path: Path, tool: str) -> None:
    """Tools of another version than the pinned one generate nothing: their output may differ."""
    root = _copy(tmp_path)
    pins = root / "requirements" / "dev.in"
    text = pins.read_text(encoding="utf-8")
    pins.write_text(re.sub(rf"^{tool}==.*$", f"{tool}==0.0.1", text, flags=re.MULTILINE), "utf-8")
    done = _run("--check", root=root)
    message = f"{tool} {version(tool)} is installed, 0.0.1 is pinned: run `make setup`\n"
    assert (done.returncode, done.stderr) == (1, message)


def test_marked_as_generated() -> None:
    """Git is told which files are generated, so that a review can leave them out."""
    lines = (_ROOT / ".gitattributes").read_text(encoding="utf-8").splitlines()
    assert any(
        line.startswith("generated/** ") and "linguist-generated" in line.split() for line in lines
    )
