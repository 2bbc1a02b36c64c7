"""The pytest plugin as its users run it: sessions of their own, some of many processes."""

from __future__ import annotations

import json
import subprocess
import sys
from fnmatch import fnmatch
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


def _section(text: str, name: str = "requests") -> list[str]:
    """Return the lines of a section that the plugin attaches."""
    lines = text.splitlines()
    start = next(place for place, line in enumerate(lines) if f"Blinger mock: {name}" in line)
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
        ('"in_process"', "the marker blinger_mock takes assumptions as name=value"),
        ('lock="no"', "blinger_server cannot start: there is no assumption 'lock': did you mean *"),
        ('in_process="yes"', "the marker blinger_mock takes in_process=True or in_process=False"),
        ("strict=1", "the marker blinger_mock takes strict=True or strict=False"),
    ],
)
def test_marker__refused(pytester: pytest.Pytester, marker: str, says: str) -> None:
    """What a marker does not take is one clear line, and no traceback."""
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
    assert [fnmatch(line, says) for line in _error(done)] == [True]


def _error(done: pytest.RunResult) -> list[str]:
    """Return the lines between the headline of the one error and what follows it."""
    lines = done.stdout.str().splitlines()
    start = next(place for place, line in enumerate(lines) if "ERROR at setup of" in line)
    rest = lines[start + 1 :]
    return rest[: next(place for place, line in enumerate(rest) if line.startswith("="))]


def test_options(pytester: pytest.Pytester) -> None:
    """A suite's own data, faults and assumptions: each test is still a tenant that starts anew."""
    pytester.makeconftest(
        """
import pytest

@pytest.fixture(scope="session")
def blinger_mock_options():
    return {
        "assume": {"locked": "accepted"},
        "data": {"conversations": [{"messages": [{"text": "Hello"}]}]},
        "faults": [{"effect": {"kind": "status", "status": 503}, "times": 1}],
    }
"""
    )
    tests = """
@pytest.mark.parametrize("which", [
    "a",
    "b",
    pytest.param("c", marks=pytest.mark.blinger_mock(in_process=True)),
    pytest.param("d", marks=pytest.mark.blinger_mock(uuid_dedupe="conflict")),
])
def test_it(blinger_server, which):
    statuses = []
    for _ in range(2):
        with httpx.Client(transport=blinger_server.transport()) as client:
            url = f"{blinger_server.url}/conversation/{blinger_server.conversation}/request-review"
            token = {"Authorization": blinger_server.token}
            statuses.append(client.post(url, headers=token).status_code)
    assert statuses == [503, 200]
    assert [one["type"] for one in blinger_server.messages()] == ["text", "review"]
    assert blinger_server.profile["locked"] == "accepted"
"""
    pytester.makepyfile(SEND + tests)
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        pytester.runpytest_subprocess(*OPTIONS, *MANY, "-n", "2").assert_outcomes(passed=4)


def test_options__of_a_module(pytester: pytest.Pytester) -> None:
    """A module that overrides the options gets them, and the server of the others ends."""
    module = """
import threading
{fixture}
def test_it(blinger_server):
    assert blinger_server.profile["locked"] == "{locked}"
    assert [one.name for one in threading.enumerate()].count("blinger-mock") == 1
"""
    fixture = """
import pytest

@pytest.fixture(scope="session")
def blinger_mock_options():
    return {"assume": {"locked": "accepted"}}
"""
    pytester.makepyfile(
        test_a=module.format(fixture="", locked="refused"),
        test_b=module.format(fixture=fixture, locked="accepted"),
        test_c=module.format(fixture="", locked="refused"),
    )
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"port": 1}, "blinger_mock_options does not take port; it takes profile, assume, data, *"),
        ({"data": {"x": 1}}, "blinger_server cannot start: data: the key x is not known; *"),
        ({"faults": [{}]}, "blinger_server cannot start: rule 1: the key effect is missing"),
        ({"seed": "x"}, "blinger_server cannot start: a seed is a whole number of at most 18 *"),
        ({"assume": 5}, "blinger_server cannot start: assume is a mapping, *"),
        (None, "blinger_mock_options returns a mapping of arguments of serve()"),
    ],
)
def test_options__refused(pytester: pytest.Pytester, options: object, says: str) -> None:
    """What a server cannot be like is one clear line, and no traceback."""
    pytester.makepyfile(
        f"""
import pytest

@pytest.fixture(scope="session")
def blinger_mock_options():
    return {options!r}

def test_it(blinger_server):
    pass
"""
    )
    done = pytester.runpytest_subprocess(*OPTIONS)

    done.assert_outcomes(errors=1)
    assert [fnmatch(line, says) for line in _error(done)] == [True]


FAULTS = """
def test_unmet(blinger_server):
    blinger_server.fail_next(503, retry_after=1, operation="assignAgent")
    blinger_server.fail_next("reset", when="after", operation="requestReview")
    blinger_server.fail_next(500)
    send(blinger_server)
    assert not {fails}
"""


def test_failure__shows_unmet_faults(pytester: pytest.Pytester) -> None:
    """A test that fails shows the faults that no request met, in the words of the header."""
    pytester.makepyfile(SEND + FAULTS.format(fails=True))
    done = pytester.runpytest_subprocess(*OPTIONS)
    text = done.stdout.str()

    done.assert_outcomes(failed=1)
    assert _section(text) == ["  1  sendTextMessage  500  fault: status=500"]
    assert _section(text, "faults that no request met") == [
        "status=503; retry-after=1; operation=assignAgent; times=1",
        "reset; when=after; operation=requestReview; times=1",
    ]


@pytest.mark.parametrize("strict", [True, False])
def test_strict(pytester: pytest.Pytester, strict: bool) -> None:
    """With strict=True a fault that no request met fails the test at its end; else it does not."""
    marker = f"pytestmark = pytest.mark.blinger_mock(strict={strict})\n"
    pytester.makepyfile(SEND + marker + FAULTS.format(fails=False))
    done = pytester.runpytest_subprocess(*OPTIONS)

    done.assert_outcomes(passed=1, errors=int(strict))
    if strict:
        done.stdout.fnmatch_lines(
            ["no request met these faults:", "status=503; retry-after=1; operation=assignAgent; *"]
        )


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
