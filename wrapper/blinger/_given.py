"""A client that the caller gave: lent as it is, neither changed nor closed.

Nothing protects its connections from a fork or another event loop, so it is refused there.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from blinger._connections import AsyncClientLane, ClientLane
from blinger._lanes import running_loop
from blinger.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from types import ModuleType

    import httpx

    from blinger._sender import Request


class GivenClient:
    """A client of the caller's, lent as it is: it is neither changed nor closed."""

    def __init__(self, client: httpx.Client, library: ModuleType) -> None:
        """Take the *client*, and the *library* that it is of."""
        self._client = client
        self._lane = ClientLane(client, library)
        self._pid = os.getpid()

    @contextlib.contextmanager
    def lane(self, _: Request) -> Generator[ClientLane]:
        """Lend the client, whose own pool does the waiting."""
        _check_given(self._client, self._pid)
        yield self._lane

    def close(self) -> None:
        """Leave it to the caller."""


class GivenAsyncClient:
    """A client of the caller's, lent as it is: it is neither changed nor closed."""

    def __init__(self, client: httpx.AsyncClient, library: ModuleType) -> None:
        """Take the *client*, and the *library* that it is of."""
        self._client = client
        self._lane = AsyncClientLane(client, library)
        self._pid = os.getpid()
        self._loop: object = None

    @contextlib.asynccontextmanager
    async def lane(self, _: Request) -> AsyncGenerator[AsyncClientLane]:
        """Lend the client, whose own pool does the waiting."""
        _check_given(self._client, self._pid)
        self._loop = self._loop or running_loop()
        if self._loop is not running_loop():
            raise ConfigurationError(
                "http_client was used in another event loop, where its connections still are: "
                "give each loop a client of its own, or let AsyncBlinger make one"
            )
        yield self._lane

    async def aclose(self) -> None:
        """Leave it to the caller."""


def _check_given(client: httpx.Client | httpx.AsyncClient, pid: int) -> None:
    if os.getpid() != pid:
        raise ConfigurationError(
            "http_client was made before a fork, and its connections are still the parent's: "
            "make it in the child, or let the client make its own"
        )
    if client.is_closed:
        raise ConfigurationError("http_client is closed: it was given open, and is yours to keep")
