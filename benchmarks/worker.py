"""Makes calls when told to, in the environment that it was started in: `worker URL`.

Each line of its input is `NAME CALLS AT_ONCE CLIENT`; each line of its output is what the calls
took, as JSON. The client is `kept` from block to block, or made anew: a `warm` one made one burst,
which opened its connections, before those that count, a `cold` one made one call.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from benchmarks import memory
from benchmarks.async_candidates import ASYNC
from benchmarks.candidates import SYNC

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Worker:
    """The candidates of one process, each opened when it is first asked for, and kept."""

    def __init__(self, url: str, loop: asyncio.Runner, clients: contextlib.AsyncExitStack) -> None:
        self._url = url
        self._loop = loop
        self._clients = clients
        self._open: dict[tuple[str, int], Any] = {}

    def block(self, name: str, calls: int, at_once: int, client: str) -> dict[str, Any]:
        try:
            if name in SYNC:
                return self._blocking(name, calls)
            if client == "kept":
                return self._loop.run(self._kept(name, calls, at_once))
            before = at_once if client == "warm" else 1
            return self._loop.run(self._anew(name, calls, at_once, before))
        except (ImportError, TypeError) as reason:
            return {"absent": str(reason).splitlines()[0]}

    def _blocking(self, name: str, calls: int) -> dict[str, Any]:
        call = self._open.get((name, 1)) or SYNC[name](self._url)
        self._open[name, 1] = call
        # Whoever waited longer than its connections live opens them anew before the block.
        for _ in range(3):
            call()
        gc.collect()
        begin = _now()
        for _ in range(calls):
            call()
        return _took(begin, calls)

    async def _kept(self, name: str, calls: int, at_once: int) -> dict[str, Any]:
        if (name, at_once) not in self._open:
            client = ASYNC[name](self._url)
            self._open[name, at_once] = await self._clients.enter_async_context(client)
        call = self._open[name, at_once]
        await _together(call, at_once, at_once)
        gc.collect()
        begin = _now()
        await _together(call, calls, at_once)
        return _took(begin, calls)

    async def _anew(self, name: str, calls: int, at_once: int, before: int) -> dict[str, Any]:
        async with ASYNC[name](self._url) as call:
            await _together(call, before, before)
            gc.collect()
            memory.forget_peak()
            resident, begin = memory.resident(), _now()
            for _ in range(0, calls, at_once):
                await _together(call, at_once, at_once)
            return _took(begin, calls) | {"bytes": memory.peak() - resident}


async def _together(call: Callable[[], Awaitable[object]], calls: int, at_once: int) -> None:
    async def several(number: int) -> None:
        for _ in range(number):
            await call()

    share, rest = divmod(calls, at_once)
    async with asyncio.TaskGroup() as group:
        for place in range(at_once):
            group.create_task(several(share + (place < rest)))


def _now() -> tuple[float, float]:
    return time.process_time(), time.perf_counter()


def _took(begin: tuple[float, float], calls: int) -> dict[str, Any]:
    cpu, wall = _now()
    return {"cpu": cpu - begin[0], "wall": wall - begin[1], "calls": calls}


def main() -> None:
    clients = contextlib.AsyncExitStack()
    with asyncio.Runner() as loop:
        worker = Worker(sys.argv[1], loop, clients)
        for line in sys.stdin:
            name, calls, at_once, client = line.split()
            took = worker.block(name, int(calls), int(at_once), client)
            sys.stdout.write(json.dumps(took) + "\n")
            sys.stdout.flush()
        loop.run(clients.aclose())


if __name__ == "__main__":
    main()
