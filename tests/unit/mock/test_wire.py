"""What the server does with bytes on a socket, well formed or not."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blinger_mock.version import version

if TYPE_CHECKING:
    from tests.unit.mock.conftest import Api

PATH = "/api/external/v1/conversation/e1d247c8-5cd8-4f93-b9d7-15fd3259ac22/send-text-message"
ACTIONS = ["assign-agent", "send-text-message", "send-file-message", "request-review"]


def _talk(api: Api, *parts: bytes, seconds: float = 5.0) -> bytes:
    """Send *parts* and return all that comes until the server closes or *seconds* are over."""
    place = urlsplit(api.mock.url)
    got = b""
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=seconds) as one:
        for part in parts:
            one.sendall(part)
        try:
            while chunk := one.recv(65536):
                got += chunk
        except TimeoutError:
            pass
    return got


def _head(api: Api, *lines: str, length: int = 0) -> bytes:
    token = f"Authorization: {api.mock.token}"
    first = (f"POST {PATH} HTTP/1.1", "Host: x", "Content-Type: application/json", token)
    return "\r\n".join((*first, f"Content-Length: {length}", *lines, "", "")).encode()


def test_every_answer_says_who_it_is_from(api: Api) -> None:
    """An answer names the mock and its version, a refusal also what was wrong, as JSON."""
    good, bad, nowhere = api.text(), api.text(""), api.http.get("nowhere")

    assert {version()} == {one.headers["X-Blinger-Mock"] for one in (good, bad, nowhere)}
    assert "X-Mock-Violations" not in good.headers
    assert json.loads(bad.headers["X-Mock-Violations"]) == [
        {
            "where": "body",
            "pointer": "/text",
            "keyword": "minLength",
            "text": "must not be empty",
        }
    ]
    assert json.loads(nowhere.headers["X-Mock-Violations"])[0]["where"] == "path"


def test_head__has_no_body(api: Api) -> None:
    """HEAD is a wrong method like any other, and its answer has no body."""
    answer = api.http.head(f"conversation/{api.conversation}/request-review")

    assert (answer.status_code, answer.content, answer.headers["Allow"]) == (405, b"", "POST")


def test_size__declared_is_refused_unread(api: Api) -> None:
    """A body that says it is too large is refused before any of it is sent."""
    got = _talk(api, _head(api, length=10**9), seconds=1)

    assert got.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in got.lower()


def test_size__endless_is_cut_off(api: Api) -> None:
    """A body with no end is refused at the limit, and its sender is cut off soon after."""
    place = urlsplit(api.mock.url)
    request = _head(api).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    sent = 0
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=5) as one:
        one.sendall(request)
        with pytest.raises(OSError):  # noqa: PT012 - how far it comes is the point
            while sent < 100 * 2**20:
                one.sendall(chunk)
                sent += 65536

    assert sent < 50 * 2**20
    assert api.text().status_code == 200


def test_size__a_client_that_sends_it_all_sees_413(api: Api) -> None:
    """A client that first sends all of a body that is somewhat too large still gets the answer."""
    answer = api.text("a" * 2_000_000)

    assert answer.status_code == 413
    assert api.text().status_code == 200


def test_slow_body(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that stops coming is answered with 408, and its sender let go."""
    monkeypatch.setattr("blinger_mock.reading._BODY_SECONDS", 0.05)
    monkeypatch.setattr("blinger_mock.reading._LINGER_SECONDS", 0.05)
    got = _talk(api, _head(api, length=100), b'{"uuid":')

    assert got.startswith(b"HTTP/1.1 408 ")


def test_expect_continue(api: Api) -> None:
    """A client that asks before it sends is told to go on, and then answered."""
    body = api.valid_text()
    got = _talk(
        api, _head(api, "Expect: 100-continue", "Connection: close", length=len(body)), body
    )

    assert got.startswith(b"HTTP/1.1 100 Continue")
    assert b"HTTP/1.1 200 OK" in got


def test_pipeline(api: Api) -> None:
    """Requests that are sent without waiting are answered in order."""
    body = api.valid_text()
    one = _head(api, length=len(body)) + body
    got = _talk(api, one, one, _head(api, "Connection: close", length=2) + b"{}")

    assert [part[:3] for part in got.split(b"HTTP/1.1 ") if part] == [b"200", b"200", b"400"]


def test_gone_before_the_body_ends(api: Api) -> None:
    """A client that goes away in the middle leaves nothing behind."""
    place = urlsplit(api.mock.url)
    with socket.create_connection((place.hostname or "", place.port or 0)) as one:
        one.sendall(_head(api, length=100) + b'{"uuid":')

    assert api.text().status_code == 200
    assert len(api.mock.messages()) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1",
        b"GET\r\n\r\n",
        b"POST /\xff HTTP/1.1\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    ],
)
def test_not_http(api: Api, raw: bytes) -> None:
    """What is hardly HTTP is refused or dropped, and the next caller is served."""
    got = _talk(api, raw, seconds=0.2)

    assert b" 50" not in got[:15]
    assert api.text().status_code == 200


def test_requests__are_written_down(api: Api) -> None:
    """The journal has what arrived, with what was made of it."""
    key = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    api.text(key=key)
    api.text("")
    httpx.post(f"{api.mock.url}/conversation/1/request-review")
    api.http.get("nowhere")
    entries = api.mock.requests()

    assert [one.operation for one in entries] == ["sendTextMessage", "sendTextMessage", None, None]
    assert [one.status for one in entries] == [200, 400, 401, 404]
    assert [key, None, None, None] == [one.uuid for one in entries]
    assert [one.violations for one in entries] == [(), ("minLength",), ("auth_scheme",), ("path",)]
    assert json.loads(entries[0].body)["text"] == "Hello"


def test_journal__is_bounded(api: Api) -> None:
    """A thousand requests are remembered, and 64 KiB of each."""
    one = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    answers = _talk(api, one * 1000 + last)
    assert answers.count(b"HTTP/1.1 404 ") == 1001
    api.http.post("nowhere", content=b"a" * 100_000)

    assert [len(api.mock.requests()), len(api.mock.requests()[-1].body)] == [1000, 65536]


def test_kept_connection_is_fast(api: Api) -> None:
    """Requests on a kept connection do not wait for delayed acknowledgements (40 ms each)."""
    api.text()
    begin = time.perf_counter()
    for _ in range(50):
        api.text()

    assert time.perf_counter() - begin < 1.5


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
fields = st.dictionaries(
    st.sampled_from(["uuid", "text", "file", "agentId"]),
    json_values
    | st.sampled_from(["7c9e6679-7425-40de-944b-e07fc1f90ae7", "http://example.com/ü", "http://a"]),
)
bodies = st.binary() | fields.map(lambda value: json.dumps(value).encode())
paths = st.sampled_from(ACTIONS).map(
    lambda action: f"conversation/e1d247c8-5cd8-4f93-b9d7-15fd3259ac22/{action}"
) | st.binary(max_size=40).map(lambda raw: "".join(f"%{byte:02x}" for byte in raw))
header_values = st.binary(max_size=40).map(
    lambda raw: bytes(byte for byte in raw if byte >= 0x20 and byte != 0x7F).strip()
)
content_types = st.sampled_from([b"application/json", b"application/json; charset=utf-8"])


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["POST", "POST", "POST", "GET", "HEAD", "OPTIONS", "DELETE"]),
    path=paths,
    body=bodies,
    content_type=content_types | header_values,
    authorization=st.none() | header_values,
)
def test_anything(
    api: Api, method: str, path: str, body: bytes, content_type: bytes, authorization: bytes | None
) -> None:
    """Whatever is sent, the answer is JSON, is no 500, and says its own status."""
    token = api.mock.token.encode() if authorization is None else authorization
    answer = api.http.request(
        method,
        path,
        content=body,
        headers=[(b"Content-Type", content_type), (b"Authorization", token)],
    )

    assert answer.status_code < 500
    assert api.mock.violations == 0
    if method != "HEAD":
        assert json.loads(answer.content.decode())["status"] == answer.status_code
