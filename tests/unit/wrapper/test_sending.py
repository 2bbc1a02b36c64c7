"""What goes over the wire, through clients of ours and clients that were given."""

from __future__ import annotations

import contextlib
import copy
import socket
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.unit.wrapper.faces import CONVERSATION, EVERY_FACE, TOKEN, Face, over_httpx
from tests.unit.wrapper.samples import ok
from tests.unit.wrapper.scripted import Answer, Drip, Hang, Reset, Server, Step

from blinger import (
    Blinger,
    BlingerError,
    ConfigurationError,
    ConnectionFailed,
    ServerError,
    TimedOut,
    Timeout,
    __version__,
)
from blinger._exchange import write
from blinger._operations import Operation, request_review, send_text
from blinger._sender import Request

Given = httpx.Client | httpx.AsyncClient


def test_the_user_agent(face: Face, server: Server) -> None:
    """The server can see who sends, in which version."""
    server.play(ok("send_text"))

    face(base_url=server.url).call("send_text")

    assert f"blinger-python/{__version__}" == server.requests[0].headers["user-agent"]


@pytest.mark.parametrize(
    ("profile", "name", "content", "body"),
    [
        (
            {},
            "send_text",
            {"Content-Type": "application/json"},
            f'{{"uuid":"{CONVERSATION}","text":"Привет, a b"}}',
        ),
        (
            {"body_encoding": "form", "auth_scheme": "bearer"},
            "send_text",
            {"Content-Type": "application/x-www-form-urlencoded"},
            f"uuid={CONVERSATION}&text=%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82%2C+a+b",
        ),
        ({}, "request_review", {}, ""),
    ],
)
def test_a_request_to_the_letter(
    profile: dict[str, str], name: str, content: dict[str, str], body: str
) -> None:
    """What is handed to httpx: no header and no byte more than this."""
    options = Blinger(TOKEN, base_url="https://blinger.test/v1", profile=profile)._options
    operation: Operation[Any] = (
        send_text("c", "Привет, a b", CONVERSATION) if name == "send_text" else request_review("c")
    )

    assert write(operation, options) == Request(
        method="POST",
        url=f"https://blinger.test/v1{operation.path}",
        headers={
            "User-Agent": f"blinger-python/{__version__}",
            "Accept": "application/json",
            "Authorization": f"{'Bearer ' if profile else ''}{TOKEN}",
            **content,
        },
        body=body.encode(),
        timeout=Timeout(connect=5, read=30, write=30, pool=10),
        deadline=None,
    )


def test_headers_of_a_view(face: Face, server: Server) -> None:
    """Headers of a view go with each attempt; those of another view are in their place."""
    server.play(Answer(503), ok("send_text"))
    client = face(base_url=server.url)
    view = client.with_options(headers={"X-Trace": "a b\tc", "X-Empty": ""})

    view.call("send_text")
    view.with_options(headers={"X-Other": "2"}).call("send_text")
    client.call("send_text")

    traced = [request.headers.get("x-trace") for request in server.requests]
    assert traced == ["a b\tc", "a b\tc", None, None]
    assert server.requests[0].headers["x-empty"] == ""
    assert server.requests[2].headers["x-other"] == "2"


@pytest.mark.parametrize("name", ["User-Agent", "user-agent", "ACCEPT"])
def test_a_header_of_a_view_takes_the_place_of_ours(face: Face, server: Server, name: str) -> None:
    """Whatever the case of its letters, a header is sent once."""
    server.play(ok("send_text"))

    face(base_url=server.url).with_options(headers={name: "mine/1"}).call("send_text")

    sent = [value for key, value in server.requests[0].header_lines if key.lower() == name.lower()]
    assert sent == ["mine/1"]


@pytest.mark.parametrize(
    ("identifier", "segment"),
    [
        (CONVERSATION, CONVERSATION),
        (UUID(CONVERSATION), CONVERSATION),
        ("...", "..."),
        ("a.b-c_d~e", "a.b-c_d~e"),
        ("a:b@c", "a%3Ab%40c"),
        ("100%", "100%25"),
        ("%2e%2e", "%252e%252e"),
        ("a&b=c;d,e+f", "a%26b%3Dc%3Bd%2Ce%2Bf"),
        ("(a)!*'$", "%28a%29%21%2A%27%24"),
        ("é", "%C3%A9"),
        ("ид", "%D0%B8%D0%B4"),
        ("👋", "%F0%9F%91%8B"),
        ('"<>`{}|^[]', "%22%3C%3E%60%7B%7D%7C%5E%5B%5D"),
    ],
)
def test_an_id_is_one_segment(face: Face, server: Server, identifier: Any, segment: str) -> None:
    """An id arrives as one percent-encoded segment of the path, whatever is in it."""
    server.play(ok("request_review"))

    face(base_url=server.url).call("request_review", conversation=identifier)

    target = f"/api/external/v1/conversation/{segment}/request-review"
    assert [target] == [request.target for request in server.requests]


@pytest.mark.parametrize("slashes", ["", "/", "//"])
@pytest.mark.parametrize("path", ["", "/api", "/a%20b/c"])
def test_the_base_url(face: Face, server: Server, path: str, slashes: str) -> None:
    """Slashes at the end of the base URL make no difference."""
    server.play(ok("request_review"))

    face(base_url=f"{server.origin}{path}{slashes}").call("request_review")

    target = f"{path}/conversation/{CONVERSATION}/request-review"
    assert [target] == [request.target for request in server.requests]


def test_cookies_are_not_sent_back(face: Face, server: Server) -> None:
    """The API has no sessions: a cookie that a server sets is forgotten."""
    server.play(
        Answer(503, headers={"Set-Cookie": "session=1; Path=/"}),
        Answer(200, ok("send_text").body, {"Set-Cookie": "session=2; Path=/"}),
    )
    client = face(base_url=server.url)

    client.call("send_text")
    client.call("send_text")

    assert len(server.requests) == 3
    assert not [request for request in server.requests if "cookie" in request.headers]


def test_a_netrc_is_not_read(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """A machine's netrc does not take the token's place."""
    netrc = tmp_path / "netrc"
    netrc.write_text(
        f"machine 127.0.0.1:{server.port} login a password b\ndefault login a password b\n"
    )
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.play(ok("send_text"))

    face(base_url=server.url).call("send_text")

    assert server.requests[0].headers["authorization"] == TOKEN


# --- proxies of the environment -------------------------------------------------------------------


@pytest.mark.parametrize("face", EVERY_FACE, indirect=True)
@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A proxy that the environment names is used: it sees the whole URL."""
    monkeypatch.setenv(name, server.origin)
    monkeypatch.setenv("BLINGER_ALLOW_HTTP", "1")
    server.play(Answer(503), ok("send_text"))

    message = face(base_url="http://widget.example/api").call("send_text")

    target = f"http://widget.example/api/conversation/{CONVERSATION}/send-text-message"
    assert [target, target] == [request.target for request in server.requests]
    assert [request.headers["host"] for request in server.requests] == ["widget.example"] * 2
    assert message.meta.attempts == 2


def test_a_host_that_needs_no_proxy(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`NO_PROXY` keeps a host from the proxy."""
    with Server(Answer(500)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.origin)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        server.play(ok("send_text"))

        face(base_url=server.url).call("send_text")

        assert proxy.connections == 0
    assert len(server.requests) == 1


def test_a_deadline_holds_through_a_proxy(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pools of the environment's proxies read against the clock as well."""
    monkeypatch.setenv("HTTP_PROXY", server.origin)
    server.play(Drip(b"X-Drip: 1\r\n", b"HTTP/1.1 200 OK\r\n"))

    with pytest.raises(TimedOut):
        face(base_url=server.url, deadline=0.4).call("send_text")

    assert len(server.requests) == 1


@pytest.mark.parametrize("step", [Answer(403), Answer(502)], ids=["403", "502"])
def test_a_proxy_that_refuses(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    """A proxy that does not connect has sent nothing: each operation is tried again."""
    monkeypatch.setenv("HTTPS_PROXY", server.origin)
    server.play(step)

    with pytest.raises(ConnectionFailed, match="the proxy did not connect to wid") as caught:
        face(base_url="https://widget.example").call("request_review")

    assert caught.value.outcome == "not_sent"
    assert [request.method for request in server.requests] == ["CONNECT"] * 3
    assert not [request for request in server.requests if "authorization" in request.headers]


def test_a_server_without_tls(face: Face, server: Server) -> None:
    """A handshake that fails has sent nothing, and the error says that it was TLS."""
    server.play(Answer(400, reads=False))

    with pytest.raises(ConnectionFailed, match=r"cannot connect to 127.*: TLS: ") as caught:
        face(base_url=server.url.replace("http", "https")).call("send_text")

    assert caught.value.outcome == "not_sent"
    assert server.requests == []


def test_a_name_that_cannot_be_resolved(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that nobody knows is not sent to, and the error says that it was the name."""

    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(ConnectionFailed, match=r"widget.example: its name cannot be .* \(DNS\)"):
        face(base_url="https://widget.example").call("send_text")


# --- clients that were given ----------------------------------------------------------------------


def state(client: Given) -> dict[str, Any]:
    """Return what of *client* could be changed by somebody who uses it."""
    return {
        "headers": list(client.headers.raw),
        "cookies": [(cookie.name, cookie.value) for cookie in client.cookies.jar],
        "params": str(client.params),
        "auth": client.auth,
        "timeout": client.timeout,
        "base_url": client.base_url,
        "follow_redirects": client.follow_redirects,
        "max_redirects": client.max_redirects,
        "trust_env": client.trust_env,
        "event_hooks": copy.copy(client.event_hooks),
        "transport": client._transport,
        "mounts": dict(client._mounts),
        "backend": client._transport._pool._network_backend,  # type: ignore[union-attr]
        "is_closed": client.is_closed,
    }


@pytest.fixture
def odd_client(http_client: Given) -> Given:
    """A client that is set up in a way of its own."""
    http_client.headers = httpx.Headers({"X-Own": "1", "User-Agent": "own/1", "Authorization": "x"})
    http_client.auth = httpx.BasicAuth("somebody", "else")
    http_client.timeout = httpx.Timeout(123)
    http_client.base_url = httpx.URL("https://elsewhere.example/")
    http_client.follow_redirects = True
    http_client.cookies.set("own", "cookie")
    return http_client


SCRIPTS: dict[str, list[Step]] = {
    "a success": [ok("send_text")],
    "failures": [Answer(503), Reset(), Answer(404)],
    "a redirect": [Answer(302, b"", {"Location": "/x"})],
    "silence": [Hang()],
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
@over_httpx
def test_a_given_client_is_not_changed(
    face: Face, server: Server, odd_client: Given, script: list[Step]
) -> None:
    """Whatever comes of the calls, the client is as it was given, and open."""
    server.play(*script)
    before = state(odd_client)
    client = face(base_url=server.url, http_client=odd_client, timeout=0.2, deadline=0.5)

    with contextlib.suppress(BlingerError):
        client.with_options(headers={"X-View": "1"}).call("send_text")
    client.close()

    assert before == state(odd_client)
    assert not odd_client.is_closed


@over_httpx
def test_a_given_client_sends_what_ours_sends(
    face: Face, server: Server, odd_client: Given
) -> None:
    """Its own auth, base URL and User-Agent do not take the place of ours; the rest is sent."""
    server.play(ok("send_text"))

    face(base_url=server.url, http_client=odd_client).call("send_text")

    (request,) = server.requests
    sent = [(name.lower(), value) for name, value in request.header_lines]
    assert sent.count(("authorization", TOKEN)) == 1
    assert [value for name, value in sent if name == "authorization"] == [TOKEN]
    assert [f"blinger-python/{__version__}"] == [v for name, v in sent if name == "user-agent"]
    assert ("x-own", "1") in sent
    assert request.target.startswith("/api/external/v1/")


@over_httpx
def test_the_limits_of_a_given_client_are_ours(
    face: Face, server: Server, http_client: Given
) -> None:
    """The timeouts of a call are the SDK's, whatever the given client's are."""
    http_client.timeout = httpx.Timeout(None)
    server.play(Hang())

    with pytest.raises(TimedOut, match="did not answer in time"):
        face(
            base_url=server.url, http_client=http_client, timeout=Timeout(read=0.05), retries=0
        ).call("send_text")


@over_httpx
def test_a_given_client_is_shared(face: Face, server: Server, http_client: Given) -> None:
    """Two clients on one given client use its connections."""
    server.play(ok("send_text"))

    for token in ("one", "two"):
        client = face(token, base_url=server.url, http_client=http_client)
        client.call("send_text")
        client.close()

    assert [request.headers["authorization"] for request in server.requests] == ["one", "two"]
    assert server.connections == 1


@over_httpx
def test_a_given_client_that_is_closed(face: Face, server: Server) -> None:
    """A given client that somebody closed is not opened again; the error says whose it is."""
    kind = httpx.Client if face.is_sync else httpx.AsyncClient
    given: Any = kind(verify=False)
    face.run(given.close if face.is_sync else given.aclose)

    with pytest.raises(ConfigurationError, match="http_client is closed") as caught:
        face(base_url=server.url, http_client=given).call("send_text")

    assert caught.value.attempts == 0


@over_httpx
def test_a_given_client_of_the_other_face(face: Face, server: Server) -> None:
    """A client that awaits cannot serve one that blocks, nor the other way round."""
    kind = httpx.AsyncClient if face.is_sync else httpx.Client

    with pytest.raises(ConfigurationError, match=r"http_client is a .*: give a httpx\."):
        face(base_url=server.url, http_client=kind(verify=False))


@over_httpx
def test_a_proxy_of_a_given_client(face: Face, server: Server) -> None:
    """A given client's own proxy is used."""
    kind: Any = httpx.Client if face.is_sync else httpx.AsyncClient
    given = kind(proxy=server.origin)
    server.play(ok("send_text"))

    face(base_url="http://127.0.0.1:1", http_client=given).call("send_text")
    face.run(given.close if face.is_sync else given.aclose)

    assert server.requests[0].target.startswith("http://127.0.0.1:1/conversation/")


@over_httpx
def test_event_hooks_of_a_given_client(face: Face, server: Server, http_client: Given) -> None:
    """Whoever listens to a given client hears of each attempt."""
    heard: list[str] = []

    def hear(request: httpx.Request) -> None:
        heard.append(request.method)

    async def hear_awaiting(request: httpx.Request) -> None:
        heard.append(request.method)

    http_client.event_hooks = {"request": [hear if face.is_sync else hear_awaiting]}
    server.play(Answer(503), ok("send_text"))

    face(base_url=server.url, http_client=http_client).call("send_text")

    assert heard == ["POST", "POST"]


def test_an_error_of_a_server_closes_nothing(face: Face, server: Server) -> None:
    """An answer that was read to its end leaves its connection for the next attempt."""
    server.play(Answer(500))

    with pytest.raises(ServerError):
        face(base_url=server.url).call("send_text")

    assert len(server.requests) == 3
    assert server.connections == 1
