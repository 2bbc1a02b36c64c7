"""Answers that are not what the contract promises: the right error, and what became of the call."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from tests.unit.wrapper.faces import (
    AGENT,
    CONVERSATION,
    EVERY_FACE,
    FILE_URL,
    OPERATIONS,
    Face,
    over_httpx,
)
from tests.unit.wrapper.samples import ALL_PATHS, FILES, Path_, get, ok, paths, replaced, without
from tests.unit.wrapper.samples import sample as sample_of
from tests.unit.wrapper.scripted import PAUSE, Answer, Drip, Raw, Server, Step

from blinger import (
    APIError,
    AuthenticationFailed,
    BlingerError,
    Conflict,
    ConnectionLost,
    InvalidResponse,
    NotFound,
    Outcome,
    PermissionDenied,
    RateLimited,
    ServerError,
    TimedOut,
    _exchange,
)
from blinger._operations import Operation, assign_agent, request_review, send_file, send_text
from blinger._options import Options, Timeout
from blinger._profile import Profile
from blinger._sender import Reply
from blinger.models import Meta

HTML = b"<!doctype html><title>Sign in</title><p>You are behind a hotel's network.</p>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GZIP = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
CALLS: dict[str, Operation[Any]] = {
    "assign_agent": assign_agent(CONVERSATION, AGENT),
    "send_text": send_text(CONVERSATION, "Hello", None),
    "send_file": send_file(CONVERSATION, FILE_URL, None),
    "request_review": request_review(CONVERSATION),
}
OPTIONS = Options(
    token="token",
    base_url="http://127.0.0.1",
    timeout=Timeout(),
    deadline=None,
    retries=0,
    profile=Profile(),
    on_retry=None,
    strict=False,
)


def read(operation: str, answer: object, status: int = 200) -> Any:
    """Read *answer*, as JSON, without a server."""
    body = json.dumps(answer).encode()
    reply = Reply(status=status, headers={"content-type": "application/json"}, body=body)
    about: dict[str, Any] = {
        "status": status,
        "headers": {},
        "attempts": 1,
        "elapsed": 0.0,
        "uuid": None,
    }

    def meta(envelope: object) -> Meta:
        return Meta(**about, raw=envelope)

    return _exchange.read(reply, CALLS[operation], OPTIONS, meta, 0.0)


def dotted(path: Path_) -> str:
    """Return *path* as an error writes it."""
    return ".".join(path)


# --- bodies, over a socket ------------------------------------------------------------------------

UNREADABLE: dict[str, tuple[Step, str]] = {
    "HTML": (Answer(200, HTML), "the body is not JSON: 77 bytes text/html"),
    "nothing": (Answer(200, b""), "the body is not JSON: 0 bytes"),
    "no media type": (
        Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{"),
        "the body is not JSON: 1 bytes of no media type",
    ),
    "truncated JSON": (Answer(200, b'{"status": 200, "data": {"id": "e1'), "is not JSON"),
    "JSON in the wrong encoding": (Answer(200, '{"é": 1}'.encode("latin-1")), "is not JSON"),
    "two documents": (Answer(200, b'{"status": 200}{"status": 200}'), "is not JSON"),
    "nested deeply": (Answer(200, b"[" * 100_000 + b"]" * 100_000), "is not JSON"),
    "objects nested deeply": (Answer(200, b'{"a":' * 50_000), "is not JSON"),
    "an endless number": (Answer(200, b"9" * 5000), "is not JSON"),
    "NaN": (Answer(200, b"NaN"), "is not JSON"),
    "NaN within": (
        Answer(200, json.dumps(replaced("send_text", ("data", "new"), float("nan"))).encode()),
        "the body is not JSON",
    ),
    "a list": (Answer(200, []), "the body is not a JSON object"),
    "null": (Answer(200, None), "the body is not a JSON object"),
    "text": (Answer(200, "ok"), "the body is not a JSON object"),
    "no envelope": (Answer(200, sample_of("send_text")["data"]), "status is"),
    "an empty object": (Answer(200, {}), "status is missing, or not the status"),
    "a status that is text": (
        Answer(200, {"status": "403"}),
        "status is missing, or not the status",
    ),
    "a status that is no integer": (
        Answer(200, {"status": 200.5}),
        "status is missing, or not the status",
    ),
    "a status that is zero": (Answer(200, {"status": 0}), "status is missing, or not the status"),
    "a status too low": (Answer(200, {"status": 99}), "status is missing, or not the status"),
    "a status too high": (Answer(200, {"status": 600}), "status is missing, or not the status"),
    "a status below zero": (Answer(200, {"status": -403}), "status is missing, or not the status"),
    "a status above all": (
        Answer(200, b'{"status": 1' + b"0" * 4000 + b"}"),
        "status is missing, or not the status",
    ),
    "a status that is true": (
        Answer(200, {"status": True}),
        "status is missing, or not the status",
    ),
    "a status that is null": (
        Answer(200, {"status": None}),
        "status is missing, or not the status",
    ),
    "another status": (
        Answer(200, sample_of("send_text") | {"status": 201}),
        "status is 201 under HTTP 200",
    ),
    "another HTTP status": (Answer(202, sample_of("send_text")), "status is 200 under HTTP 202"),
    "no data": (Answer(200, {"status": 200}), "data is missing"),
    "204": (Answer(204, b""), "204 No Content, but the body is not JSON: 0 bytes"),
    "gzip that is none": (Answer(200, b"no gzip at all", GZIP), "the body is not JSON: 0 bytes"),
    "gzip cut short": (
        Answer(200, gzip.compress(json.dumps(sample_of("send_text")).encode())[:60], GZIP),
        "the body is not JSON",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_success_that_cannot_be_read(face: Face, server: Server, name: str) -> None:
    """The server said yes, so it is not asked again: the outcome is accepted."""
    step, problem = UNREADABLE[name]
    server.play(step)
    client = face(base_url=server.url)

    with pytest.raises(InvalidResponse) as caught:
        client.call("send_text")

    error = caught.value
    assert problem in str(error)
    assert "\n" not in str(error)
    assert Outcome.ACCEPTED is error.outcome
    assert getattr(step, "status", 200) == error.status
    assert server.requests[0].uuid == error.uuid
    assert len(server.requests) == 1


def test_gzip_is_read(face: Face, server: Server) -> None:
    """An answer may come compressed."""
    body = gzip.compress(json.dumps(sample_of("send_text")).encode())
    server.play(Answer(200, body, GZIP))

    message = face(base_url=server.url).call("send_text")

    assert sample_of("send_text")["data"] == message.to_dict()
    assert "gzip" in server.requests[0].headers["accept-encoding"]


FAILURES: dict[str, tuple[Step, type[APIError], Outcome, int, str]] = {
    "HTML under 502": (Answer(502, HTML), ServerError, Outcome.UNKNOWN, 3, "502 Bad Gateway"),
    "HTML under 404": (Answer(404, HTML), NotFound, Outcome.REJECTED, 1, "404 Not Found"),
    "nothing under 500": (Answer(500, b""), ServerError, Outcome.UNKNOWN, 3, "500 Internal"),
    "truncated JSON under 500": (Answer(500, b'{"er'), ServerError, Outcome.UNKNOWN, 3, "500"),
    "gzip that is none under 503": (
        Answer(503, b"no gzip", GZIP),
        ServerError,
        Outcome.UNKNOWN,
        3,
        "503 Service Unavailable",
    ),
    "nested deeply under 404": (
        Answer(404, b"[" * 100_000),
        NotFound,
        Outcome.REJECTED,
        1,
        "404 Not Found",
    ),
    "a status without a name": (Answer(520, HTML), ServerError, Outcome.UNKNOWN, 3, "520 ("),
    "a teapot": (Answer(418, {}), APIError, Outcome.REJECTED, 1, "418 I'm a Teapot"),
    "a request timeout": (Answer(408, {}), APIError, Outcome.UNKNOWN, 3, "408 Request Timeout"),
    "its words": (
        Answer(409, {"status": 409, "error": "uuid  was\nused"}),
        Conflict,
        Outcome.REJECTED,
        1,
        "409 Conflict: uuid was used (",
    ),
    "its words for each field": (
        Answer(400, {"status": 400, "error": {"text": "too long", "uuid": "no UUID"}}),
        APIError,
        Outcome.REJECTED,
        1,
        "400 Bad Request: text: too long; uuid: no UUID (",
    ),
    "words that never end": (
        Answer(400, {"error": "x" * 10_000}),
        APIError,
        Outcome.REJECTED,
        1,
        "xxx…",
    ),
    "words that are a number": (
        Answer(400, {"error": 5}),
        APIError,
        Outcome.REJECTED,
        1,
        "400 Bad Request (",
    ),
    "words with a lone surrogate": (
        Answer(400, b'{"error": "\\ud800 x"}'),
        APIError,
        Outcome.REJECTED,
        1,
        "400 Bad Request: ? x (",
    ),
    "403 in the envelope": (
        Answer(200, {"status": 403, "error": "not yours"}),
        PermissionDenied,
        Outcome.REJECTED,
        1,
        "403 Forbidden: not yours (",
    ),
    "401 in the envelope": (
        Answer(200, {"status": 401}),
        AuthenticationFailed,
        Outcome.REJECTED,
        1,
        "401 Unauthorized (",
    ),
    "404 in the envelope of 201": (
        Answer(201, {"status": 404}),
        NotFound,
        Outcome.REJECTED,
        1,
        "404 Not Found (",
    ),
    "429 in the envelope": (
        Answer(200, {"status": 429}),
        RateLimited,
        Outcome.REJECTED,
        3,
        "429 Too Many Requests (",
    ),
    "503 in the envelope": (
        Answer(200, {"status": 503}),
        ServerError,
        Outcome.UNKNOWN,
        3,
        "503 Service Unavailable (",
    ),
    "520 in the envelope": (Answer(200, {"status": 520}), ServerError, Outcome.UNKNOWN, 3, "520 ("),
    "599 in the envelope": (Answer(200, {"status": 599}), ServerError, Outcome.UNKNOWN, 1, "599 ("),
    "100 in the envelope": (
        Answer(200, {"status": 100}),
        APIError,
        Outcome.UNKNOWN,
        1,
        "100 Continue (",
    ),
    "302 in the envelope": (
        Answer(200, {"status": 302}),
        APIError,
        Outcome.UNKNOWN,
        1,
        "302 Found (",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_an_answer_that_is_no_success(face: Face, server: Server, name: str) -> None:
    """The status says what it is, HTTP's or the envelope's; the body is shown and not believed."""
    step, kind, outcome, attempts, words = FAILURES[name]
    server.play(step)

    with pytest.raises(APIError) as caught:
        face(base_url=server.url).call("send_text")

    error = caught.value
    assert isinstance(error, kind)
    assert words in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 400
    assert outcome is error.outcome
    assert attempts == error.attempts == len(server.requests)


def test_503_in_the_envelope_is_overcome(face: Face, server: Server) -> None:
    """The status of the envelope counts for a retry as HTTP's does, with its `Retry-After`."""
    server.play(Answer(200, {"status": 503}, {"Retry-After": "7"}), ok("send_text"))
    client = face(base_url=server.url).without_sleeping()

    message = client.call("send_text")

    assert 2 == message.meta.attempts == len(server.requests)
    assert client.waits == [7.0]


def test_an_error_holds_the_answer(face: Face, server: Server) -> None:
    """Status, headers, body, words and request id are there to look at."""
    body = {"status": 400, "error": {"text": "too long"}, "limit": 10_000}
    server.play(Answer(400, body, {"X-Request-Id": "r-17", "X-Twice": "a, b"}))

    with pytest.raises(APIError) as caught:
        face(base_url=server.url).call("send_text")

    error = caught.value
    assert error.status == 400
    assert body == error.body
    assert error.message == "text: too long"
    assert "r-17" == error.request_id == error.headers["x-request-id"]
    assert error.headers["x-twice"] == "a, b"
    assert error.retry_after is None


def test_an_error_holds_a_body_that_is_no_json(face: Face, server: Server) -> None:
    """A body that is not JSON is kept as text, up to a length."""
    server.play(Answer(404, b"<p>\xff</p>" + b"x" * 100_000))

    with pytest.raises(NotFound) as caught:
        face(base_url=server.url).call("send_text")

    assert caught.value.body.startswith("<p>\ufffd</p>xxx")
    assert len(caught.value.body) == 10_000
    assert caught.value.message == ""
    assert caught.value.request_id is None


@pytest.mark.parametrize(("size", "kind"), [(65_536, dict), (65_537, str)])
def test_how_large_a_body_an_error_reads(size: int, kind: type) -> None:
    """A body of up to 64 KiB is read as JSON; more is text, whatever it is."""
    with pytest.raises(NotFound) as caught:
        read("send_text", {"a": "x" * (size - len('{"a": ""}'))}, 404)

    assert type(caught.value.body) is kind


@pytest.mark.parametrize(
    ("said", "shown"), [("x" * 200, "x" * 200), ("x" * 201, "x" * 199 + "…"), ("x\ny", "x y")]
)
def test_how_long_a_line_may_be(said: str, shown: str) -> None:
    """The server's words are repeated on one line, of up to 200 characters."""
    with pytest.raises(NotFound) as caught:
        read("send_text", {"error": said}, 404)

    assert caught.value.message == shown


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    face: Face, server: Server, status: int, operation: str
) -> None:
    """Whoever is pointed to sees nothing, the token least of all."""
    with Server(ok(operation)) as target:
        server.play(Answer(status, b"", {"Location": f"{target.url}/elsewhere"}))

        with pytest.raises(APIError) as caught:
            face(base_url=server.url).call(operation)

        assert target.connections == 0
    assert status == caught.value.status
    assert Outcome.UNKNOWN is caught.value.outcome
    assert len(server.requests) == 1


@over_httpx
def test_a_given_client_that_follows_redirects_does_not(
    face: Face, server: Server, http_client: Any
) -> None:
    """A redirect stays an answer even where the given client would follow it."""
    http_client.follow_redirects = True
    with Server(ok("send_text")) as target:
        server.play(Answer(307, b"", {"Location": target.url}))

        with pytest.raises(APIError):
            face(base_url=server.url, http_client=http_client).call("send_text")

        assert target.connections == 0


CLOSED: dict[str, Step] = {
    "before the headers": Raw(b""),
    "within the status line": Raw(b"HTTP/1.1 2"),
    "within the headers": Raw(HEAD + b"X-Half: "),
    "after the headers": Raw(HEAD + b"Content-Length: 20\r\n\r\n"),
    "within the body": Raw(HEAD + b'Content-Length: 20\r\n\r\n{"status"'),
    "within a chunk": Raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{"),
    "before the last chunk": Raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"),
}


@pytest.mark.parametrize("name", CLOSED)
def test_closed(face: Face, server: Server, name: str) -> None:
    """A connection that closes too soon leaves the call unknown, and a retry heals it."""
    server.play(CLOSED[name])
    client = face(base_url=server.url)

    with pytest.raises(ConnectionLost, match="the connection to 127") as caught:
        client.call("request_review")
    assert Outcome.UNKNOWN is caught.value.outcome
    assert len(server.requests) == 1

    server.play(CLOSED[name], ok("send_text"))
    assert client.call("send_text").meta.attempts == 2


DRIPS: dict[str, Drip] = {
    "in the headers": Drip(b"X-Drip: drop\r\n", HEAD),
    "in one header": Drip(b"x", HEAD + b"X-Drip: "),
    "in the body": Drip(b" ", HEAD + b"Content-Length: 100000\r\n\r\n"),
    "in chunks": Drip(b"1\r\n \r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
    "in the body of an error": Drip(b" ", b"HTTP/1.1 503 X\r\nContent-Length: 100000\r\n\r\n"),
}


@pytest.mark.parametrize("face", EVERY_FACE, indirect=True)
@pytest.mark.parametrize("name", DRIPS)
def test_a_drip_is_ended_by_the_deadline(face: Face, server: Server, name: str) -> None:
    """A byte now and then keeps no read waiting, and yet the call ends at its deadline."""
    server.play(DRIPS[name])
    client = face(base_url=server.url, deadline=20 * PAUSE, timeout=30)

    with pytest.raises(TimedOut, match="did not answer in time") as caught:
        client.call("send_text")

    assert Outcome.UNKNOWN is caught.value.outcome
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["in the body", "in chunks"])
@over_httpx
def test_a_drip_into_a_given_client(
    face: Face, server: Server, http_client: Any, name: str
) -> None:
    """Of a given client the body is read against the clock."""
    server.play(DRIPS[name])
    client = face(base_url=server.url, deadline=20 * PAUSE, timeout=30, http_client=http_client)

    with pytest.raises(TimedOut, match="the deadline of the call passed"):
        client.call("send_text")

    assert len(server.requests) == 1


# --- what is in the envelope ----------------------------------------------------------------------

OPTIONAL = {"width", "height"}
"""Keys that the contract does not require; a file's `url` is a map with any keys."""
REQUIRED = [
    (name, path)
    for name, path in ALL_PATHS
    if path[-1] not in OPTIONAL and "url" not in path[:-1] and path != ("status",)
]
SCALARS = [
    (name, path) for name, path in ALL_PATHS if not isinstance(get(sample_of(name), path), dict)
]
OBJECTS = [
    (name, path)
    for name, path in ALL_PATHS
    if isinstance(get(sample_of(name), path), dict) and path[-1] != "url"
]
NULLABLE = {"assignedAgent", "avatar", "body", "file", "review", "bot", "agent", "endUser"}
KINDS = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
"""What an error calls the kinds of JSON."""
WRONG: tuple[object, ...] = ("x", "", 7, 1.5, True, [], {}, {"id": 1}, None)


def ids(cases: list[tuple[str, Path_]]) -> list[str]:
    """Return names for the cases."""
    return [f"{name}: {dotted(path)}" for name, path in cases]


@pytest.mark.parametrize(("name", "path"), REQUIRED, ids=ids(REQUIRED))
def test_each_key_missing(name: str, path: Path_) -> None:
    """Each key of the samples is required, and the error says which one is missing."""
    with pytest.raises(InvalidResponse, match=f"{dotted(path)} is missing") as caught:
        read(name, without(name, path))

    assert dotted(path) == caught.value.path
    assert Outcome.ACCEPTED is caught.value.outcome


@pytest.mark.parametrize(("name", "path"), SCALARS, ids=ids(SCALARS))
def test_each_scalar_of_another_type(name: str, path: Path_) -> None:
    """Each plain value of the samples has its type, and the error says which has not."""
    right = get(sample_of(name), path)
    if path == ("status",):
        return
    for wrong in WRONG:
        is_same = type(wrong) is type(right) or (path[-1] in NULLABLE and wrong is None)
        if is_same or right is None:
            continue

        with pytest.raises(InvalidResponse) as caught:
            read(name, replaced(name, path, wrong))

        problem = f"should be {KINDS[type(right)]} and is {KINDS[type(wrong)]}"
        assert str(caught.value) == f"200 OK, but {dotted(path)} {problem}"
        assert dotted(path) == caught.value.path


def test_the_agent_of_a_message() -> None:
    """The samples have no message that an agent wrote: a fault in one is named as any other."""
    agent = sample_of("request_review")["data"]["review"]["agent"]

    with pytest.raises(InvalidResponse) as caught:
        read("send_text", replaced("send_text", ("data", "agent"), agent | {"name": 5}))

    assert caught.value.path == "data.agent.name"


@pytest.mark.parametrize(("name", "path"), OBJECTS, ids=ids(OBJECTS))
def test_each_object_of_another_type(name: str, path: Path_) -> None:
    """Where an object stands, the error says that something else does."""
    for wrong, kind in {
        "x": "a string",
        7: "an integer",
        1.5: "a number",
        True: "a boolean",
    }.items():
        with pytest.raises(InvalidResponse) as caught:
            read(name, replaced(name, path, wrong))
        assert dotted(path) == caught.value.path
        assert f"{dotted(path)} should be an object and is {kind}" in str(caught.value)
    for wrong in ([], [{}]):
        with pytest.raises(InvalidResponse, match="should be an object and is a list") as caught:
            read(name, replaced(name, path, wrong))
        assert dotted(path) == caught.value.path


NULLS = [
    (name, path) for name, path in ALL_PATHS if path[-1] not in NULLABLE and path != ("status",)
]
NULLS += [("request_review", ("data", "review", "endUser"))]


@pytest.mark.parametrize(("name", "path"), NULLS, ids=ids(NULLS))
def test_each_key_null(name: str, path: Path_) -> None:
    """What may not be null, and is, is named."""
    with pytest.raises(InvalidResponse) as caught:
        read(name, replaced(name, path, None))

    kind = KINDS[type(get(sample_of(name), path))]
    assert str(caught.value) == f"200 OK, but {dotted(path)} should be {kind} and is null"
    assert dotted(path) == caught.value.path


def test_the_null_that_may_not_be_is_named() -> None:
    """A review may lack its agent; it is the missing end user that is wrong."""
    answer = replaced("request_review", ("data", "review", "agent"), None)
    answer["data"]["review"]["endUser"] = None

    with pytest.raises(InvalidResponse) as caught:
        read("request_review", answer)

    assert caught.value.path == "data.review.endUser"


@pytest.mark.parametrize(
    ("name", "path"),
    [("send_text", "body"), ("send_file", "file"), ("request_review", "review")],
)
def test_a_message_without_the_content_of_its_type(name: str, path: str) -> None:
    """A text without a text is none; nor is a file or a review without one."""
    with pytest.raises(InvalidResponse, match=f"data.{path} is null in a message of ty") as caught:
        read(name, replaced(name, ("data", path), None))

    assert f"data.{path}" == caught.value.path


@pytest.mark.parametrize("moment", [10**12, -(10**14), 10**20, 10**400])
def test_a_time_that_no_calendar_has(moment: int) -> None:
    """Seconds that are milliseconds by mistake are no time."""
    with pytest.raises(InvalidResponse, match=r"data\.createdAt is not a time in") as caught:
        read("send_text", replaced("send_text", ("data", "createdAt"), moment))

    assert caught.value.path == "data.createdAt"


def test_what_may_be_missing() -> None:
    """A file that is no image has no size, and a map of URLs has what it has."""
    for key in ("width", "height"):
        message = read("send_file", without("send_file", ("data", "file", "meta", key)))
        assert getattr(message.file.meta, key) is None
    for key in ("120x120", "520x400", "default"):
        message = read("send_file", without("send_file", ("data", "file", "url", key)))
        assert key not in message.file.urls
    assert read("send_file", replaced("send_file", ("data", "file", "url"), {})).file.urls == {}


NULLS_THAT_MAY_BE = [
    ("assign_agent", ("data", "assignedAgent")),
    ("assign_agent", ("data", "assignedAgent", "avatar")),
    ("request_review", ("data", "review", "agent")),
    ("request_review", ("data", "review", "agent", "avatar")),
    ("request_review", ("data", "bot")),
    ("send_text", ("data", "endUser")),
]


@pytest.mark.parametrize(("name", "path"), NULLS_THAT_MAY_BE, ids=ids(NULLS_THAT_MAY_BE))
def test_what_may_be_null(name: str, path: Path_) -> None:
    """Null where the contract allows it is None, and null again in the JSON."""
    answer = replaced(name, path, None)

    assert answer["data"] == read(name, answer).to_dict()


@pytest.mark.parametrize("name", FILES)
def test_each_key_missing_over_a_socket(face: Face, server: Server, name: str) -> None:
    """What is read of bytes is read of an answer, on both faces: accepted, and not repeated."""
    client = face(base_url=server.url)
    missing = [path for operation, path in REQUIRED if operation == name]
    answers = [Answer(200, without(name, path)) for path in missing]
    server.play(*answers)
    for path in missing:
        with pytest.raises(InvalidResponse) as caught:
            client.call(name)
        assert dotted(path) == caught.value.path
        assert Outcome.ACCEPTED is caught.value.outcome

    assert len(missing) == len(server.requests)


@pytest.mark.parametrize("name", FILES)
def test_each_scalar_of_another_type_over_a_socket(face: Face, server: Server, name: str) -> None:
    """A plain value of another type is found on both faces."""
    client = face(base_url=server.url)
    wrong = [path for path, value in paths(sample_of(name)) if isinstance(value, str | int)]
    server.play(*(Answer(200, replaced(name, path, [])) for path in wrong))
    for path in wrong:
        with pytest.raises(BlingerError) as caught:
            client.call(name)
        assert dotted(path) == getattr(caught.value, "path", None)

    assert len(wrong) == len(server.requests)
