"""`Retry-After`: kept to exactly, or raised; never early. And backoff, where it says nothing."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.wrapper.samples import ok
from tests.unit.wrapper.scripted import Answer, Hang, Reply, Server

from blinger import (
    APIError,
    Blinger,
    Outcome,
    RateLimited,
    ServerError,
    TimedOut,
    Timeout,
    _retries,
)
from blinger._call import Call
from blinger._operations import request_review
from blinger._retries import backoff_bound, is_too_long, parse_retry_after, wait_for

if TYPE_CHECKING:
    from tests.unit.wrapper.faces import Face
    from tests.unit.wrapper.scripted import Recorded

    from blinger import RetryEvent

NOW = 784_111_777.0
"""Sun, 06 Nov 1994 08:49:37 GMT: the date of the examples of RFC 9110."""

TABLE: dict[str, tuple[dict[str, str], float | None]] = {
    "nothing": ({}, None),
    "only a date": ({"date": "Sun, 06 Nov 1994 08:49:37 GMT"}, None),
    "empty": ({"retry-after": ""}, None),
    "zero": ({"retry-after": "0"}, 0),
    "seconds": ({"retry-after": "120"}, 120),
    "a fraction, against the standard": ({"retry-after": "1.5"}, 1.5),
    "half a fraction": ({"retry-after": "1."}, None),
    "seconds with blanks": ({"retry-after": " 7 "}, 7),
    "leading zeros": ({"retry-after": "007"}, 7),
    "a great many": ({"retry-after": "9" * 400}, float("inf")),
    "too many digits for int()": ({"retry-after": "1" * 5000}, float("inf")),
    "below zero": ({"retry-after": "-1"}, None),
    "with a sign": ({"retry-after": "+1"}, None),
    "a word": ({"retry-after": "soon"}, None),
    "not a number": ({"retry-after": "nan"}, None),
    "digits of another script": ({"retry-after": "٣"}, None),
    "superscript": ({"retry-after": "²"}, None),
    "two values": ({"retry-after": "1, 2"}, None),
    "a date": ({"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT"}, 10),
    "a date of RFC 850": ({"retry-after": "Sunday, 06-Nov-94 08:49:47 GMT"}, 10),
    "a date of asctime": ({"retry-after": "Sun Nov  6 08:49:47 1994"}, 10),
    "a date with a zone": ({"retry-after": "Sun, 06 Nov 1994 09:49:47 +0100"}, 10),
    "a date with the unknown zone": ({"retry-after": "Sun, 06 Nov 1994 08:49:47 -0000"}, 10),
    "a date without a zone": ({"retry-after": "Sun, 06 Nov 1994 08:49:47"}, 10),
    "a date that is over": ({"retry-after": "Sun, 06 Nov 1994 08:49:27 GMT"}, 0),
    "a date that no calendar has": ({"retry-after": "Sun, 31 Feb 1994 08:49:37 GMT"}, None),
    "a year beyond the calendar": ({"retry-after": "Sun, 06 Nov 99999 08:49:37 GMT"}, None),
    "the server's clock is behind": (
        {
            "retry-after": "Sun, 06 Nov 1994 07:49:47 GMT",
            "date": "Sun, 06 Nov 1994 07:49:37 GMT",
        },
        10,
    ),
    "the server's clock is ahead": (
        {
            "retry-after": "Sun, 06 Nov 1994 09:49:47 GMT",
            "date": "Sun, 06 Nov 1994 09:49:37 GMT",
        },
        10,
    ),
    "the server's date is none": (
        {"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT", "date": "today"},
        10,
    ),
    "seconds do not need a clock": ({"retry-after": "5", "date": "today"}, 5),
}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("name", TABLE)
def test_parse_retry_after(monkeypatch: pytest.MonkeyPatch, name: str, zone: str) -> None:
    """A number of seconds or a date, by the server's clock, wherever this machine stands."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        headers, expected = TABLE[name]

        assert expected == parse_retry_after(headers, NOW)
    finally:
        monkeypatch.undo()
        time.tzset()


DATES = st.integers(0, 2**37).map(lambda x: formatdate(x, usegmt=True))
WORDS = st.text() | st.from_regex(r"[A-Za-z]{3}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ ?[+-]?\w*")


@given(WORDS | DATES | st.integers().map(str), WORDS | DATES, st.floats(-1e12, 1e12))
@example("Mon, 06 Nov 1994 24:00:00 GMT", "", 0.0)
@example("0 0 0 0:0:0 +99999999999999999", "", 0.0)
@example("()", "(", 0.0)
@example("6 Nov 1994 08:49:37 +9999", "", 0.0)
@example("Thu, 01 Jan 0001 00:00:00 +2300", "", 0.0)
def test_parse_retry_after_takes_anything(value: str, date: str, now: float) -> None:
    """Whatever stands there, there is no error and no wait below zero."""
    seconds = parse_retry_after({"retry-after": value, "date": date}, now)

    assert seconds is None or seconds >= 0


@given(st.integers(0, 10**6), st.integers(0, 2**32), st.floats(0, 2**33))
def test_a_date_is_by_the_servers_clock(wait: int, server_now: int, now: float) -> None:
    """However far our clock is from the server's, the wait is what the server meant."""
    headers = {
        "retry-after": formatdate(server_now + wait, usegmt=True),
        "date": formatdate(server_now, usegmt=True),
    }

    assert wait == parse_retry_after(headers, now)


@given(st.integers(1, 10**9))
@example(1)
@example(2)
@example(3)
@example(4)
@example(5)
@example(6)
def test_backoff_grows_to_its_bound(attempt: int) -> None:
    """The bound doubles from half a second to eight, and the wait lies below it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_retries, "FIRST_BACKOFF", 0.5)
        patch.setattr(_retries, "LONGEST_BACKOFF", 8.0)
        bound = backoff_bound(attempt)

        assert bound == (0.5 * 2 ** (attempt - 1) if attempt < 5 else 8.0)
        assert 0 <= wait_for(RateLimited("429"), attempt) <= bound


def test_what_the_server_asks_for_is_not_jittered() -> None:
    """The wait that the server asks for is kept to exactly."""
    assert wait_for(RateLimited("429", retry_after=17.0), 1) == 17.0
    assert wait_for(ServerError("503", retry_after=0.0), 3) == 0.0


@pytest.mark.parametrize(
    ("asked", "expected"), [(None, False), (0.0, False), (60.0, False), (60.5, True)]
)
def test_the_cap(asked: float | None, expected: bool) -> None:
    """A minute is waited for, and not more."""
    assert expected == is_too_long(APIError("x", retry_after=asked))


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("asked", ["0", "3", "60"])
def test_seconds(face: Face, server: Server, status: int, asked: str) -> None:
    """The number of seconds that a 429 or a 503 names is what is waited."""
    server.play(Answer(status, headers={"Retry-After": asked}), ok("send_text"))
    client = face(base_url=server.url, deadline=None).without_sleeping()

    message = client.call("send_text")

    assert [float(asked)] == client.waits
    assert 2 == message.meta.attempts == len(server.requests)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("skew", [-86400, 0, 86400])
def test_a_date(face: Face, server: Server, status: int, skew: int) -> None:
    """A date is by the server's own clock, however wrong that is."""
    headers = {
        "Retry-After": formatdate(NOW + skew + 12, usegmt=True),
        "Date": formatdate(NOW + skew, usegmt=True),
    }
    server.play(Answer(status, headers=headers), ok("send_text"))
    client = face(base_url=server.url, deadline=None).without_sleeping()

    client.call("send_text")

    assert client.waits == [12.0]
    assert len(server.requests) == 2


def test_a_date_without_the_servers_date(face: Face, server: Server) -> None:
    """Where the server does not say what time it is, ours is what there is."""

    def in_thirty_seconds(_: Recorded) -> Answer:
        return Answer(429, headers={"Retry-After": formatdate(time.time() + 30, usegmt=True)})

    server.play(Reply(in_thirty_seconds), ok("send_text"))
    client = face(base_url=server.url, deadline=None).without_sleeping()

    client.call("send_text")

    assert len(client.waits) == 1
    assert 0 < client.waits[0] <= 30


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", ["soon", "-5", "", "12h"])
def test_garbage_is_as_nothing(face: Face, server: Server, status: int, value: str) -> None:
    """A value that says nothing leaves the wait to the backoff."""
    server.play(Answer(status, headers={"Retry-After": value}))
    client = face(base_url=server.url).without_sleeping()

    with pytest.raises(APIError) as caught:
        client.call("send_text")

    assert caught.value.retry_after is None
    assert len(server.requests) == 3
    assert len(client.waits) == 2
    assert all(0 <= wait <= 0.001 for wait in client.waits)


@pytest.mark.parametrize("operation", ["assign_agent", "send_text", "request_review"])
@pytest.mark.parametrize("asked", ["61", "3600", "9" * 400])
def test_over_the_cap_is_raised(face: Face, server: Server, asked: str, operation: str) -> None:
    """More than a minute is not waited for: the error says how long the server wants."""
    server.play(Answer(429, headers={"Retry-After": asked}))
    client = face(base_url=server.url, deadline=None).without_sleeping()

    with pytest.raises(RateLimited) as caught:
        client.call(operation)

    assert float(asked) == caught.value.retry_after
    assert 1 == len(server.requests) == caught.value.attempts
    assert client.waits == []


@pytest.mark.parametrize("status", [429, 503])
def test_past_the_deadline_is_raised(face: Face, server: Server, status: int) -> None:
    """A wait that would end past the deadline is not begun."""
    server.play(Answer(status, headers={"Retry-After": "30"}))
    client = face(base_url=server.url, deadline=30).without_sleeping()

    with pytest.raises(APIError) as caught:
        client.call("send_text")

    assert caught.value.retry_after == 30.0
    assert len(server.requests) == 1
    assert client.waits == []


def test_it_is_never_early(face: Face, server: Server) -> None:
    """Between the answer and the next attempt lies at least what the server asked for."""
    moments: list[float] = []

    def limited(_: Recorded) -> Answer:
        moments.append(time.monotonic())
        return Answer(429, headers={"Retry-After": "1"})

    def accepted(_: Recorded) -> Answer:
        moments.append(time.monotonic())
        return ok("send_text")

    server.play(Reply(limited), Reply(accepted))

    face(base_url=server.url).call("send_text")

    assert moments[1] - moments[0] >= 1.0


def test_a_request_for_a_review_waits_for_429_alone(face: Face, server: Server) -> None:
    """Even a 503 that says when to come back may have taken effect."""
    server.play(Answer(503, headers={"Retry-After": "0"}))

    with pytest.raises(ServerError) as caught:
        face(base_url=server.url).call("request_review")

    assert caught.value.retry_after == 0.0
    assert len(server.requests) == 1


def test_the_deadline_is_over_the_whole_call(face: Face, server: Server) -> None:
    """The time of an attempt is what the call has left, and no attempt starts after it."""
    server.play(Hang())

    with pytest.raises(TimedOut) as caught:
        face(base_url=server.url, deadline=0.4, retries=50).call("send_text")

    assert 1 == len(server.requests) == caught.value.attempts


def test_an_attempt_has_what_the_call_has_left() -> None:
    """No phase of an attempt may take longer than the call, and at its end there is no other."""
    now = 100.0
    options = Blinger("token", deadline=30)._options
    call = Call(request_review("c"), options, lambda: now)

    now = 129.5
    request = call.request()
    assert request.timeout == Timeout(connect=0.5, read=0.5, write=0.5, pool=0.5)
    assert request.deadline == 130.0

    now = 130.0
    with pytest.raises(TimedOut, match=r"^the deadline of 30 s passed before the attempt$"):
        call.request()


def test_an_attempt_does_not_start_past_the_deadline(face: Face, server: Server) -> None:
    """Time that `on_retry` takes counts: what would start too late is not sent, nor counted."""
    server.play(Answer(503), ok("send_text"))

    def dawdle(_: RetryEvent) -> None:
        time.sleep(0.6)

    with pytest.raises(TimedOut, match=r"the deadline of 0\.5 s passed") as caught:
        face(base_url=server.url, deadline=0.5, on_retry=dawdle).call("send_text")

    assert Outcome.UNKNOWN is caught.value.outcome
    assert caught.value.__notes__ == [
        "attempt 1: 503 Service Unavailable (unknown)",
        "attempt 1: the deadline of 0.5 s passed before the attempt (not_sent)",
    ]
    assert 1 == len(server.requests) == caught.value.attempts


def test_without_a_deadline(face: Face, server: Server) -> None:
    """None is no deadline at all."""
    server.play(Answer(503), ok("send_text"))

    message = face(base_url=server.url, deadline=None).call("send_text")

    assert message.meta.attempts == 2
