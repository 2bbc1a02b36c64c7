"""The plot of the results page: what calls cost beside httpx, and how the cost grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.figures import Row, Section, Table

# The same run draws the same file, and letters stay letters, which one can search for.
_STYLE: Any = {"svg.hashsalt": "blinger", "svg.fonttype": "none", "font.family": "sans-serif"}
_OURS, _THEIRS, _INK, _PAPER = "#1f6f8b", "#b8bfc6", "#24292f", "#ffffff"
_LINES = ("#8c959f", "#1f6f8b", "#c2571a")
_PANELS = (
    ("sync", "Sync, one by one"),
    ("async-1", "Async, one by one"),
    ("async-16", "Async, 16 in flight"),
    ("burst", "Async, bursts of 100"),
)
_GROWTH = (
    ("growth-cpu", "µs CPU a call, by how many start at once"),
    ("growth-memory", "KiB a call at the peak, by the same"),
)


def draw(sections: Sequence[Section], file: Path) -> None:
    """Draw what was measured of it."""
    tables = {table.name: table for section in sections for table in section.tables}
    bars = [(tables[name], title) for name, title in _PANELS if name in tables]
    lines = [(tables[name], title) for name, title in _GROWTH if name in tables]
    number = len(bars) + len(lines)
    if not number:
        return
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(10, 3 * ((number + 1) // 2)), facecolor=_PAPER)
        places = figure.subplots((number + 1) // 2, 2, squeeze=False).flat
        for place, (table, title) in zip(places, bars, strict=False):
            _ratios(place, table, title)
        for place, (table, title) in zip(places[len(bars) :], lines, strict=False):
            _growth(place, table, title)
        for place in places[number:]:
            place.set_axis_off()
        figure.tight_layout()
        figure.savefig(file, metadata={"Date": None, "Creator": None})
    text = (line.rstrip() for line in file.read_text().splitlines())
    file.write_text("\n".join(text) + "\n")


def _plain(place: Any, title: str) -> None:
    place.set_title(title, color=_INK, loc="left", fontsize=11)
    place.tick_params(colors=_INK, labelsize=8.5, length=0)
    for side in ("top", "right", "bottom"):
        place.spines[side].set_visible(False)


def _ratios(place: Any, table: Table, title: str) -> None:
    rows: list[Row] = [row for row in table.rows if "ratio" in row.figures][::-1]
    spreads = [row.figures["ratio"] for row in rows]
    wide = max(it.median for it in spreads)
    place.barh(
        [row.name for row in rows],
        [it.median for it in spreads],
        color=[_OURS if row.ours else _THEIRS for row in rows],
        height=0.65,
    )
    for height, it in enumerate(spreads):
        label = f"{it.median:.2f}"
        place.text(it.median + wide * 0.015, height, label, va="center", color=_INK, fontsize=8.5)
    place.axvline(1, color=_INK, linewidth=0.8, linestyle=":", zorder=0)
    place.set_xlim(0, wide * 1.12)
    place.set_xticks([])
    _plain(place, f"{title}: CPU time, httpx = 1")


def _growth(place: Any, table: Table, title: str) -> None:
    shown: list[str] = []
    for row, color in zip(table.rows, _LINES, strict=True):
        if row.figures:
            levels = [int(level.replace(",", "")) for level in row.figures]
            values = [it.median for it in row.figures.values()]
            shown = max(shown, list(row.figures), key=len)
            place.plot(levels, values, marker="o", markersize=4, color=color, label=row.name)
    place.set_xscale("log")
    place.set_xticks([int(level.replace(",", "")) for level in shown], shown)
    place.minorticks_off()
    place.set_ylim(bottom=0)
    place.legend(frameon=False, fontsize=8.5, labelcolor=_INK)
    _plain(place, title)
    place.grid(axis="y", color=_THEIRS, linewidth=0.4)
