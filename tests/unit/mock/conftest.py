"""A server on a real socket for each test that asks, and a plain HTTP client for it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from blinger_mock.testing import Held, Mock, serve


class Api:
    """The four operations, spoken as the profile of the server wants them spoken."""

    def __init__(self, mock: Mock, clock: Held) -> None:
        self.mock = mock
        self.clock = clock
        self.conversation = mock.conversation
        bearer = mock.profile["auth_scheme"] == "bearer"
        authorization = f"Bearer {mock.token}" if bearer else mock.token
        self.http = httpx.Client(
            base_url=mock.url + "/", headers={"Authorization": authorization}, trust_env=False
        )

    def post(
        self, action: str, body: dict[str, Any] | None = None, *, to: str | None = None
    ) -> httpx.Response:
        """Send *body* to *action* of the conversation *to*."""
        path = f"conversation/{to or self.conversation}/{action}"
        if body is None:
            return self.http.post(path)
        if self.mock.profile["body_encoding"] == "form":
            return self.http.post(path, data=body)
        return self.http.post(path, json=body)

    def send(self, path: str, body: bytes, content_type: str | None) -> httpx.Response:
        """Send raw bytes."""
        headers = {} if content_type is None else {"Content-Type": content_type}
        return self.http.post(path, content=body, headers=headers)

    def text(
        self, text: str = "Hello", *, key: str | None = None, to: str | None = None
    ) -> httpx.Response:
        """Send a text."""
        body = {"uuid": key or str(uuid.uuid4()), "text": text}
        return self.post("send-text-message", body, to=to)

    def file(
        self, url: str = "https://example.com/a.png", *, key: str | None = None
    ) -> httpx.Response:
        """Send a file."""
        return self.post("send-file-message", {"uuid": key or str(uuid.uuid4()), "file": url})

    def assign(self, agent: str | None = None, *, to: str | None = None) -> httpx.Response:
        """Assign an agent."""
        return self.post("assign-agent", {"agentId": agent or self.mock.agent}, to=to)

    def review(self, *, to: str | None = None) -> httpx.Response:
        """Ask for a review."""
        return self.post("request-review", to=to)

    def valid_text(self) -> bytes:
        """Return the body of a text in the encoding of the profile."""
        fields = {"uuid": str(uuid.uuid4()), "text": "Hello"}
        if self.mock.profile["body_encoding"] == "form":
            return urlencode(fields).encode()
        return httpx.Request("POST", "http://x", json=fields).content


def kept(answer: httpx.Response) -> Any:
    """Return the message of *answer* as the server shows it: no credential of the end user."""
    message = answer.json()["data"]
    for one in (message, message["review"] or {}):
        (one.get("endUser") or {}).pop("websocketToken", None)
    return message


Start = Callable[..., Api]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers under the assumptions given; none may break the contract in any test."""
    with contextlib.ExitStack() as stack:
        started: list[Api] = []

        def begin(*, token: str = "mock-token", **assume: object) -> Api:
            clock = Held()
            server = serve(assume=assume, token=token, clock=clock)
            api = Api(stack.enter_context(server), clock)
            stack.callback(api.http.close)
            started.append(api)
            return api

        yield begin
        assert [api.mock.violations for api in started] == [0] * len(started)


@pytest.fixture
def api(start: Start) -> Api:
    """A server where every assumption has its default."""
    return start()
