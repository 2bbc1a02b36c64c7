"""Which sender an async client gets; the library behind it is imported when it is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from blinger import _forks
from blinger._httpx import AsyncHttpxSender
from blinger.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

    from blinger._sender import AsyncSender

SenderName = Literal["httpx", "aiohttp"]


def make_async_sender(sender: SenderName, http_client: httpx.AsyncClient | None) -> AsyncSender:
    """Return the sender of this name, or one that sends with the client that was given."""
    match sender:
        case "httpx":
            return AsyncHttpxSender(http_client)
        case "aiohttp" if http_client is None:
            return _make_aiohttp_sender()
        case "aiohttp":
            raise ConfigurationError(
                'http_client is a client of httpx: it goes with sender="httpx", not "aiohttp"'
            )
        case _:
            raise ConfigurationError(f'sender is {sender!r}: give "httpx" or "aiohttp"')


def _make_aiohttp_sender() -> AsyncSender:
    try:
        with _forks.LOCK:
            from blinger._aiohttp import AioHttpSender  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if error.name != "aiohttp":
            raise
    else:
        return AioHttpSender()
    raise ConfigurationError("sender=\"aiohttp\" needs aiohttp: pip install 'blinger[aiohttp]'")
