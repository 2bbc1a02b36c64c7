"""A mock on a file is killed under load, again and again, and the file holds what it must."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.e2e import kills

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.soak

KILLS = 25


def test_kills(tmp_path: Path) -> None:
    """Every acknowledged message is there after each kill: none twice, order kept, uuids known."""
    path, log, chance = tmp_path / "state.db", kills.Log(), kills.Chance(0)
    unanswered = 0
    for number in range(1, KILLS + 1):
        kills.kill_under_load(path, log, chance)
        waiting = len(log.sent) - len(log.acknowledged)
        unanswered += waiting
        there = kills.check(path, log)
        print(f"kill {number}: {len(log.acknowledged)} acknowledged, {there} there")
        kills.retry(path, log, chance)
        assert kills.check(path, log) == len(log.sent) == len(log.acknowledged)

    print(f"{KILLS} kills, {len(log.sent)} messages, {unanswered} in flight when it died")
    assert unanswered
