"""The limit: the bytes of a request, made already, on a socket, and an answer of known length."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 80


def _request(url: str, headers: Mapping[str, str], body: bytes) -> bytes:
    parts = urlsplit(url)
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def _length(answer: bytes) -> int | None:
    """Return how long an answer is, or None before its head is complete."""
    head, found, _ = answer.partition(b"\r\n\r\n")
    if not found:
        return None
    assert head.startswith(b"HTTP/1.1 200 "), head
    value = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return len(head) + 4 + int(value)


def blocking(url: str, headers: Mapping[str, str], body: bytes) -> Callable[[], object]:
    connection = socket.create_connection(_address(url))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = _request(url, headers, body)

    def call() -> None:
        connection.sendall(request)
        answer = connection.recv(65536)
        while (length := _length(answer)) is None or len(answer) < length:
            more = connection.recv(65536)
            assert more
            answer += more
        assert len(answer) == length

    return call


class _Exchange(asyncio.Protocol):
    """One connection, which carries one request at a time."""

    def __init__(self) -> None:
        self._answer = b""
        self._waiting: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._answer += data
        length = _length(self._answer)
        if length is not None and len(self._answer) >= length:
            assert len(self._answer) == length
            assert self._waiting
            self._waiting.set_result(None)

    async def send(self, request: bytes) -> None:
        self._answer = b""
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await self._waiting


def asynchronous(
    url: str, headers: Mapping[str, str], body: bytes
) -> Callable[[], Awaitable[object]]:
    host, port = _address(url)
    request = _request(url, headers, body)
    idle: list[_Exchange] = []

    async def call() -> None:
        if idle:
            exchange = idle.pop()
        else:
            loop = asyncio.get_running_loop()
            _, exchange = await loop.create_connection(_Exchange, host, port)
        await exchange.send(request)
        idle.append(exchange)

    return call
