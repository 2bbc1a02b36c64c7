"""What is compared, asynchronous: each opens a client, to send the same text with, and closes it.

What a candidate needs is imported when it is opened: each environment has some of it only.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from benchmarks import limit
from benchmarks.candidates import HEADERS, PATH, TEXT, TOKEN, body
from benchmarks.upstream import CONVERSATION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Call: TypeAlias = Callable[[], Awaitable[object]]
    Candidate: TypeAlias = Callable[[str], contextlib.AbstractAsyncContextManager[Call]]


@contextlib.asynccontextmanager
async def _httpx(url: str, kept: int = 20, **options: Any) -> AsyncIterator[Call]:
    import httpx

    limits = httpx.Limits(max_connections=100, max_keepalive_connections=kept)
    async with httpx.AsyncClient(base_url=url, headers=HEADERS, limits=limits, **options) as client:

        async def call() -> None:
            assert (await client.request("POST", PATH, json=body())).status_code == 200

        yield call


@contextlib.asynccontextmanager
async def _generated(url: str) -> AsyncIterator[Call]:
    from blinger_api import AuthenticatedClient
    from blinger_api.api.conversation import send_text_message
    from blinger_api.models import MessageEnvelope, SendTextMessageRequest

    async with AuthenticatedClient(base_url=url, token=TOKEN, prefix="") as client:

        async def call() -> None:
            text = SendTextMessageRequest(uuid=uuid.uuid4(), text=TEXT)
            answer = await send_text_message.asyncio_detailed(
                CONVERSATION, client=client, body=text
            )
            assert isinstance(answer.parsed, MessageEnvelope)
            assert answer.parsed.data.id

        yield call


@contextlib.asynccontextmanager
async def _blinger(url: str, **options: Any) -> AsyncIterator[Call]:
    from blinger import AsyncBlinger

    async with AsyncBlinger(TOKEN, base_url=url, **options) as client:
        chat = client.conversation(CONVERSATION)

        async def call() -> None:
            assert (await chat.send_text(TEXT)).id

        yield call


def _patient(url: str, **options: Any) -> contextlib.AbstractAsyncContextManager[Call]:
    """Open one whose calls wait for a connection as long as it takes."""
    from blinger import Timeout

    return _blinger(url, timeout=Timeout(pool=None), deadline=None, **options)


@contextlib.asynccontextmanager
async def _aiohttp(url: str) -> AsyncIterator[Call]:
    import aiohttp

    async with aiohttp.ClientSession(headers=HEADERS) as session:

        async def call() -> None:
            async with session.post(url + PATH, json=body()) as answer:
                assert (await answer.json())["data"]["id"]

        yield call


@contextlib.asynccontextmanager
async def _openai(url: str) -> AsyncIterator[Call]:
    import openai

    async with openai.AsyncOpenAI(base_url=url, api_key=TOKEN) as client:

        async def call() -> None:
            answer = await client.embeddings.create(
                model="small", input=TEXT, encoding_format="float"
            )
            assert answer.data[0].embedding

        yield call


@contextlib.asynccontextmanager
async def _protocol(url: str) -> AsyncIterator[Call]:
    yield limit.asynchronous(url + PATH, HEADERS, json.dumps(body()).encode())


ASYNC: dict[str, Candidate] = {
    "httpx.async": _httpx,
    "httpx.async.100": partial(_httpx, kept=100),
    "httpx.async.patient": partial(_httpx, timeout=None),
    "generated.async": _generated,
    "blinger.async": _blinger,
    "blinger.async.aiohttp": partial(_blinger, sender="aiohttp"),
    "blinger.async.patient": _patient,
    "blinger.async.patient.aiohttp": partial(_patient, sender="aiohttp"),
    "aiohttp": _aiohttp,
    "openai.async": _openai,
    "protocol": _protocol,
}
