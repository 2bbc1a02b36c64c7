"""What the tests of the SDK stand on: a server with a script, both faces, and no waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
import trustme
from tests.unit.wrapper.faces import FACES, Face
from tests.unit.wrapper.scripted import Answer, Server

from blinger import _connections, _retries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OF_THE_MACHINE = (
    "BLINGER_TOKEN",
    "BLINGER_BASE_URL",
    "BLINGER_ALLOW_HTTP",
    *(f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "ALL", "NO")),
    *(f"{kind}_proxy" for kind in ("http", "https", "all", "no")),
)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no variable of the machine decide a test."""
    for name in _OF_THE_MACHINE:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back off for a millisecond: what is waited is tested where it is the subject."""
    monkeypatch.setattr(_retries, "FIRST_BACKOFF", 0.001)
    monkeypatch.setattr(_retries, "LONGEST_BACKOFF", 0.001)


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest) -> Iterator[Face]:
    """Each face in turn; what it made is closed."""
    made = Face(request.param)
    yield made
    made.close()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that listens; give it steps with `play`."""
    with Server(Answer(500)) as scripted:
        yield scripted


@pytest.fixture
def http_client(face: Face) -> Iterator[httpx.Client | httpx.AsyncClient]:
    """A client of httpx, as somebody else would make it, of the kind that the face takes."""
    if face.is_sync:
        with httpx.Client(verify=False) as client:  # noqa: S501 - no TLS here
            yield client
    else:
        awaiting = httpx.AsyncClient(verify=False)  # noqa: S501 - no TLS here
        yield awaiting
        face.run(awaiting.aclose)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Whoever vouches for the servers and clients of the tests."""
    return trustme.CA()


@pytest.fixture
def trusting(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Settings that trust the authority, as a company would roll them out."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    _connections._make_tls.cache_clear()
    yield
    _connections._make_tls.cache_clear()
