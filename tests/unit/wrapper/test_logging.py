"""What the logger `blinger` and `on_retry` are told, over a real socket."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest
from tests.unit.wrapper.faces import TOKEN
from tests.unit.wrapper.samples import ok
from tests.unit.wrapper.scripted import Answer

from blinger import BlingerError, RetryEvent, ServerError

if TYPE_CHECKING:
    from tests.unit.wrapper.faces import Face
    from tests.unit.wrapper.scripted import Server

TEXT = "a text that no log may hold"


def test_each_attempt_and_each_retry_is_a_record_with_fields(
    face: Face, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """DEBUG has each attempt as it ends, INFO each retry before its wait."""
    caplog.set_level(logging.DEBUG, logger="blinger")
    server.play(Answer(503), ok("send_text"))

    message = face(base_url=server.url).call("send_text", TEXT)

    records = [r for r in caplog.records if r.name == "blinger"]
    fields = [
        (r.levelname, r.__dict__["attempt"], r.__dict__["status"], r.__dict__["outcome"])
        for r in records
    ]
    assert fields == [
        ("DEBUG", 1, 503, "unknown"),
        ("INFO", 1, None, "unknown"),
        ("DEBUG", 2, 200, "accepted"),
    ]
    assert {r.__dict__["operation"] for r in records} == {"send_text"}
    assert {r.__dict__["uuid"] for r in records} == {message.meta.uuid}
    assert all(r.__dict__["elapsed"] >= 0 for r in records)
    assert [re.sub(r"[\d.e-]+ s$", "… s", r.getMessage()) for r in records] == [
        "send_text: attempt 1: failed: 503 Service Unavailable",
        "send_text: attempt 1: retry in … s",
        "send_text: attempt 2: answered 200",
    ]
    assert not any(TEXT in str(r.__dict__) or TOKEN in str(r.__dict__) for r in records)


def test_nothing_is_logged_below_the_level(
    face: Face, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """At INFO a call that succeeds at once is silent."""
    caplog.set_level(logging.INFO, logger="blinger")
    server.play(ok("send_text"))

    face(base_url=server.url).call("send_text")

    assert [r for r in caplog.records if r.name == "blinger"] == []


def test_on_retry_is_told_before_each_wait(face: Face, server: Server) -> None:
    """The event names the call, the attempt that failed, its error and the wait to come."""
    events: list[RetryEvent] = []
    server.play(Answer(500), Answer(502), Answer(503))
    client = face(base_url=server.url, on_retry=events.append)

    with pytest.raises(ServerError) as caught:
        client.call("send_text")

    assert [(e.operation, e.attempt) for e in events] == [("send_text", 1), ("send_text", 2)]
    assert [e.error.args[0][:3] for e in events] == ["500", "502"]
    assert {e.uuid for e in events} == {caught.value.uuid}
    assert all(e.wait >= 0 for e in events)


def test_what_on_retry_raises_ends_the_call(face: Face, server: Server) -> None:
    """A callback that has seen enough stops the retries with an error of its own."""

    def enough(event: RetryEvent) -> None:
        raise TimeoutError(event.operation)

    server.play(Answer(500), ok("send_text"))

    with pytest.raises(TimeoutError, match="send_text"):
        face(base_url=server.url, on_retry=enough).call("send_text")

    assert len(server.requests) == 1


def test_notes_tell_the_attempts(face: Face, server: Server) -> None:
    """A traceback shows what each attempt met; a single attempt needs no note."""
    server.play(Answer(500), Answer(502), Answer(404), Answer(404))
    client = face(base_url=server.url)

    with pytest.raises(BlingerError) as several:
        client.call("send_text")
    with pytest.raises(BlingerError) as single:
        client.call("send_text")

    assert several.value.__notes__ == [
        "attempt 1: 500 Internal Server Error (unknown)",
        "attempt 2: 502 Bad Gateway (unknown)",
        "attempt 3: 404 Not Found (rejected)",
    ]
    assert not hasattr(single.value, "__notes__")
