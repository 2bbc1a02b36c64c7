"""A tool that is missing never makes CI green."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("ci", "verdict"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_missing(
    monkeypatch: pytest.MonkeyPatch,
    node_tool: Callable[[str], list[str]],
    ci: str,
    verdict: type[BaseException],
) -> None:
    """Where a tool is not installed a test skips with the line to type; in CI it fails."""
    monkeypatch.setenv("CI", ci)
    with pytest.raises(verdict, match=r"^no-such-tool is not installed: make setup$"):
        node_tool("no-such-tool")
