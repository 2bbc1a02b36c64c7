"""Write what a run found into docs/performance.md: `python -m benchmarks.page [results.json]`.

Tables go between markers and the plot beside the page, so that no figure is typed by hand.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import shown
from benchmarks.compare import read
from benchmarks.environments import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.figures import Section

_PAGE = ROOT / "docs" / "performance.md"
_PLOT = ROOT / "docs" / "performance.svg"
_PLACE = re.compile(r"(<!-- figures: ([\w-]+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)


def filled(page: str, about: Mapping[str, Any], sections: list[Section]) -> str:
    """Return the page with the figures of a run at their places."""
    texts = {
        "bars": shown.bars(sections),
        "machine": "\n".join(f"- {name}: {value}" for name, value in about.items()),
        "run": _run(sections),
    }
    for section in sections:
        parts = (f"{table.title}:\n\n{shown.table(table)}" for table in section.tables)
        texts[section.name] = "\n\n".join(parts)

    def figures(place: re.Match[str]) -> str:
        text = texts.get(place[2], "This part was not measured.")
        return f"{place[1]}\n{text}\n\n{place[3]}"

    return _PLACE.sub(figures, page)


def _run(sections: list[Section]) -> str:
    seconds = sum(section.seconds for section in sections)
    busy = max(section.busy for section in sections)
    return (
        f"The run took {seconds / 60:.0f} minutes. Other work kept at most {busy:.1f} cores busy "
        "during a section."
    )


def main() -> None:
    """Write page and plot."""
    from benchmarks import plot

    parser = argparse.ArgumentParser(prog="python -m benchmarks.page")
    default = Path("benchmarks/results.json")
    parser.add_argument("results", type=Path, nargs="?", default=default)
    options = parser.parse_args()
    sections = read(options.results)
    about = json.loads(options.results.read_text())["machine"]
    _PAGE.write_text(filled(_PAGE.read_text(), about, sections))
    plot.draw(sections, _PLOT)


if __name__ == "__main__":
    main()
