"""The pytest plugin as its users run it: sessions of their own, some of many processes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]

WORKERS = 8
# The plugins of the contract kit's libraries take longer to load than all of a session here.
_WITHOUT = ("cacheprovider", "randomly", "schemathesis", "hypothesispytest")
OPTIONS = (*(f"-pno:{one}" for one in _WITHOUT), "-W", "error", "--strict-markers")
MANY = ("-p", "xdist", "-p", "blinger_mock.pytest_plugin")
"""The plugins of a session of many processes, each of which would load all that are installed."""
SEND = """
import httpx, json, os, pathlib, pytest, uuid

def send(mock, text="canary-text", key=None, **options):
    url = f"{mock.url}/conversation/{mock.conversation}/send-text-message"
    body = {"uuid": key or str(uuid.uuid4()), "text": text}
    with httpx.Client(verify=False, **options) as client:
        return client.post(url, headers={"Authorization": mock.token}, json=body)
"""


def _section(text: str) -> list[str]:
    """Return the lines of the section that the plugin attaches."""
    lines = text.splitlines()
    start = next(place for place, line in enumerate(lines) if "Blinger mock: requests" in line)
    rest = lines[start + 1 :]
    return rest[
        : next(place for place, line in enumerate(rest) if line.startswith(("-", "=", "_")))
    ]


def test_failure__shows_the_journal(pytester: pytest.Pytester) -> None:
    """A test that fails shows what arrived: operation, status, fault, violations; no secret."""
    pytester.makepyfile(
        SEND
        + """
def test_fails(blinger_server):
    blinger_server.fail_next(503)
    send(blinger_server), send(blinger_server, ""), send(blinger_server)
    httpx.get(blinger_server.url + "/canary-path")
    assert not "this"

def test_passes(blinger_server):
    send(blinger_server)

def test_fails_without_a_server():
    assert not "this"

def test_fails_before_any_request(blinger_server):
    assert not "this"
"""
    )
    done = pytester.runpytest_subprocess(*OPTIONS)
    text = done.stdout.str()

    done.assert_outcomes(passed=1, failed=3)
    assert _section(text) == [
        "  1  sendTextMessage  503  fault: status=503",
        "  2  sendTextMessage  400  violations: minLength",
        "  3  sendTextMessage  200",
        "  4  (no operation)   404  violations: path",
    ]
    assert text.count("Blinger mock: requests") == 2
    assert "no request arrived" in text
    assert "mock-token" not in text
    # The report repeats the test's own source; the section holds nothing of it.
    assert "canary" not in "\n".join(_section(text))


def test_broken_contract__fails_the_test(pytester: pytest.Pytester) -> None:
    """A test during which the server broke its own contract fails at its end, and no other."""
    pytester.makepyfile(
        SEND
        + """
from blinger_mock import render

def test_breaks(blinger_server, monkeypatch):
    real = render.message
    monkeypatch.setattr(render, "message", lambda one: {**real(one), "microseconds": "canary"})
    assert send(blinger_server).status_code == 500

def test_next(blinger_server):
    assert send(blinger_server).status_code == 200
"""
    )
    done = pytester.runpytest_subprocess(*OPTIONS)

    done.assert_outcomes(passed=2, errors=1)
    done.stdout.fnmatch_lines(["1 answers of the mock broke the contract: its log says where"])
    assert _section(done.stdout.str()) == ["  1  sendTextMessage  500"]


def test_in_process(pytester: pytest.Pytester) -> None:
    """With in_process=True nothing listens and no thread runs; assumptions go with it."""
    pytester.makepyfile(
        SEND
        + """
import threading

@pytest.mark.blinger_mock(in_process=True)
@pytest.mark.parametrize("which", "ab")
def test_default(blinger_server, which):
    assert "blinger-mock" not in {one.name for one in threading.enumerate()}
    assert send(blinger_server, transport=blinger_server.transport()).status_code == 200
    assert len(blinger_server.messages()) == 1
    with pytest.raises(httpx.ConnectError):
        send(blinger_server)

@pytest.mark.blinger_mock(in_process=True, uuid_reuse="same_message")
def test_assumption(blinger_server):
    assert blinger_server.profile["uuid_reuse"] == "same_message"
"""
    )
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=3)


def test_markers__add_up(pytester: pytest.Pytester) -> None:
    """What the module says holds in each test, unless the class or the test says otherwise."""
    pytester.makepyfile(
        """
import pytest

pytestmark = pytest.mark.blinger_mock(locked="accepted", in_process=True)

def _of(mock, *names):
    return [mock.profile[name] for name in names]

def test_module(blinger_server):
    assert _of(blinger_server, "locked", "uuid_dedupe") == ["accepted", "same_message"]

@pytest.mark.blinger_mock(uuid_dedupe="conflict")
class TestIt:
    def test_class(self, blinger_server):
        assert _of(blinger_server, "locked", "uuid_dedupe") == ["accepted", "conflict"]
        assert ":0/" in blinger_server.url

    @pytest.mark.blinger_mock(locked="refused", in_process=False)
    def test_function(self, blinger_server):
        assert _of(blinger_server, "locked", "uuid_dedupe") == ["refused", "conflict"]
        assert ":0/" not in blinger_server.url
"""
    )
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("marker", "says"),
    [
        ('"in_process"', "takes assumptions as name=value"),
        ('lock="no"', "there is no assumption 'lock'"),
        ('in_process="yes"', "in_process of the marker blinger_mock is True or False"),
    ],
)
def test_marker__refused(pytester: pytest.Pytester, marker: str, says: str) -> None:
    """What is no assumption is one clear error."""
    pytester.makepyfile(
        f"""
import pytest

@pytest.mark.blinger_mock({marker})
def test_it(blinger_server):
    pass
"""
    )
    done = pytester.runpytest_subprocess(*OPTIONS)

    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines([f"*{says}*"])


def test_xdist__a_server_each(pytester: pytest.Pytester) -> None:
    """Each of many workers has a server of its own; the ids of a test are the same in any."""
    pytester.makepyfile(
        SEND
        + """
@pytest.mark.parametrize("which", range(16))
def test_it(blinger_server, which):
    assert blinger_server.messages() == blinger_server.requests() == []
    ids = [send(blinger_server).json()["data"]["id"] for _ in range(3)]
    assert [one["id"] for one in blinger_server.messages()] == ids
    pathlib.Path(os.environ["IDS"], str(which)).write_text(json.dumps(ids))
"""
    )
    folders = [pytester.mkdir("first"), pytester.mkdir("second")]
    for folder, workers in zip(folders, (WORKERS, 1), strict=True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
            patch.setenv("IDS", str(folder))
            done = pytester.runpytest_subprocess(*OPTIONS, *MANY, "-n", str(workers))
        done.assert_outcomes(passed=16)
    first, second = (_read(folder) for folder in folders)

    assert first == second
    assert len({one for ids in first.values() for one in ids}) == 48


def test_xdist__one_server(pytester: pytest.Pytester) -> None:
    """Many workers on one server process, a token each: none meets another, and ids repeat."""
    pytester.makepyfile(
        SEND
        + """
from types import SimpleNamespace

def test_it(worker_id):
    number = int(worker_id.removeprefix("gw"))
    url, conversation = os.environ["URL"], os.environ["CONVERSATION"]
    mock = SimpleNamespace(url=url, token=f"token-{number}", conversation=conversation)
    ids = []
    for turn in range(25):
        # The same uuid in each worker, with another text: in one state this would be a 409.
        key = str(uuid.UUID(int=4 << 76 | 8 << 60 | turn))
        first, again = (send(mock, f"{number} {turn}", key) for _ in range(2))
        assert (first.status_code, first.json()) == (200, again.json())
        assert first.json()["data"]["body"] == f"{number} {turn}"
        ids.append(first.json()["data"]["id"])
    pathlib.Path(os.environ["IDS"], str(number)).write_text(json.dumps(ids))
"""
    )
    tokens = [word for number in range(WORKERS) for word in ("--token", f"token-{number}")]
    folders = [pytester.mkdir("first"), pytester.mkdir("second")]
    for folder in folders:
        command = [sys.executable, "-m", "blinger_mock", "--port", "0", "--json", *tokens]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                told = json.loads(server.stdout.readline())
                with pytest.MonkeyPatch.context() as patch:
                    patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
                    patch.setenv("IDS", str(folder))
                    patch.setenv("URL", told["url"])
                    patch.setenv("CONVERSATION", told["conversations"][0])
                    each = ("--dist", "each", "--tx", f"{WORKERS}*popen")
                    done = pytester.runpytest_subprocess(*OPTIONS, *MANY, *each)
            finally:
                server.kill()
        done.assert_outcomes(passed=WORKERS)
    first, second = (_read(folder) for folder in folders)

    assert first == second
    assert len({one for ids in first.values() for one in ids}) == WORKERS * 25


def _read(folder: Path) -> dict[str, list[str]]:
    return {one.name: json.loads(one.read_text("utf-8")) for one in folder.iterdir()}
