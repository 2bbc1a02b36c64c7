"""Tell two runs apart: `python -m benchmarks.compare OLD.json NEW.json`.

A figure changed if its quartiles in the two runs do not touch, and its median moved by more than
the noise. A ratio stands for its row, since it moves least from machine to machine. Exits with 1 if
a figure of ours got worse, or a bar that was kept is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.figures import Row, Spread

_NOISE = 0.05
_MORE_IS_BETTER = frozenset({"requests a second", "calls a second"})


@dataclass(frozen=True)
class Change:
    """A figure that moved, or a bar that is missed now."""

    what: str
    old: float
    new: float
    worse: bool = True

    def __str__(self) -> str:
        moved = f"{self.new / self.old:.2f} times" if self.old else "from nothing"
        mark = "WORSE " if self.worse else "      "
        return f"{mark}{self.what}: {self.old:,.4g} -> {self.new:,.4g}, {moved}"


def changes(
    old: Sequence[Section], new: Sequence[Section], noise: float = _NOISE
) -> Iterator[Change]:
    """Yield what changed in what both runs measured."""
    before = {section.name: section for section in old}
    for section in new:
        if section.name not in before:
            continue
        was = before[section.name]
        tables = {table.name: table for table in was.tables}
        for table in section.tables:
            for row in table.rows if table.name in tables else ():
                earlier = tables[table.name].row(row.name)
                if earlier:
                    yield from _moved(f"{table.name}, {row.name}", earlier, row, noise)
        bars = {bar.text: bar for bar in was.bars}
        for bar in section.bars:
            kept = bar.text in bars and bars[bar.text].verdict == "kept"
            if kept and bar.verdict == "MISSED":
                yield Change(f"bar, {bar.text}", bars[bar.text].found or 0, bar.found or 0)


def _moved(what: str, old: Row, new: Row, noise: float) -> Iterator[Change]:
    shared = [unit for unit in new.figures if unit in old.figures]
    # What the ratio says of the CPU time need not be said again.
    units = [unit for unit in shared if "CPU" not in unit] if "ratio" in shared else shared
    for unit in units:
        was, now = old.figures[unit], new.figures[unit]
        if _apart(was, now, noise):
            dearer = (now.median > was.median) != (unit in _MORE_IS_BETTER)
            yield Change(f"{what}, {unit}", was.median, now.median, new.ours and dearer)


def _apart(old: Spread, new: Spread, noise: float) -> bool:
    touching = old.low <= new.high and new.low <= old.high
    return not touching and abs(new.median - old.median) > noise * abs(old.median)


def read(file: Path) -> list[Section]:
    """Read the sections of a run."""
    return [Section.from_json(data) for data in json.loads(file.read_text())["sections"]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what changed, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare")
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--noise", type=float, default=_NOISE, help="a move to overlook (0.05)")
    options = parser.parse_args(arguments)
    found = list(changes(read(options.old), read(options.new), options.noise))
    for change in found:
        print(change)
    print(f"{sum(it.worse for it in found)} got worse, of {len(found)} that changed")
    return int(any(it.worse for it in found))


if __name__ == "__main__":
    sys.exit(main())
