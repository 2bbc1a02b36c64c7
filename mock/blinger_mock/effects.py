"""How a fault is carried out on the wire: on a connection, or on the bytes of an answer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING

from blinger_mock.faults import Close, Drip, Hang, Malformed, Reset, Truncate

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

EXTENSION = "blinger_mock.connection"
"""Where in the `extensions` of a scope the server puts its `Connection`."""

_MOST_HANGING = 1000
_AT_ONCE = struct.pack("ii", 1, 0)


class NoConnection(ConnectionAbortedError):
    """A fault ends an exchange, and there is no connection: the caller is in this process."""


class Connection:
    """A connection that can be made to end badly."""

    hanging = 0
    """How many of all connections are left without an answer."""

    def __init__(self, transport: asyncio.Transport) -> None:
        """Take the *transport* of an accepted socket."""
        self.transport = transport
        self.deaf = False
        """Whether what still comes in is thrown away."""

    def reset(self) -> None:
        """Reset it (RST)."""
        accepted = self.transport.get_extra_info("socket")
        if accepted is not None:
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.transport.abort()

    def close(self) -> None:
        """Close it (FIN) once what was written is sent."""
        self.transport.close()


async def wait(seconds: float, receive: Receive) -> bool:
    """Wait for *seconds*; return at once, and False, if the client goes away meanwhile."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _until_gone(receive)
            return False
    return True


async def cut(effect: Hang | Reset | Close, scope: Scope, receive: Receive) -> None:
    """End an exchange without an answer, and return when the connection is gone.

    Raises:
        NoConnection: The caller is in this process.
    """
    connection = _connection(scope)
    if isinstance(effect, Close):
        connection.close()
    elif isinstance(effect, Reset) or Connection.hanging >= _MOST_HANGING:
        connection.reset()
    else:
        await _hang(connection, receive)
        return
    await _until_gone(receive)


async def _hang(connection: Connection, receive: Receive) -> None:
    # Deaf, so that a client that goes on sending can neither fill the memory nor hide that it left.
    connection.deaf = True
    Connection.hanging += 1
    try:
        await _until_gone(receive)
    finally:
        Connection.hanging -= 1


async def spoil(
    effect: Drip | Truncate | Malformed,
    start: Message,
    body: bytes,
    *,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Send the answer of *start* and *body*, spoilt.

    Raises:
        NoConnection: It is to be truncated, and the caller is in this process.
    """
    half = body[: len(body) // 2]
    if isinstance(effect, Malformed):
        await send(_with_length(start, len(half)))
        await send({"type": "http.response.body", "body": half})
        return
    if isinstance(effect, Truncate):
        connection = _connection(scope)
        await send(start)
        await send({"type": "http.response.body", "body": half, "more_body": True})
        connection.close()
        await _until_gone(receive)
        return
    await send(start)
    for place in range(len(body)):
        if place and not await wait(effect.seconds, receive):
            return
        byte = body[place : place + 1]
        await send({"type": "http.response.body", "body": byte, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _connection(scope: Scope) -> Connection:
    connection = scope.get("extensions", {}).get(EXTENSION)
    if not isinstance(connection, Connection):
        raise NoConnection("a fault ends this exchange without a whole answer")
    return connection


def _with_length(start: Message, length: int) -> Message:
    headers = [
        (name, b"%d" % length if name == b"content-length" else value)
        for name, value in start["headers"]
    ]
    return {**start, "headers": headers}


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
