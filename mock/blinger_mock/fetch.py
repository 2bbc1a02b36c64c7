"""Fetch the file of a message (assumption `file_fetch`): from this machine alone, within bounds."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from blinger_mock.steps import Fetched, Refusal, Violation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_SECONDS = 5.0
_MOST_BYTES = 16 * 1024 * 1024
_CHUNK = 64 * 1024
_PORTS = {"http": 80, "https": 443}


class _NotFetched(Exception):
    """The file cannot be had; the message repeats nothing of the URL."""


async def fetch(url: str) -> Fetched | Refusal:
    """Return what the host of *url* says about the file, or why the message is refused."""
    try:
        async with asyncio.timeout(_SECONDS):
            return await _fetch(urlsplit(url))
    except _NotFetched as problem:
        text = str(problem)
    except TimeoutError:
        text = f"the file did not arrive within {_SECONDS:g} seconds"
    except (OSError, ValueError, asyncio.LimitOverrunError, EOFError):
        text = "the file cannot be fetched"
    return Refusal(400, (Violation("body", "/file", "file_fetch", text),), by_field=True)


async def _fetch(url: SplitResult) -> Fetched:
    host = _loopback(url.hostname)
    reader, writer = await asyncio.open_connection(
        host, url.port or _PORTS[url.scheme], ssl=_unverified() if url.scheme == "https" else None
    )
    try:
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        # HTTP/1.0: the body ends with the connection, and is never chunked.
        request = f"GET {target} HTTP/1.0\r\nHost: {url.netloc.rpartition('@')[2]}\r\n\r\n"
        writer.write(request.encode("ascii"))
        status, mime_type = await _head(reader)
        if status != 200:  # noqa: PLR2004 - a redirect is not followed: it could lead off this machine
            raise _NotFetched(f"the file's host answered {status}")
        return Fetched(await _size(reader), mime_type)
    finally:
        writer.transport.abort()


def _loopback(host: str | None) -> str:
    if host is not None and host.lower() == "localhost":
        return "127.0.0.1"
    # No name is looked up: what a name means can change between the look and the connection.
    try:
        inside = ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        inside = False
    if host is None or not inside:
        raise _NotFetched("the mock fetches from this machine only")
    return host


def _unverified() -> ssl.SSLContext:
    # What serves on loopback has a certificate of its own making, if any.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _head(reader: asyncio.StreamReader) -> tuple[int, str | None]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ")[1])
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-type":
            return status, value.partition(";")[0].strip().lower() or None
    return status, None


async def _size(reader: asyncio.StreamReader) -> int:
    size = 0
    async for chunk in _chunks(reader):
        size += len(chunk)
        if size > _MOST_BYTES:
            raise _NotFetched(f"the file has more than {_MOST_BYTES} bytes")
    return size


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while chunk := await reader.read(_CHUNK):
        yield chunk
