"""A given client of httpx2: other classes with the same names, known by those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from tests.unit.wrapper.faces import over_httpx
from tests.unit.wrapper.samples import ok
from tests.unit.wrapper.scripted import Answer, Hang, Raw

from blinger import ConnectionFailed, ConnectionLost, InvalidResponse, TimedOut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.wrapper.faces import Face
    from tests.unit.wrapper.scripted import Server

pytestmark = over_httpx


@pytest.fixture
def given(face: Face) -> Iterator[Any]:
    """A client of httpx2 of the kind that the face takes."""
    if face.is_sync:
        with httpx2.Client(verify=False) as client:
            yield client
        return
    made = httpx2.AsyncClient(verify=False)
    yield made
    face.run(made.aclose)


def test_it_sends(face: Face, server: Server, given: Any) -> None:
    """A call goes through it, and it stays open and as it was."""
    before = dict(given.headers), given.timeout
    server.play(ok("send_text"))
    client = face(base_url=server.url, http_client=given)

    assert client.call("send_text").text == "Hello"
    client.close()
    assert not given.is_closed
    assert (dict(given.headers), given.timeout) == before


def test_its_failures_mean_the_same(face: Face, server: Server, given: Any) -> None:
    """What it raises is read by name, and the request with the token is taken out of it."""
    server.play(Raw(), Hang())
    client = face(base_url=server.url, http_client=given, retries=0, timeout=0.2)

    with pytest.raises(ConnectionLost) as lost:
        client.call("send_text")
    with pytest.raises(TimedOut, match="did not answer in time"):
        client.call("send_text")
    with pytest.raises(ConnectionFailed, match="connection refused"):
        face(base_url="http://127.0.0.1:1", http_client=given, retries=0).call("send_text")

    cause: Any = lost.value.__cause__
    assert isinstance(cause, httpx2.RemoteProtocolError)
    assert "authorization" not in cause.request.headers


def test_what_it_cannot_decode_is_accepted_and_unreadable(
    face: Face, server: Server, given: Any
) -> None:
    """A body that is not the gzip it says to be."""
    server.play(Answer(200, b"not gzip", {"Content-Encoding": "gzip"}))

    with pytest.raises(InvalidResponse):
        face(base_url=server.url, http_client=given).call("send_text")
