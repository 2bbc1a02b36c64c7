"""Every value of every assumption makes a difference that can be seen over HTTP."""

from __future__ import annotations

import contextlib
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from blinger_spec import assumptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.mock.conftest import Api, Start

UNKNOWN = "00000000-0000-4000-8000-000000000000"
KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


class Row(NamedTuple):
    """How an assumption is observed, and what is seen under each of its values."""

    observe: Callable[[Api], object]
    seen: dict[str | int | float, object]


def _auth_scheme(api: Api) -> object:
    statuses = []
    for prefix in ("", "Bearer ", "bEARER "):
        api.http.headers["Authorization"] = prefix + api.mock.token
        statuses.append(api.review().status_code)
    return statuses


def _body_encoding(api: Api) -> object:
    path = f"conversation/{api.conversation}/send-text-message"
    fields = {"uuid": str(uuid.uuid4()), "text": "a & b = ü"}
    return [
        api.http.post(path, json=fields).status_code,
        api.http.post(path, data=fields).status_code,
        api.mock.messages()[0]["body"],
    ]


def _error_shape(api: Api) -> object:
    return [sorted(api.text("").json()), sorted(api.text(to=UNKNOWN).json())]


def _error_transport(api: Api) -> object:
    api.http.headers["Authorization"] = "wrong"
    answers = [api.review(), api.http.get("nowhere")]
    return [(one.status_code, one.json()["status"]) for one in answers]


def _message_author(api: Api) -> object:
    api.assign(api.mock.agents[1])
    data = api.text().json()["data"]
    authors = [name for name in ("bot", "agent", "endUser") if data[name] is not None]
    agent = data["agent"] and data["agent"]["id"] == api.mock.agents[1]
    return authors, agent, api.review().json()["data"]["bot"] is not None


def _uuid_echo(api: Api) -> object:
    return [api.text(key=KEY).json()["data"]["id"] == KEY, api.file().status_code]


def _uuid_dedupe(api: Api) -> object:
    first, again = api.text("a", key=KEY), api.text("a", key=KEY.upper())
    same = again.status_code == 200 and first.json() == again.json()
    return again.status_code, same, len(api.mock.messages())


def _uuid_reuse(api: Api) -> object:
    first, other = api.text("a", key=KEY), api.file(key=KEY)
    same = other.status_code == 200 and first.json() == other.json()
    return other.status_code, same, len(api.mock.messages())


def _uuid_format(api: Api) -> object:
    # Whatever the version nibble, what has the shape of a UUID is one.
    return [api.text(key=key).status_code for key in ("order-17", KEY.replace("-40de", "-f0de"))]


def _extra_properties(api: Api) -> object:
    body = {"agentId": api.mock.agent, "note": "x"}
    return api.post("assign-agent", body).status_code


def _text_min(api: Api) -> object:
    return api.text("").status_code, [one["body"] for one in api.mock.messages()]


def _text_max(api: Api) -> object:
    # Characters, not bytes or UTF-16 units: each of these is four bytes and two units.
    return [api.text("😀" * length).status_code for length in (5, 6, 10_000, 10_001)]


def _text_echo(api: Api) -> object:
    return api.text("  <b>a</b> 1 < 2 \n").json()["data"]["body"]


def _url_max(api: Api) -> object:
    start = "https://example.com/"
    return [
        api.file(start + "a" * (length - len(start))).status_code for length in (30, 31, 2048, 2049)
    ]


def _body_max(api: Api) -> object:
    path = f"conversation/{api.conversation}/send-text-message"
    return [
        api.send(path, api.valid_text().ljust(length), "application/json").status_code
        for length in (200, 201, 1_048_576, 1_048_577)
    ]


def _rate_limit(api: Api) -> object:
    statuses = [api.review().status_code for _ in range(7)]
    refused = api.review()
    api.clock.move(float(refused.headers.get("Retry-After", 0)))
    return statuses.count(200), api.review().status_code


def _file_fetch(api: Api) -> object:
    with _file_host(b"1234") as (url, hits):
        answer = api.file(url + "/a.gif").json()["data"]["file"]
        size = answer["info"]["size"] == 4
        far = api.file("http://192.0.2.1/a.gif").status_code
        missing = api.file(url + "/missing.gif").status_code
        return size, answer["info"]["mimeType"], hits.count("/a.gif"), far, missing


def _file_schemes(api: Api) -> object:
    urls = ("https://example.com/a", "HTTP://example.com/a", "ftp://example.com/a")
    return [api.file(url).status_code for url in urls]


def _review_needs_agent(api: Api) -> object:
    before = api.review()
    api.assign()
    return before.status_code, api.review().status_code


def _review_repeat(api: Api) -> object:
    first, second = api.review(), api.review()
    return first.status_code, second.status_code, len(api.mock.messages())


def _request_review_body(api: Api) -> object:
    return api.review().status_code, api.post("request-review", {}).status_code


def _unknown_ids(api: Api) -> object:
    return api.text(to=UNKNOWN).status_code, api.assign(UNKNOWN).status_code


def _id_format(api: Api) -> object:
    return api.text(to="42").status_code, api.text(to=UNKNOWN).status_code


def _locked(api: Api) -> object:
    to = api.mock.locked_conversation
    data = api.assign(to=to).json()["data"]
    return api.text(to=to).status_code, api.review(to=to).status_code, data["locked"]


def _assignment_visible(api: Api) -> object:
    api.assign()
    agent = api.review().json()["data"]["review"]["agent"]
    return agent and agent["id"]


def _end_user_stable(api: Api) -> object:
    users = [api.text().json()["data"]["endUser"] for _ in range(3)]
    return len({one["id"] for one in users}), len({one["websocketToken"] for one in users})


def _time_order(api: Api) -> object:
    times = [api.text().json()["data"]["microseconds"] for _ in range(4)]
    return times == sorted(set(times))


def _wrong_method(api: Api) -> object:
    answer = api.http.get(f"conversation/{api.conversation}/request-review")
    return answer.status_code, answer.headers.get("Allow")


AGENT = "c671d030-584e-4422-8710-9215c04b6a64"
STATUS_ERROR = [["error", "status"], ["error", "status"]]
OTHER_ERROR = [["problems", "status", "success"], ["problems", "status", "success"]]
ROWS: dict[str, Row] = {
    "auth_scheme": Row(_auth_scheme, {"raw": [200, 401, 401], "bearer": [401, 200, 200]}),
    "body_encoding": Row(
        _body_encoding, {"json": [200, 415, "a & b = ü"], "form": [415, 200, "a & b = ü"]}
    ),
    "error_shape": Row(_error_shape, {"status_error": STATUS_ERROR, "other": OTHER_ERROR}),
    "error_transport": Row(
        _error_transport, {"http": [(401, 401), (404, 404)], "inside_200": [(200, 401), (200, 404)]}
    ),
    "message_author": Row(
        _message_author,
        {
            "end_user": (["endUser"], None, True),
            "agent": (["agent"], True, True),
            "bot": (["bot"], None, True),
        },
    ),
    "uuid_echo": Row(_uuid_echo, {"no": [False, 200], "yes": [True, 200]}),
    "uuid_dedupe": Row(
        _uuid_dedupe,
        {
            "same_message": (200, True, 1),
            "conflict": (409, False, 1),
            "second_message": (200, False, 2),
        },
    ),
    "uuid_reuse": Row(
        _uuid_reuse,
        {
            "conflict": (409, False, 1),
            "same_message": (200, True, 1),
            "second_message": (200, False, 2),
        },
    ),
    "uuid_format": Row(_uuid_format, {"refused": [400, 200], "accepted": [200, 200]}),
    "extra_properties": Row(_extra_properties, {"refused": 400, "ignored": 200}),
    "text_min": Row(_text_min, {"refused": (400, []), "accepted": (200, [""])}),
    "text_max": Row(_text_max, {10_000: [200, 200, 200, 400], 5: [200, 400, 400, 400]}),
    "text_echo": Row(
        _text_echo,
        {
            "verbatim": "  <b>a</b> 1 < 2 \n",
            "trimmed": "<b>a</b> 1 < 2",
            "sanitised": "  a 1 < 2 \n",
        },
    ),
    "url_max": Row(_url_max, {2048: [200, 200, 200, 400], 30: [200, 400, 400, 400]}),
    "body_max": Row(_body_max, {1_048_576: [200, 200, 200, 413], 200: [200, 413, 413, 413]}),
    "rate_limit": Row(_rate_limit, {"none": (7, 200), 5: (5, 200), 0.5: (1, 200)}),
    "file_fetch": Row(
        _file_fetch,
        {"no": (False, "image/gif", 0, 200, 200), "yes": (True, "text/x-made-up", 1, 400, 400)},
    ),
    "file_schemes": Row(_file_schemes, {"http_https": [200, 200, 400], "https": [200, 400, 400]}),
    "review_needs_agent": Row(_review_needs_agent, {"no": (200, 200), "yes": (400, 200)}),
    "review_repeat": Row(_review_repeat, {"yes": (200, 200, 2), "no": (200, 409, 1)}),
    "request_review_body": Row(
        _request_review_body, {"none_or_empty_object": (200, 200), "none_only": (200, 400)}
    ),
    "unknown_ids": Row(_unknown_ids, {404: (404, 404), 400: (400, 400)}),
    "id_format": Row(_id_format, {404: (404, 404), 400: (400, 404)}),
    "locked": Row(_locked, {"refused": (400, 400, True), "accepted": (200, 200, True)}),
    "assignment_visible": Row(_assignment_visible, {"yes": AGENT, "no": None}),
    "end_user_stable": Row(_end_user_stable, {"yes": (1, 1), "no": (3, 3)}),
    "time_order": Row(_time_order, {"yes": True, "no": False}),
    "wrong_method": Row(_wrong_method, {405: (405, "POST"), 404: (404, None)}),
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, row in ROWS.items() for value in row.seen]
)
def test_value_is_seen(start: Start, name: str, value: str | float) -> None:
    """Under this value the API does what the value says."""
    row = ROWS[name]

    assert row.seen[value] == row.observe(start(**{name: value}))


@pytest.mark.parametrize("name", ROWS)
def test_values_differ(name: str) -> None:
    """No two values of an assumption look the same."""
    seen = [repr(one) for one in ROWS[name].seen.values()]

    assert len(seen) == len(set(seen))


def test_every_value_has_a_row() -> None:
    """The table is complete: every value of `openapi.yaml`, and a number of one's own choice."""
    missing = [
        (entry.name, value)
        for entry in assumptions().values()
        for value in entry.values
        if entry.name not in ROWS or value not in ROWS[entry.name].seen
    ]
    own_numbers = {
        name: [value for value in ROWS[name].seen if value not in entry.values]
        for name, entry in assumptions().items()
        if entry.minimum is not None
    }

    assert missing == []
    assert set(ROWS) == set(assumptions())
    assert all(own_numbers.values()), own_numbers


@pytest.mark.parametrize("transport", ["http", "inside_200"])
@pytest.mark.parametrize("shape", ["status_error", "other"])
def test_errors__transport_and_shape(start: Start, transport: str, shape: str) -> None:
    """Whatever the shape and the way of an error, its status is in the body."""
    api = start(error_transport=transport, error_shape=shape, rate_limit=1)
    answers = [api.http.get("nowhere"), api.text(""), api.review()]

    assert [one.json()["status"] for one in answers] == [404, 400, 429]
    assert answers[2].headers["Retry-After"] == "1"


def test_message_author__agent_before_any_assignment(start: Start) -> None:
    """Where agents author and none is assigned, the first agent does: a message has an author."""
    data = start(message_author="agent").text().json()["data"]

    assert data["agent"]["id"] == AGENT


def test_uuid_reuse__then_the_first_content_again(start: Start) -> None:
    """After a reuse that made a second message, each content is still recognised as sent."""
    api = start(uuid_reuse="second_message")
    first, second = api.text("a", key=KEY).json(), api.text("b", key=KEY).json()

    assert first["data"]["id"] != second["data"]["id"]
    assert first == api.text("a", key=KEY).json()
    assert second == api.text("b", key=KEY).json()


def test_file_fetch__the_file_is_on_the_mock_itself(start: Start) -> None:
    """Fetching does not block the server, which answers the fetch meanwhile (404, so 400)."""
    api = start(file_fetch="yes")

    assert api.file(f"{api.mock.url}/nothing.png").status_code == 400


@pytest.mark.parametrize(
    "url", ["http://localhost.example/a", "http://[::1]:1/a", "http://127.0.0.1:1/a"]
)
def test_file_fetch__not_to_be_had(start: Start, url: str) -> None:
    """A file that cannot be fetched is refused, and the error names the field, not the URL."""
    answer = start(file_fetch="yes").file(url)

    assert answer.status_code == 400
    assert list(answer.json()["error"]) == ["file"]
    assert url not in answer.text


@contextlib.contextmanager
def _file_host(content: bytes) -> Iterator[tuple[str, list[str]]]:
    """Serve *content* at every path but those that end in `missing.gif`."""
    hits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(404 if self.path.endswith("missing.gif") else 200)
            self.send_header("Content-Type", "text/x-made-up; charset=utf-8")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as host:
        thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{host.server_port}", hits
        host.shutdown()
        thread.join()
