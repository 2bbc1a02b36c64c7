"""Limits that are found by reaching them, and whether a file is fetched."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from blinger_contract.probes.ask import FORM

if TYPE_CHECKING:
    from blinger_contract.probes.ask import Ask, Steps, World

_OK, _TOO_LARGE, _TOO_MANY = 200, 413, 429
_LARGEST_BODY = 8 * 1024 * 1024
_MOST_REQUESTS = 100
_FAST = 30
"""Requests a second, from which on a deployment that took them all has no limit that we see."""
_FULL_AGAIN_SECONDS = 1.1
_CLEARLY = 2
"""How many times the limit must be taken, in requests and in pace, before it is not kept."""


def body_max(world: World) -> Steps:
    """Send bodies of the largest size and of one byte more; search where that is not it.

    They name an agent that does not exist, so they change nothing, whatever their size.
    """
    assumed = world.number("body_max")
    seen = yield _body(world, assumed)
    fits = seen.status != _TOO_LARGE
    low, high = (assumed, assumed + 1) if fits else (0, assumed)
    if fits:
        seen = yield _body(world, high)
        while seen.status != _TOO_LARGE and high < _LARGEST_BODY:
            low, high = high, 2 * high
            seen = yield _body(world, high)
        if seen.status != _TOO_LARGE:
            world.broken(
                seen, "body_max is larger than assumed", f"Expected: {assumed}", "body_max"
            )
            world.skip(f"{high} bytes are taken, and more was not tried", "body_max")
            return
    witness = seen
    while high - low > 1:
        middle = (low + high) // 2
        seen = yield _body(world, middle)
        if seen.status == _TOO_LARGE:
            high, witness = middle, seen
        else:
            low = middle
    if low:
        world.note("body_max", low, witness)


def _body(world: World, size: int) -> Ask:
    start, end = (b"agentId=", b"") if world.encoding == FORM else (b'{"agentId":"', b'"}')
    padding = max(0, size - len(start) - len(end))
    return world.ask("assignAgent", start + b"x" * padding + end)


def rate_limit(world: World) -> Steps:
    """Ask for reviews of a conversation that does not exist, as fast as it goes, until 429."""
    time.sleep(_FULL_AGAIN_SECONDS)
    conversation = world.unknown()
    started = answered = time.monotonic()
    taken = 0
    seen = yield world.ask("requestReview", conversation=conversation)
    stated = world.options.profile["rate_limit"]
    most = _MOST_REQUESTS if isinstance(stated, str) else max(_MOST_REQUESTS, math.ceil(4 * stated))
    while taken < most:
        if seen.status == _TOO_MANY:
            after = seen.headers.get("Retry-After", "")
            slow = taken <= 1 and after.isdigit() and int(after) > 1
            # A bucket that was full gives a second's worth at once, and fills up meanwhile.
            rate = 1 / int(after) if slow else taken / (1 + answered - started)
            world.note("rate_limit", math.ceil(rate) if rate >= 1 else rate, seen)
            return
        taken, answered = taken + 1, time.monotonic()
        seen = yield world.ask("requestReview", conversation=conversation)
    pace = taken / (answered - started)
    if pace > _FAST and world.is_("rate_limit", "none"):
        world.note("rate_limit", "none", seen)
    elif not isinstance(stated, str) and pace > _CLEARLY * stated and taken >= _CLEARLY * stated:
        text = f"More than {stated} requests a second are refused with 429: {pace:.0f} were taken."
        world.broken(seen, "The limit of requests is not kept", text, "rate_limit")
    else:
        world.skip(f"{pace:.0f} requests a second are taken; more was not reached", "rate_limit")


def file_fetch(world: World) -> Steps:
    """Send the URL of a file on this machine, and see whether it is fetched meanwhile."""
    host = world.files
    before = host.visits
    seen = yield world.file(f"{host.url}/probe.png")
    if seen.status != _OK and host.visits == before:
        # Perhaps only for its scheme: nobody answers TLS here, but a visit is seen.
        seen = yield world.file(f"{host.url.replace('http://', 'https://')}/probe.png")
    if host.visits > before:
        world.note("file_fetch", "yes", seen)
        world.adopt("file_fetch", "yes")
    elif seen.status == _OK:
        world.note("file_fetch", "no", seen)
    else:
        world.skip("a URL of this machine is refused unseen", "file_fetch")
