"""What an exception of aiohttp says, told anew: the exception holds the headers of the request."""

from __future__ import annotations

import aiohttp

from blinger._failures import chain


class Failure(Exception):
    """An attempt failed. The names of its kinds are those of httpx, which `explain` knows."""


class ConnectError(Failure):
    """No connection was made."""


class ConnectTimeout(Failure):
    """No connection was made in time."""


class ProxyError(Failure):
    """The proxy made no connection."""


class ReadTimeout(Failure):
    """The next piece of the answer did not come in time."""


class WriteTimeout(Failure):
    """The request was not taken in time."""


class ReadError(Failure):
    """The connection broke, or what came on it is no HTTP."""


class InvalidURL(Failure):
    """There is no sending to this URL."""


def translate(error: Exception, *, connected: bool) -> Failure:
    """Return the failure that *error* is, with that cause of it that is the system's own."""
    causes = [link for link in chain(error) if _is_of_the_system(link)]
    cause = causes[-1] if causes else None
    words = "" if cause is None else str(cause)
    failure = _after(error, words) if connected else _before(error, words)
    if cause is not None:
        cause.__cause__ = cause.__context__ = None
        failure.__cause__ = cause
    return failure


def _is_of_the_system(error: BaseException) -> bool:
    return isinstance(error, OSError) and not isinstance(error, aiohttp.ClientError)


def _before(error: Exception, words: str) -> Failure:
    match error:
        case aiohttp.ClientHttpProxyError():
            return ProxyError(f"{error.status} {error.message}")
        case TimeoutError():
            return ConnectTimeout()
        case UnicodeError():  # no label of a name is that long
            return ConnectError("its name cannot be resolved (DNS)")
        case _:
            return ConnectError(words)


def _after(error: Exception, words: str) -> Failure:
    match error:
        case aiohttp.SocketTimeoutError():
            return ReadTimeout()
        case TimeoutError():
            return WriteTimeout()
        case aiohttp.ServerDisconnectedError():
            return ReadError("it was closed before there was an answer")
        case aiohttp.ClientPayloadError():
            return ReadError("it was closed within the answer")
        case aiohttp.ClientResponseError():
            return ReadError("the answer is not HTTP")
        case _:
            return ReadError(words)
