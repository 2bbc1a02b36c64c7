"""Measure what the tests would miss in the mock where it decides: `python -m tests.mock_mutation`.

Each mechanical mutant (`tests.contract.mutants`) of these modules stands in a copy of the mock, and
the tests run against it until one fails: first those that are about the module, then all of the
mock's. Prints each survivor and a table; the exit status is 0 if enough were killed. Arguments are
the names of modules, by default all.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.contract.mutants import Mutant, mutants

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mock" / "blinger_mock"
TESTS = Path("tests/unit/mock")
ENOUGH = 0.95
ABOUT = {
    "check": ("test_check.py", "test_assumptions.py"),
    "faults": ("test_faults.py", "test_transport_faults.py"),
    "limits": ("test_limits.py",),
    "rules": ("test_rules.py", "test_state.py", "test_assumptions.py"),
    "uuid_index": ("test_uuid_index.py",),
}
"""What decides, and the tests that are about it."""
_SECONDS = 180.0
"""After which the tests against a mutant count as failed: they never come to their end."""
_FORK = multiprocessing.get_context("fork")


def is_killed(module: str, mutant: Mutant) -> bool:
    """Return whether a test notices."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / PACKAGE.name
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / f"{module}.py").write_text(mutant.source, encoding="utf-8")
        near = [str(TESTS / name) for name in ABOUT[module]]
        return _fail(folder, near) or _fail(folder, [str(TESTS)])


def _fail(folder: str, tests: Sequence[str]) -> bool:
    child = _FORK.Process(target=_test, args=(folder, tests))
    child.start()
    child.join(_SECONDS)
    if child.is_alive():
        child.kill()
        child.join()
    return child.exitcode != 0


def _test(folder: str, tests: Sequence[str]) -> None:
    """Run *tests* on the mock in *folder*, in this process, and end it with what pytest says."""
    sys.path.insert(0, folder)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    # What is imported already is no test, whatever pytest thinks.
    imported = "ignore::pytest.PytestAssertRewriteWarning"
    options = ("-x", "-q", "-n0", "-p", "no:cacheprovider", "-W", imported)
    os._exit(int(pytest.main([*options, *tests])))


def main(modules: Sequence[str]) -> int:
    """Measure, report, and return the exit status."""
    os.chdir(ROOT)
    os.environ["CI"] = "true"
    for name in ("hypothesis", "httpx", "jsonschema_rs", "starlette.applications", "uvicorn"):
        # Once, and not in each child.
        importlib.import_module(name)
    enough = True
    for module in modules or tuple(ABOUT):
        source = (PACKAGE / f"{module}.py").read_text(encoding="utf-8")
        if is_killed(module, Mutant("none", 0, "", "", source)):
            print("a test fails without any change")
            return 1
        made = mutants(source)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            killed = list(pool.map(partial(is_killed, module), made))
        for mutant, it in zip(made, killed, strict=True):
            if not it:
                print(f"survived: {module}.{mutant.name}: {mutant.before}  ->  {mutant.after}")
        share = sum(killed) / len(made)
        print(f"{module:<12} {sum(killed):>4} of {len(made):>4} killed {share:8.1%}", flush=True)
        enough = enough and share >= ENOUGH
    return 0 if enough else 1


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
