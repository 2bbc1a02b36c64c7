"""The tables of the HTML page: assumptions, coverage, response times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blinger_contract.assumed import AS_ASSUMED, DIFFERS
from blinger_contract.markup import escape, mark, table

if TYPE_CHECKING:
    from collections.abc import Iterator


def assumptions(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the table of the assumptions, those that differ first."""
    order = {DIFFERS: 0, AS_ASSUMED: 1}
    ordered = sorted(rows, key=lambda row: order.get(row["verdict"], 2))
    yield "<h2>Assumptions</h2>"
    yield (
        "<p class=lead>What the API page leaves open, what was assumed, and what this deployment"
        " was seen to do.</p>"
    )
    heads = [f"<th>{name}" for name in ("Assumption", "Assumed", "Observed", "")]
    yield table(heads, [_assumption(row) for row in ordered])


def _assumption(row: dict[str, Any]) -> str:
    if row["verdict"] == DIFFERS:
        shown = mark("differs", "warn")
    elif row["verdict"] == AS_ASSUMED:
        shown = mark("as assumed", "good")
    else:
        shown = '<span class="plain">not probed</span>'
    why = f"<small>{escape(row['why'])}</small>" if row["why"] else ""
    observed = "-" if row["observed"] is None else f"<code>{escape(row['observed'])}</code>"
    pinned = " <small>pinned by the profile</small>" if row["pinned"] else ""
    return (
        f"<tr><td><code>{escape(row['name'])}</code><small>{escape(row['question'])}</small>"
        f'<td data-label="Assumed"><code>{escape(row["assumed"])}</code>{pinned}'
        f'<td data-label="Observed">{observed}{why}<td>{shown}</tr>'
    )


def coverage(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the table of operations and statuses, with what never came marked."""
    never = {(row["operation"], str(one["status"])) for row in rows for one in row["never"]}
    columns = sorted({status for row in rows for status in row["seen"]} | {s for _, s in never})
    yield "<h2>Coverage</h2>"
    yield (
        "<p class=lead>Answers seen of each operation, by status. What the contract names and"
        " no answer showed is marked.</p>"
    )
    heads = ["<th>Operation", *(f'<th class="number">{escape(one)}' for one in columns)]
    lines = []
    for row in rows:
        cells = "".join(
            f'<td class="number" data-label="{escape(status)}">{row["seen"][status]}'
            if status in row["seen"]
            else f'<td class="never" data-label="{escape(status)}">never'
            if (row["operation"], status) in never
            else '<td class="quiet">-'
            for status in columns
        )
        lines.append(f"<tr><td><code>{escape(row['operation'])}</code>{cells}</tr>")
    yield table(heads, lines)
    missing: dict[str, list[str]] = {}
    for row in rows:
        for one in row["never"]:
            key = f"{one['status']}, which {one['why']} should give"
            missing.setdefault(key, []).append(row["operation"])
    for named, operations in missing.items():
        yield f'<p class="lead">Never seen: {escape(named)} ({escape(", ".join(operations))}).</p>'


def times(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the table of response times."""
    if not rows:
        return
    yield "<h2>Response times</h2>"
    yield "<p class=lead>From the first byte sent to the last one received, in milliseconds.</p>"
    names = ("Answers", "Median", "95 %", "Longest")
    heads = ["<th>Operation", *(f'<th class="number">{name}' for name in names)]
    yield table(
        heads,
        [
            f"<tr><td><code>{escape(row['operation'])}</code>"
            + "".join(
                f'<td class="number" data-label="{name}">{value}'
                for name, value in zip(
                    names,
                    (
                        row["answers"],
                        *(f"{row[key] * 1000:.0f}" for key in ("median", "p95", "longest")),
                    ),
                    strict=True,
                )
            )
            + "</tr>"
            for row in rows
        ],
    )
