"""The page of results is filled from the data of a run; no figure on it is typed by hand."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.__main__ import SECTIONS
from benchmarks.figures import Bar, Row, Section, Spread, Table
from benchmarks.page import filled

PAGE = (Path(__file__).parents[3] / "docs" / "performance.md").read_text(encoding="utf-8")
RUN = Section(
    "sync",
    [
        Table(
            "sync",
            "One after another",
            [
                Row("httpx", {"µs CPU": Spread(400, 390, 410), "ratio": Spread(1, 1, 1)}),
                Row("blinger", {"µs CPU": Spread(300, 290, 310)}, ours=True),
                Row("aiohttp", note="absent: no such sender"),
            ],
        )
    ],
    [Bar("sync / httpx", 0.75, 1.0, 0.85), Bar("late", 2, 1, unit="s"), Bar("none", None, 1)],
    seconds=120,
    busy=0.25,
)


def test_a_place_for_everything() -> None:
    """The page has one place for each section, for what must hold, the run and the machine."""
    places = re.findall(r"<!-- figures: ([\w-]+) -->", PAGE)
    assert sorted(places) == sorted([*SECTIONS, "bars", "machine", "run"])
    assert PAGE.count("<!-- end of figures -->") == len(places)


def test_filled() -> None:
    """Tables, bars and machine stand at their places; what was not measured is said."""
    page = filled(PAGE, {"python": "3.11.7"}, [RUN])
    lines = [line for line in page.splitlines() if line.startswith("|")]
    rows = {tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in lines}

    assert {
        ("", "µs CPU", "ratio"),
        ("httpx", "400 (390-410)", "1.00x"),
        ("**blinger**", "300 (290-310)", ""),
        ("aiohttp", "", ""),
        ("sync / httpx", "0.75x", "≤ 1.00x", "0.85x", "kept"),
        ("late", "2.00 s", "≤ 1.00 s", "", "MISSED"),
        ("none", "", "≤ 1.00x", "", "not measured"),
    } <= rows
    assert "aiohttp: absent: no such sender.\n" in page
    assert "- python: 3.11.7\n" in page
    assert page.count("This part was not measured.") == len(SECTIONS) - 1


def test_filled_twice() -> None:
    """Filling a page that is filled replaces what stood there."""
    page = filled(PAGE, {"python": "3.11.7"}, [RUN])

    assert filled(page, {"python": "3.11.7"}, [RUN]) == page
