"""What the tests of the contract kit share: the command as a process, the mock as another."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from blinger_contract.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

HERE = Path(__file__).parent
MANY = ("microseconds_missing", "text_changed", "error_in_plain_text", "uuid_any", "hangs_up")
"""Faults of one server: two break what is documented or seen, the others an assumption."""
_SECONDS = 60


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"contract_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Command(Protocol):
    """Runs `blinger-contract` with arguments, the token in its environment."""

    def __call__(
        self, *arguments: str, token: str | None = None, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Return what the command said, and how it ended."""
        ...


@pytest.fixture(scope="session")
def faulty() -> ModuleType:
    """The server that was written apart, healthy or with a fault."""
    return importlib.import_module("tests.contract.faulty")


@pytest.fixture(scope="session")
def mock() -> Iterator[dict[str, Any]]:
    """A mock as a process: what it says of itself."""
    with _load("hermetic").mock() as seeded:
        yield seeded


@pytest.fixture(scope="session")
def hermetic() -> ModuleType:
    """The module that runs the mock and the kit against it."""
    return _load("hermetic")


@dataclass(frozen=True, slots=True)
class Reported:
    """A run that has ended, and the folder with its report."""

    done: subprocess.CompletedProcess[str]
    folder: Path
    requests: int
    """How many requests the server counted."""

    @property
    def told(self) -> dict[str, Any]:
        """Return what report.json holds."""
        document: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return document


@pytest.fixture(scope="session")
def reported(faulty: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """A careful run against a server with several faults: what all tests of its report read."""
    folder = tmp_path_factory.mktemp("reported")
    ids = ("--conversation", faulty.CONVERSATION, "--agent", faulty.AGENT)
    options = ("--seed", "4", "--rate", "1000/s", "--report", str(folder / "a" / "report"))
    with faulty.serve(source=faulty.source_with(*MANY)) as server:
        done = _process(folder, server.url, *ids, *options, token=faulty.TOKEN)
    return Reported(done, folder / "a" / "report", len(server.requests))


@pytest.fixture
def process(tmp_path: Path) -> Command:
    """The command as a process, in a folder of its own."""
    return partial(_process, tmp_path)


def _process(
    folder: Path, *arguments: str, token: str | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "blinger_contract", *arguments],
        cwd=folder,
        env={**_clean_environ(token), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Command:
    """The command in this process, which spares it the start of another."""

    def run(
        *arguments: str, token: str | None = None, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        scratch = {"HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path_factory.getbasetemp())}
        with monkeypatch.context() as patch:
            patch.setattr(os, "environ", {**_clean_environ(token), **scratch, **environ})
            try:
                code = main([*arguments])
            except SystemExit as stop:
                code = int(stop.code or 0)
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return run


def _clean_environ(token: str | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "BLINGER" not in name}
    return {**kept, "BLINGER_TOKEN": token} if token is not None else kept
