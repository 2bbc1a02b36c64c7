"""Clients of httpx as a lane wants them: one connection, shared TLS settings, no cookies."""

from __future__ import annotations

import codecs
import functools
import threading
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx

from blinger._deadline import AsyncDeadlineBackend, DeadlineBackend

if TYPE_CHECKING:
    import ssl

# The first look-up of a host imports it; a child forked in the midst of that would wait for ever.
codecs.lookup("idna")


def shared_tls() -> ssl.SSLContext:
    """Return the TLS settings that all lanes share: making them costs more than a call."""
    with TLS_LOCK:
        return _make_tls()


@functools.cache
def _make_tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


TLS_LOCK = threading.Lock()
"""Held over a fork too: a child made in the midst of it would wait for OpenSSL's locks for ever."""

KEEP_ALIVE = 5.0
"""Seconds that a connection may wait for the next request; servers close theirs sooner or later."""

_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEP_ALIVE)


def make_client() -> httpx.Client:
    """Return a client with one connection, which keeps to the deadline."""
    client = httpx.Client(verify=shared_tls(), limits=_ONE, cookies=_no_cookies())
    for pool in pools(client):
        pool._network_backend = DeadlineBackend(pool._network_backend)
    return client


def make_async_client() -> httpx.AsyncClient:
    """Return a client with one connection, which keeps to the deadline."""
    client = httpx.AsyncClient(verify=shared_tls(), limits=_ONE, cookies=_no_cookies())
    for pool in pools(client):
        pool._network_backend = AsyncDeadlineBackend(pool._network_backend)
    return client


def pools(client: httpx.Client | httpx.AsyncClient) -> list[Any]:
    """Return the pools of a client, those of the environment's proxies included.

    httpx lets a transport be given, but then forgets those proxies; so its own are reached into.
    """
    inside: Any = client
    transports = (inside._transport, *inside._mounts.values())
    return [transport._pool for transport in transports if transport is not None]


def _no_cookies() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))
