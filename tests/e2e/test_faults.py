"""docs/faults.md says what each fault looks like: each row of it is tried on a real socket."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx
import msgspec
import pytest

import blinger
from blinger import Blinger, BlingerError
from blinger_mock import effects
from blinger_mock.faults import Rule, parse
from blinger_mock.testing import Mock, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
CURL = shutil.which("curl")
SECONDS = 1.0
"""How long the clients wait, as the page says."""


class Row(NamedTuple):
    """A row of the page: a fault, and what three clients make of it."""

    fault: str
    applied: str
    httpx: str
    curl: str
    blinger: str
    outcome: str


def shown() -> list[Row]:
    """Return the rows of the table."""
    section = PAGE.read_text("utf-8").split("## What each looks like")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [Row(*(cell.strip(" `*") for cell in line.strip("|").split("|"))) for line in lines]


ROWS = shown()


@pytest.fixture(scope="module")
def server() -> Iterator[Mock]:
    """One server; each test is a tenant of it."""
    with serve() as mock:
        yield mock
        assert mock.violations == 0


@pytest.fixture
def mock(server: Mock, request: pytest.FixtureRequest) -> Iterator[Mock]:
    """A tenant, to whom the server still answers in the end."""
    with server.tenant(str(uuid.uuid4()), request.node.name) as mock:
        yield mock
        mock.faults.set([])
        before = len(mock.messages())
        assert _post(mock).status_code == 200
        assert len(mock.messages()) == before + 1


def _url(mock: Mock) -> str:
    return f"{mock.url}/conversation/{mock.conversation}/send-text-message"


def _body() -> dict[str, str]:
    return {"uuid": str(uuid.uuid4()), "text": "Hello"}


def _post(mock: Mock, fault: str | None = None) -> httpx.Response:
    headers = {"Authorization": mock.token}
    if fault is not None:
        headers["X-Mock-Fault"] = fault
    # A client of its own: each request is on a new connection.
    with httpx.Client(trust_env=False, timeout=SECONDS) as client:
        return client.post(_url(mock), headers=headers, json=_body())


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    assert holds()


def _is_stored(mock: Mock, row: Row) -> bool:
    """Return whether the one message came to be; what was asked later would have been later."""
    return len(mock.messages()) == (row.applied == "yes")


def test_the_page_has_each_fault() -> None:
    """The table shows each effect, and before and after where they differ."""
    faults = {row.fault for row in ROWS}
    effects_shown = PAGE.read_text("utf-8").split("## The faults")[1]
    kinds = re.findall(r"^\| `(\w+)` \|", effects_shown, re.MULTILINE)

    assert {re.split("[=;]", fault)[0] for fault in faults} == set(kinds[:8])
    assert {"hang", "hang; when=after", "reset; when=after", "close; when=after"} <= faults
    assert {row.applied for row in ROWS} == {"yes", "no"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault)
def test_httpx(mock: Mock, row: Row) -> None:
    """What httpx raises or returns is what the page says."""
    try:
        answer = _post(mock, row.fault)
    except httpx.HTTPError as error:
        seen = type(error).__name__
    else:
        seen = str(answer.status_code)
        try:
            answer.json()
        except ValueError:
            seen += ", not JSON"

    assert seen == row.httpx
    assert _is_stored(mock, row)


@pytest.mark.skipif(CURL is None, reason="curl is not installed: apt-get install curl")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault)
def test_curl(mock: Mock, row: Row) -> None:
    """The status that curl exits with is what the page says."""
    headers = [f"Authorization: {mock.token}", "Content-Type: application/json"]
    command = ["curl", "--disable", "--silent", "--noproxy", "*", "--max-time", str(SECONDS)]
    for header in (*headers, f"X-Mock-Fault: {row.fault}"):
        command += ["--header", header]
    command += ["--data", json.dumps(_body()), "--output", "-", _url(mock)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=20)

    assert str(done.returncode) == row.curl
    assert _is_stored(mock, row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault)
def test_blinger(mock: Mock, row: Row) -> None:
    """What `blinger` raises, and the outcome it tells, are what the page says; a rule does it."""
    mock.faults.add(msgspec.structs.replace(parse(row.fault), times=1))
    with Blinger(mock.token, base_url=mock.url, timeout=SECONDS, retries=0) as client:
        chat = client.conversation(mock.conversation)
        if row.blinger == "the message":
            assert chat.send_text("Hello").id == mock.messages()[0]["id"]
        else:
            with pytest.raises(getattr(blinger, row.blinger)) as caught:
                chat.send_text("Hello")
            assert isinstance(caught.value, BlingerError)
            assert caught.value.outcome == row.outcome

    assert _is_stored(mock, row)
    # Of a client that left in a delay the server hears a little later.
    _until(lambda: len(mock.requests()) == 1)
    [entry] = mock.requests()
    assert (entry.fault, entry.applied) == (row.fault, row.applied == "yes")


def test_reset_after_commit__is_sent_once(mock: Mock) -> None:
    """The trap: the answer is lost, `blinger` asks again with the same uuid, and there is one."""
    mock.faults.add(msgspec.structs.replace(parse("reset; when=after"), times=1))
    with Blinger(mock.token, base_url=mock.url, timeout=SECONDS) as client:
        sent = client.conversation(mock.conversation).send_text("Hello")

    assert [one["id"] for one in mock.messages()] == [sent.id]
    first, second = mock.requests()
    assert (first.uuid, first.status, first.fault) == (second.uuid, 0, "reset; when=after")
    assert second.fault is None


def test_retry_after__in_both_forms(mock: Mock) -> None:
    """The header is sent as seconds, as a date that lies ahead, or as the date that was given."""
    date = "Wed, 21 Oct 2026 07:28:00 GMT"
    seconds = _post(mock, "status=429; retry-after=7")
    ahead = _post(mock, "status=429; retry-after=7; as-date")
    given = _post(mock, f"status=503; retry-after={date}")
    wait = parsedate_to_datetime(ahead.headers["Retry-After"]) - parsedate_to_datetime(
        ahead.headers["Date"]
    )

    assert (seconds.headers["Retry-After"], given.headers["Retry-After"]) == ("7", date)
    assert 6 <= wait.total_seconds() <= 9


def test_header__bad(mock: Mock) -> None:
    """A header that is none is a 400 that says what is allowed, and repeats nothing."""
    answer = _post(mock, "canary=1")

    assert answer.status_code == 400
    assert "status=CODE" in answer.json()["error"]
    assert "canary" not in answer.text + str(answer.headers)
    assert json.loads(answer.headers["X-Mock-Violations"])[0]["pointer"] == "X-Mock-Fault"
    assert mock.messages() == []


def test_header__stands_before_the_rules(mock: Mock) -> None:
    """A request that asks for a fault meets no rule and does not count for one."""
    mock.faults.add(Rule(parse("status=503").effect, times=1))

    assert [_post(mock, "status=418").status_code, _post(mock).status_code] == [418, 503]


def test_header__without_a_known_token(mock: Mock) -> None:
    """Whoever is not let in cannot ask for a fault."""
    headers = {"Authorization": "another", "X-Mock-Fault": "hang"}
    answer = httpx.post(_url(mock), headers=headers, json=_body(), trust_env=False)

    assert answer.status_code == 401


def test_delay__of_a_tenant_who_is_removed(server: Mock) -> None:
    """A request that waits for its turn when its tenant goes is let go, and is no bug."""
    with ThreadPoolExecutor() as threads:
        with server.tenant("short-lived", "short-lived") as mock:
            waiting = threads.submit(_post, mock, "delay=0.5")
            time.sleep(0.2)
        with pytest.raises(httpx.RemoteProtocolError):
            waiting.result()

    assert server.violations == 0


def test_hang__ends_with_the_server() -> None:
    """A server with connections that hang stops at once."""
    with ThreadPoolExecutor(20) as threads:
        with serve() as mock:
            hanging = [threads.submit(_post, mock, "hang; when=after") for _ in range(20)]
            _until(lambda: len(mock.requests()) == 20)
            begin = time.monotonic()
        took = time.monotonic() - begin
        errors = [one.exception() for one in hanging]

    assert took < 0.9
    assert all(isinstance(error, httpx.HTTPError) for error in errors)
    assert effects.Connection.hanging == 0


def test_hang__is_bounded(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where too many connections hang already, one more is reset."""
    monkeypatch.setattr(effects, "_MOST_HANGING", 0)

    with pytest.raises(httpx.ReadError):
        _post(mock, "hang")


def test_limit() -> None:
    """The limit of the assumption says in seconds when to come back, and holds for each tenant."""
    with serve(assume={"rate_limit": 0.5}) as mock:
        answers = [_post(mock) for _ in range(2)]
        with mock.tenant("other", "other") as other:
            answers.append(_post(other))

    assert [one.status_code for one in answers] == [200, 429, 200]
    assert answers[1].headers["Retry-After"] in {"1", "2"}


def _started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-m", "blinger_mock", "--port", "0", "--json"]
    return subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _statuses(process: subprocess.Popen[str], *faults: str | None) -> list[int]:
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    url = f"{facts['url']}/conversation/{facts['conversations'][0]}/send-text-message"
    headers: list[dict[str, str]] = [{"X-Mock-Fault": fault} if fault else {} for fault in faults]
    return [
        httpx.post(
            url, headers={"Authorization": facts["token"], **more}, json=_body(), trust_env=False
        ).status_code
        for more in headers
    ]


def test_command(tmp_path: Path) -> None:
    """`--faults` takes the rules of a file, `--no-header-faults` none of a header."""
    file = tmp_path / "faults.yaml"
    file.write_text("- effect: {kind: status, status: 503}\n  times: 2\n", "utf-8")
    with _started("--faults", str(file), "--no-header-faults") as process:
        try:
            assert _statuses(process, None, "status=418", None, "status=418") == [
                *([503] * 2),
                *([200] * 2),
            ]
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- effect: {kind: hang}\n  match: x\n", "rule 1: the key 'match' is unknown; known are "),
        (
            "- effect: {kind: hang}\n  probability: 0.5\n",
            "rule 1: probability and seed go together",
        ),
    ],
)
def test_command__refuses(tmp_path: Path, text: str, message: str) -> None:
    """A file that is none is one clear line, and exit status 2."""
    file = tmp_path / "faults.yaml"
    file.write_text(text, "utf-8")
    with _started("--faults", str(file)) as process:
        out, errors = process.communicate(timeout=20)

    assert (process.returncode, out, errors.count("\n")) == (2, "", 1)
    assert errors.startswith(f"blinger-mock: {file}:1: {message}")
