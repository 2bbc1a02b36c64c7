"""Fetching a file is bounded: in where it goes, in what it takes, and in time."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from blinger_mock.fetch import fetch
from blinger_mock.steps import Fetched, Refusal

HEAD = b"HTTP/1.0 200 OK\r\n\r\n"


async def _fetch_from(answer: bytes, *, hang: bool = False) -> Fetched | Refusal:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        with contextlib.suppress(OSError):
            if hang:
                await reader.read()
            writer.close()
            await writer.wait_closed()
        served.set()

    served = asyncio.Event()
    host = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with host:
        port = host.sockets[0].getsockname()[1]
        fetched = await fetch(f"http://localhost:{port}/canary-path?canary-query")
        await served.wait()
    return fetched


@pytest.mark.parametrize(
    ("answer", "hang", "says"),
    [
        (HEAD + b"a" * 11, False, "the file has more than 10 bytes"),
        (HEAD + b"a", True, "the file did not arrive within 0.1 seconds"),
        (b"HTTP/1.0 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n", False, "host answered 302"),
        (b"HTTP/1.0 OK\r\n\r\n", False, "the file cannot be fetched"),
        (b"a" * 100_000, False, "the file cannot be fetched"),
        (b"", False, "the file cannot be fetched"),
    ],
    ids=["large", "slow", "redirect", "no status", "no head", "nothing"],
)
def test_refused(monkeypatch: pytest.MonkeyPatch, answer: bytes, says: str, *, hang: bool) -> None:
    """What is too large, too slow, elsewhere or no HTTP is a refusal that repeats no URL."""
    monkeypatch.setattr("blinger_mock.fetch._MOST_BYTES", 10)
    monkeypatch.setattr("blinger_mock.fetch._SECONDS", 0.1)
    refusal = asyncio.run(_fetch_from(answer, hang=hang))

    assert isinstance(refusal, Refusal)
    assert says in refusal.violations[0].text
    assert "canary" not in refusal.violations[0].text


def test_fetched__without_a_media_type() -> None:
    """A host that names no media type leaves it to the URL."""
    fetched = asyncio.run(_fetch_from(HEAD + b"abc"))

    assert isinstance(fetched, Fetched)
    assert (fetched.size, fetched.mime_type) == (3, None)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/a",
        "http://example.com/a",
        "http://localhost.example.com/a",
        "http://0.0.0.0/a",
        "http://[::ffff:192.0.2.1]/a",
        "http://2130706433/a",
        "http://127.0.0.1@192.0.2.1/a",
        "http:///a",
    ],
)
def test_elsewhere(url: str) -> None:
    """No name is looked up and no other machine is called."""
    refusal = asyncio.run(fetch(url))

    assert isinstance(refusal, Refusal)
    assert refusal.violations[0].text == "the mock fetches from this machine only"
