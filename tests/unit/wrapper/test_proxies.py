"""The proxies of the environment, over each sender: one that is real, and those that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unit.wrapper.faces import EVERY_FACE
from tests.unit.wrapper.samples import ok
from tests.unit.wrapper.scripted import HOST, Answer, Hang, Raw, Server
from tests.unit.wrapper.tunnels import Connect, tunnel

from blinger import APIError, ConfigurationError, ConnectionFailed, Outcome, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import trustme
    from tests.unit.wrapper.faces import Face

each_face = pytest.mark.parametrize("face", EVERY_FACE, indirect=True)
ELSEWHERE = "http://blinger.test:8080"
"""Where nobody could be found but by a proxy."""


@pytest.fixture(autouse=True)
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the token go over plain http: nothing leaves this machine."""
    monkeypatch.setenv("BLINGER_ALLOW_HTTP", "1")


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A proxy that connects."""
    made = Connect()
    yield made
    made.close()


@each_face
@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_plain_http_goes_through_the_proxy(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The whole URL is the proxy's to read; the connection to it is kept."""
    monkeypatch.setenv(name, server.origin)
    server.play(ok("send_text"))
    client = face(base_url=ELSEWHERE)

    for _ in range(2):
        client.call("send_text")

    assert {request.target.split("/conversation/")[0] for request in server.requests} == {ELSEWHERE}
    assert {request.headers["host"] for request in server.requests} == {"blinger.test:8080"}
    assert server.connections == 1


@each_face
def test_a_proxy_without_a_scheme_and_with_a_password(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one of http://, and is told who asks: user, and p@ss as it is written in a URL."""
    monkeypatch.setenv("HTTP_PROXY", f"user:p%40ss@{HOST}:{server.port}")
    server.play(ok("send_text"))

    face(base_url=ELSEWHERE).call("send_text")

    assert server.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpwQHNz"


@each_face
@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_https_goes_through_a_tunnel(
    face: Face,
    server: Server,
    authority: trustme.CA,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """A proxy connects to the host and learns nothing more; the tunnel is used again."""
    monkeypatch.setenv(name, f"http://user:secret@{HOST}:{connect.port}")
    server.play(ok("send_text"))
    with tunnel(server, authority) as tls:
        client = face(base_url=tls.url)
        for _ in range(2):
            client.call("send_text")
        client.close()

    (head,) = connect.heads
    assert head.startswith(b"CONNECT " + tls.url.removeprefix("https://").encode() + b" ")
    assert b"basic dXNlcjpzZWNyZXQ=".lower() in head.lower()
    assert b"token-of-the-tests" not in head
    assert len(server.requests) == 2


@each_face
@pytest.mark.parametrize("exception", ["127.0.0.1", "*", "x.example, 127.0.0.1"])
def test_exceptions_to_the_proxy(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch, exception: str
) -> None:
    """What NO_PROXY names is connected to directly."""
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", exception)
    server.play(ok("send_text"))

    face(base_url=server.url).call("send_text")

    assert server.requests[0].target.startswith("/api/")


@each_face
@pytest.mark.parametrize("exception", ["127.0.0.2", "example", "inger.test"])
def test_what_is_no_exception(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch, exception: str
) -> None:
    """What it names only half is not meant."""
    monkeypatch.setenv("HTTP_PROXY", server.origin)
    monkeypatch.setenv("NO_PROXY", exception)
    server.play(ok("send_text"))

    face(base_url=ELSEWHERE).call("send_text")

    assert server.requests[0].target.startswith(ELSEWHERE)


@each_face
def test_a_proxy_that_is_not_there(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent; and the password is not shown."""
    monkeypatch.setenv("ALL_PROXY", "http://user:secret@127.0.0.1:1")

    with pytest.raises(ConnectionFailed, match="connection refused") as caught:
        face(base_url=ELSEWHERE, retries=0).call("send_text")

    assert caught.value.outcome is Outcome.NOT_SENT
    assert "secret" not in repr(caught.value.__cause__)


@each_face
def test_a_proxy_that_refuses(face: Face, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over https its refusal is that of a connection; over http an answer like any other."""
    monkeypatch.setenv("ALL_PROXY", server.origin)
    server.play(Answer(407))

    with pytest.raises(ConnectionFailed, match=r"the proxy did not connect to .*: 407 ") as caught:
        face(base_url="https://blinger.test", retries=0).call("send_text")
    assert caught.value.outcome is Outcome.NOT_SENT

    with pytest.raises(APIError, match="407"):
        face(base_url=ELSEWHERE, retries=0).call("send_text")


@pytest.mark.parametrize("face", ["aiohttp"], indirect=True)
@pytest.mark.parametrize("step", [Raw(), Hang()], ids=["closes", "is silent"])
def test_a_proxy_that_gives_no_answer(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch, step: Raw | Hang
) -> None:
    """As long as there is no connection to the host, nothing was sent to it."""
    monkeypatch.setenv("ALL_PROXY", server.origin)
    server.play(step)

    with pytest.raises(ConnectionFailed) as caught:
        face(base_url="https://blinger.test", retries=0, timeout=0.2).call("send_text")

    assert caught.value.outcome is Outcome.NOT_SENT


@pytest.mark.parametrize("face", ["aiohttp"], indirect=True)
@pytest.mark.parametrize(
    "proxy", ["socks5://user:secret@127.0.0.1:1", "http://:secret@", "http://u:secret@h:port"]
)
def test_a_proxy_that_aiohttp_cannot_use(
    face: Face, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """It is not passed over, as if the environment had named none, and is not shown."""
    monkeypatch.setenv("ALL_PROXY", proxy)

    with pytest.raises(ConfigurationError, match="none that aiohttp can use") as caught:
        face(base_url="https://blinger.test").call("send_text")

    assert caught.value.outcome is Outcome.NOT_SENT
    assert "secret" not in f"{caught.value}{caught.value.__cause__}{caught.value.__context__}"


@each_face
def test_a_netrc_is_not_read(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The token is what proves who asks, whatever a .netrc has for the host."""
    file = tmp_path / "netrc"
    file.write_text(f"machine {HOST} login somebody password else\n")
    monkeypatch.setenv("NETRC", str(file))
    server.play(ok("send_text"))

    face(base_url=server.url).call("send_text")

    assert server.requests[0].headers["authorization"] == "token-of-the-tests"


@each_face
def test_a_broken_tunnel_is_no_answer(
    face: Face, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that cannot reach the host ends the connection: that is a failure, not a hang."""
    monkeypatch.setenv("ALL_PROXY", f"http://{HOST}:{connect.port}")

    with pytest.raises(TransportError):
        face(base_url="https://127.0.0.1:1", retries=0, timeout=2).call("send_text")
