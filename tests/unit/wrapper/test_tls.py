"""TLS on a real socket, with a CA of the test's own, over each sender."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.unit.wrapper.faces import EVERY_FACE, over_httpx
from tests.unit.wrapper.samples import ok
from tests.unit.wrapper.scripted import Raw
from tests.unit.wrapper.tunnels import tunnel

from blinger import ConnectionFailed, Outcome, TransportError

if TYPE_CHECKING:
    import trustme
    from tests.unit.wrapper.faces import Face
    from tests.unit.wrapper.scripted import Server
    from tests.unit.wrapper.tunnels import Tunnel

each_face = pytest.mark.parametrize("face", EVERY_FACE, indirect=True)


@each_face
@pytest.mark.usefixtures("trusting")
def test_a_ca_of_ones_own(face: Face, server: Server, authority: trustme.CA) -> None:
    """A server whose CA is in SSL_CERT_FILE is trusted, and its connection used again."""
    server.play(ok("send_text"))
    with tunnel(server, authority) as tls:
        client = face(base_url=tls.url)
        for _ in range(3):
            client.call("send_text")

        assert tls.handshakes == 1
    assert [request.method for request in server.requests] == ["POST"] * 3


@each_face
def test_a_ca_that_nobody_knows(face: Face, server: Server, authority: trustme.CA) -> None:
    """A server that nobody vouches for is told nothing."""
    with tunnel(server, authority) as tls, pytest.raises(ConnectionFailed) as caught:
        face(base_url=tls.url, retries=0).call("send_text")

    assert "TLS: unable to get local issuer certificate" in str(caught.value)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert server.connections == 0


@each_face
@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("name", ["elsewhere.example", "127.0.0.2"])
def test_a_certificate_of_another_host(
    face: Face, server: Server, authority: trustme.CA, name: str
) -> None:
    """A certificate that is good, but another host's, is none."""
    with tunnel(server, authority, name) as tls, pytest.raises(ConnectionFailed) as caught:
        face(base_url=tls.url, retries=0).call("send_text")

    assert "TLS: IP address mismatch" in str(caught.value)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert server.connections == 0


def demanding(server: Server, authority: trustme.CA) -> Tunnel:
    """Return a tunnel that lets nobody in without a certificate."""
    made = tunnel(server, authority)
    made._context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(made._context)
    return made


@over_httpx
def test_a_certificate_of_the_client(face: Face, server: Server, authority: trustme.CA) -> None:
    """A client of one's own brings the certificate that a server demands."""
    server.play(ok("send_text"))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    authority.issue_cert("client.example").configure_cert(context)
    given = (httpx.Client if face.is_sync else httpx.AsyncClient)(verify=context)

    with demanding(server, authority) as tls:
        face(base_url=tls.url, http_client=given).call("send_text")
        face.run(given.close if isinstance(given, httpx.Client) else given.aclose)

    assert len(server.requests) == 1


@each_face
@pytest.mark.usefixtures("trusting")
def test_without_the_certificate_that_is_demanded(
    face: Face, server: Server, authority: trustme.CA
) -> None:
    """Who has none is turned away, sooner or later, and the server never hears of the call."""
    with demanding(server, authority) as tls:
        client = face(base_url=tls.url, retries=0)
        for _ in range(5):  # the alert comes while a request is written, or its answer awaited
            with pytest.raises(TransportError):
                client.call("request_review")

    assert server.connections == 0


@each_face
def test_no_tls_at_all(face: Face, server: Server) -> None:
    """A server that does not speak TLS is no server to send to."""
    server.play(Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n", reads=False))

    with pytest.raises(ConnectionFailed, match=r"TLS: ") as caught:
        face(base_url=server.origin.replace("http:", "https:"), retries=0, timeout=2).call(
            "send_text"
        )

    assert caught.value.outcome is Outcome.NOT_SENT
