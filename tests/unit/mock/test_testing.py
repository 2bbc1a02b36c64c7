"""The server inside a user's own tests: `serve()` and the fixture `blinger_server`."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.unit.mock.conftest import kept

from blinger_mock import cli
from blinger_mock.faults import Hang, Rule, Status
from blinger_mock.testing import Held, Mock, in_process, serve
from blinger_spec import Profile, ProfileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
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


@pytest.mark.parametrize(
    "missing", ["uvicorn", "msgspec", "jsonschema_rs", "yaml", "starlette", "jinja2"]
)
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
        *(
            (["--port", port], "a port is a whole number from 0, for a free one, to 65535")
            for port in ("65536", "-1", "9" * 5000, "\u0663")
        ),
        (["--token", "a\nb"], "a token is visible ASCII"),
        (["--token", ""], "a token is visible ASCII"),
        (["--host", "no such host"], "cannot listen at no such host port 8787"),
        (["--token", "canary", "--token", "b", "--token", "canary"], "a token is given twice"),
        (["--assume", "locked=refused", "--assume", "locked=accepted"], "locked is assumed twice"),
        (["--seed", "x"], "argument --seed: a seed is a whole number of at most 18 digits"),
        (["--seed", "1.5"], "argument --seed: a seed is a whole number"),
        (["--seed", "-1000000000000000000"], "argument --seed: a seed is a whole number"),
        (["--seed", "9" * 5000], "argument --seed: a seed is a whole number"),
        (["--allow-host", "http://mock"], "argument --allow-host: a host is a name or an address"),
        (["--allow-host", "mock:8787"], "argument --allow-host: a host is a name or an address"),
        (["--allow-host", ""], "argument --allow-host: a host is a name or an address"),
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
    assert "canary" not in error


def _send(mock: Mock, text: str = "hi", *, key: str | None = None) -> httpx.Response:
    url = f"{mock.url}/conversation/{mock.conversation}/send-text-message"
    body = {"uuid": key or str(uuid.uuid4()), "text": text}
    with httpx.Client(transport=mock.transport()) as client:
        return client.post(url, headers={"Authorization": mock.token}, json=body)


@pytest.fixture(params=[serve, in_process])
def mock(request: pytest.FixtureRequest) -> Iterator[Mock]:
    """A server, on a real socket and without."""
    with request.param() as mock:
        yield mock
        assert mock.violations == 0


def test_wait_for__is_there_already(mock: Mock) -> None:
    """A message that is there is returned at once, the oldest that fits."""
    sent = [kept(_send(mock, text)) for text in ("a", "hi", "hi")]

    assert mock.wait_for(text="hi", timeout=0) == sent[1]
    assert mock.wait_for(timeout=0) == sent[0]
    assert mock.wait_for(conversation=mock.conversation, where=lambda it: it == sent[2]) == sent[2]


def test_wait_for__is_woken(mock: Mock) -> None:
    """Who waits is woken by the message, not by a clock."""
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(mock.wait_for, text="hi", kind="text", author="endUser", timeout=30)
        while mock._engine.bus.idle:
            time.sleep(0.001)
        _send(mock, "not this")
        sent = kept(_send(mock))

        assert waits.result(5) == sent
    assert mock._engine.bus.idle


def test_wait_for__in_an_event_loop(mock: Mock) -> None:
    """In asyncio a thread waits, so that the loop goes on."""

    async def both() -> object:
        waits = asyncio.create_task(asyncio.to_thread(mock.wait_for, text="hi"))
        await asyncio.sleep(0.01)
        async with httpx.AsyncClient(transport=mock.async_transport()) as client:
            url = f"{mock.url}/conversation/{mock.conversation}/send-text-message"
            body = {"uuid": str(uuid.uuid4()), "text": "hi"}
            await client.post(url, headers={"Authorization": mock.token}, json=body)
        return (await waits)["body"]

    assert asyncio.run(both()) == "hi"


def test_wait_for__in_vain(mock: Mock) -> None:
    """The error says what is there instead, but no text and no token."""
    with pytest.raises(TimeoutError) as empty:
        mock.wait_for(timeout=0)
    _send(mock, "canary")
    mock.end_user_writes(" Canary ")

    def is_answered(_: object) -> bool:
        return False

    begin = time.monotonic()
    with pytest.raises(TimeoutError) as caught:
        mock.wait_for(text="hi", author="agent", timeout=0.05)
    with pytest.raises(TimeoutError) as near:
        mock.wait_for(text="canary", kind="text", where=is_answered, timeout=0)

    assert time.monotonic() - begin >= 0.05
    assert str(empty.value) == "after 0 s no message fits at all; there is none"
    assert str(caught.value) == (
        "after 0.05 s no message fits a text of 2 characters and author agent; "
        "there are 2: text by endUser, text by endUser"
    )
    assert str(near.value) == (
        "after 0 s no message fits a text of 6 characters and kind text and where is_answered; "
        "there are 2: text by endUser, text by endUser; "
        "1 with that text but for case or white space"
    )


def test_no_such_conversation(mock: Mock) -> None:
    """A conversation that is not there is told, with where the ids of those are that there are."""
    calls: list[Callable[[], object]] = [
        lambda: mock.messages("nope"),
        lambda: mock.wait_for(conversation="nope", timeout=0),
    ]
    for call in calls:
        with pytest.raises(LookupError, match=r"^there is no such conversation: \.conversations"):
            call()
    assert mock.messages(mock.conversation.upper()) == mock.messages() == []


DATA: dict[str, Any] = {
    "agents": [{"name": "Anna", "serviceUserId": 17}],
    "conversations": [
        {"locked": True},
        {
            "agent": "Anna",
            "createdAt": datetime(2026, 1, 1, 9, tzinfo=UTC),
            "messages": [{"text": "Hello"}, {"text": "Yes?", "from": "agent"}, {"review": {}}],
        },
    ],
}
YAML = """
agents: [{name: Anna, serviceUserId: "17"}]
conversations:
- {locked: true}
- agent: Anna
  createdAt: 2026-01-01T09:00:00Z
  messages: [{text: Hello}, {text: "Yes?", from: agent}, {review: {}}]
"""


@pytest.mark.parametrize("start", [serve, in_process])
def test_data(start: Callable[..., AbstractContextManager[Mock]], tmp_path: Path) -> None:
    """Data of a file or of the same mapping is what each tenant starts with, and after a reset."""
    (tmp_path / "data.yaml").write_text(YAML)
    seen = []
    for data in (DATA, tmp_path / "data.yaml", str(tmp_path / "data.yaml")):
        with start(data=data, seed=3) as mock, mock.tenant("other", "2") as other:
            _send(mock)
            mock.end_user_writes("hi")
            mock.reset()
            assert mock.messages() == other.messages() == mock.messages(mock.conversation)
            assert (mock.conversation,) == mock.conversations != (mock.locked_conversation,)
            assert (mock.agent,) == mock.agents
            seen.append(mock.messages())

    assert seen == [seen[0]] * 3
    assert [one["body"] for one in seen[0]] == ["Hello", "Yes?", None]
    assert seen[0][1]["agent"]["serviceUserId"] == "17"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"agents": [{"nam": "Anna"}]}, r"^data: agents\[0\]: the key nam is not known; allowed"),
        ({"bot": {"createdAt": "soon"}}, r"^data: bot.createdAt: must be a time from 1970 to 9999"),
        ({"bot": object()}, "^data: a value in it is nothing that YAML has$"),
        ("/nowhere.yaml", r"^/nowhere.yaml cannot be read"),
    ],
)
def test_data__refused(data: Any, says: str) -> None:
    """A slip in a mapping is told with where it is, which is no line."""
    with pytest.raises(ValueError, match=says), in_process(data=data):
        pass


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        *(("port", port, "a port is a whole number") for port in (99999, -1)),
        *(("token", one, "a token is visible ASCII") for one in ("canary\xe9", "canary\n", "")),
        *(("seed", seed, "a seed is a whole number") for seed in (10**18, -(10**18))),
        ("clock", "frozen=9999-12-31T23:59:59-05:00", "a time is ISO 8601, from 1970 to 9999"),
        ("clock", "fast", "it is real, frozen, frozen=TIME, step=SECONDS or step=SECONDS,TIME"),
    ],
)
def test_serve__refused(name: str, given: Any, says: str) -> None:
    """What the command line refuses is refused here too, before anything is started."""
    with pytest.raises(ValueError, match=says) as caught, serve(**{name: given}):
        pass

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        *(("host", host, "a host is a str") for host in (5, None, b"canary")),
        *(("port", port, "a port is a whole number") for port in ("x", True, 1.5, None)),
        *(("token", one, "a token is a str") for one in (5, None, b"canary")),
        *(("seed", seed, "a seed is a whole number") for seed in ("x", 1.5, True, None)),
        *(("faults", one, "faults are a list of rules, or") for one in (5, {"effect": 1}, None)),
        *(("data", one, "data is a mapping, or the path") for one in (5, [1], True)),
        *(("assume", one, "assume is a mapping") for one in (5, ["text_max"], {5: "canary"})),
        *(("profile", one, "profile is a mapping") for one in (5, ["text_max"], {5: "canary"})),
        *(("clock", one, "a clock is a function that returns the time") for one in (5, None)),
        *(("clock", one, "returns whole microseconds") for one in (time.time, Held, lambda: None)),
    ],
)
def test_serve__wrong_type(name: str, given: Any, says: str) -> None:
    """What is of another type is told in one line, before anything is started."""
    with pytest.raises(TypeError, match=says) as caught, serve(**{name: given}):
        pass

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        (("", "2"), ValueError, "a token is visible ASCII"),
        (("canary\xe9", "2"), ValueError, "a token is visible ASCII"),
        ((5, "2"), TypeError, "a token is a str"),
        (("b", 5), TypeError, "the name of a tenant is a str"),
        (("b", "\ud800"), ValueError, "the name of a tenant has half of a surrogate pair"),
        (("b", "1"), ValueError, "another tenant has this name or this token"),
        (("canary", "2"), ValueError, "another tenant has this name or this token"),
    ],
)
def test_tenant__refused(given: Any, error: type[Exception], says: str) -> None:
    """A tenant that nobody could reach, or that would end another, is none."""
    with in_process(token="canary") as mock:
        with pytest.raises(error, match=says) as caught, mock.tenant(*given):
            pass
        assert mock.messages() == []

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("start", [serve, in_process])
def test_serve__clock_in_words(start: Callable[..., AbstractContextManager[Mock]]) -> None:
    """The time goes as `--clock` has it, and after a reset again."""
    with start(clock="frozen=2026-01-01T09:00:00Z") as mock:
        mock.clock.run()
        mock.reset()
        assert mock.clock.mode == "frozen"
        assert mock.clock.now() == datetime(2026, 1, 1, 9, tzinfo=UTC)


def test_data__nothing_is_open() -> None:
    """Where each conversation is locked, none takes messages, and that is said."""
    with in_process(data={"conversations": [{"locked": True}]}) as mock:
        assert mock.conversations == ()
        with pytest.raises(LookupError, match="no conversation of the data takes messages"):
            mock.messages()
    with in_process(data={"conversations": []}) as mock:
        with pytest.raises(LookupError, match="there is no conversation in the data"):
            mock.messages()
        with pytest.raises(LookupError, match="no conversation of the data is locked"):
            mock.locked_conversation  # noqa: B018 - it raises


def test_faults(tmp_path: Path) -> None:
    """Faults of a file or of a list are there from the start, for each tenant, and on a reset."""
    file = tmp_path / "faults.yaml"
    file.write_text("- {effect: {kind: status, status: 503}, times: 1}")
    plain = [{"effect": {"kind": "status", "status": 503}, "times": 1}]
    for faults in (plain, [Rule(Status(503), times=1)], file, str(file)):
        with in_process(faults=faults) as mock, mock.tenant("other", "2") as other:
            statuses = [_send(one).status_code for one in (mock, other, mock)]
            mock.reset()
            assert [*statuses, _send(mock).status_code] == [503, 503, 200, 503]
    with (
        pytest.raises(ValueError, match="rule 1: the key 'x' is unknown"),
        serve(faults=[{"x": 1}]),
    ):
        pass


def test_faults__repr(mock: Mock) -> None:
    """The faults say what they are in the words of the header, and how many requests met each."""
    assert repr(mock.faults) == "<Faults []>"
    mock.fail_next(503, retry_after=1, when="after")
    mock.fail_next("drip", seconds=0.00001, operation="assignAgent", times=None)
    mock.faults.add(Rule(Hang(), conversation="x", times=2, skip=1, probability=0.5, seed=7))
    _send(mock)

    assert repr(mock.faults) == (
        "<Faults [status=503; retry-after=1; when=after; times=1 (met 1), "
        "drip=0.00001; operation=assignAgent (met 0), "
        "hang; conversation=x; times=2; skip=1; probability=0.5; seed=7 (met 0)]>"
    )


def test_wait_for_request(mock: Mock) -> None:
    """A request is waited for by operation, status and uuid; in vain, it says which came."""
    key = str(uuid.uuid4())
    _send(mock, "")
    _send(mock, "canary", key=key.upper())

    assert mock.wait_for_request(status=400).violations == ("minLength",)
    assert mock.wait_for_request("sendTextMessage", uuid=key, timeout=0).status == 200
    with pytest.raises(TimeoutError) as caught:
        mock.wait_for_request("assignAgent", timeout=0)
    assert str(caught.value) == (
        "after 0 s no request fits operation assignAgent; "
        "2 arrived: sendTextMessage 400, sendTextMessage 200"
    )


def test_fail_next__status(mock: Mock) -> None:
    """The next request meets the fault, or the next few, of one operation or any."""
    mock.fail_next(503, retry_after=1)
    first, second = _send(mock), _send(mock)
    mock.fail_next(429, times=2, operation="requestReview")
    others = [_send(mock).status_code, *(_review_of(mock).status_code for _ in range(3))]

    assert (first.status_code, first.headers["Retry-After"]) == (503, "1")
    assert second.status_code == 200
    assert others == [200, 429, 429, 200]
    assert [one.fault for one in mock.requests()][:3] == [
        "status=503; retry-after=1",
        None,
        None,
    ]


def _review_of(mock: Mock) -> httpx.Response:
    with httpx.Client(transport=mock.transport(), headers={"Authorization": mock.token}) as client:
        return client.post(f"{mock.url}/conversation/{mock.conversation}/request-review")


def test_fail_next__after(mock: Mock) -> None:
    """A fault after the request was applied leaves the message there."""
    mock.fail_next(500, when="after", times=None, conversation=mock.conversation.upper())
    key = str(uuid.uuid4())
    statuses = [_send(mock, key=key).status_code for _ in range(3)]

    assert statuses == [500] * 3
    assert len(mock.messages()) == 1


def test_fail_next__date(mock: Mock) -> None:
    """Retry-After may be a date."""
    mock.fail_next(429, retry_after=datetime(2026, 10, 21, 7, 28, tzinfo=UTC))

    assert _send(mock).headers["Retry-After"] == "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"fault": "rest"}, "a status from 400 to 599, or one of close, delay, drip, hang, "),
        ({"fault": 200}, "400 to 599"),
        ({"fault": True}, "400 to 599"),
        ({"fault": "delay"}, "delay takes seconds="),
        ({"fault": "drip", "seconds": -1}, "drip takes seconds=, 0 or more"),
        ({"fault": "hang", "seconds": 1}, "seconds goes with delay and drip"),
        ({"fault": 503, "seconds": 1}, "a status takes retry_after"),
        ({"fault": "reset", "retry_after": 1}, "retry_after goes with a status"),
        ({"fault": 503, "retry_after": -1}, "whole seconds, 0 or more"),
        ({"fault": 503, "retry_after": 0.5}, "whole seconds, 0 or more"),
        ({"fault": 503, "retry_after": datetime(2026, 1, 1)}, "has a time zone"),  # noqa: DTZ001
        ({"fault": "reset", "when": "during"}, "'before' or 'after'"),
        ({"fault": "truncate", "when": "before"}, "when='after'"),
        ({"fault": "reset", "times": 0}, "at least 1"),
        ({"fault": "reset", "operation": "send_text"}, "one of assignAgent, sendTextMessage, "),
    ],
)
def test_fail_next__refused(mock: Mock, arguments: dict[str, Any], says: str) -> None:
    """What is no fault is refused, with what is allowed."""
    with pytest.raises(ValueError, match=says):
        mock.fail_next(**arguments)
    assert mock.faults.rules == ()


def test_end_user(mock: Mock) -> None:
    """The end user writes, and gives the review that was asked for, once."""
    wrote = mock.end_user_writes("hello?")
    asked = _review_of(mock).json()["data"]
    gave = mock.give_review(asked["id"], 5, "Thank you")

    assert (wrote["body"], wrote["type"], wrote["endUser"] is None) == ("hello?", "text", False)
    assert (asked["review"]["confirmed"], asked["review"]["mark"]) == (False, 0)
    assert [gave["review"][name] for name in ("confirmed", "mark", "text")] == [
        True,
        5,
        "Thank you",
    ]
    assert mock.messages() == [wrote, gave]
    assert [one.operation for one in mock.requests()] == ["requestReview"]


def test_end_user__refused(mock: Mock) -> None:
    """What an end user cannot do says why."""
    untyped: Any = mock
    message = mock.end_user_writes("a")["id"]
    asked = _review_of(mock).json()["data"]["id"]
    mock.give_review(asked, 1)
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: mock.end_user_writes(""), "more than blanks"),
        (lambda: mock.end_user_writes(" \n"), "more than blanks"),
        (lambda: mock.end_user_writes("a", conversation="x"), "no such conversation"),
        (lambda: mock.end_user_writes("a", conversation=mock.locked_conversation), "is locked"),
        (lambda: mock.give_review(message, 5), "no such message that asks for a review"),
        (lambda: mock.give_review(asked, 5), "given already"),
        *(
            (partial(untyped.give_review, asked, mark), "a mark is a whole number from 1 to 5")
            for mark in (0, 6)
        ),
        (lambda: mock.give_review(asked, 5, "\udc00"), "text has half of a surrogate pair"),
        (lambda: mock.end_user_writes("a\ud800"), "text has half of a surrogate pair"),
    ]
    for act, says in refused:
        with pytest.raises(ValueError, match=says):
            act()
    mistyped: list[tuple[Callable[[], object], str]] = [
        *(
            (partial(untyped.give_review, asked, mark), "a mark is a whole number from 1 to 5")
            for mark in (True, 4.0, "5", None)
        ),
        (partial(untyped.give_review, asked, 5, None), "text is a str"),
        (partial(untyped.end_user_writes, 5), "text is a str"),
    ]
    for act, says in mistyped:
        with pytest.raises(TypeError, match=says):
            act()


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda clock: clock.freeze(5), "a time is a datetime or a str in ISO 8601"),
        (lambda clock: clock.step(1, at=5), "a time is a datetime or a str in ISO 8601"),
        (lambda clock: clock.step("1"), "seconds are a number"),
        (lambda clock: clock.move("x"), "seconds are a number"),
        (lambda clock: clock.move(True), "seconds are a number"),
    ],
)
def test_clock__refused(mock: Mock, act: Callable[[Any], object], says: str) -> None:
    """What is no time, and no number of seconds, is told in one line, and changes nothing."""
    with pytest.raises(TypeError, match=says):
        act(mock.clock)

    assert mock.clock.mode == "real"


def test_wait_for__review_is_given(mock: Mock) -> None:
    """A program that waits for the end user sees the review when it is given."""
    asked = _review_of(mock).json()["data"]["id"]
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(mock.wait_for, where=lambda one: one["review"]["confirmed"])
        gave = mock.give_review(asked, 4)

        assert waits.result(5) == gave


def test_clock(mock: Mock) -> None:
    """The clock of a tenant is frozen, stepped, moved and let go; messages carry its time."""
    mock.clock.freeze("2026-01-01T00:00:00Z")
    frozen = [_send(mock).json()["data"]["createdAt"] for _ in range(2)]
    mock.clock.move(60)
    moved = mock.clock.now()
    mock.clock.step(1.5, at=datetime(2026, 2, 1, tzinfo=UTC))
    _send(mock)
    stepped = mock.clock.now()
    mode = mock.clock.mode
    mock.clock.run()

    assert frozen == [1_767_225_600] * 2
    assert moved == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    assert (stepped.second, stepped.microsecond, mode) == (1, 500_000, "stepped")
    assert (repr(mock.clock), mock.clock.now() > stepped) == ("<MockClock real>", True)
    mock.clock.freeze("2026-01-01")
    assert mock.clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    late = "9999-12-31T23:59:59-05:00"
    for bad in (datetime(2026, 1, 1), "1969-12-31T23:59:59Z", late, "soon", "2026-13-01"):  # noqa: DTZ001
        with pytest.raises(ValueError, match=r"^a (time is ISO 8601|datetime has a time zone), "):
            mock.clock.freeze(bad)
    for seconds in (0, 1e-7, -1, 86401, float("nan")):
        with pytest.raises(ValueError, match="a step is in seconds"):
            mock.clock.step(seconds)
    for seconds in (1e12, -1e12, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="the clock goes from 1970 to 9999"):
            mock.clock.move(seconds)
    assert mock.clock.mode == "frozen"


def test_reset(mock: Mock) -> None:
    """A reset tenant starts from the seed, with the ids it had first."""
    first = _send(mock).json()["data"]["id"]
    mock.clock.freeze()
    mock.fail_next("reset")
    mock.reset()

    assert (mock.messages(), mock.requests(), mock.faults.rules) == ([], [], ())
    assert mock.clock.mode == "real"
    assert _send(mock).json()["data"]["id"] == first


def test_mock__after_the_end() -> None:
    """When the server has stopped, what it has can still be looked at."""
    with serve() as mock:
        _send(mock)

    assert len(mock.messages()) == len(mock.requests()) == 1


def test_mock__from_many_threads() -> None:
    """What many threads do at once, over the socket, in process and by hand, is all there."""
    with serve() as mock:

        def socket_sends(_: int) -> int:
            return _review(mock).status_code

        def test_looks(number: int) -> int:
            mock.clock.step(0.001)
            mock.clock.move(1)
            mock.fail_next(503, operation="assignAgent")
            mock.end_user_writes(str(number))
            return (len(mock.requests()) >= 0 and len(mock.messages()) > 0 and 200) or 0

        def others_come(number: int) -> int:
            with mock.tenant(f"token-{number}", f"tenant {number}") as other:
                return _send(other).status_code

        jobs = [socket_sends, test_looks, lambda _: _send(mock).status_code, others_come]
        with ThreadPoolExecutor(8) as pool:
            done = [pool.submit(job, number) for number in range(100) for job in jobs]
            statuses = [one.result(30) for one in done]

        assert statuses == [200] * 400
        assert len({one["id"] for one in mock.messages()}) == 300
        assert len(mock.requests()) == 200
        assert len(mock.faults.rules) == 100
        times = [one["microseconds"] for one in mock.messages()]
        assert times == sorted(set(times))
        assert mock.violations == 0
