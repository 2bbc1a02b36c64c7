"""Where the time of a call goes, by layer; a profile makes functions in Python look dearer."""

from __future__ import annotations

import asyncio
import cProfile
import os
import pstats
import time
from typing import TypeAlias

from benchmarks.async_candidates import ASYNC
from benchmarks.candidates import SYNC

_Function: TypeAlias = tuple[str, int, str]

_WARM = 96
_REST = "the rest"
_LAYERS = {
    "h11": ("/h11/",),
    "httpcore": ("/httpcore/",),
    "httpx": ("/httpx/", "/http/cookiejar", "/urllib/", "/idna/", "/email/"),
    "aiohttp": ("/aiohttp/", "/yarl/", "/multidict/"),
    "blinger": ("/blinger/", "/blinger_api/", "/tenacity/", "<attrs"),
    "json": ("/json/", "_json."),
    "sockets": ("_socket.", "select.", "/socket.py", "/selectors.py"),
    "anyio": ("/anyio/", "/sniffio/"),
    "asyncio": ("/asyncio/", "_asyncio."),
    "imports that are tried again": ("<frozen importlib",),
    "this benchmark": ("/benchmarks/",),
}


def shares(key: str, url: str, calls: str, at_once: str) -> dict[str, float]:
    """Return the share of each layer in the time of so many calls; nothing if it is absent."""
    try:
        return _shares(key, url, int(calls), int(at_once))
    except (ImportError, TypeError):
        return {}


def _shares(key: str, url: str, calls: int, at_once: int) -> dict[str, float]:
    # Of the CPU and not the clock: the wait for an answer is nobody's work.
    profiler = cProfile.Profile(time.process_time)
    if key in SYNC:
        call = SYNC[key](url)
        for _ in range(_WARM):
            call()
        profiler.enable()
        for _ in range(calls):
            call()
        profiler.disable()
    else:
        asyncio.run(_profiled(profiler, key, url, calls, at_once))
    found = dict.fromkeys([*_LAYERS, _REST], 0.0)
    # The types of the standard library's stubs leave its one useful attribute out.
    stats: dict[_Function, tuple[int, int, float, float, dict[_Function, tuple[float, ...]]]]
    stats = vars(pstats.Stats(profiler))["stats"]
    for function, (_, _, own, _, callers) in stats.items():
        layer = _layer(function)
        if layer == _REST and function[0] == "~":
            # What is built in is the work of whoever called it.
            for caller, (_, _, part, _) in callers.items():
                found[_layer(caller)] += part
        else:
            found[layer] += own
    total = sum(found.values())
    return {layer: own / total for layer, own in found.items()}


async def _profiled(
    profiler: cProfile.Profile, key: str, url: str, calls: int, at_once: int
) -> None:
    async with ASYNC[key](url) as call:

        async def several(number: int) -> None:
            for _ in range(number):
                await call()

        await asyncio.gather(*(several(_WARM // at_once) for _ in range(at_once)))
        profiler.enable()
        await asyncio.gather(*(several(calls // at_once) for _ in range(at_once)))
        profiler.disable()


def _layer(function: _Function) -> str:
    """Return the layer of a function by its file, or by what a built-in one says of itself."""
    file, _, name = function
    place = name if file == "~" else os.path.realpath(file) if file[0] == "/" else file
    for layer, marks in _LAYERS.items():
        if any(mark in place for mark in marks):
            return layer
    return _REST
