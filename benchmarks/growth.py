"""One store that is filled with messages, and how much CPU they take.

A process of its own, which `benchmarks.emulator` starts: `growth memory|sqlite FOLDER`. Each line
on its input is a number of messages to send; the answer is a line of JSON. Requests go through the
whole of the engine, 16 in each turn of the loop, without a socket.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import uuid
from pathlib import Path

import uvloop
from benchmarks import machine

from blinger_mock.check import BASE
from blinger_mock.engine import Engine
from blinger_mock.memory import MemoryStore
from blinger_mock.seed import empty, seed
from blinger_mock.sqlite import SqliteStore
from blinger_mock.state import Seed
from blinger_mock.steps import Request
from blinger_mock.visitor import end_user
from blinger_spec import Profile

_AT_ONCE = 16
_CONVERSATIONS = 100


def _start() -> Seed:
    usual = seed(0)
    ids = [str(uuid.UUID(int=place + 1, version=4)) for place in range(_CONVERSATIONS)]
    rooms = tuple(empty(one, end_user(one, 0)) for one in ids)
    return Seed(rooms, usual.agents, usual.bot)


async def _fill(engine: Engine, paths: list[str], number: int) -> None:
    for place in range(0, number, _AT_ONCE):
        closed = []
        for path in (paths[(place + it) % len(paths)] for it in range(_AT_ONCE)):
            body = b'{"uuid":"%s","text":"Hello, how may I help you?"}' % str(uuid.uuid4()).encode()
            request = Request("POST", path, ("token",), "application/json", body=body)
            closed.append(engine.close(engine.open(request)))
        committed = engine.store.committed()
        if committed is not None:
            await committed
        assert all(one.answer.status == 200 for one in closed)
        for one in closed:
            engine.note(one)


async def _serve(name: str, folder: Path) -> None:
    file = folder / "state.db"
    store = MemoryStore(0) if name == "memory" else SqliteStore(0, file)
    engine = Engine(Profile(), store=store, start=_start())
    engine.add_tenant("token", "1")
    paths = [f"{BASE}/conversation/{one.id}/send-text-message" for one in engine.seed.conversations]
    for line in sys.stdin:
        # CPU and not the clock: what others do on the machine is not the cost of a message.
        begin = time.process_time()
        await _fill(engine, paths, int(line))
        spent = time.process_time() - begin
        gc.collect()
        found = {
            "seconds": spent,
            "resident": machine.resident_bytes(os.getpid()),
            "file": file.stat().st_size if file.exists() else 0,
        }
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
    store.close()


def main() -> None:
    """Fill a store for as long as there is input."""
    name, folder = sys.argv[1:]
    uvloop.run(_serve(name, Path(folder)))


if __name__ == "__main__":
    main()
