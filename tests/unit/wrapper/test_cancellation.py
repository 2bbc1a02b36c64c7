"""A cancelled call leaves the client as good as new: asyncio and trio, through anyio's plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from blinger import AsyncBlinger, _lanes
from blinger_mock.testing import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger._senders import SenderName
    from blinger_mock.testing import Mock

# httpcore leaves a generator of its own unfinished when it is cancelled on trio.
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning"),
]


@pytest.fixture(params=["asyncio", "trio", "aiohttp"])
def way(request: pytest.FixtureRequest) -> str:
    """Each library in turn, and asyncio with both senders."""
    return str(request.param)


@pytest.fixture
def anyio_backend(way: str) -> str:
    """The library that runs the test."""
    return "trio" if way == "trio" else "asyncio"


@pytest.fixture
def sender(way: str) -> SenderName:
    """What sends."""
    return "aiohttp" if way == "aiohttp" else "httpx"


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    """One mock."""
    with serve() as running:
        yield running


async def test_cancelled_at_any_moment_the_pool_stays_whole(
    mock: Mock, sender: SenderName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two places in the pool, three hundred cancellations use up none of them."""
    monkeypatch.setattr(_lanes, "MOST_LANES", 2)
    async with AsyncBlinger(mock.token, base_url=mock.url, sender=sender) as client:
        chat = client.conversation(mock.conversation)
        for step in range(300):
            with anyio.move_on_after(step * 0.00003):
                await chat.send_text(f"cancelled {step}")
        for number in range(20):
            message = await chat.send_text(f"whole {number}")
            assert message.text == f"whole {number}"


async def test_a_cancelled_call_waiting_for_its_turn_gives_it_up(
    mock: Mock, sender: SenderName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls that are cancelled while they queue for a place leave the queue."""
    monkeypatch.setattr(_lanes, "MOST_LANES", 1)
    async with AsyncBlinger(mock.token, base_url=mock.url, sender=sender) as client:
        chat = client.conversation(mock.conversation)
        for _ in range(20):
            async with anyio.create_task_group() as tasks:
                for number in range(10):
                    tasks.start_soon(chat.send_text, f"queued {number}")
                await anyio.sleep(0.001)
                tasks.cancel_scope.cancel()
        assert (await chat.send_text("after")).text == "after"


async def test_who_waits_gets_its_turn(
    mock: Mock, sender: SenderName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty calls share two connections, and each gets its own answer."""
    monkeypatch.setattr(_lanes, "MOST_LANES", 2)
    texts = [f"in turn {number}" for number in range(20)]
    seen: list[str | None] = []

    async def send(text: str) -> None:
        message = await chat.send_text(text)
        seen.append(message.text)

    async with AsyncBlinger(mock.token, base_url=mock.url, sender=sender) as client:
        chat = client.conversation(mock.conversation)
        async with anyio.create_task_group() as tasks:
            for text in texts:
                tasks.start_soon(send, text)

    assert sorted(map(str, seen)) == sorted(texts)
