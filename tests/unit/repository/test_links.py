"""The links of the documentation lead somewhere."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LINK = re.compile(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def _links(text: str) -> Iterator[tuple[str, str]]:
    """Yield the file and the heading that each link within the repository names."""
    for inline, by_name in _LINK.findall(_BLOCK.sub("", text)):
        link = inline or by_name
        if "://" not in link and not link.startswith("mailto:"):
            path, _, anchor = link.partition("#")
            yield path, anchor


def _anchors(text: str) -> set[str]:
    """Return the names by which the headings of a page can be linked to."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


def test_links(root: Path, tracked: dict[str, str]) -> None:
    """Every link to a file or a heading of the repository finds it."""
    pages = {name: text for name, text in tracked.items() if name.endswith(".md")}
    assert "README.md" in pages
    broken = []
    for name, text in pages.items():
        for path, anchor in _links(text):
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            )
            is_there = target in tracked or (root / target).is_dir()
            if not is_there or (anchor and anchor not in _anchors(tracked.get(target, ""))):
                broken.append(f"{name}: {path}#{anchor}" if anchor else f"{name}: {path}")
    assert not broken
