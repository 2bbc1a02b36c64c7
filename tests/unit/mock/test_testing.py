"""The server inside a user's own tests: `serve()` and the fixture `blinger_server`."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from blinger_mock import cli
from blinger_mock.testing import Mock, serve
from blinger_spec import Profile, ProfileError

if TYPE_CHECKING:
    from pathlib import Path

TEST_FILE = """
import httpx, pytest

def send(mock):
    url = f"{mock.url}/conversation/{mock.conversation}/request-review"
    return httpx.post(url, headers={"Authorization": mock.token}).json()["data"]

ids = set()

@pytest.mark.parametrize("which", "ab")
def test_each_starts_from_the_seed(blinger_server, which):
    assert blinger_server.requests() == blinger_server.messages() == []
    ids.add(send(blinger_server)["id"])
    assert [entry.status for entry in blinger_server.requests()] == [200]
    assert len(blinger_server.messages()) == 1
    assert len(ids) == "ab".index(which) + 1

@pytest.mark.blinger_mock(assignment_visible="no", message_author="bot")
def test_other_assumptions(blinger_server):
    assert blinger_server.profile["message_author"] == "bot"
    send(blinger_server)
"""


def _review(mock: Mock, token: str | None = None) -> httpx.Response:
    url = f"{mock.url}/conversation/{mock.conversation}/request-review"
    return httpx.post(url, headers={"Authorization": token or mock.token})


def test_serve() -> None:
    """The server is there inside the block and gone after it, with its thread and its port."""
    with serve() as mock:
        assert mock.url.endswith("/api/external/v1")
        assert _review(mock).status_code == 200
    with pytest.raises(httpx.ConnectError):
        _review(mock)

    assert "blinger-mock" not in {thread.name for thread in threading.enumerate()}


def test_serve__options() -> None:
    """A profile holds, and single assumptions stand on top of it."""
    profile = Profile({"uuid_echo": "yes", "locked": "accepted"})
    with serve(profile=profile, assume={"locked": "refused"}, token="other") as mock:
        assert (mock.profile["uuid_echo"], mock.profile["locked"]) == ("yes", "refused")
        assert _review(mock, "other").status_code == 200
        assert _review(mock, "mock-token").status_code == 401


def test_serve__bad_assumption() -> None:
    """What does not exist cannot be assumed."""
    with pytest.raises(ProfileError, match="no assumption 'lock'"), serve(assume={"lock": "x"}):
        pass


def test_serve__stops_while_a_request_hangs() -> None:
    """A connection that is in the middle of a request does not hold the server up."""
    import socket
    from urllib.parse import urlsplit

    with serve() as mock:
        place = urlsplit(mock.url)
        one = socket.create_connection((place.hostname or "", place.port or 0))
        one.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1")
        assert _review(mock).status_code == 200
    with one:
        assert one.recv(1) == b""


def test_tenants__are_apart() -> None:
    """A tenant sees its own messages and requests, and leaves nothing behind."""
    with serve() as mock:
        _review(mock)
        with mock.tenant("second", "2") as other:
            assert (other.messages(), other.requests()) == ([], [])
            theirs = _review(other).json()["data"]["id"]
            assert [theirs] == [one["id"] for one in other.messages()]
            assert theirs != mock.messages()[0]["id"]
            assert [len(one.requests()) for one in (mock, other)] == [1, 1]
        assert _review(mock, "second").status_code == 401


def test_plugin(tmp_path: Path) -> None:
    """Each test is a tenant of its own; a marker gives a test other assumptions."""
    (tmp_path / "test_it.py").write_text(TEST_FILE)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "--strict-markers"]
    done = subprocess.run(
        [*command, "-p", "blinger_mock.pytest_plugin", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_plugin__is_light() -> None:
    """Loading the plugin imports nothing of the server."""
    code = (
        "import sys, blinger_mock.pytest_plugin as _;"
        "print(sorted({'uvicorn', 'msgspec', 'jsonschema_rs', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("missing", ["uvicorn", "msgspec", "jsonschema_rs", "yaml"])
def test_cli__missing_extra(missing: str) -> None:
    """Without the extra, the command says in one line what to install."""
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from blinger_mock.cli import main; sys.exit(main(['--port', '0']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    name = {"yaml": "pyyaml"}.get(missing, missing)

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"blinger-mock: {missing} is not installed; run: pip install 'blinger[mock]'"
    ], name


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--assume", "lock=x"], "there is no assumption 'lock': did you mean locked?"),
        (["--assume", "locked=x"], "locked cannot be 'x': give one of refused, accepted"),
        (["--assume", "locked"], "'locked' is not NAME=VALUE"),
        (["--profile", "/nowhere.toml"], "cannot read the profile /nowhere.toml"),
        (["--port", "65536"], "a port is a number from 0 to 65535"),
        (["--port", "-1"], "a port is a number from 0 to 65535"),
        (["--token", "a\nb"], "a token is visible ASCII"),
        (["--token", ""], "a token is visible ASCII"),
        (["--host", "no such host"], "cannot listen at no such host port 8787"),
        (["--seed", "x"], "argument --seed"),
        (["run"], "argument command"),
    ],
)
def test_cli__usage(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be started is one clear line and exit status 2."""
    try:
        status: object = cli.main(arguments)
    except SystemExit as stop:
        status = stop.code
    error = capsys.readouterr().err

    assert status == 2
    assert error.startswith("blinger-mock: ")
    assert error.count("\n") == 1
    assert says in error
