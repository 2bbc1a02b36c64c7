"""What an error advises, and what a call that was ended from outside leaves behind."""

from __future__ import annotations

import difflib
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.wrapper.faces import CONVERSATION, OPERATIONS
from tests.unit.wrapper.scripted import Answer, Hang, Raw

from blinger import (
    Blinger,
    BlingerError,
    ConfigurationError,
    Conflict,
    ConnectionFailed,
    ConnectionLost,
    InvalidResponse,
    NotFound,
    Outcome,
    RetryEvent,
    ServerError,
)
from blinger._profile import read_profile
from blinger._retries import Replay, advise
from blinger_spec import assumptions

if TYPE_CHECKING:
    from tests.unit.wrapper.faces import Face
    from tests.unit.wrapper.scripted import Server

UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
UNKNOWN = {
    "assign_agent": "repeating it is safe",
    "send_text": "repeat it with uuid='{uuid}'",
    "send_file": "repeat it with uuid='{uuid}'",
    "request_review": "look before you repeat it",
}


LOOK = "a message with this uuid may be there already: look before you send another"
TABLE: list[tuple[BlingerError, str, str, str]] = [
    (
        ConnectionLost("x"),
        "repeating it is safe",
        "repeat it with uuid='u'",
        "look before you repeat it",
    ),
    (
        ServerError("x"),
        "repeating it is safe",
        "repeat it with uuid='u'",
        "look before you repeat it",
    ),
    (Conflict("x"), "", LOOK, LOOK),
    (NotFound("x"), "", "", ""),
    (ConnectionFailed("x"), "", "", ""),
    (InvalidResponse("x"), "", "", ""),
    (ConfigurationError("x"), "", "", ""),
]
"""An error, and what it advises after an operation that is safe, keyed, and never repeated."""


@pytest.mark.parametrize(("error", "safe", "keyed", "never"), TABLE)
def test_the_advice(error: BlingerError, safe: str, keyed: str, never: str) -> None:
    """What an error advises, by what is known of the effect and of the operation."""
    error.uuid = "u"  # type: ignore[assignment]

    assert advise(error, Replay.SAFE) == safe
    assert advise(error, Replay.KEYED) == keyed
    assert advise(error, Replay.NEVER) == never


@pytest.mark.parametrize("operation", OPERATIONS)
def test_unknown_advises_by_operation(face: Face, server: Server, operation: str) -> None:
    """Whether a call may be repeated depends on what it does."""
    server.play(Raw())

    with pytest.raises(BlingerError) as caught:
        face(base_url=server.url, retries=0).call(operation)

    assert caught.value.advice == UNKNOWN[operation].format(uuid=caught.value.uuid)
    assert caught.value.advice in str(caught.value)


def test_a_refusal_advises_nothing(face: Face, server: Server) -> None:
    """What the server says is what is to be mended."""
    server.play(Answer(404))

    with pytest.raises(BlingerError) as caught:
        face(base_url=server.url).call("send_text")

    assert caught.value.advice == ""
    assert str(caught.value) == "404 Not Found (send_text, 1 attempt: nothing was changed)"


def test_a_known_uuid_is_looked_at_and_not_repeated(face: Face, server: Server) -> None:
    """A conflict after an attempt that may have landed says where the message may be."""
    server.play(Answer(503), Answer(409))

    with pytest.raises(Conflict) as caught:
        face(base_url=server.url).call("send_text")

    assert caught.value.outcome is Outcome.UNKNOWN
    there = "a message with this uuid may be there already: look before you send another"
    assert caught.value.advice == there


def test_a_redirect_says_where_to_and_what_to_do(face: Face, server: Server) -> None:
    """The host is named, not the path or query, and base_url is what to mend."""
    server.play(Answer(301, b"", {"Location": "https://other.example/x?key=secret"}))

    with pytest.raises(BlingerError) as caught:
        face(base_url=server.url).call("send_text")

    assert getattr(caught.value, "message") == (  # noqa: B009 - of some errors only
        "it redirects to other.example, which is not followed: set base_url to where the API is"
    )
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", [300, 301, 308, 399])
@pytest.mark.parametrize("location", [None, "", "/elsewhere", "http://["])
def test_a_redirect_to_nowhere_says_the_same(
    face: Face, server: Server, status: int, location: str | None
) -> None:
    """Every 3xx is one, with whatever it has for a location."""
    headers = {} if location is None else {"Location": location}
    server.play(Answer(status, b"", headers))

    with pytest.raises(BlingerError) as caught:
        face(base_url=server.url).call("assign_agent")

    assert getattr(caught.value, "message") == (  # noqa: B009 - of some errors only
        "it redirects, which is not followed: set base_url to where the API is"
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"status": 400, "error": "too long"}, "too long"),
        ({"error": {"text": ["too long", "bad"]}}, "text: too long; bad"),
        ({"error": ["a", {"b": "c"}]}, "a; b: c"),
        ({"error": None, "message": "said elsewhere"}, "said elsewhere"),
        ({"detail": "and here"}, "and here"),
        ({"error": 5}, ""),
        ({"status": 400}, ""),
        (["no", "object"], ""),
    ],
)
def test_the_servers_words_are_found(face: Face, server: Server, body: Any, message: str) -> None:
    """Wherever servers of this kind say what went wrong."""
    server.play(Answer(400, body))

    with pytest.raises(BlingerError) as caught:
        face(base_url=server.url).call("request_review")

    assert getattr(caught.value, "message") == message  # noqa: B009 - of some errors only


def test_an_error_page_of_megabytes_is_cut(face: Face, server: Server) -> None:
    """What an error looks at and keeps of a body is bounded."""
    server.play(Answer(502, b"<p>down</p>" * 1_000_000))

    with pytest.raises(BlingerError) as caught:
        face(base_url=server.url, retries=0).call("request_review")

    assert len(getattr(caught.value, "body")) == 10_000  # noqa: B009 - of some errors only


def test_an_interrupt_carries_the_uuid(server: Server) -> None:
    """Ctrl-C in the midst of a send leaves the uuid to repeat it with."""
    server.play(Hang())
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        server.wait_for_a_request()
        signal.pthread_kill(main, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with (
        Blinger("token", base_url=server.url) as client,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        client.conversation(CONVERSATION).send_text("Hello", uuid=UUID)

    assert caught.value.__notes__ == [f"blinger: it ended send_text, attempt 1, uuid={UUID!r}"]


def test_a_callback_that_fails_carries_the_uuid(face: Face, server: Server) -> None:
    """So does what `on_retry` raises, and for a call without one there is none to carry."""

    def fail(event: RetryEvent) -> None:
        raise ValueError(event.attempt)

    server.play(Answer(503))
    client = face(base_url=server.url, on_retry=fail)

    with pytest.raises(ValueError, match="1") as send:
        client.call("send_text", "Hello", uuid=UUID)
    with pytest.raises(ValueError, match="1") as assign:
        client.call("assign_agent")

    assert send.value.__notes__ == [f"blinger: it ended send_text, attempt 1, uuid={UUID!r}"]
    assert assign.value.__notes__ == ["blinger: it ended assign_agent, attempt 1"]


def test_a_callback_that_nobody_would_await_is_refused() -> None:
    """A coroutine function would be called and never run."""

    async def tell(event: RetryEvent) -> None: ...

    with pytest.raises(ConfigurationError, match="nobody awaits it"):
        Blinger("token", on_retry=tell)


@pytest.mark.parametrize("slip", ["uuid_dedup", "auth_sheme", "body_encodings"])
def test_a_slip_in_a_profile_is_refused(slip: str) -> None:
    """A name that is nearly one of the three is refused, with the one that was meant."""
    with pytest.raises(ConfigurationError, match=r"did you mean \w+\?"):
        Blinger("token", profile={slip: "second_message"})


def test_the_other_assumptions_are_no_slips() -> None:
    """Each name of the contract passes: the file is shared with the mock and the kit."""
    others = {name: "x" for name in assumptions() if name not in {*UNKNOWN, *_OURS}}

    assert read_profile(others) == read_profile(None)
    assert max(difflib.SequenceMatcher(None, a, b).ratio() for a in others for b in _OURS) < 0.85


_OURS = ("auth_scheme", "body_encoding", "uuid_dedupe")
