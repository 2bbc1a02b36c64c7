"""The error tree, outcomes, and errors as values."""

from __future__ import annotations

import copy
import pickle
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.wrapper.samples import ok
from tests.unit.wrapper.scripted import Answer, Raw, Reset, Server, Step

import blinger
from blinger import errors
from blinger.errors import APIError, BlingerError, InvalidResponse, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.wrapper.faces import Face

UUID_ = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


def tree(kind: type[BlingerError] = BlingerError) -> Iterator[type[BlingerError]]:
    """Yield *kind* and what is below it, public or not; the command line has some of its own."""
    yield kind
    for below in kind.__subclasses__():
        if not below.__module__.startswith("blinger._cli."):
            yield from tree(below)


CLASSES = [kind for kind in tree() if not kind.__name__.startswith("_")]

DESIGN: dict[str, tuple[str, str]] = {
    "BlingerError": ("Exception", "unknown"),
    "ConfigurationError": ("BlingerError", "not_sent"),
    "TransportError": ("BlingerError", "unknown"),
    "ConnectionFailed": ("TransportError", "not_sent"),
    "ConnectionLost": ("TransportError", "unknown"),
    "TimedOut": ("TransportError", "unknown"),
    "APIError": ("BlingerError", "rejected"),
    "BadRequest": ("APIError", "rejected"),
    "AuthenticationFailed": ("APIError", "rejected"),
    "PermissionDenied": ("APIError", "rejected"),
    "NotFound": ("APIError", "rejected"),
    "Conflict": ("APIError", "rejected"),
    "RateLimited": ("APIError", "rejected"),
    "ServerError": ("APIError", "unknown"),
    "InvalidResponse": ("BlingerError", "accepted"),
}
"""Name, parent, and the outcome of one attempt that failed so."""


def parent(kind: type[BlingerError]) -> str:
    """Return the name of the public class that *kind* is a case of."""
    return next(base.__name__ for base in kind.__mro__[1:] if not base.__name__.startswith("_"))


def test_the_tree() -> None:
    """The classes, their parents and outcomes are those that were promised."""
    assert {kind.__name__: (parent(kind), kind("x").outcome.value) for kind in CLASSES} == DESIGN


def test_the_tree_is_drawn_in_the_docstring() -> None:
    """The module's docstring draws the tree that is there, with the outcomes."""
    drawn: dict[str, tuple[str, str]] = {}
    above: list[str] = ["Exception"]
    for line in (errors.__doc__ or "").splitlines():
        match = re.fullmatch(r"( {0,4})([A-Z]\w+)(?: {2,}.*?(?: {2,}([A-Z_]+))?)?", line)
        if match is None:
            continue
        depth = len(match[1]) // 2
        del above[depth + 1 :]
        own = match[3].lower() if match[3] else drawn.get(above[-1], ("", "unknown"))[1]
        drawn[match[2]] = (above[-1], own)
        above.append(match[2])

    assert drawn == DESIGN


def test_every_class_is_public() -> None:
    """Each can be imported from the package, and is caught as `BlingerError`."""
    for kind in CLASSES:
        assert getattr(blinger, kind.__name__) is kind
        assert kind.__name__ in blinger.__all__
        assert kind.__doc__
        assert issubclass(kind, BlingerError)
        assert not issubclass(kind, OSError)


# --- outcomes -------------------------------------------------------------------------------------

OUTCOMES = st.lists(st.sampled_from(Outcome), max_size=8)
NOT_SENT, REJECTED, UNKNOWN, ACCEPTED = Outcome


def test_no_attempt_sent_nothing() -> None:
    """A call without an attempt sent nothing."""
    assert Outcome.joined([]) is NOT_SENT


@given(OUTCOMES)
def test_joined_is_what_the_attempts_allow(outcomes: list[Outcome]) -> None:
    """Accepted once is accepted; else what may have landed stays possible; else a refusal."""
    joined = Outcome.joined(outcomes)

    if ACCEPTED in outcomes:
        assert joined is ACCEPTED
    elif UNKNOWN in outcomes:
        assert joined is UNKNOWN
    elif REJECTED in outcomes:
        assert joined is REJECTED
    else:
        assert joined is NOT_SENT


@given(OUTCOMES, st.randoms(use_true_random=False))
def test_joined_does_not_depend_on_the_order(outcomes: list[Outcome], random: Any) -> None:
    """In which order the attempts came does not matter."""
    shuffled = list(outcomes)
    random.shuffle(shuffled)

    assert Outcome.joined(outcomes) is Outcome.joined(shuffled)


@given(OUTCOMES, OUTCOMES)
def test_joined_can_be_joined(some: list[Outcome], others: list[Outcome]) -> None:
    """Joining parts and then the whole is joining the whole."""
    parts = [Outcome.joined(some), Outcome.joined(others)]

    assert Outcome.joined(parts) is Outcome.joined([*some, *others])
    assert Outcome.joined([*some, *some]) is Outcome.joined(some)
    assert Outcome.joined(iter(some)) is Outcome.joined(some)


def test_an_outcome_reads_as_its_name() -> None:
    """An outcome is a string, for logs and JSON."""
    assert [str(outcome) for outcome in Outcome] == ["not_sent", "rejected", "unknown", "accepted"]


# --- errors as values -----------------------------------------------------------------------------


def full(kind: type[BlingerError]) -> BlingerError:
    """Return an error of *kind* with something in each field."""
    answered: dict[str, Any] = {"status": 418, "body": {"a": [1, None]}, "headers": {"x-id": "1"}}
    if issubclass(kind, APIError):
        error: BlingerError = kind("why", **answered, message="words", retry_after=1.5)
    elif issubclass(kind, InvalidResponse):
        error = kind("why", **answered, path="data.id")
    else:
        error = kind("why")
    tell(error, 3, Outcome.UNKNOWN, "look")
    error.add_note("attempt 1: this")
    error.add_note("attempt 2: that")
    return error


def tell(error: BlingerError, attempts: int, outcome: Outcome, advice: str) -> None:
    """Give *error* the story of a call."""
    error.operation, error.attempts, error.outcome = "send_text", attempts, outcome
    error.uuid, error.advice = UUID_, advice


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(kind: type[BlingerError], protocol: int) -> None:
    """An error that crosses a process is what it was, with its fields and notes."""
    error = full(kind)

    again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - ours

    assert_same(error, again)
    assert pickle.loads(pickle.dumps(kind("why"), protocol)).args == ("why",)  # noqa: S301


@pytest.mark.parametrize("kind", CLASSES)
def test_copy(kind: type[BlingerError]) -> None:
    """A copy of an error, shallow or deep, is what it was."""
    error = full(kind)

    assert_same(error, copy.copy(error))
    assert_same(error, copy.deepcopy(error))


def assert_same(error: BlingerError, again: BlingerError) -> None:
    """Assert that *again* is as *error* is."""
    assert type(error) is type(again)
    assert vars(error) == vars(again)
    assert error.args == again.args
    assert (str(error), repr(error)) == (str(again), repr(again))
    assert (again.operation, again.attempts, again.uuid) == ("send_text", 3, UUID_)
    assert again.outcome is Outcome.UNKNOWN
    assert again.__notes__ == ["attempt 1: this", "attempt 2: that"]
    if isinstance(again, APIError):
        assert (again.status, again.body, again.headers) == (418, {"a": [1, None]}, {"x-id": "1"})
        assert (again.message, again.retry_after) == ("words", 1.5)
    if isinstance(again, InvalidResponse):
        assert (again.status, again.body, again.headers) == (418, {"a": [1, None]}, {"x-id": "1"})
        assert again.path == "data.id"


ADVICE = {
    NOT_SENT: "nothing was sent",
    REJECTED: "nothing was changed",
    UNKNOWN: "it may have taken effect",
    ACCEPTED: "the server accepted it",
}


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("kind", CLASSES)
def test_one_line(kind: type[BlingerError], outcome: Outcome) -> None:
    """An error reads as one line: what happened, after how many attempts, with what effect."""
    error = kind("why")
    assert str(error) == "why"

    tell(error, 1, outcome, "")
    assert f"why (send_text, 1 attempt: {ADVICE[outcome]})" == str(error)

    tell(error, 3, outcome, "look before you leap")
    assert f"why (send_text, 3 attempts: {ADVICE[outcome]}; look before you leap)" == str(error)


def test_the_defaults_of_an_answer() -> None:
    """An error that a test of yours makes has every attribute."""
    api, invalid = APIError("x"), InvalidResponse("x")

    assert (
        api.status,
        api.body,
        api.headers,
        api.message,
        api.retry_after,
        api.request_id,
    ) == (0, None, {}, "", None, None)
    assert (invalid.status, invalid.body, invalid.headers, invalid.path) == (0, None, {}, None)


# --- errors of real calls -------------------------------------------------------------------------

STEPS: dict[str, Step] = {
    "reset": Reset(),
    "closed": Raw(),
    "no HTTP": Raw(b"nonsense\r\n\r\n"),
    "HTML": Answer(200, b"<html>\n<body>\n</html>"),
    "lines in the words": Answer(400, {"error": "first\nsecond\r\n\tthird\u2028fourth\x0bfifth"}),
    "lines in the media type": Raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html;\tx\r\nContent-Length: 1\r\n\r\n<"
    ),
    "lines in a key": Answer(
        200, {"status": 200, "data": {"id": 1, "a\nb": 2, "file": {"url": {"a\nb": 1}}}}
    ),
    "nested": Answer(400, b'{"a":' * 450 + b"1" + b"}" * 450),
    "503": Answer(503),
}


@pytest.mark.parametrize("name", STEPS)
def test_one_line_whatever_comes(face: Face, server: Server, name: str) -> None:
    """Nothing that a server says breaks the line, the notes' lines included."""
    server.play(STEPS[name])

    with pytest.raises(BlingerError) as caught:
        face(base_url=server.url).call("send_text")

    for line in (str(caught.value), *getattr(caught.value, "__notes__", ())):
        assert len(line.splitlines()) == 1
        assert line == line.strip()


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_real_errors_survive_pickle(face: Face, server: Server, step: Step) -> None:
    """What a call raised can cross a process, and says the same there."""
    server.play(step)

    with pytest.raises(BlingerError) as caught:
        face(base_url=server.url).call("send_text")

    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - ours
    assert str(caught.value) == str(again)
    assert vars(caught.value) == vars(again)
    assert type(caught.value) is type(again)


def test_the_advice_can_be_followed(face: Face, server: Server) -> None:
    """A call of unknown outcome names the uuid with which it can be made again."""
    server.play(Reset())
    client = face(base_url=server.url, retries=0)
    with pytest.raises(BlingerError, match="repeat it with uuid=") as caught:
        client.call("send_text", "Hello")
    first = server.requests[0]

    server.play(ok("send_text"))
    client.call("send_text", "Hello", uuid=caught.value.uuid)

    assert first.body == server.requests[0].body


@pytest.mark.parametrize("dedupe", ["conflict", "second_message"])
def test_no_advice_that_would_send_twice(face: Face, server: Server, dedupe: str) -> None:
    """Where a uuid is not known again, the error does not say to repeat it."""
    server.play(Reset())
    client = face(base_url=server.url, profile={"uuid_dedupe": dedupe})

    for name in ("send_text", "request_review"):
        with pytest.raises(BlingerError, match="it may have taken effect") as caught:
            client.call(name)
        assert "uuid=" not in str(caught.value)
