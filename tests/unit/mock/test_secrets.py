"""Tokens, visitors' credentials and texts go to the caller and nowhere else."""

from __future__ import annotations

import itertools
import json
import logging
from typing import TYPE_CHECKING

import msgspec

from blinger_mock.engine import Engine
from blinger_mock.steps import Request, Violation
from blinger_spec import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    import pytest
    from tests.unit.mock.conftest import Api, Start

TOKEN = "canary-token-5e1f"
TEXT = "canary-text-9a3c"
KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
# The second half of every websocket token here; the first is the same for all JWTs.
CREDENTIAL = "eyJzdWIiOi"
CANARIES = (TOKEN, TEXT, CREDENTIAL)


def _walk(api: Api) -> list[httpx.Response]:
    """Provoke answers of every kind, with canaries wherever a caller could put one."""
    path = f"conversation/{api.conversation}/send-text-message"
    return [
        api.text(TEXT, key=KEY),
        api.text(TEXT + "2", key=KEY),
        api.text(TEXT, key=TEXT),
        api.file(TEXT),
        api.file(f"https://example.com/{TEXT}.png"),
        api.assign(TEXT),
        api.assign(),
        api.review(),
        api.post("send-text-message", {TEXT: TEXT}),
        api.text(TEXT, to=TEXT),
        api.text(TEXT * 1000),
        api.send(path, TEXT.encode(), "application/json"),
        api.send(path, TEXT.encode(), TEXT),
        api.http.get(TEXT),
        api.http.post(path, headers={"Authorization": TOKEN + TEXT}),
        api.http.post(path, headers={"Authorization": f"Bearer {TOKEN}"}),
    ]


def _parts(value: object, seen: set[int]) -> Iterator[object]:
    """Yield all that hangs on *value* and is of a type of the mock."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if type(value).__module__.startswith("blinger_mock"):
        yield value
    inner: list[object] = []
    if isinstance(value, dict):
        inner = [*value, *value.values()]
    elif isinstance(value, list | tuple | set) or type(value).__name__ == "deque":
        inner = list(value)  # type: ignore[call-overload]
    elif isinstance(value, msgspec.Struct):
        inner = [getattr(value, name) for name in value.__struct_fields__]
    else:
        slots = (getattr(base, "__slots__", ()) for base in type(value).__mro__)
        names = [*itertools.chain.from_iterable(slots), *getattr(value, "__dict__", ())]
        inner = [getattr(value, name, None) for name in names]
    for one in inner:
        yield from _parts(one, seen)


def test_canaries(
    start: Start, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """No repr of the state, no log line at any level, no output and no refusal repeats a secret."""
    caplog.set_level(logging.DEBUG)
    for client in ("httpx", "httpcore"):
        caplog.set_level(logging.WARNING, logger=client)
    api = start(token=TOKEN)
    refusals = [one for one in _walk(api) if one.status_code != 200]
    said = [one.text + json.dumps(dict(one.headers)) for one in refusals]
    held = list(_parts(api.mock, set()))
    said += [f"{one!r} {one!s}" for one in held]
    said += [*caplog.messages, *capfd.readouterr()]

    assert len(refusals) == 12
    assert {"Message", "EndUser", "Exchange", "Engine", "Checker"} <= {
        type(one).__name__ for one in held
    }
    assert [(canary, one) for one in said for canary in CANARIES if canary in one] == []


def test_canaries__in_what_a_test_is_given(api: Api) -> None:
    """What a server returns to a test, which prints it when it fails, has no credential in it."""
    api.assign()
    asked = api.review().json()["data"]
    api.text()
    mock = api.mock
    returned = [
        mock.messages(),
        [one.answer for one in mock.requests()],
        mock.wait_for(kind="text"),
        mock.wait_for_request("requestReview").answer,
        mock.end_user_writes("Hi"),
        mock.give_review(asked["id"], 5),
    ]

    assert CREDENTIAL in asked["review"]["endUser"]["websocketToken"]
    assert [one for one in returned if CREDENTIAL in json.dumps(one)] == []
    assert all(one for one in returned)


def test_canaries__in_between() -> None:
    """What passes between the steps is silent too."""
    engine = Engine(Profile())
    engine.add_tenant(TOKEN, "1")
    path = "/api/external/v1/conversation/e1d247c8-5cd8-4f93-b9d7-15fd3259ac22/send-text-message"
    body = json.dumps({"uuid": KEY, "text": TEXT}).encode()
    request = Request("POST", path, (TOKEN,), "application/json", body=body)
    visit = engine.open(request)
    closed = engine.close(visit)
    records = (request, visit, visit.step, closed, closed.answer)
    said = [f"{one!r} {list(one.__rich_repr__())}" for one in records]

    assert TEXT in json.dumps(closed.answer.document)
    assert not [one for one in said for canary in CANARIES if canary in one]


def test_own_answer_breaks_the_contract(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer of the mock that breaks the contract is a 500, counted, and logged by pointer."""
    from blinger_mock import render

    real = render.message
    monkeypatch.setattr(render, "message", lambda one: {**real(one), "microseconds": TEXT})
    engine = Engine(Profile())
    engine.add_tenant(TOKEN, "1")
    answer = engine.close(engine.open(_review_request())).answer

    assert (answer.status, answer.document["status"], engine.violations) == (500, 500, 1)
    assert caplog.messages == ["an answer of the mock breaks the contract: /data/microseconds type"]


def test_bug(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug of the mock is a 500 with a line in the log that says where, and the server goes on."""
    api = start(token=TOKEN)

    def broken(*_: object) -> Violation:
        raise RuntimeError(TEXT)

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "open", broken)
        answer = api.text(TEXT)
    assert api.mock.violations == 1
    api.mock._engine.violations = 0

    assert (answer.status_code, answer.json()["status"]) == (500, 500)
    assert TEXT not in answer.text + caplog.text
    assert any("RuntimeError in broken" in one for one in caplog.messages)
    assert api.text().status_code == 200


def _review_request() -> Request:
    path = "/api/external/v1/conversation/e1d247c8-5cd8-4f93-b9d7-15fd3259ac22/request-review"
    return Request("POST", path, (TOKEN,))
