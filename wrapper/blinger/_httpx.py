"""Senders on httpx: with lanes of our own, or with a client that was given."""

from __future__ import annotations

import ssl
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx

from blinger._connections import make_async_lane, make_lane
from blinger._deadline import DEADLINE
from blinger._failures import explain
from blinger._given import GivenAsyncClient, GivenClient
from blinger._lanes import AsyncLanes, Lanes
from blinger._sender import Reply, Request, joined_headers
from blinger.errors import BlingerError, ConfigurationError, TimedOut

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable
    from types import ModuleType


class HttpxSender:
    """Sends on lanes, or through a `httpx.Client`."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        """Take *client*, or make lanes as they are needed."""
        self._library = _library(client, "Client")
        self._lanes = Lanes(make_lane) if client is None else GivenClient(client, self._library)
        self._is_given = client is not None

    def send(self, request: Request) -> Reply:
        """Send *request*, once."""
        deadline = DEADLINE.set(request.deadline)
        try:
            with self._lanes.lane(request) as lane:
                response = lane.send(request)
                body = _Body(request.deadline if self._is_given else None)
                try:
                    pieces: Any = _pieces(response) or response.iter_bytes()
                    for piece in pieces:
                        body.add(piece)
                except self._library.DecodingError:
                    body = _Body(None)  # nothing of it can be read, and the status stands
                finally:
                    response.close()
                headers = joined_headers(response.headers.raw)
                return Reply(status=response.status_code, headers=headers, body=body.joined())
        except _errors(self._library) as error:
            raise _explain(self._library, error, request) from error
        finally:
            DEADLINE.reset(deadline)

    def close(self) -> None:
        """Close the connections, if they are ours."""
        self._lanes.close()


class AsyncHttpxSender:
    """Sends on lanes, or through a `httpx.AsyncClient`."""

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        """Take *client*, or make lanes as they are needed."""
        self._library = _library(client, "AsyncClient")
        self._lanes = (
            AsyncLanes(make_async_lane)
            if client is None
            else GivenAsyncClient(client, self._library)
        )
        self._is_given = client is not None

    async def send(self, request: Request) -> Reply:
        """Send *request*, once."""
        deadline = DEADLINE.set(request.deadline)
        try:
            async with self._lanes.lane(request) as lane:
                response = await lane.send(request)
                body = _Body(request.deadline if self._is_given else None)
                try:
                    pieces: Any = _pieces(response) or response.aiter_bytes()
                    async for piece in pieces:
                        body.add(piece)
                except self._library.DecodingError:
                    body = _Body(None)  # nothing of it can be read, and the status stands
                finally:
                    await response.aclose()
                headers = joined_headers(response.headers.raw)
                return Reply(status=response.status_code, headers=headers, body=body.joined())
        except _errors(self._library) as error:
            raise _explain(self._library, error, request) from error
        finally:
            DEADLINE.reset(deadline)

    async def aclose(self) -> None:
        """Close the connections, if they are ours."""
        await self._lanes.aclose()


class _Body:
    """The body as it arrives, against the clock where the streams, of a given client, are not."""

    def __init__(self, deadline: float | None) -> None:
        self._deadline = deadline
        self._pieces: list[bytes] = []

    def add(self, piece: bytes) -> None:
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise TimedOut("the deadline of the call passed while the answer was read")
        self._pieces.append(piece)

    def joined(self) -> bytes:
        return b"".join(self._pieces)


def _pieces(response: httpx.Response) -> Iterable[bytes] | AsyncIterable[bytes] | None:
    """Return the body as it comes over the wire; None where it must be decoded."""
    is_encoded = any(name.lower() == b"content-encoding" for name, _ in response.headers.raw)
    return None if is_encoded else response.stream


def _library(client: object, kind: str) -> ModuleType:
    """Return the library that *client* is of: httpx, or httpx2, which has the same names."""
    if client is None:
        return httpx
    bases = [(base.__module__.partition(".")[0], base.__name__) for base in type(client).__mro__]
    for root in ("httpx", "httpx2"):
        if (root, kind) in bases:
            return sys.modules[root]
    raise ConfigurationError(f"http_client is a {type(client).__name__}: give a httpx.{kind}")


def _errors(library: ModuleType) -> tuple[type[Exception], ...]:
    # anyio hands on what TLS 1.3 says late, such as that it wants a certificate, as it is.
    return (library.HTTPError, library.InvalidURL, library.StreamError, ssl.SSLError)


def _explain(library: ModuleType, error: Any, request: Request) -> BlingerError:
    """Return our error, and take the request, which holds the token, out of the cause."""
    if isinstance(error, library.RequestError):
        error.request = library.Request(request.method, request.url)
    return explain(error, request)
