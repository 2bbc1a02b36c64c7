"""The rules of the state: what each refuses it for, and when it has nothing more to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from blinger_mock.clock import SECOND, Held
from blinger_mock.engine import Engine
from blinger_mock.model import Message
from blinger_mock.seed import CONVERSATION, seed
from blinger_mock.steps import (
    Caller,
    GiveReview,
    Refusal,
    Request,
    RequestReview,
    SendFile,
    SendText,
)
from blinger_spec import Profile

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from tests.unit.mock.conftest import Api, Start

    Do = Callable[[Api], httpx.Response]

UNKNOWN = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
KEY = "0b9a7f3e-6a0e-4f44-8f41-7d0f2a3f6f10"


def _twice(first: str, second: str) -> Do:
    def send(api: Api) -> httpx.Response:
        api.text(first, key=KEY)
        return api.text(second, key=KEY)

    return send


def _reviews(api: Api) -> httpx.Response:
    api.review()
    return api.review()


_UNKNOWN_ROOM = ("path", "id", "unknown_ids", "there is no such conversation")
_KNOWN_UUID = "a message with this uuid is there already"
_REFUSED: list[tuple[dict[str, object], Do, int, tuple[str, str, str, str]]] = [
    ({}, lambda api: api.text(to=UNKNOWN), 404, _UNKNOWN_ROOM),
    ({"unknown_ids": 400}, lambda api: api.text(to=UNKNOWN), 400, _UNKNOWN_ROOM),
    (
        {},
        lambda api: api.text(to="no-uuid"),
        404,
        ("path", "id", "id_format", "there is no such conversation"),
    ),
    (
        {},
        lambda api: api.assign(UNKNOWN),
        404,
        ("body", "/agentId", "unknown_ids", "there is no such agent"),
    ),
    (
        {"review_needs_agent": "yes"},
        lambda api: api.review(),
        400,
        (
            "state",
            "",
            "review_needs_agent",
            "no agent is assigned, so there is nobody to review",
        ),
    ),
    (
        {"review_repeat": "no"},
        _reviews,
        409,
        ("state", "", "review_repeat", "a review was asked for already"),
    ),
    (
        {},
        lambda api: api.text(to=api.mock.locked_conversation),
        400,
        ("state", "", "locked", "the conversation is locked"),
    ),
    (
        {"uuid_dedupe": "conflict"},
        _twice("a", "a"),
        409,
        ("state", "/uuid", "uuid_dedupe", _KNOWN_UUID),
    ),
    ({}, _twice("a", "b"), 409, ("state", "/uuid", "uuid_reuse", _KNOWN_UUID)),
]


@pytest.mark.parametrize(
    ("assume", "do", "status", "why"),
    _REFUSED,
    ids=[f"{why[2]}-{it}" for _, _, it, why in _REFUSED],
)
def test_refused(
    start: Start, assume: dict[str, object], do: Do, status: int, why: tuple[str, str, str, str]
) -> None:
    """A refusal names the assumption that it follows from, and where in the request it is due."""
    api = start(**assume)
    answer = do(api)
    [violation] = json.loads(answer.headers["X-Mock-Violations"])

    assert (answer.status_code, answer.json()["error"]) == (status, why[3])
    assert tuple(violation[name] for name in ("where", "pointer", "keyword", "text")) == why


CALLER = Caller("1", "", CONVERSATION)


def _engine(clock: Held, **assume: object) -> Engine:
    engine = Engine(Profile(assume), clock=clock)
    engine.add_tenant("token", "1")
    return engine


def test_uuid__of_another_kind() -> None:
    """A file is not the text that says its URL, though both have one uuid."""
    engine = _engine(Held())
    url = "https://example.com/a.png"
    engine.act(SendText(CALLER, KEY, url))
    done = engine.act(SendFile(CALLER, KEY, url))

    assert isinstance(done, Refusal)
    assert [one.keyword for one in done.violations] == ["uuid_reuse"]


def test_review() -> None:
    """A review that was given has its mark and text, and changed when it was given."""
    clock = Held(1_700_000_000 * SECOND)
    engine = _engine(clock)
    asked = engine.act(RequestReview(CALLER))
    clock.move(90)
    assert isinstance(asked, Message)
    assert asked.sent == ""
    given = engine.act(GiveReview(CALLER, asked.id, 4, "Kind"))

    assert isinstance(given, Message)
    assert given.review is not None
    assert (given.review.mark, given.review.text, given.review.confirmed) == (4, "Kind", True)
    assert (given.microseconds // SECOND, given.updated_at) == (1_700_000_000, 1_700_000_090)
    assert engine.state("1").messages(CONVERSATION) == (given,)


def test_review__is_not_given_before_it_was_asked_for() -> None:
    """A clock that went back does not make the change older than the message."""
    clock = Held(1_700_000_000 * SECOND)
    engine = _engine(clock)
    asked = engine.act(RequestReview(CALLER))
    clock.move(-90)
    assert isinstance(asked, Message)
    given = engine.act(GiveReview(CALLER, asked.id, 4, ""))

    assert isinstance(given, Message)
    assert given.updated_at == 1_700_000_000


@pytest.mark.parametrize(
    ("which", "status", "why"),
    [
        (
            "unknown",
            404,
            ("path", "message", "message", "there is no such message that asks for a review"),
        ),
        (
            "text",
            404,
            ("path", "message", "message", "there is no such message that asks for a review"),
        ),
        ("given", 409, ("state", "", "confirmed", "the review was given already")),
    ],
)
def test_review__refused(which: str, status: int, why: tuple[str, str, str, str]) -> None:
    """Only a message that asks for a review takes one, and only once."""
    engine = _engine(Held())
    text, asked = engine.act(SendText(CALLER, KEY, "Hi")), engine.act(RequestReview(CALLER))
    assert isinstance(text, Message)
    assert isinstance(asked, Message)
    engine.act(GiveReview(CALLER, asked.id, 4, ""))
    of = {"unknown": UNKNOWN, "text": text.id, "given": asked.id}[which]
    refusal = engine.act(GiveReview(CALLER, of, 5, "again"))

    assert isinstance(refusal, Refusal)
    [one] = refusal.violations
    assert (refusal.status, (one.where, one.pointer, one.keyword, one.text)) == (status, why)
    assert engine.state("1").messages(CONVERSATION)[1].review != asked.review


@pytest.mark.parametrize(
    ("order", "seconds"), [("yes", [0, 0, 0, 0, 0]), ("no", [0, -1, 0, -1, 0])]
)
def test_time_order(order: str, seconds: list[int]) -> None:
    """Each message is later than the one before; or each second one is a second too early."""
    now = 1_700_000_000 * SECOND
    engine = _engine(Held(now), time_order=order)
    for number in range(5):
        engine.act(SendText(CALLER, f"{number:08}{KEY[8:]}", "Hi"))
    found = [one.microseconds - now for one in engine.state("1").messages(CONVERSATION)]

    assert [round(one / SECOND) for one in found] == seconds
    assert len(set(found)) == (5 if order == "yes" else 2)


@pytest.mark.parametrize(
    ("conversation", "key", "fetches"),
    [
        (CONVERSATION, UNKNOWN, True),
        (CONVERSATION, KEY, False),
        (UNKNOWN, UNKNOWN, False),
        (seed(0).locked_conversation, UNKNOWN, False),
    ],
)
def test_fetch__only_for_a_new_message(conversation: str, key: str, *, fetches: bool) -> None:
    """A URL is fetched for what will be a new message, and for nothing else."""
    engine = _engine(Held(), file_fetch="yes")
    url = "http://127.0.0.1:1/a.png"
    engine.act(SendFile(Caller("1", "sendFileMessage", CONVERSATION), KEY, url))
    body = json.dumps({"uuid": key, "file": url}).encode()
    path = f"/api/external/v1/conversation/{conversation}/send-file-message"
    visit = engine.open(Request("POST", path, ("token",), "application/json", body=body))

    assert engine.url_to_fetch(visit) == (url if fetches else None)
