"""Long runs: what a client holds does not grow with what it sent."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import tracemalloc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from blinger import AsyncBlinger, Blinger, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.soak

CALLS = 10_000
VIEWS = 1_000
WARM = 500
ALLOWED = 256 * 1024
"""Bytes of growth that are noise: caches of the interpreter, not something for each call."""


class Mock(NamedTuple):
    """Where the mock is, and what it was started with."""

    url: str
    token: str
    conversation: str
    agent: str


@pytest.fixture
def mock() -> Iterator[Mock]:
    """A mock in a process of its own, so that what grows here is the client's."""
    command = [sys.executable, "-m", "blinger_mock", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield Mock(told["url"], told["token"], told["conversations"][0], told["agents"][0])
        finally:
            process.terminate()


@contextmanager
def nothing_grows() -> Iterator[None]:
    """Fail if the block leaves behind more memory, or more open files."""
    gc.collect()
    files = _open_files()
    tracemalloc.start()
    try:
        yield
        gc.collect()
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < ALLOWED
    assert _open_files() <= files


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_ten_thousand_calls_and_a_thousand_views_grow_nothing(mock: Mock) -> None:
    """Answers, errors and views all go as they came."""
    with Blinger(mock.token, base_url=mock.url) as client:

        def call(views: int, calls: int) -> None:
            for _ in range(views):
                view = client.with_options(retries=1, timeout=5)
                view.conversation(mock.conversation).assign_agent(mock.agent)
            for _ in range(calls):
                with pytest.raises(NotFound):
                    client.conversation("nobody").send_text("Hello")

        call(WARM, WARM)
        with nothing_grows():
            call(VIEWS, CALLS)


def test_ten_thousand_awaited_calls_and_a_thousand_views_grow_nothing(mock: Mock) -> None:
    """The same, awaiting, sixteen at a time."""

    async def run() -> None:
        async with AsyncBlinger(mock.token, base_url=mock.url) as client:

            async def one() -> None:
                with pytest.raises(NotFound):
                    await client.conversation("nobody").send_text("Hello")

            async def call(views: int, calls: int) -> None:
                for _ in range(views):
                    view = client.with_options(retries=1, timeout=5)
                    await view.conversation(mock.conversation).assign_agent(mock.agent)
                for _ in range(calls // 16):
                    await asyncio.gather(*(one() for _ in range(16)))

            await call(WARM, WARM)
            with nothing_grows():
                await call(VIEWS, CALLS)

    asyncio.run(run())


def test_a_thousand_event_loops_grow_nothing(mock: Mock) -> None:
    """A program that calls `asyncio.run` for each job keeps nothing of the loops that are over."""
    client = AsyncBlinger(mock.token, base_url=mock.url)

    def call(times: int) -> None:
        for _ in range(times):
            asyncio.run(client.conversation(mock.conversation).assign_agent(mock.agent))

    call(50)
    with nothing_grows():
        call(1_000)


def test_a_thousand_failing_connections_grow_nothing() -> None:
    """What cannot connect leaves no socket behind."""
    with Blinger("token", base_url="http://127.0.0.1:1", retries=0) as client:

        def call(times: int) -> None:
            for _ in range(times):
                with pytest.raises(Exception, match="connection refused"):
                    client.conversation("a").send_text("Hello")

        call(50)
        with nothing_grows():
            call(1_000)
