"""The emulator next to Prism, and the contract run against it."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import emulator as mock
from benchmarks.environments import ROOT, environ
from benchmarks.figures import Bar, Row, Section, Spread, Table
from tests.contract.hermetic import mock as mock_process
from tests.contract.test_contract_pytest import of_mock, pytest_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.context import Context


def emulator(context: Context) -> Section:
    """What `python -m benchmarks.emulator` measures, as tables."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: apt-get install wrk")
    options = argparse.Namespace(
        seconds=context.number(6, 2), repeats=context.number(3), warm=context.number(10, 3)
    )
    loaded = mock.throughput(options)
    grown = mock.growth(options)
    units = {"requests a second": "requests_per_second", "p99 ms": "p99_ms", "µs CPU": "cpu_us"}
    rows = [
        Row(
            name,
            {unit: Spread.of(row[key] for row in several) for unit, key in units.items()},
            ours=name in grown,
        )
        for name, several in loaded["rows"].items()
    ]
    kept = [
        Row(
            name,
            {
                "early µs": Spread.of([row["early_us"]]),
                "late µs": Spread.of([row["late_us"]]),
                "bytes in memory": Spread.of([row["resident_per_message"]]),
            },
            ours=True,
        )
        for name, row in grown.items()
    ]
    bars = [Bar(text, loaded["ratios"][text], limit, more=True) for text, _, _, limit in mock.BARS]
    bars.append(Bar("p99, memory / Prism", loaded["p99_ratio"], 0.25))
    bars += [
        Bar(f"a message after a million, {name}", row["late_us"] / row["early_us"], 1.2)
        for name, row in grown.items()
    ]
    tables = [
        Table("emulator", f"16 connections that send texts to {len(rows)} servers in turn", rows),
        Table("emulator-growth", "A message early, and after a million others", kept),
    ]
    return Section("emulator", tables, bars)


def contract(context: Context) -> Section:
    """The hermetic contract run, and its gate, which is part of `make test`."""
    runs: dict[str, Callable[[], object]] = {
        "`make contract`": _hermetic,
        "the gate of `make test`": _gate,
    }
    rows = []
    for name, run in runs.items():
        taken = [_timed(run) for _ in range(context.number(3))]
        figures = {
            "s": Spread.of(wall for wall, _ in taken),
            "s CPU": Spread.of(cpu for _, cpu in taken),
        }
        rows.append(Row(name, figures, ours=True))
    bars = [
        Bar("contract run", rows[0].figures["s"].median, 15, unit="s"),
        Bar("contract gate, CPU", rows[1].figures["s CPU"].median, 5, unit="s"),
    ]
    return Section("contract", [Table("contract", "The contract run", rows)], bars)


def _hermetic() -> None:
    command = [sys.executable, str(ROOT / "tests/contract/hermetic.py")]
    subprocess.run(command, env=environ(), stdout=subprocess.DEVNULL, check=True)


def _gate() -> None:
    with mock_process() as server, tempfile.TemporaryDirectory() as folder:
        done = pytest_run(Path(folder), "examples,coverage", **of_mock(server))
    assert done.returncode == 0, done.stdout


def _timed(run: Callable[[], object]) -> tuple[float, float]:
    """Run it; return seconds by the clock, and of CPU of the processes that it started."""
    begin, before = time.monotonic(), os.times()
    run()
    after = os.times()
    cpu = after.children_user + after.children_system
    return time.monotonic() - begin, cpu - before.children_user - before.children_system
