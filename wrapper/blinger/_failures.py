"""What an exception of httpx means: was anything sent, and why did it fail?"""

from __future__ import annotations

import re
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from blinger.errors import (
    BlingerError,
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    TimedOut,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger._sender import Request

# By name, so that the exceptions of httpx2, which are other classes, mean the same.
_MEANINGS: dict[str, tuple[type[BlingerError], str]] = {
    "ConnectError": (ConnectionFailed, "cannot connect to {host}"),
    "ConnectTimeout": (ConnectionFailed, "no connection to {host} in time"),
    "PoolTimeout": (
        ConnectionFailed,
        "no connection of the pool came free in time (send less at once)",
    ),
    "ProxyError": (ConnectionFailed, "the proxy did not connect to {host}"),
    "ReadTimeout": (TimedOut, "{host} did not answer in time"),
    "WriteTimeout": (TimedOut, "{host} did not take the request in time"),
    "UnsupportedProtocol": (ConfigurationError, "the URL cannot be used"),
    "InvalidURL": (ConfigurationError, "the URL cannot be used: the ID in it may be too long"),
}

_QUOTING = {"LocalProtocolError", "RemoteProtocolError"}
_QUOTED = re.compile(r":? (?:bytearray\()?b['\"].*", re.DOTALL)


def explain(error: Exception, request: Request) -> BlingerError:
    """Return the error of ours that *error*, raised while *request* was sent, means."""
    _unquote(error)
    host = urlsplit(request.url).netloc
    for kind in type(error).__mro__:
        if kind.__name__ in _MEANINGS:
            ours, words = _MEANINGS[kind.__name__]
            return ours(_with_cause(words.format(host=host), error))
    return ConnectionLost(_with_cause(f"the connection to {host} broke", error))


def _with_cause(reason: str, error: Exception) -> str:
    for link in chain(error):
        match link:
            case socket.gaierror():
                return f"{reason}: its name cannot be resolved (DNS)"
            case ssl.SSLCertVerificationError():
                return f"{reason}: TLS: {link.verify_message}"
            case ssl.SSLError():
                return f"{reason}: TLS: {link.reason or 'the handshake failed'}"
            case ConnectionRefusedError():
                return f"{reason}: connection refused"
            case ConnectionResetError():
                return f"{reason}: connection reset"
            case _:
                continue
    words = " ".join(str(error).split())
    return f"{reason}: {words}" if words else reason


def _unquote(error: Exception) -> None:
    """Take what they quote of the answer, or of a header, out of the words of a parser of HTTP."""
    for link in chain(error):
        if type(link).__name__ in _QUOTING:
            link.args = tuple(_QUOTED.sub("", str(words)) for words in link.args)


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield *error*, and all that led to it."""
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        link = queue.pop(0)
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            yield link
            queue += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]
