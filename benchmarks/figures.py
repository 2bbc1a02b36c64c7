"""What a run found, as data: sections of tables and bars, for print, page, plot and JSON."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Spread:
    """A median and its quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        found = list(values)
        if len(found) == 1:
            return cls(found[0], found[0], found[0])
        low, median, high = statistics.quantiles(found, n=4, method="inclusive")
        return cls(median, low, high)


@dataclass(frozen=True)
class Row:
    """One thing that was measured: each figure by its unit, `ratio` being that to the base."""

    name: str
    figures: dict[str, Spread] = field(default_factory=dict)
    ours: bool = False
    note: str = ""


@dataclass(frozen=True)
class Table:
    name: str
    title: str
    rows: list[Row]

    def row(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.name == name), None)


@dataclass(frozen=True)
class Bar:
    """What must hold: a figure that may not be above the limit (or below it, if more is better)."""

    text: str
    found: float | None
    limit: float
    aim: float | None = None
    unit: str = "x"
    more: bool = False

    @property
    def verdict(self) -> str:
        if self.found is None:
            return "not measured"
        held = self.found >= self.limit if self.more else self.found <= self.limit
        return "kept" if held else "MISSED"


@dataclass(frozen=True)
class Section:
    name: str
    tables: list[Table] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    seconds: float = 0
    busy: float = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Section:
        tables = [
            Table(it["name"], it["title"], [_row(row) for row in it["rows"]])
            for it in data["tables"]
        ]
        bars = [Bar(**it) for it in data["bars"]]
        return cls(data["name"], tables, bars, data["seconds"], data["busy"])


def _row(data: dict[str, Any]) -> Row:
    figures = {unit: Spread(**spread) for unit, spread in data["figures"].items()}
    return Row(data["name"], figures, data["ours"], data["note"])


def ratio_bar(  # what most bars are: the ratio of one row of one table
    text: str, table: Table, row: str, limit: float, aim: float | None = None
) -> Bar:
    found = table.row(row)
    spread = found.figures.get("ratio") if found else None
    return Bar(text, spread.median if spread else None, limit, aim)
