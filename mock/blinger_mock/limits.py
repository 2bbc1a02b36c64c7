"""How often a tenant may call: a token bucket (assumption `rate_limit`)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from blinger_mock.clock import SECOND

if TYPE_CHECKING:
    from blinger_mock.clock import Clock


class Limiter:
    """One bucket for each tenant: it holds a second's worth of requests, at least one."""

    def __init__(self, rate: float | None) -> None:
        """Take *rate*, requests a second; None sets no limit."""
        self._rate = rate
        self._buckets: dict[str, tuple[float, int]] = {}

    def forget(self, tenant: str) -> None:
        """Fill the bucket of *tenant*."""
        self._buckets.pop(tenant, None)

    def take(self, tenant: str, clock: Clock) -> int:
        """Take one request out of the bucket of *tenant* at the time of *clock*.

        Returns:
            0 if there was one, otherwise the whole seconds to wait until there is.
        """
        if self._rate is None:
            return 0
        now = clock()
        full = max(1.0, self._rate)
        level, since = self._buckets.get(tenant, (full, now))
        # A clock that went back gives nothing, and takes nothing away.
        level = min(full, level + max(0, now - since) / SECOND * self._rate)
        if level >= 1:
            self._buckets[tenant] = (level - 1, now)
            return 0
        self._buckets[tenant] = (level, now)
        return max(1, math.ceil((1 - level) / self._rate))
