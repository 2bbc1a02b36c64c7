"""Senders on httpx: with a client of our own, or with a given one, neither changed nor closed."""

from __future__ import annotations

import time
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from blinger._deadline import DEADLINE, AsyncDeadlineBackend, DeadlineBackend
from blinger._failures import explain
from blinger._sender import Reply, Request
from blinger.errors import ConfigurationError, TimedOut, TransportError

_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)
_CLOSED = "the client is closed: make another, and keep it as long as you send"


class HttpxSender:
    """Sends through a `httpx.Client`."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        """Take *client*, or make one."""
        self._is_ours = client is None
        self._client = _make_client() if client is None else client

    def send(self, request: Request) -> Reply:
        """Send *request*, once."""
        if self._client.is_closed:
            raise ConfigurationError(_CLOSED)
        token = DEADLINE.set(request.deadline)
        try:
            response = self._client.send(
                _build(self._client, request), auth=None, follow_redirects=False, stream=True
            )
            try:
                body = _Body(request)
                for chunk in response.iter_bytes():
                    body.add(chunk)
            except httpx.DecodingError:
                body = _Body(request)  # nothing of it can be read, and the status stands
            finally:
                response.close()
        except _ERRORS as error:
            raise _explain(error, request) from error
        finally:
            DEADLINE.reset(token)
        return _reply(response, body.bytes())

    def close(self) -> None:
        """Close the client, if it is ours."""
        if self._is_ours:
            self._client.close()


class AsyncHttpxSender:
    """Sends through a `httpx.AsyncClient`."""

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        """Take *client*, or make one."""
        self._is_ours = client is None
        self._client = _make_async_client() if client is None else client

    async def send(self, request: Request) -> Reply:
        """Send *request*, once."""
        if self._client.is_closed:
            raise ConfigurationError(_CLOSED)
        token = DEADLINE.set(request.deadline)
        try:
            response = await self._client.send(
                _build(self._client, request), auth=None, follow_redirects=False, stream=True
            )
            try:
                body = _Body(request)
                async for chunk in response.aiter_bytes():
                    body.add(chunk)
            except httpx.DecodingError:
                body = _Body(request)  # nothing of it can be read, and the status stands
            finally:
                await response.aclose()
        except _ERRORS as error:
            raise _explain(error, request) from error
        finally:
            DEADLINE.reset(token)
        return _reply(response, body.bytes())

    async def aclose(self) -> None:
        """Close the client, if it is ours."""
        if self._is_ours:
            await self._client.aclose()


class _Body:
    """The body as it arrives, read against the clock: a given client has no streams of ours."""

    def __init__(self, request: Request) -> None:
        self._deadline = request.deadline
        self._chunks: list[bytes] = []

    def add(self, chunk: bytes) -> None:
        if self._deadline is not None and time.monotonic() > self._deadline:
            message = "the deadline of the call passed while the answer was read"
            raise TimedOut(message)
        self._chunks.append(chunk)

    def bytes(self) -> bytes:
        return b"".join(self._chunks)


def _make_client() -> httpx.Client:
    client = httpx.Client(cookies=_no_cookies())
    for pool in _pools(client):
        pool._network_backend = DeadlineBackend(pool._network_backend)
    return client


def _make_async_client() -> httpx.AsyncClient:
    client = httpx.AsyncClient(cookies=_no_cookies())
    for pool in _pools(client):
        pool._network_backend = AsyncDeadlineBackend(pool._network_backend)
    return client


def _pools(client: httpx.Client | httpx.AsyncClient) -> list[Any]:
    """Return the pools of a client, those of the environment's proxies included.

    httpx lets a transport be given, but then forgets the proxies of the environment; so its own are
    reached into.
    """
    inside: Any = client
    transports = (inside._transport, *inside._mounts.values())
    return [transport._pool for transport in transports if transport is not None]


def _no_cookies() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))


def _build(client: httpx.Client | httpx.AsyncClient, request: Request) -> httpx.Request:
    timeout = request.timeout
    return client.build_request(
        request.method,
        request.url,
        headers=dict(request.headers),
        content=request.body,
        timeout=httpx.Timeout(
            connect=timeout.connect, read=timeout.read, write=timeout.write, pool=timeout.pool
        ),
    )


def _reply(response: httpx.Response, body: bytes) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(status=response.status_code, headers=headers, body=body)


def _explain(error: Exception, request: Request) -> TransportError:
    """Return our error, and take the request, which holds the token, out of the cause."""
    if isinstance(error, httpx.RequestError):
        error.request = httpx.Request(request.method, request.url)
    return explain(error, request)
