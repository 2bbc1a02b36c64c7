"""What every section is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.environments import Environments


@dataclass(frozen=True)
class Context:
    """Where to send, what to run in, and how long to go on."""

    environments: Environments
    url: str
    rounds: int
    quick: bool

    def number(self, usual: int, quick: int = 1) -> int:
        """Return how many of something to take: fewer in a quick run."""
        return quick if self.quick else usual
