"""Both clients under one handle, so that each scenario is written once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import pytest
import tenacity
from anyio.from_thread import start_blocking_portal

from blinger import AsyncBlinger, Blinger

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from anyio.from_thread import BlockingPortal

TOKEN = "token-of-the-tests"
CONVERSATION = "e1d247c8-5cd8-4f93-b9d7-15fd3259ac22"
AGENT = "c671d030-584e-4422-8710-9215c04b6a64"
FILE_URL = "https://files.example/invoice.pdf"

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "assign_agent": (AGENT,),
    "send_text": ("Hello",),
    "send_file": (FILE_URL,),
    "request_review": (),
}
"""The four operations, each with arguments that a server takes."""
OPERATIONS = tuple(ARGUMENTS)
SENDS = ("send_text", "send_file")
PATHS = {name: f"/conversation/{CONVERSATION}/{name.replace('_', '-')}" for name in OPERATIONS} | {
    name: f"/conversation/{CONVERSATION}/{name.replace('_', '-')}-message" for name in SENDS
}
"""Below the base URL, as the API page gives them."""
HTTPX_FACES = ("sync", "asyncio")
FACES = (*HTTPX_FACES, "aiohttp")
EVERY_FACE = (*FACES, "trio")
"""Each way to make calls: blocking and awaiting, through httpx and through aiohttp."""


@dataclass
class Handle:
    """A client of either face: what is awaited on one is run to its end on both."""

    client: Blinger | AsyncBlinger
    run: Callable[..., Any]
    waits: list[float] = field(default_factory=list)
    """What was waited between attempts, in seconds, once `without_sleeping` was called."""

    def call(
        self, name: str, *arguments: object, conversation: str = CONVERSATION, **options: object
    ) -> Any:
        """Call an operation; left without arguments, with some that a server takes."""
        method = getattr(self.client.conversation(conversation), name)
        return self.run(method, *(arguments or ARGUMENTS[name]), **options)

    def with_options(self, **options: Any) -> Handle:
        """Return a handle of the view."""
        return Handle(self.client.with_options(**options), self.run, self.waits)

    def close(self) -> None:
        """Close the client."""
        self.run(self.client.close)

    def without_sleeping(self) -> Self:
        """Write down what would be waited, and do not wait."""

        async def note(seconds: float) -> None:
            self.waits.append(seconds)

        driver: Any = self.client._driver
        driver._loop = (
            partial(tenacity.Retrying, sleep=self.waits.append)
            if isinstance(self.client, Blinger)
            else partial(tenacity.AsyncRetrying, sleep=note)
        )
        return self


class Face:
    """One of the faces: makes clients, and runs what they do."""

    def __init__(self, name: str) -> None:
        """Take the *name*: sync, or the event loop that the awaiting client runs in, or aiohttp."""
        self.name = name
        self.is_sync = name == "sync"
        self.client_type: Callable[..., Blinger | AsyncBlinger] = _CLIENTS.get(name, AsyncBlinger)
        self._handles: list[Handle] = []
        self._portal: AbstractContextManager[BlockingPortal] | None = None
        self._run: Callable[..., Any] | None = None

    def run(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call *function*, and await what it returns where that is this face's way."""
        if self._run is None:
            self._run = self._make_run()
        return self._run(function, *arguments, **options)

    def __call__(self, token: str = TOKEN, **options: Any) -> Handle:
        """Make a client; `close` closes it."""
        handle = Handle(self.client_type(token, **options), self.run)
        self._handles.append(handle)
        return handle

    def close(self) -> None:
        """Close all that was made."""
        for handle in self._handles:
            handle.close()
        if self._portal is not None:
            self._portal.__exit__(None, None, None)

    def _make_run(self) -> Callable[..., Any]:
        if self.is_sync:
            return lambda function, *arguments, **options: function(*arguments, **options)
        self._portal = start_blocking_portal("trio" if self.name == "trio" else "asyncio")
        portal = self._portal.__enter__()

        def run(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
            return portal.call(partial(function, *arguments, **options))

        return run


_CLIENTS: dict[str, Callable[..., Blinger | AsyncBlinger]] = {
    "sync": Blinger,
    "aiohttp": partial(AsyncBlinger, sender="aiohttp"),
}

over_httpx = pytest.mark.parametrize("face", HTTPX_FACES, indirect=True)
"""For what only the senders on httpx have: a client that was given."""


def is_async(function: object) -> bool:
    """Return whether *function* is awaited."""
    return asyncio.iscoroutinefunction(function)
