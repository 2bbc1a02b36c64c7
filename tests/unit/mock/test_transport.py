"""The transports give what the real socket gives: status, headers and body, or the exception."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from blinger import AsyncBlinger, Blinger, ConnectionFailed
from blinger_mock.clock import Held
from blinger_mock.testing import Mock, in_process, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    Send = Callable[[httpx.Client, Mock], httpx.Response]

KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
_NOT_COMPARED = {"date", "server"}


def _room(mock: Mock, conversation: str | None = None) -> str:
    return f"{mock.url}/conversation/{conversation or mock.conversation}"


def _text(text: str, **options: Any) -> Send:
    body = {"uuid": KEY, "text": text}
    return lambda http, mock: http.post(f"{_room(mock)}/send-text-message", json=body, **options)


def _raw(content: bytes, content_type: str = "application/json") -> Send:
    headers = {"Content-Type": content_type}
    return lambda http, mock: http.post(
        f"{_room(mock)}/send-text-message", content=content, headers=headers
    )


def _to(action: str, body: dict[str, Any] | None, conversation: str | None = None) -> Send:
    return lambda http, mock: http.post(f"{_room(mock, conversation)}/{action}", json=body)


def _limited(http: httpx.Client, mock: Mock) -> httpx.Response:
    mock.fail_next(429, retry_after=3)
    return http.post(f"{_room(mock)}/request-review")


REQUESTS: dict[str, Send] = {
    "assign": lambda http, mock: http.post(
        f"{_room(mock)}/assign-agent", json={"agentId": mock.agent}
    ),
    "text": _text("Hello, мир 👋"),
    "text again": lambda http, mock: (_text("a")(http, mock), _text("a")(http, mock))[1],
    "uuid reused": lambda http, mock: (_text("a")(http, mock), _text("b")(http, mock))[1],
    "file": _to("send-file-message", {"uuid": KEY, "file": "https://example.com/a.png"}),
    "review": lambda http, mock: http.post(f"{_room(mock)}/request-review"),
    "locked": lambda http, mock: http.post(
        f"{_room(mock, mock.locked_conversation)}/request-review"
    ),
    "path": lambda http, mock: http.get(f"{mock.url}/nothing?here=1"),
    "root": lambda http, mock: http.post(httpx.URL(mock.url).join("/")),
    "method": lambda http, mock: http.put(f"{_room(mock)}/request-review"),
    "head": lambda http, mock: http.head(f"{_room(mock)}/request-review"),
    "no token": lambda http, mock: http.post(
        f"{_room(mock)}/request-review", headers={"Authorization": ""}
    ),
    "wrong token": _text("a", headers={"Authorization": "other"}),
    "two tokens": lambda http, mock: http.post(
        f"{_room(mock)}/request-review", headers=[("Authorization", mock.token)] * 2
    ),
    "too large": _text("a" * 2_000_000),
    "media type": _raw(b"{}", "text/plain"),
    "charset": _raw(b"{}", 'application/json; charset="latin1"'),
    "encoding": _text("a", headers={"Content-Encoding": "gzip"}),
    "no body": _raw(b""),
    "syntax": _raw(b"{"),
    "not utf-8": _raw(b'{"text": "\xff"}'),
    "schema": _to("send-text-message", {"uuid": "x", "text": "", "more": 1}),
    "unknown conversation": _to("send-text-message", {"uuid": KEY, "text": "a"}, KEY),
    "no uuid": _to("send-text-message", {"uuid": KEY, "text": "a"}, "nobody%2Fknows"),
    "unknown agent": _to("assign-agent", {"agentId": KEY}),
    "chunked": lambda http, mock: http.post(
        f"{_room(mock)}/send-text-message",
        content=iter([b'{"uuid": "', KEY.encode(), b'", "text": "a"}']),
        headers={"Content-Type": "application/json"},
    ),
    "given fault": _limited,
}


def _seen(http: httpx.Client, mock: Mock, send: Send) -> list[object]:
    """Send, and return all that a caller can see, and what is there afterwards."""
    answer = send(http, mock)
    headers = [one for one in answer.headers.multi_items() if one[0] not in _NOT_COMPARED]
    journal = [(one.operation, one.status, one.violations, one.body) for one in mock.requests()]
    whole = [answer.status_code, sorted(headers), answer.content, answer.http_version]
    return [*whole, answer.reason_phrase, mock.messages(), journal]


@pytest.mark.parametrize("name", REQUESTS)
def test_as_the_socket(name: str) -> None:
    """What is sent in process is answered, stored and noted as what is sent over a socket."""
    seen = []
    for start in (serve, in_process):
        with start(clock=Held()) as mock:
            transport = mock.transport() if start is in_process else httpx.HTTPTransport()
            headers = {"Authorization": mock.token}
            with httpx.Client(transport=transport, headers=headers) as http:
                seen.append(_seen(http, mock, REQUESTS[name]))
            assert mock.violations == 0

    assert seen[0] == seen[1]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("name", ["text", "path", "head", "schema", "too large"])
def test_async(name: str, backend: str) -> None:
    """The asynchronous transport answers as the other, under asyncio and trio."""
    with in_process(clock=Held()) as mock, httpx.Client(transport=mock.transport()) as http:
        expected = REQUESTS[name](http, mock)
        request = httpx.Request(
            expected.request.method,
            expected.request.url,
            headers=expected.request.headers,
            content=expected.request.content,
        )

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=mock.async_transport()) as client:
                return await client.send(request)

        mock.reset()
        answer = anyio.run(send, backend=backend)
    assert expected.status_code == answer.status_code
    assert expected.headers == answer.headers
    assert expected.content == answer.content


def test_sdk() -> None:
    """The SDK takes the transport in a client of its caller's."""
    with in_process() as mock, httpx.Client(transport=mock.transport()) as http:
        chat = Blinger(mock.token, base_url=mock.url, http_client=http).conversation(
            mock.conversation
        )
        chat.assign_agent(mock.agent)
        message = chat.send_text("Hello")
        chat.send_file("https://example.com/a.png")
        chat.request_review()

    assert [one["type"] for one in mock.messages()] == ["text", "file", "review"]
    assert mock.messages()[0]["id"] == message.id


def test_sdk__async() -> None:
    """The asynchronous SDK takes the asynchronous transport."""

    async def walk(mock: Mock) -> str | None:
        async with httpx.AsyncClient(transport=mock.async_transport()) as http:
            client = AsyncBlinger(mock.token, base_url=mock.url, http_client=http)
            return (await client.conversation(mock.conversation).send_text("Hello")).text

    with in_process() as mock:
        assert asyncio.run(walk(mock)) == "Hello"


def test_nothing_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the transport the URL leads nowhere, and its host says why."""
    monkeypatch.setenv("NO_PROXY", "*")
    with in_process() as mock, pytest.raises(httpx.ConnectError):
        httpx.get(mock.url)
    with (
        Blinger(mock.token, base_url=mock.url, retries=0) as client,
        pytest.raises(ConnectionFailed, match=r"cannot connect to in-process\.localhost"),
    ):
        client.conversation(mock.conversation).send_text("Hello")


def test_served_too() -> None:
    """A server on a socket can be reached by its transport as well, and both see one state."""
    with serve() as mock, httpx.Client(headers={"Authorization": mock.token}) as http:
        one = http.post(f"{_room(mock)}/request-review")
        with httpx.Client(transport=mock.transport(), headers=http.headers) as inside:
            two = inside.post(f"{_room(mock)}/request-review")

        assert [it["id"] for it in mock.messages()] == [
            it.json()["data"]["id"] for it in (one, two)
        ]


def test_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of the mock is a 500 and a violation, as over a socket."""
    from blinger_mock.engine import Engine

    def broken(*_: object) -> None:
        raise RuntimeError

    for step in ("open", "close"):
        with in_process() as mock, httpx.Client(transport=mock.transport()) as http:
            with monkeypatch.context() as patch:
                patch.setattr(Engine, step, broken)
                answer = _text("a", headers={"Authorization": mock.token})(http, mock)

            assert (answer.status_code, mock.violations) == (500, 1)


@pytest.mark.parametrize("backend", [None, "asyncio", "trio"])
def test_file_fetch(backend: str | None) -> None:
    """Where the server fetches the file, the transport does, in a loop or out of it."""
    with serve() as host, in_process(assume={"file_fetch": "yes"}) as mock:
        file = host.url.replace("127.0.0.1", "localhost")
        body = {"uuid": str(uuid.uuid4()), "file": file}
        headers = {"Authorization": mock.token}
        url = f"{_room(mock)}/send-file-message"

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=mock.async_transport()) as client:
                return await client.post(url, json=body, headers=headers)

        if backend is None:
            with httpx.Client(transport=mock.transport()) as http:
                answer = http.post(url, json=body, headers=headers)
        else:
            answer = anyio.run(send, backend=backend)

    assert answer.status_code == 400
    assert answer.json()["error"]["file"] == "the file's host answered 404"
