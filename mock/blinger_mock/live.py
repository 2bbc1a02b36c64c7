"""What happens, as it happens: Server-Sent Events, and calls that wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from starlette.types import Receive, Scope, Send

    from blinger_mock.bus import Bus, Event, Subscription
    from blinger_mock.engine import Engine

_BEAT_SECONDS = 15.0
_RETRY = b"retry: 500\n\n"


class EventStream(Response):
    """The events of one tenant until the client leaves, the server stops, or too many are unread.

    There is no replay: an event says where to look, and whoever connects anew looks at everything.
    """

    media_type = "text/event-stream"

    def __init__(self, bus: Bus, tenant: str) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._bus = bus
        self._tenant = tenant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what happens."""
        with self._bus.subscribed(self._tenant) as subscription:
            headers = self.raw_headers
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            if scope["method"] != "HEAD":
                await send({"type": "http.response.body", "body": _RETRY, "more_body": True})
                await _first(_feed(subscription, send), _beat(send), _gone(receive))
        await send({"type": "http.response.body", "body": b""})


async def _first(*work: Coroutine[None, None, None]) -> None:
    """Do all of *work* until one of it is done."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _feed(subscription: Subscription, send: Send) -> None:
    async for event in subscription.events():
        line = b"data: %b\n\n" % msgspec.json.encode(_public(event))
        await send({"type": "http.response.body", "body": line, "more_body": True})


async def _beat(send: Send) -> None:
    # What stands between may close a connection that is silent for a minute.
    while True:
        await asyncio.sleep(_BEAT_SECONDS)
        await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _public(event: Event) -> Mapping[str, str | None]:
    return {"kind": event.kind, "conversation": event.conversation, "id": event.id}


async def more_messages(
    engine: Engine, tenant: str, conversation: str, after: int, seconds: float
) -> None:
    """Wait, at most *seconds*, until *conversation* of *tenant* has more than *after* messages."""

    def there() -> bool:
        # Looked up each time: a reset makes another state of the same name.
        if tenant not in engine.tenancies:
            return True
        one = engine.state(tenant).conversation(conversation)
        return one is None or one.messages > after

    with engine.bus.subscribed(tenant) as subscription:
        if there():
            return
        try:
            async with asyncio.timeout(seconds):
                async for _ in subscription.events():
                    if there():
                        return
        except TimeoutError:
            return
