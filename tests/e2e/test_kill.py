"""A mock on a file that dies; `make soak` kills it more often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e import kills

if TYPE_CHECKING:
    from pathlib import Path


def test_kill(tmp_path: Path) -> None:
    """What was acknowledged before a SIGKILL under load is there after it, once, in its order.

    A retried uuid is answered with the message that it was.
    """
    path, log, chance = tmp_path / "state.db", kills.Log(), kills.Chance(1)
    kills.kill_under_load(path, log, chance)
    kills.check(path, log)
    kills.retry(path, log, chance)

    assert kills.check(path, log) == len(log.sent) == len(log.acknowledged) > 0
