"""The token bucket: how many at once, how many a second, and how long to wait."""

from __future__ import annotations

import pytest

from blinger_mock.clock import SECOND, Held
from blinger_mock.limits import Limiter


@pytest.mark.parametrize(
    ("rate", "asked"),
    [
        (None, [(0, 0)] * 100),
        # A second's worth at once; then each third of a second one, and the rest is to be waited.
        (3, [(0, 0), (0, 0), (0, 0), (0, 1), (0.3, 1), (0.34, 0), (0.34, 1), (0.67, 0)]),
        # At least one at once, also where that is more than a second's worth.
        (0.1, [(0, 0), (0, 10), (5, 5), (9.5, 1), (10, 0), (10, 10)]),
        # What was not taken is kept, but no more than a second's worth.
        (2, [(0, 0), (100, 0), (100, 0), (100, 1)]),
        # A clock that goes back gives nothing, and from there the time counts anew.
        (1, [(50, 0), (50, 1), (7, 1), (7.5, 1), (8, 0), (8, 1)]),
    ],
)
def test_take(rate: float | None, asked: list[tuple[float, int]]) -> None:
    """At each time, in seconds: the whole seconds to wait, 0 for none."""
    limiter = Limiter(rate)
    found = [(at, limiter.take("1", Held(round(at * SECOND)))) for at, _ in asked]

    assert found == asked


def test_tenants__are_apart() -> None:
    """Each tenant has a bucket of its own, and one that is forgotten is full again."""
    limiter = Limiter(1)

    assert [limiter.take(one, Held()) for one in ("1", "2", "1", "2")] == [0, 0, 1, 1]
    limiter.forget("1")
    assert [limiter.take(one, Held()) for one in ("1", "2")] == [0, 1]
