"""The preflight: what it lets through, what it stops, what it warns of."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from blinger_contract import preflight
from blinger_contract.options import Options
from blinger_contract.suite import Suite
from blinger_mock.testing import Mock, serve
from blinger_spec import Profile, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.conftest import Command

SCHEMES = ("raw", "bearer")


def suite_for(mock: Mock, **pinned: Value) -> Suite:
    """Return a suite for *mock* with a profile that holds *pinned*."""
    return Suite(Options(url=mock.url, token=mock.token, profile=Profile(pinned)))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("pinned", [None, *SCHEMES])
def test_either_way_of_the_token_is_taken(scheme: str, pinned: str | None) -> None:
    """Whatever the profile says: what the deployment does is seen, and used from there on."""
    with serve(assume={"auth_scheme": scheme}) as mock:
        suite = suite_for(mock, **({} if pinned is None else {"auth_scheme": pinned}))
        with suite.open():
            assert preflight.ask(suite) == []
        assert mock.messages() == []
    assert suite.witness.seen("auth_scheme") == scheme
    assert suite.effective.profile["auth_scheme"] == scheme
    [*found] = suite.witness.settle()
    assert [one.assumption for one in found] == ["auth_scheme"] * (scheme != (pinned or "raw"))


def test_a_scheme_that_is_pinned_and_differs_fails_the_run(
    command: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The release that changes it is found, and the rest of the run goes on."""
    profile = tmp_path_factory.mktemp("profile") / "pinned.toml"
    profile.write_text('auth_scheme = "raw"\n')
    with serve(assume={"auth_scheme": "bearer"}) as mock:
        ids = ("--conversation", mock.conversation, "--agent", mock.agent, "--rate", "1000/s")
        done = command(mock.url, *ids, "--profile", str(profile), token=mock.token)
    assert done.returncode == 1, done.stdout
    assert "auth_scheme is not as assumed" in done.stdout
    assert done.stdout.rstrip().endswith("Broken: 1 finding.")


@pytest.mark.parametrize(("status", "warned"), [(404, 0), (400, 1)])
def test_unknown_ids_prove_the_token_with_either_status(status: int, warned: int) -> None:
    """With the token the id is unknown, without it the request is refused; 400 says less."""
    with serve(assume={"unknown_ids": status}) as mock:
        suite = suite_for(mock)
        with suite.open():
            warnings = preflight.ask(suite)
            assert ["proves little" in warning for warning in warnings] == [True] * warned
            assert suite.witness.seen("auth_scheme") == "raw"


@contextlib.contextmanager
def speaking(said: bytes) -> Iterator[str]:
    """Yield the base URL of something that says *said* and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    with listener.accept()[0] as connection:
                        connection.recv(65536)
                        connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/external/v1"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9.2\r\n", b""])
def test_what_speaks_no_http_is_unreachable(command: Command, said: bytes) -> None:
    """One line, exit 3, and the token in none of it."""
    with speaking(said) as url:
        done = command(url, token="canary-token")
    assert done.returncode == 3
    assert done.stdout.splitlines()[-1].startswith(f"{url} does not answer (")
    assert "canary" not in done.stdout + done.stderr


def test_nothing_is_learned_where_the_token_makes_no_difference() -> None:
    """A page that answers 404 to everything warns, and says nothing of how tokens are sent."""
    with speaking(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as url:
        suite = Suite(Options(url=url, token="t" * 9))
        with suite.open():
            [warning] = preflight.ask(suite)
    assert "404 with the token and 404 without it" in warning
    assert suite.witness.seen("auth_scheme") is None
