"""Measure what the tests would miss in the modules that decide: `make mutation`.

mutmut changes them in one small way at a time, and a change that no test notices survives. It knows
packages below `src`, and ours lie below `wrapper`: it works in a copy, `mutants/`, that is laid out
as it likes. Prints each survivor and a table; the exit status is 0 if enough were killed. Arguments
are handed on to `mutmut run`, such as `--max-children 1` or `blinger._retries.*`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
COPY = ROOT / "mutants"
LOG = "mutmut.log"
ENOUGH = 0.95
DECIDING = ("_retries.py", "_exchange.py", "errors.py", "_options.py")
"""What is replayed, how an answer is read, which error it is, what may be given: ENOUGH is theirs,
and that of all the modules together."""
ENVIRON = {"CI": "true", "EXAMPLES": "10"}
"""The same examples for each change, and few of them: every change meets them again."""


def lay_out() -> None:
    """Make the copy anew, so that no verdict is older than the tests."""
    shutil.rmtree(COPY, ignore_errors=True)
    for source, target in (("wrapper", "src"), ("tests", "tests")):
        shutil.copytree(
            ROOT / source, COPY / target, ignore=shutil.ignore_patterns("__pycache__", "e2e")
        )
    shutil.copy2(ROOT / "pyproject.toml", COPY)


def mutate(arguments: Sequence[str]) -> bool:
    """Run mutmut in the copy, and return whether it came to its end."""
    command = [str(Path(sys.executable).with_name("mutmut")), "run", *arguments]
    environ = {**os.environ, **ENVIRON}
    if sys.stdout.isatty():
        return subprocess.run(command, cwd=COPY, env=environ, check=False).returncode == 0
    print(
        f"mutmut is at work, for some ten minutes; it says how far it is in {COPY / LOG}",
        flush=True,
    )
    with (COPY / LOG).open("wb") as log:
        done = subprocess.run(
            command, cwd=COPY, env=environ, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode != 0:
        print((COPY / LOG).read_text(encoding="utf-8", errors="replace")[-10_000:])
    return done.returncode == 0


def verdicts() -> dict[str, dict[str, str]]:
    """Return what became of each mutant that was tried, by file and name."""
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.stats import status_by_exit_code
    from mutmut.utils.file_utils import walk_mutatable_files

    result: dict[str, dict[str, str]] = {}
    for path in sorted(walk_mutatable_files()):
        data = SourceFileMutationData(path=path)
        data.load()
        tried = {name: code for name, code in data.exit_code_by_key.items() if code is not None}
        result[str(path)] = {name: status_by_exit_code[code] for name, code in tried.items()}
    return {path: of_file for path, of_file in result.items() if of_file}


def is_killed(verdict: str) -> bool:
    """Return whether a test noticed: it failed, or never came to its end."""
    return verdict in {"killed", "timeout"}


def share(found: Sequence[str]) -> float:
    """Return how many of the verdicts *found* are kills, from 0 to 1."""
    return sum(map(is_killed, found)) / len(found) if found else 1.0


def report(found: dict[str, dict[str, str]]) -> bool:
    """Print the survivors and the table, and return whether enough were killed."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    for path, of_file in found.items():
        for name, verdict in of_file.items():
            if not is_killed(verdict):
                print(f"{verdict}: {name}\n{get_diff_for_mutant(name, path=path)}\n")
    rows = {Path(path).name: list(of_file.values()) for path, of_file in found.items()}
    sums = {
        "the four that decide most": [v for name in DECIDING for v in rows.get(name, [])],
        "all": [v for verdicts_ in rows.values() for v in verdicts_],
    }
    for name, of_row in (rows | sums).items():
        killed = sum(map(is_killed, of_row))
        print(f"{name:<26} {killed:>5} of {len(of_row):>5} killed {share(of_row):8.1%}")
    return all(share(of_row) >= ENOUGH for of_row in sums.values())


def main(arguments: Sequence[str]) -> int:
    """Measure, report, and return the exit status."""
    lay_out()
    if not mutate(arguments):
        return 1
    os.chdir(COPY)  # where mutmut finds its settings and what it wrote
    return 0 if report(verdicts()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
