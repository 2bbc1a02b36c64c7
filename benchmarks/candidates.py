"""What is compared, blocking: each sends the same text, and is ready for the next call on return.

What a candidate needs is imported when it is opened: each environment has some of it only.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, TypeAlias

from benchmarks import limit
from benchmarks.upstream import CONVERSATION

if TYPE_CHECKING:
    from collections.abc import Callable

    Call: TypeAlias = Callable[[], object]

TOKEN = "t" * 40
TEXT = "Hello, how may I help you?"
HEADERS = {"Authorization": TOKEN, "User-Agent": "benchmark/1", "Accept": "application/json"}
PATH = f"/conversation/{CONVERSATION}/send-text-message"
REVIEW = f"/conversation/{CONVERSATION}/request-review"


def body() -> dict[str, str]:
    return {"uuid": str(uuid.uuid4()), "text": TEXT}


def _httpx(url: str) -> Call:
    import httpx

    client = httpx.Client(base_url=url, headers=HEADERS)

    def call() -> None:
        assert client.request("POST", PATH, json=body()).status_code == 200

    return call


def _httpx_review(url: str) -> Call:
    import httpx

    client = httpx.Client(base_url=url, headers=HEADERS)

    def call() -> None:
        assert client.request("POST", REVIEW).status_code == 200

    return call


def _generated(url: str) -> Call:
    from blinger_api import AuthenticatedClient
    from blinger_api.api.conversation import send_text_message
    from blinger_api.models import MessageEnvelope, SendTextMessageRequest

    client = AuthenticatedClient(base_url=url, token=TOKEN, prefix="")

    def call() -> None:
        text = SendTextMessageRequest(uuid=uuid.uuid4(), text=TEXT)
        answer = send_text_message.sync_detailed(CONVERSATION, client=client, body=text)
        assert isinstance(answer.parsed, MessageEnvelope)
        assert answer.parsed.data.id

    return call


def _blinger(url: str) -> Call:
    from blinger import Blinger

    chat = Blinger(TOKEN, base_url=url).conversation(CONVERSATION)

    def call() -> None:
        assert chat.send_text(TEXT).id

    return call


def _blinger_review(url: str) -> Call:
    from blinger import Blinger

    chat = Blinger(TOKEN, base_url=url).conversation(CONVERSATION)

    def call() -> None:
        assert chat.request_review().id

    return call


def _requests(url: str) -> Call:
    import requests

    session = requests.Session()
    session.headers.update(HEADERS)

    def call() -> None:
        answer = session.post(url + PATH, json=body(), timeout=30)
        assert answer.json()["data"]["id"]

    return call


def _openai(url: str) -> Call:
    import openai

    client = openai.OpenAI(base_url=url, api_key=TOKEN)

    def call() -> None:
        answer = client.embeddings.create(model="small", input=TEXT, encoding_format="float")
        assert answer.data[0].embedding

    return call


def _sockets(url: str) -> Call:
    return limit.blocking(url + PATH, HEADERS, json.dumps(body()).encode())


SYNC: dict[str, Callable[[str], Call]] = {
    "httpx": _httpx,
    "httpx.review": _httpx_review,
    "generated": _generated,
    "blinger": _blinger,
    "blinger.review": _blinger_review,
    "requests": _requests,
    "openai": _openai,
    "sockets": _sockets,
}
