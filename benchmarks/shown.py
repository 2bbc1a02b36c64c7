"""How tables and bars read, in a terminal and on the page: both are Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.figures import Bar, Section, Spread, Table


def table(it: Table) -> str:
    """Show a table: each median with its quartiles, where there is a spread."""
    units = list(dict.fromkeys(unit for row in it.rows for unit in row.figures))
    lines = [["", *units]]
    for row in it.rows:
        cells = [_spread(unit, row.figures.get(unit)) for unit in units]
        name = f"**{row.name}**" if row.ours else row.name
        lines.append([name, *cells])
    notes = [f"{row.name}: {row.note}." for row in it.rows if row.note]
    return "\n\n".join([_grid(lines), *notes])


def bars(sections: Sequence[Section]) -> str:
    """Show what must hold, and whether it does."""
    lines = [["", "found", "bar", "aim", ""]]
    for section in sections:
        for it in section.bars:
            mark = "≥" if it.more else "≤"
            found = "" if it.found is None else _with_unit(it.found, it)
            aim = "" if it.aim is None else _with_unit(it.aim, it)
            lines.append([it.text, found, f"{mark} {_with_unit(it.limit, it)}", aim, it.verdict])
    return _grid(lines)


def number(value: float) -> str:
    """Write a number with as many digits as mean something."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.01 else f"{value:.4f}"


def _with_unit(value: float, bar: Bar) -> str:
    return number(value) + ("x" if bar.unit == "x" else f" {bar.unit}".rstrip())


def _spread(unit: str, spread: Spread | None) -> str:
    if spread is None:
        return ""
    shown = number(spread.median) + ("x" if unit == "ratio" else "")
    if spread.low == spread.high:
        return shown
    return f"{shown} ({number(spread.low)}-{number(spread.high)})"


def _grid(lines: list[list[str]]) -> str:
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join(_lines(lines, widths))


def _lines(lines: list[list[str]], widths: list[int]) -> Iterator[str]:
    for place, line in enumerate(lines):
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield f"| {' | '.join(cells)} |"
        if place == 0:
            rest = "|".join("-" * (width + 1) + ":" for width in widths[1:])
            yield f"|{'-' * (widths[0] + 2)}|{rest}|"
