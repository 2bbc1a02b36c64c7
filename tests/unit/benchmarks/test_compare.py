"""Two runs of the benchmarks are told apart beyond their noise; the figures here are made up."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from benchmarks.compare import changes, main
from benchmarks.figures import Bar, Row, Section, Spread, Table

if TYPE_CHECKING:
    from pathlib import Path


def _run(
    ratio: tuple[float, float, float] = (0.9, 0.88, 0.92), *, unit: str = "ratio", ours: bool = True
) -> Section:
    row = Row("blinger", {unit: Spread(*ratio)}, ours=ours)
    bar = Bar("sync / httpx", ratio[0], 1.0)
    return Section("sync", [Table("sync", "One after another", [row])], [bar])


def test_the_same() -> None:
    """A run does not differ from itself."""
    assert list(changes([_run()], [_run()])) == []


def test_quartiles_that_touch() -> None:
    """A median that moved within the spread of both runs is noise."""
    assert list(changes([_run()], [_run((0.97, 0.91, 1.1))])) == []


def test_a_small_move() -> None:
    """A move that is small beside the figure is noise, however narrow the quartiles are."""
    assert list(changes([_run((0.9, 0.9, 0.9))], [_run((0.93, 0.93, 0.93))])) == []


@pytest.mark.parametrize(
    ("unit", "new", "worse"),
    [
        ("ratio", (0.99, 0.98, 1.0), True),
        ("ratio", (0.5, 0.48, 0.52), False),
        ("KiB", (1.9, 1.8, 2.0), True),
        ("requests a second", (1.9, 1.8, 2.0), False),
        ("requests a second", (0.5, 0.48, 0.52), True),
    ],
)
def test_a_move(unit: str, new: tuple[float, float, float], worse: bool) -> None:
    """A move beyond the spread is told, and which way is worse depends on the figure."""
    old_run, new_run = _run(unit=unit), replace(_run(new, unit=unit), bars=[])

    [change] = changes([old_run], [new_run])

    assert change.worse is worse
    assert (change.what, change.old, change.new) == (f"sync, blinger, {unit}", 0.9, new[0])


def test_what_others_take() -> None:
    """A library that got slower is told, and is no regression of ours."""
    [change] = changes([_run(ours=False)], [_run((0.99, 0.98, 1.0), ours=False)])

    assert not change.worse


def test_cpu_beside_a_ratio() -> None:
    """Where there is a ratio, CPU time is not told: it moves with the machine."""
    old, new = _run(), _run()
    old.tables[0].rows[0].figures["µs CPU"] = Spread(100, 99, 101)
    new.tables[0].rows[0].figures["µs CPU"] = Spread(200, 199, 201)

    assert list(changes([old], [new])) == []


def test_a_bar_that_is_missed_now() -> None:
    """A bar that was kept and is missed is a regression, even within the noise."""
    found = list(changes([_run((0.99, 0.97, 1.02))], [_run((1.01, 0.98, 1.03))]))

    assert [(it.what, it.worse) for it in found] == [("bar, sync / httpx", True)]


def test_what_one_run_lacks() -> None:
    """Sections and rows that only one run has are passed over."""
    other = Section("cold", [Table("cold", "", [Row("blinger", {"ratio": Spread(1, 1, 1)})])])

    assert list(changes([_run()], [other])) == []
    assert list(changes([other], [_run()])) == []


@pytest.mark.parametrize(("ratio", "status"), [(0.9, 0), (2.0, 1), (0.2, 0)])
def test_exit_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ratio: float, status: int
) -> None:
    """From two files: 1 if something got worse, else 0; what changed is printed."""
    files = []
    for name, run in (("old", _run()), ("new", _run((ratio, ratio, ratio)))):
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps({"sections": [run.as_json()]}))

    assert main([str(file) for file in files]) == status

    printed = capsys.readouterr().out
    assert ("WORSE sync, blinger, ratio: 0.9 -> 2" in printed) == bool(status)
    assert ("sync, blinger, ratio" in printed) == (ratio != 0.9)
