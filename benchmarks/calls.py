"""What a call costs: one after another, many at once, and in bursts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.figures import Section, ratio_bar
from benchmarks.rounds import Candidate, Order, compare, workers

if TYPE_CHECKING:
    from benchmarks.context import Context

_SYNC = (
    Candidate("httpx, answer not parsed", "httpx", "httpx"),
    Candidate("generated client", "httpx", "generated"),
    Candidate("blinger", "blinger", "blinger"),
    Candidate("requests, .json()", "others", "requests"),
    Candidate("openai, embeddings.create", "others", "openai"),
    Candidate("bare socket", "httpx", "sockets"),
)
_REVIEW = (
    Candidate("httpx, answer not parsed", "httpx", "httpx.review"),
    Candidate("blinger", "blinger", "blinger.review"),
)
_ASYNC = (
    Candidate("httpx, answer not parsed", "httpx", "httpx.async"),
    Candidate("httpx with sniffio", "blinger", "httpx.async"),
    Candidate("generated client", "httpx", "generated.async"),
    Candidate("blinger", "blinger", "blinger.async"),
    Candidate('blinger, sender="aiohttp"', "aiohttp", "blinger.async.aiohttp"),
    Candidate("aiohttp, .json()", "aiohttp", "aiohttp"),
    Candidate("openai, embeddings.create", "others", "openai.async"),
    Candidate("bare asyncio.Protocol", "httpx", "protocol"),
)
_BURST = (
    Candidate("httpx", "httpx", "httpx.async"),
    Candidate("blinger", "blinger", "blinger.async"),
    Candidate('blinger, sender="aiohttp"', "aiohttp", "blinger.async.aiohttp"),
    Candidate("aiohttp, .json()", "aiohttp", "aiohttp"),
)
_WIDE = (
    Candidate("httpx, limits of 100", "httpx", "httpx.async.100"),
    Candidate("blinger", "blinger", "blinger.async"),
)


def sync(context: Context) -> Section:
    """One call after another, in one thread."""
    with workers(context.environments, context.url) as made:
        title = "`send_text`, one call after another"
        texts = compare(made, ("sync", title), _SYNC, Order(100), context.rounds)
        title = "`request_review`, one call after another"
        review = compare(made, ("review", title), _REVIEW, Order(100), context.rounds)
    bars = [ratio_bar("sync typed call / httpx", texts, "blinger", 1.0, 0.85)]
    return Section("sync", [texts, review], bars)


def asynchronous(context: Context) -> Section:
    """Many tasks on one client."""
    tables = {}
    with workers(context.environments, context.url) as made:
        for at_once, calls, share in ((1, 100, 1), (16, 160, 2), (128, 256, 5)):
            table = (f"async-{at_once}", f"`await send_text`, {at_once} in flight")
            rounds = max(context.rounds // share, 3)
            tables[at_once] = compare(made, table, _ASYNC, Order(calls, at_once), rounds)
    bars = [
        ratio_bar("async, 1 in flight / httpx", tables[1], "blinger", 0.9, 0.75),
        ratio_bar("async, 16 in flight / httpx", tables[16], "blinger", 0.6, 0.4),
        ratio_bar(
            'sender="aiohttp", 16 in flight / httpx',
            tables[16],
            'blinger, sender="aiohttp"',
            0.15,
            0.1,
        ),
    ]
    return Section("async", list(tables.values()), bars)


def burst(context: Context) -> Section:
    """A hundred calls that start together, on connections that the burst before them opened."""
    rounds = max(context.rounds // 4, 3)
    with workers(context.environments, context.url) as made:
        title = "100 calls at once, warm, against httpx's default limits"
        usual = compare(made, ("burst", title), _BURST, Order(300, 100, client="warm"), rounds)
        title = "100 calls at once, warm, against httpx with limits of 100"
        wide = compare(
            made, ("burst-wide", title), _WIDE, Order(100, 100, client="warm"), max(rounds // 2, 3)
        )
    bars = [
        ratio_bar("warm burst of 100 / httpx", usual, "blinger", 0.5, 0.4),
        ratio_bar("warm burst of 100 / httpx, limits of 100", wide, "blinger", 0.15, 0.08),
    ]
    return Section("burst", [usual, wide], bars)
