"""One connection each, as a lane wants it: shared TLS settings, no cookies, against the clock.

Most go through a transport of httpx alone: its client above costs as much again, for what is not
wanted here. Where somebody must be asked in between, a proxy that the environment names or a tracer
that sits in the client, a whole client sends.
"""

from __future__ import annotations

import codecs
import functools
import ssl
import urllib.request
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx

from blinger import _forks
from blinger._deadline import AsyncDeadlineBackend, DeadlineBackend

if TYPE_CHECKING:
    from types import ModuleType

    from blinger._sender import Request

codecs.lookup("idna")  # the first look-up of a host would import it: see _forks

KEEP_ALIVE = 5.0
"""Seconds that a connection may wait for the next request; servers close theirs sooner or later."""

_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEP_ALIVE)
_ENCODINGS = "gzip, deflate"
"""What httpx decodes without another library."""
_AS_IT_IS: dict[str, Any] = {"auth": None, "follow_redirects": False, "stream": True}
"""The token is in the headers, and a redirect is an answer like any other."""


class DirectLane:
    """A transport of httpx with one connection."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        """Take the settings of *tls*; open nothing yet."""
        self._transport = httpx.HTTPTransport(verify=tls, limits=_ONE)
        _keep_time(self._transport, DeadlineBackend)

    def send(self, request: Request) -> httpx.Response:
        """Return the answer, its body not yet read."""
        return self._transport.handle_request(_written(request))

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def abandon(self) -> None:
        """Close the socket, and send nothing on it."""
        _abandon(self._transport)


class AsyncDirectLane:
    """The same, awaiting."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        """Take the settings of *tls*; open nothing yet."""
        self._transport = httpx.AsyncHTTPTransport(verify=tls, limits=_ONE)
        _keep_time(self._transport, AsyncDeadlineBackend)

    async def send(self, request: Request) -> httpx.Response:
        """Return the answer, its body not yet read."""
        return await self._transport.handle_async_request(_written(request))

    async def aclose(self) -> None:
        """Close the connection."""
        await self._transport.aclose()


class ClientLane:
    """A client of httpx, or of httpx2: one that was given, or ours with one connection."""

    def __init__(self, client: httpx.Client, library: ModuleType = httpx) -> None:
        """Take the *client*, and the *library* that it is of."""
        self._client = client
        self._library = library

    def send(self, request: Request) -> httpx.Response:
        """Return the answer, its body not yet read."""
        return self._client.send(_built(self._library, self._client, request), **_AS_IT_IS)

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    def abandon(self) -> None:
        """Close the sockets, and send nothing on them."""
        for transport in _transports(self._client):
            _abandon(transport)


class AsyncClientLane:
    """The same, awaiting."""

    def __init__(self, client: httpx.AsyncClient, library: ModuleType = httpx) -> None:
        """Take the *client*, and the *library* that it is of."""
        self._client = client
        self._library = library

    async def send(self, request: Request) -> httpx.Response:
        """Return the answer, its body not yet read."""
        return await self._client.send(_built(self._library, self._client, request), **_AS_IT_IS)

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.aclose()


def make_lane(request: Request) -> DirectLane | ClientLane:
    """Return a lane that can carry *request*, and those like it."""
    if _can_be_direct(httpx.Client):
        return DirectLane(_tls_for(request))
    client = httpx.Client(verify=shared_tls(), limits=_ONE, cookies=_no_cookies())
    for transport in _transports(client):
        _keep_time(transport, DeadlineBackend)
    return ClientLane(client)


def make_async_lane(request: Request) -> AsyncDirectLane | AsyncClientLane:
    """Return a lane that can carry *request*, and those like it."""
    if _can_be_direct(httpx.AsyncClient):
        return AsyncDirectLane(_tls_for(request))
    client = httpx.AsyncClient(verify=shared_tls(), limits=_ONE, cookies=_no_cookies())
    for transport in _transports(client):
        _keep_time(transport, AsyncDeadlineBackend)
    return AsyncClientLane(client)


def _can_be_direct(client: type[httpx.Client | httpx.AsyncClient]) -> bool:
    """Return whether nothing of the *client* is needed: no proxy is named, and nobody wraps it.

    Tracers put themselves around `send` with `functools.wraps` or the like.
    """
    proxies = urllib.request.getproxies()
    named = any(proxies.get(scheme) for scheme in ("http", "https", "all"))
    return not named and not hasattr(client.send, "__wrapped__")


def _tls_for(request: Request) -> ssl.SSLContext:
    return shared_tls() if request.url[:6].lower() == "https:" else _no_tls()


def shared_tls() -> ssl.SSLContext:
    """Return the TLS settings that all lanes share: making them costs more than many calls."""
    with _forks.LOCK:
        return _make_tls()


@functools.cache
def _make_tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _no_tls() -> ssl.SSLContext:
    """Return settings that trust nobody, for what is not encrypted: httpx wants some."""
    with _forks.LOCK:
        return _make_no_tls()


@functools.cache
def _make_no_tls() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _written(request: Request) -> httpx.Request:
    """Return *request* with all its headers, so that httpx adds none."""
    url = _parsed(request.url)
    headers = [(b"Host", url.netloc)]
    headers += [(name.encode(), value.encode()) for name, value in request.headers.items()]
    if not any(name.lower() == "accept-encoding" for name in request.headers):
        headers.append((b"Accept-Encoding", _ENCODINGS.encode()))
    headers.append((b"Content-Length", b"%d" % len(request.body)))
    return httpx.Request(
        request.method,
        url,
        headers=headers,
        stream=httpx.ByteStream(request.body),
        extensions={"timeout": _limits(request)},
    )


@functools.lru_cache(maxsize=1024)
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)


def _built(library: ModuleType, client: Any, request: Request) -> Any:
    """Return *request* as *client* makes one, with the defaults that its owner gave it."""
    return client.build_request(
        request.method,
        request.url,
        headers=dict(request.headers),
        content=request.body,
        timeout=library.Timeout(**_limits(request)),
    )


def _limits(request: Request) -> dict[str, float | None]:
    timeout = request.timeout
    return {
        "connect": timeout.connect,
        "read": timeout.read,
        "write": timeout.write,
        "pool": timeout.pool,
    }


def _transports(client: httpx.Client | httpx.AsyncClient) -> list[Any]:
    """Return the transports of a client, those of the environment's proxies included.

    httpx lets a transport be given, but then forgets those proxies; so its own are reached into.
    """
    inside: Any = client
    transports = (inside._transport, *inside._mounts.values())
    return [transport for transport in transports if transport is not None]


def _keep_time(transport: Any, backend: type[DeadlineBackend | AsyncDeadlineBackend]) -> None:
    """Read and write against the clock; httpx takes no backend, so its pool is reached into."""
    pool = transport._pool
    pool._network_backend = backend(pool._network_backend)


def _abandon(transport: Any) -> None:
    transport._pool._network_backend.abandon()


def _no_cookies() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))
