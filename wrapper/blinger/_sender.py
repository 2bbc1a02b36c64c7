"""Sending, as the core sees it: bytes out, bytes in, or a `TransportError`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from blinger._options import Timeout


@frozen(kw_only=True)
class Request:
    """One attempt: all that a sender needs to know."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    timeout: Timeout
    deadline: float | None
    """The instant, on the clock of `time.monotonic`, at which the attempt must have ended."""

    def within(self, timeout: Timeout, deadline: float) -> Request:
        """Return the same request with these limits."""
        return Request(
            method=self.method,
            url=self.url,
            headers=self.headers,
            body=self.body,
            timeout=timeout,
            deadline=deadline,
        )


@frozen(kw_only=True)
class Reply:
    """An answer, whatever its status."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case; the values of a repeated header joined by a comma."""
    body: bytes = field(repr=False)


def joined_headers(lines: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers of an answer as a `Reply` holds them."""
    headers: dict[str, str] = {}
    for line in lines:
        name, value = map(_text, line)
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


class Sender(Protocol):
    """Send one request, and never twice: the retries are decided above."""

    def send(self, request: Request) -> Reply:
        """Return the answer, or raise a `TransportError` that says whether anything was sent."""
        ...

    def close(self) -> None:
        """Give back what the sender made."""


class AsyncSender(Protocol):
    """The same, awaiting."""

    async def send(self, request: Request) -> Reply:
        """Return the answer, or raise a `TransportError` that says whether anything was sent."""
        ...

    async def aclose(self) -> None:
        """Give back what the sender made."""
