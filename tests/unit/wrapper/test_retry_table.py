"""The retry table, over a real socket: the server counts the attempts."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.unit.wrapper.faces import (
    AGENT,
    CONVERSATION,
    EVERY_FACE,
    FACES,
    FILE_URL,
    HTTPX_FACES,
    OPERATIONS,
    PATHS,
    SENDS,
    TOKEN,
    Face,
    Handle,
)
from tests.unit.wrapper.samples import ok
from tests.unit.wrapper.scripted import HOST, Answer, Hang, Raw, Reset, Server, Step, ThenRefuse

from blinger import (
    APIError,
    AuthenticationFailed,
    BadRequest,
    BlingerError,
    ConfigurationError,
    Conflict,
    ConnectionFailed,
    ConnectionLost,
    InvalidResponse,
    NotFound,
    Outcome,
    PermissionDenied,
    RateLimited,
    RetryEvent,
    ServerError,
    TimedOut,
    Timeout,
    _lanes,
)
from blinger._operations import assign_agent, request_review, send_file, send_text
from blinger._retries import Replay, may_replay

HTML = b"<html><body>Bad gateway</body></html>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@dataclass(frozen=True)
class Row:
    """A failure, and what the table says of it."""

    step: Step
    error: type[BlingerError]
    outcome: Outcome
    repeated: tuple[str, ...]
    """The operations that are repeated after it."""


UNKNOWN_REPEATED = ("assign_agent", *SENDS)


def unknown(step: Step, error: type[BlingerError]) -> Row:
    """Return the row of a failure after which nobody knows whether there was an effect."""
    return Row(step, error, Outcome.UNKNOWN, UNKNOWN_REPEATED)


ROWS: dict[str, Row] = {
    "reset once the request is read": unknown(Reset(), ConnectionLost),
    "reset before the request is read": unknown(Reset(reads=False), ConnectionLost),
    "reset within the headers": unknown(Reset(HEAD), ConnectionLost),
    "reset within the body": unknown(
        Reset(HEAD + b'Content-Length: 99\r\n\r\n{"stat'), ConnectionLost
    ),
    "closed before the headers": unknown(Raw(), ConnectionLost),
    "closed within the status line": unknown(Raw(b"HTTP/1"), ConnectionLost),
    "closed within the headers": unknown(Raw(HEAD), ConnectionLost),
    "closed within the body": unknown(
        Raw(HEAD + b'Content-Length: 99\r\n\r\n{"stat'), ConnectionLost
    ),
    "closed within a chunked body": unknown(
        Raw(HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"sta\r\n'), ConnectionLost
    ),
    "no HTTP at all": unknown(Raw(b"SSH-2.0-OpenSSH_9.9\r\n"), ConnectionLost),
    "silence": unknown(Hang(), TimedOut),
    "silence within the headers": unknown(Hang(HEAD), TimedOut),
    "silence within the body": unknown(Hang(HEAD + b"Content-Length: 99\r\n\r\n{"), TimedOut),
    "408": unknown(Answer(408), APIError),
    **{
        str(status): unknown(Answer(status, HTML), ServerError)
        for status in (500, 502, 503, 504, 520, 521, 522, 523, 524)
    },
    "429": Row(Answer(429), RateLimited, Outcome.REJECTED, OPERATIONS),
    **{
        str(status): Row(
            Answer(status, b"", {"Location": "/elsewhere"}), APIError, Outcome.UNKNOWN, ()
        )
        for status in (300, 301, 302, 303, 304, 307, 308)
    },
    **{
        str(status): Row(Answer(status), error, Outcome.REJECTED, ())
        for status, error in {
            400: BadRequest,
            401: AuthenticationFailed,
            402: APIError,
            403: PermissionDenied,
            404: NotFound,
            405: APIError,
            409: Conflict,
            410: APIError,
            413: APIError,
            415: APIError,
            418: APIError,
            422: BadRequest,
            451: APIError,
            499: APIError,
        }.items()
    },
    **{
        str(status): Row(Answer(status), ServerError, Outcome.UNKNOWN, ())
        for status in (501, 505, 507, 511, 519, 525, 530, 599)
    },
    "600": Row(Answer(600), ServerError, Outcome.UNKNOWN, ()),
    "200 with HTML": Row(Answer(200, HTML), InvalidResponse, Outcome.ACCEPTED, ()),
    "200 with another object": Row(
        Answer(200, {"ok": True}), InvalidResponse, Outcome.ACCEPTED, ()
    ),
    "201 with nothing": Row(Answer(201, b""), InvalidResponse, Outcome.ACCEPTED, ()),
    "204": Row(Answer(204, b""), InvalidResponse, Outcome.ACCEPTED, ()),
}


@pytest.mark.parametrize("replay", Replay)
@pytest.mark.parametrize(
    ("error", "safe_or_keyed", "never"),
    [
        (ConnectionFailed("x"), True, True),
        (RateLimited("x", status=429), True, True),
        (ConnectionLost("x"), True, False),
        (TimedOut("x"), True, False),
        (APIError("x", status=408), True, False),
        (ServerError("x", status=503), True, False),
        (ServerError("x", status=501), False, False),
        (NotFound("x", status=404), False, False),
        (InvalidResponse("x", status=503), False, False),
        (ConfigurationError("x"), False, False),
        (BlingerError("x"), False, False),
        (OSError("x"), False, False),
        (KeyboardInterrupt(), False, False),
        (None, False, False),
    ],
)
def test_the_decision(
    error: BaseException | None, safe_or_keyed: bool, never: bool, replay: Replay
) -> None:
    """What may be replayed, by error and operation: the table as a function."""
    assert may_replay(error, replay) is (never if replay is Replay.NEVER else safe_or_keyed)


def test_the_operations() -> None:
    """What each operation is to the table: one is the same done twice, two are known again."""
    made = (
        assign_agent(CONVERSATION, AGENT),
        send_text(CONVERSATION, "Hello", None),
        send_file(CONVERSATION, FILE_URL, None),
        request_review(CONVERSATION),
    )

    assert {operation.name: operation.replay for operation in made} == {
        "assign_agent": Replay.SAFE,
        "send_text": Replay.KEYED,
        "send_file": Replay.KEYED,
        "request_review": Replay.NEVER,
    }


def timeout_for(row: Row, silence: float) -> Timeout:
    """Return timeouts that make a *silence* as short as that (seconds), and leave the rest time."""
    read = silence if row.error is TimedOut else 5
    return Timeout(connect=5, read=read, write=5, pool=5)


def assert_same_attempts(server: Server, operation: str) -> None:
    """Assert that each attempt sent the same bytes to the same place, with the same uuid."""
    first = server.requests[0]

    assert {(r.method, r.target, r.body, r.header_lines) for r in server.requests} == {
        ("POST", f"/api/external/v1{PATHS[operation]}", first.body, first.header_lines)
    }
    assert first.headers["authorization"] == TOKEN
    assert (operation in SENDS) == (first.uuid is not None)


@pytest.mark.parametrize("name", ROWS)
def test_a_failure_that_stays(face: Face, server: Server, name: str) -> None:
    """A failure that stays ends each call with its error, after as many attempts as it may have."""
    row = ROWS[name]
    client = face(base_url=server.url, timeout=timeout_for(row, 0.03))
    for operation in OPERATIONS:
        server.play(row.step)

        with pytest.raises(BlingerError) as caught:
            client.call(operation)

        attempts = 3 if operation in row.repeated else 1
        error = caught.value
        assert row.error is type(error)
        assert row.outcome is error.outcome
        assert (operation, attempts) == (error.operation, error.attempts)
        assert (attempts if attempts > 1 else 0) == len(getattr(error, "__notes__", []))
        server.settle(attempts, reads=row.step.reads)
        assert attempts == server.attempts
        if row.step.reads:
            assert attempts == len(server.requests)
            assert_same_attempts(server, operation)
            assert server.requests[0].uuid == error.uuid


@pytest.mark.parametrize("name", ROWS)
def test_a_failure_that_passes(face: Face, server: Server, name: str) -> None:
    """A failure that passes is overcome, by the same request, wherever it may be repeated."""
    row = ROWS[name]
    client = face(base_url=server.url, timeout=timeout_for(row, 0.5))
    for operation in OPERATIONS:
        server.play(row.step, ok(operation))

        result: Any = None
        with contextlib.suppress(row.error):
            result = client.call(operation)

        repeated = operation in row.repeated
        assert repeated == (result is not None)
        server.settle(2 if repeated else 1, reads=row.step.reads)
        assert (2 if repeated else 1) == server.attempts
        if row.step.reads:
            assert_same_attempts(server, operation)
        if repeated:
            assert result.meta.attempts == 2
            assert server.requests[-1].uuid == result.meta.uuid


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nobody_listens(face: Face, operation: str) -> None:
    """A connection that is refused was not sent, and is tried again by every operation."""
    server = Server(ok(operation))
    events: list[RetryEvent] = []
    client = face(base_url=server.url, on_retry=events.append)

    with pytest.raises(ConnectionFailed, match="connection refused") as caught:
        client.call(operation)
    server.stop()

    assert Outcome.NOT_SENT is caught.value.outcome
    assert caught.value.attempts == 3
    assert [event.attempt for event in events] == [1, 2]
    assert {operation} == {event.operation for event in events}
    assert {caught.value.uuid} == {event.uuid for event in events}
    assert all(isinstance(event.error, ConnectionFailed) for event in events)
    assert all(0 <= event.wait <= 0.001 for event in events)


@pytest.mark.parametrize("face", EVERY_FACE, indirect=True)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_somebody_listens_at_last(face: Face, operation: str) -> None:
    """What was not sent is sent, once, when the server is there at the second attempt."""
    server = Server(ok(operation))
    client = face(base_url=server.url, on_retry=lambda _: server.listen())

    result = client.call(operation)
    server.stop()

    assert result.meta.attempts == 2
    assert len(server.requests) == 1


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_connect_timeout_is_not_sent(face: Face, operation: str) -> None:
    """A connection that does not come about in time was not sent, and is tried again."""
    server = Server()
    listener = server.bind()
    listener.listen(0)
    with contextlib.ExitStack() as queue:
        queue.callback(server.stop)
        queue.callback(listener.close)
        for _ in range(2):  # they fill the queue, so that nobody else is even answered
            waiting = queue.enter_context(contextlib.closing(socket.socket()))
            waiting.setblocking(False)
            waiting.connect_ex((HOST, server.port))
        client = face(base_url=server.url, timeout=Timeout(connect=0.05), retries=1)

        with pytest.raises(ConnectionFailed, match="no connection to") as caught:
            client.call(operation)

    assert Outcome.NOT_SENT is caught.value.outcome
    assert caught.value.attempts == 2


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("face", "whose"),
    [*((face, "ours") for face in FACES), *((face, "given") for face in HTTPX_FACES)],
    indirect=["face"],
)
def test_a_full_pool_is_not_sent(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch, whose: str, operation: str
) -> None:
    """A pool with no place left sends nothing, and the call is tried again."""
    server.play(Hang())
    monkeypatch.setattr(_lanes, "MOST_LANES", 1)
    given = one_connection(face) if whose == "given" else None
    client = face(base_url=server.url, http_client=given, retries=0)
    holder = threading.Thread(target=hold, args=(client,))
    holder.start()
    server.wait_for_a_request()

    with pytest.raises(ConnectionFailed, match="send less at once") as caught:
        client.with_options(timeout=Timeout(pool=0.05), retries=1).call(operation)
    server.stop()
    holder.join()
    if given is not None:
        face.run(given.close if isinstance(given, httpx.Client) else given.aclose)

    assert Outcome.NOT_SENT is caught.value.outcome
    assert caught.value.attempts == 2
    assert len(server.requests) == 1


def one_connection(face: Face) -> httpx.Client | httpx.AsyncClient:
    """Return a client of httpx that has one connection and no more."""
    kind = httpx.Client if face.is_sync else httpx.AsyncClient
    return kind(limits=httpx.Limits(max_connections=1), verify=False)


def hold(client: Handle) -> None:
    """Keep a connection busy until the server goes away."""
    with contextlib.suppress(BlingerError):
        client.call("assign_agent")


@pytest.mark.parametrize("retries", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("step", [Answer(429), Answer(503), Reset()], ids=["429", "503", "reset"])
def test_attempts_are_retries_and_one(face: Face, server: Server, step: Step, retries: int) -> None:
    """There are as many attempts as retries, and the first."""
    server.play(step)

    with pytest.raises(BlingerError) as caught:
        face(base_url=server.url, retries=retries).call("send_text")

    assert retries + 1 == len(server.requests) == caught.value.attempts


def test_retries_are_an_option_of_a_view(face: Face, server: Server) -> None:
    """A view has its own number of retries, and leaves the client its."""
    client = face(base_url=server.url)

    for handle, attempts in ((client.with_options(retries=4), 5), (client, 3)):
        server.play(Answer(503))
        with pytest.raises(ServerError):
            handle.call("send_text")
        assert attempts == len(server.requests)


JOINED: dict[str, tuple[str, list[Step], type[BlingerError], Outcome, int]] = {
    "committed and reset, then limited": (
        "send_text",
        [Reset(), Answer(429)],
        RateLimited,
        Outcome.UNKNOWN,
        3,
    ),
    "limited, then committed and reset": (
        "send_text",
        [Answer(429), Answer(429), Reset()],
        ConnectionLost,
        Outcome.UNKNOWN,
        3,
    ),
    "limited, reset, limited": (
        "assign_agent",
        [Answer(429), Reset(), Answer(429)],
        RateLimited,
        Outcome.UNKNOWN,
        3,
    ),
    "committed and reset, then refused for good": (
        "send_file",
        [Reset(), Answer(404)],
        NotFound,
        Outcome.UNKNOWN,
        2,
    ),
    "committed and reset, then unreadable": (
        "send_text",
        [Reset(), Answer(200, HTML)],
        InvalidResponse,
        Outcome.ACCEPTED,
        2,
    ),
    "failed, then nobody listens": (
        "send_text",
        [ThenRefuse(Answer(503))],
        ConnectionFailed,
        Outcome.UNKNOWN,
        3,
    ),
    "limited, then nobody listens": (
        "request_review",
        [ThenRefuse(Answer(429))],
        ConnectionFailed,
        Outcome.REJECTED,
        3,
    ),
    "limited throughout": (
        "request_review",
        [Answer(429)],
        RateLimited,
        Outcome.REJECTED,
        3,
    ),
    "limited, then reset, and never again": (
        "request_review",
        [Answer(429), Reset()],
        ConnectionLost,
        Outcome.UNKNOWN,
        2,
    ),
}


@pytest.mark.parametrize("name", JOINED)
def test_the_outcome_is_that_of_the_call(face: Face, server: Server, name: str) -> None:
    """The outcome is joined over the attempts: what may have landed once stays possible."""
    operation, steps, kind, outcome, attempts = JOINED[name]
    server.play(*steps)

    with pytest.raises(BlingerError) as caught:
        face(base_url=server.url).call(operation)

    error = caught.value
    assert (kind, outcome, attempts) == (type(error), error.outcome, error.attempts)
    assert len({request.uuid for request in server.requests}) == 1
    assert attempts == len(error.__notes__)


def test_not_sent_then_limited_is_rejected(face: Face) -> None:
    """An attempt that never left adds nothing to a refusal."""
    server = Server(Answer(429))

    with pytest.raises(RateLimited) as caught:
        face(base_url=server.url, on_retry=lambda _: server.listening or server.listen()).call(
            "send_text"
        )
    server.stop()

    assert Outcome.REJECTED is caught.value.outcome
    assert (caught.value.attempts, len(server.requests)) == (3, 2)


def test_a_result_ends_all_doubt(face: Face, server: Server) -> None:
    """An accepted attempt after one that may have landed is a result like any other."""
    server.play(Reset(), Answer(429), ok("send_text"))

    message = face(base_url=server.url).call("send_text")

    assert 3 == message.meta.attempts == len(server.requests)
    assert {message.meta.uuid} == {request.uuid for request in server.requests}


def test_each_error_knows_the_call_so_far(face: Face, server: Server) -> None:
    """Before each wait, `on_retry` gets the error, the count, the wait and the uuid."""
    server.play(Reset(), Answer(429, {"error": "slow down"}), ok("send_text"))
    events: list[RetryEvent] = []

    message = face(base_url=server.url, on_retry=events.append).call("send_text")

    assert [(1, ConnectionLost), (2, RateLimited)] == [(e.attempt, type(e.error)) for e in events]
    assert [event.error.outcome for event in events] == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert [event.error.attempts for event in events] == [1, 2]
    assert {message.meta.uuid} == {event.uuid for event in events}
    assert all(0 <= event.wait <= 0.001 for event in events)


@pytest.mark.parametrize("face", EVERY_FACE, indirect=True)
def test_the_last_error_tells_of_each_attempt(face: Face, server: Server) -> None:
    """The notes of the error say what came of each attempt, in order."""
    server.play(Reset(), Answer(429, {"error": "slow down"}), Answer(503))

    with pytest.raises(ServerError) as caught:
        face(base_url=server.url).call("send_text")

    first, second, third = caught.value.__notes__
    assert first.startswith("attempt 1: the connection to 127.0.0.1")
    assert first.endswith("(unknown)")
    assert second == "attempt 2: 429 Too Many Requests: slow down (rejected)"
    assert third == "attempt 3: 503 Service Unavailable (unknown)"


@pytest.mark.parametrize("operation", SENDS)
@pytest.mark.parametrize("dedupe", ["conflict", "second_message"])
def test_sends_are_not_repeated_where_a_uuid_is_not_known_again(
    face: Face, server: Server, dedupe: str, operation: str
) -> None:
    """A profile without `uuid_dedupe = same_message` leaves a send of unknown fate alone."""
    server.play(Reset())
    client = face(base_url=server.url, profile={"uuid_dedupe": dedupe})

    with pytest.raises(ConnectionLost) as caught:
        client.call(operation)

    assert 1 == len(server.requests) == caught.value.attempts
    assert Outcome.UNKNOWN is caught.value.outcome


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("dedupe", ["same_message", "conflict", "second_message"])
def test_what_was_certainly_not_taken_is_repeated_under_each_profile(
    face: Face, server: Server, dedupe: str, operation: str
) -> None:
    """A 429 is repeated whatever the profile says; so is an assignment of unknown fate."""
    server.play(Answer(429), ok(operation))
    client = face(base_url=server.url, profile={"uuid_dedupe": dedupe})

    client.call(operation)

    assert len(server.requests) == 2
    if operation == "assign_agent":
        server.play(Reset(), ok(operation))
        client.call(operation)
        assert len(server.requests) == 2


@pytest.mark.parametrize("operation", SENDS)
def test_a_uuid_of_yours_is_sent_on_each_attempt(
    face: Face, server: Server, operation: str
) -> None:
    """A uuid that is given, as text or as `UUID`, is the one that is sent."""
    server.play(Answer(503), ok(operation))
    client = face(base_url=server.url)
    yours = UUID("6BA7B810-9DAD-11D1-80B4-00C04FD430C8")

    for given in (yours, str(yours).upper()):
        server.play(Answer(503), ok(operation))
        message = client.call(operation, "https://example.com/x", uuid=given)
        assert yours == message.meta.uuid
        assert [yours, yours] == [request.uuid for request in server.requests]


def test_a_uuid_is_made_for_each_call(face: Face, server: Server) -> None:
    """Two calls are two messages: each has a random uuid of its own."""
    server.play(ok("send_text"))
    client = face(base_url=server.url)

    first, second = (client.call("send_text").meta.uuid for _ in range(2))

    assert first != second
    assert 4 == first.version == second.version


def test_an_error_of_on_retry_ends_the_call(face: Face, server: Server) -> None:
    """What `on_retry` raises reaches the caller, and nothing more is sent."""
    server.play(Answer(503))

    def refuse(_: RetryEvent) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        face(base_url=server.url, on_retry=refuse).call("send_text")

    assert len(server.requests) == 1
