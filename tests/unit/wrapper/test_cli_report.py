from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.wrapper.samples import sample

from blinger import (
    BlingerError,
    ConfigurationError,
    ConnectionFailed,
    Conversation,
    InvalidResponse,
    Message,
    Meta,
    NotFound,
    Outcome,
    RateLimited,
    TimedOut,
    _answers,
)
from blinger._cli.report import (
    Interrupted,
    Report,
    UsageError,
    document,
    error_line,
    exit_status,
    printable,
    rows,
)
from blinger._scrub import REDACTED, Scrubber

KEY = "6e3f1d0e-2b6a-5b52-9d0c-0f4bb8a2f1b7"
TOKEN = "canary-token"
MAYBE = "it may have taken effect"
SCRUB = Scrubber((TOKEN,))
REPORT = Report(answer=Interrupted("interrupted"))


def _meta(attempts: int = 1) -> Meta:
    return Meta(
        status=200, headers={}, attempts=attempts, elapsed=0.5, uuid=UUID(KEY), raw={"secret": 1}
    )


def _message(operation: str, **changes: Any) -> Message:
    return evolve(_answers.read_message(sample(operation)["data"], _meta()), **changes)


def _conversation(**changes: Any) -> Conversation:
    return evolve(_answers.read_conversation(sample("assign_agent")["data"], _meta()), **changes)


def _error(
    error: BlingerError, outcome: Outcome, operation: str = "send_text", attempts: int = 3
) -> BlingerError:
    error.outcome, error.operation, error.attempts = outcome, operation, attempts
    return error


@pytest.mark.parametrize(
    ("error", "outcome", "expected"),
    [
        (NotFound("x"), Outcome.REJECTED, 1),
        (NotFound("x"), Outcome.UNKNOWN, 4),
        (ConfigurationError("x"), Outcome.NOT_SENT, 2),
        (UsageError("x"), Outcome.NOT_SENT, 2),
        (ConnectionFailed("x"), Outcome.NOT_SENT, 3),
        (ConnectionFailed("x"), Outcome.UNKNOWN, 4),
        (TimedOut("x"), Outcome.NOT_SENT, 3),
        (TimedOut("x"), Outcome.UNKNOWN, 4),
        (InvalidResponse("x"), Outcome.ACCEPTED, 5),
        (Interrupted("x"), Outcome.UNKNOWN, 130),
        (Interrupted("x"), Outcome.NOT_SENT, 130),
    ],
)
def test_exit_status(error: BlingerError, outcome: Outcome, expected: int) -> None:
    """The status says what became of the call, not what went wrong last."""
    error.outcome = outcome

    assert exit_status(error) == expected
    assert exit_status(_message("send_text")) == 0
    assert exit_status(_conversation()) == 0


@pytest.mark.parametrize(
    ("error", "report", "expected"),
    [
        (
            _error(TimedOut("no answer"), Outcome.UNKNOWN),
            evolve(REPORT, operation="send_text", uuid=KEY),
            f"no answer (send_text, 3 attempts, {MAYBE}: repeat it with --uuid {KEY})",
        ),
        (
            _error(TimedOut("no answer"), Outcome.UNKNOWN, attempts=1),
            evolve(REPORT, operation="send_file", uuid=KEY, knows_again=False),
            (
                "no answer (send_file, 1 attempt, "
                f"it may have taken effect: look before you repeat it, uuid {KEY})"
            ),
        ),
        (
            _error(TimedOut("no answer"), Outcome.UNKNOWN),
            evolve(REPORT, operation="assign_agent"),
            "no answer (assign_agent, 3 attempts, it may have taken effect: it is safe to repeat)",
        ),
        (
            _error(TimedOut("no answer"), Outcome.UNKNOWN, attempts=1),
            evolve(REPORT, operation="request_review"),
            (
                "no answer "
                "(request_review, 1 attempt, it may have taken effect: to repeat it may ask twice)"
            ),
        ),
        (
            _error(ConnectionFailed("refused"), Outcome.NOT_SENT),
            evolve(REPORT, operation="send_text", uuid=KEY),
            f"refused (send_text, 3 attempts, nothing was sent, uuid {KEY})",
        ),
        (
            _error(NotFound("404 Not Found"), Outcome.REJECTED, attempts=1),
            evolve(REPORT, operation="request_review"),
            "404 Not Found (request_review, 1 attempt, nothing was changed)",
        ),
        (
            _error(InvalidResponse("200 OK, but data is missing"), Outcome.ACCEPTED, attempts=1),
            evolve(REPORT, operation="send_text", uuid=KEY),
            (
                "200 OK, but data is missing (send_text, 1 attempt, "
                f"the server accepted it: do not repeat it, uuid {KEY})"
            ),
        ),
        (
            _error(Interrupted("interrupted"), Outcome.UNKNOWN),
            evolve(REPORT, operation="send_text", uuid=KEY),
            f"interrupted (send_text, it may have taken effect: repeat it with --uuid {KEY})",
        ),
        (
            ConfigurationError("retries is -1"),
            evolve(REPORT, operation="send_text", uuid=KEY),
            "retries is -1",
        ),
        (UsageError("TEXT is missing"), REPORT, "TEXT is missing"),
    ],
)
def test_error_line(error: BlingerError, report: Report, expected: str) -> None:
    """One line: what happened, after how many attempts, what became of it, what to do."""
    assert error_line(evolve(report, answer=error), error) == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (
            _message("send_text"),
            {"type": "text, 5 characters", "author": "end user", "uuid": KEY},
        ),
        (_message("send_text", body="A"), {"type": "text, 1 character"}),
        (_message("send_text", end_user=None), {"author": "nobody"}),
        (
            _message("send_text", end_user=None, agent=_conversation().assigned_agent),
            {"author": "agent Vadim Belorusov"},
        ),
        (_message("send_file"), {"type": "file, "}),
        (
            _message("request_review"),
            {"type": "review, of Vadim Belorusov", "author": "bot Blinger bot"},
        ),
        (
            _message("request_review", review=None, type="carousel", status="read"),
            {"type": "carousel", "status": "read"},
        ),
        (_conversation(), {"agent": "Vadim Belorusov, online", "locked": "no"}),
        (_conversation(assigned_agent=None, locked=True), {"agent": "nobody", "locked": "yes"}),
        (
            _conversation(created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
            {"created": "2026-01-02 03:04:05 UTC", "attempts": "1, in 0.250 s"},
        ),
    ],
)
def test_rows(result: Message | Conversation, expected: dict[str, str]) -> None:
    """The card has ids, kinds and names, and neither a text nor a websocketToken."""
    is_message = isinstance(result, Message)
    facts = dict(
        rows(Report(uuid=KEY if is_message else None, elapsed=0.25, answer=result), result)
    )

    for name, value in expected.items():
        assert facts[name].startswith(value)
    assert next(iter(facts)) == ("message" if is_message else "conversation")
    assert ("uuid" in facts) is is_message
    assert not [one for one in facts.values() if "eyJ" in one]


def test_rows__text() -> None:
    """The text of a message is not on the card: what a program prints ends up in logs."""
    message = _message("send_text", body="canary text")

    assert "canary" not in str(dict(rows(Report(answer=message), message)))


@pytest.mark.parametrize("operation", ["send_text", "send_file", "request_review"])
def test_document__accepted(operation: str) -> None:
    """The API's JSON stands under `result`; websocketToken is in it, its value is not."""
    expected = sample(operation)["data"]
    for holder in (expected, expected["review"] or {}):
        if holder.get("endUser"):
            holder["endUser"]["websocketToken"] = REDACTED
    report = Report(operation=operation, uuid=KEY, elapsed=0.1234, answer=_message(operation))

    assert json.loads(document(report, SCRUB)) == {
        "operation": operation,
        "outcome": "accepted",
        "uuid": KEY,
        "attempts": 1,
        "elapsed": 0.123,
        "result": expected,
        "error": None,
    }


def test_document__error() -> None:
    """An error has the same document, with what a program decides on."""
    error = _error(
        RateLimited(
            "429", status=429, headers={"x-request-id": "r-1"}, retry_after=90.0, body="canary"
        ),
        Outcome.REJECTED,
    )

    assert json.loads(document(Report(operation="send_text", uuid=KEY, answer=error), SCRUB)) == {
        "operation": "send_text",
        "outcome": "rejected",
        "uuid": KEY,
        "attempts": 3,
        "elapsed": 0.0,
        "result": None,
        "error": {
            "type": "RateLimited",
            "message": "429",
            "status": 429,
            "retry_after": 90.0,
            "request_id": "r-1",
        },
    }


def test_document__interrupted() -> None:
    """Nobody knows how many attempts were made, so that is null."""
    facts = json.loads(document(Report(answer=Interrupted("interrupted")), SCRUB))

    assert (facts["outcome"], facts["attempts"]) == ("unknown", None)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    extra=st.dictionaries(st.text(min_size=1).map("x".__add__), _JSON),
    body=st.text(alphabet=st.characters(exclude_categories=())),
)
def test_document__always_json(extra: dict[str, Any], body: str) -> None:
    """Whatever the answer holds, the document is one line of ASCII that any JSON parser takes."""
    report = Report(operation="send_text", answer=_message("send_text", extra=extra, body=body))
    line = document(report, SCRUB)

    assert line.isascii()
    assert line.isprintable()
    json.loads(line, parse_constant=pytest.fail)


@given(
    reason=st.text(alphabet=st.characters(exclude_categories=())),
    retry_after=st.none() | st.floats(),
)
def test_document__error_always_json(reason: str, retry_after: float | None) -> None:
    """Whatever the error says, the document parses, and a token in it does not come through."""
    error = RateLimited(f"{reason} {TOKEN}", status=429, retry_after=retry_after)
    line = document(Report(operation="send_text", answer=error), SCRUB)

    json.loads(line, parse_constant=pytest.fail)
    assert line.isascii()
    assert TOKEN not in line


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_printable(text: str) -> None:
    """Nothing that steers a terminal comes through, and what is printable stays."""
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)
    assert printable("Grüße, 世界\x1b[2J\u202e") == "Grüße, 世界\ufffd[2J\ufffd"
