"""The connections of a client: how many, who waits for one, and when they close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.wrapper.faces import CONVERSATION

from blinger import ConnectionFailed, Outcome, Timeout, _lanes

if TYPE_CHECKING:
    from tests.unit.wrapper.faces import Face
    from tests.unit.wrapper.scripted import Server


def test_who_finds_every_connection_busy_waits_and_gives_up(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its one place taken, a client says so after `timeout.pool`; nothing was sent."""
    monkeypatch.setattr(_lanes, "MOST_LANES", 1)
    handle = face(base_url=server.url, retries=0, timeout=Timeout(pool=0.05))
    client: Any = handle.client
    lanes = client._driver.sender._lanes

    def call() -> None:
        with lanes.lane(1):
            client.conversation(CONVERSATION).request_review()

    async def call_async() -> None:
        async with lanes.lane(1):
            await client.conversation(CONVERSATION).request_review()

    with pytest.raises(ConnectionFailed, match=r"all 1 .* busy for 0\.05 s") as caught:
        face.run(call if face.is_sync else call_async)

    assert caught.value.outcome is Outcome.NOT_SENT
    assert server.connections == 0


def test_a_connection_that_comes_back_to_a_closed_client_is_closed(
    face: Face, server: Server
) -> None:
    """Closing does not break what is under way, and leaves nothing open behind it."""
    handle = face(base_url=server.url)
    client: Any = handle.client
    lanes = client._driver.sender._lanes
    made: list[Any] = []

    def lend() -> None:
        with lanes.lane(1) as lane:
            made.append(lane)
            client.close()
            assert not lane.is_closed

    async def lend_async() -> None:
        async with lanes.lane(1) as lane:
            made.append(lane)
            await client.close()
            assert not lane.is_closed

    face.run(lend if face.is_sync else lend_async)

    assert made[0].is_closed


def test_what_waited_too_long_is_closed_by_the_next_answer(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a burst the connections that nobody needs go, one call later."""
    handle = face(base_url=server.url)
    client: Any = handle.client
    lanes = client._driver.sender._lanes
    made: list[Any] = []

    def burst() -> None:
        with lanes.lane(1) as one, lanes.lane(1) as two, lanes.lane(1) as three:
            made.extend((one, two, three))

    async def burst_async() -> None:
        async with lanes.lane(1) as one, lanes.lane(1) as two, lanes.lane(1) as three:
            made.extend((one, two, three))

    def one_more() -> None:
        with lanes.lane(1):
            pass

    async def one_more_async() -> None:
        async with lanes.lane(1):
            pass

    face.run(burst if face.is_sync else burst_async)
    monkeypatch.setattr(_lanes, "KEEP_ALIVE", -1.0)
    face.run(one_more if face.is_sync else one_more_async)

    assert [lane.is_closed for lane in made] == [True, True, True]
