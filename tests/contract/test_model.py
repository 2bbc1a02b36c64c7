"""The model of a conversation: what each answer must be, given those before it."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.structures import CaseInsensitiveDict

from blinger_contract import sent
from blinger_contract.options import Options
from blinger_contract.witness import Witness
from blinger_spec import Profile

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "https://staging.example/api/external/v1"
TOKEN = "the-token-of-the-test"
ROOM = "8d3a1d0e-5b21-4c56-9d4f-000000000001"
ANN, BOB = "8d3a1d0e-5b21-4c56-9d4f-00000000000a", "8d3a1d0e-5b21-4c56-9d4f-00000000000b"
UUID = "8d3a1d0e-5b21-4c56-9d4f-0000000000aa"
VISITOR, OTHER = "8d3a1d0e-5b21-4c56-9d4f-00000000000c", "8d3a1d0e-5b21-4c56-9d4f-00000000000d"
BORN = 1_562_228_238
_TRACE = "An error shows a traceback", None
_NO_JWT = "A websocketToken is no JWT"
_OF_ANOTHER = "A websocketToken is that of another"
SECOND = 1_000_000


def visitor(identifier: str, **given: Any) -> dict[str, Any]:
    """Return an end user with the JWT of the samples, but for its *identifier*."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": identifier}).encode()).decode()
    token = f"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.{claims.rstrip('=')}.c2lnbmF0dXJl"
    times = {"createdAt": BORN, "updatedAt": BORN}
    return {"id": identifier, "websocketToken": token, **times, **given}


class Talk:
    """Says what was sent and what came back, and keeps what the witness makes of it."""

    def __init__(self, **profile: object) -> None:
        options = Options(url=URL, token=TOKEN, profile=Profile(profile))
        self.witness = Witness(options)
        self.now = int(time.time()) * SECOND
        self.made = 0

    def say(
        self,
        part: str,
        fields: dict[str, Any] | None,
        status: int = 200,
        data: dict[str, Any] | None = None,
        *,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> list[tuple[str, str | None]]:
        """Return the title and the assumption of each breach."""
        request = requests.Request(
            "POST",
            f"{URL}/conversation/{ROOM}/{part}",
            json=fields,
            headers={"Authorization": TOKEN},
        ).prepare()
        response = requests.Response()
        response.status_code = status
        known = {"Content-Type": "application/json"}
        response.headers = CaseInsensitiveDict({**known, **(headers or {})})
        document = {"status": status, "data": data} if data else {"status": status, "error": "no"}
        body = json.dumps(document).encode() if raw is None else raw
        self.witness.take(request, sent.read(request, URL), response, body, 0.0)
        return [(one.title, one.assumption) for one in self.witness.pop(request)]

    def message(self, kind: str = "text", **given: Any) -> dict[str, Any]:
        """Return a message that nothing is wrong with, but for what is *given*."""
        self.made += 1
        self.now += 1
        times = {"createdAt": self.now // SECOND, "updatedAt": self.now // SECOND}
        return {
            "id": f"8d3a1d0e-5b21-4c56-9d4f-1{self.made:011}",
            "status": "delivered",
            "type": kind,
            "body": "Hello",
            "file": None,
            "review": None,
            "bot": None,
            "agent": None,
            "endUser": visitor(VISITOR),
            "microseconds": self.now,
            **times,
            **given,
        }

    def review(self, agent: str | None, **given: Any) -> dict[str, Any]:
        """Return a message that asks for a review of *agent*."""
        message = self.message("review", body=None)
        times = {name: message[name] for name in ("createdAt", "updatedAt")}
        review = {
            "id": f"8d3a1d0e-5b21-4c56-9d4f-3{self.made:011}",
            "agent": agent and {"id": agent},
            "mark": 0,
            **times,
        }
        answers = {"confirmed": False, "text": "", "endUser": message["endUser"]}
        return {**message, "review": {**review, **answers, **given}}

    def text(self, text: str = "Hello", **given: Any) -> list[tuple[str, str | None]]:
        """Send *text* with a uuid of its own."""
        uuid = f"8d3a1d0e-5b21-4c56-9d4f-2{self.made:011}"
        body = {"body": text, **given}
        return self.say(
            "send-text-message", {"uuid": uuid, "text": text}, data=self.message(**body)
        )

    def assign(self, agent: str, **given: Any) -> list[tuple[str, str | None]]:
        """Assign *agent*."""
        data = {
            "id": ROOM,
            "assignedAgent": {"id": agent},
            "createdAt": BORN,
            "updatedAt": BORN + 1,
        }
        return self.say("assign-agent", {"agentId": agent}, data={**data, **given})


def test_a_conversation_in_which_nothing_is_wrong() -> None:
    """Nothing is said of it."""
    talk = Talk()
    assert talk.text() == []
    assert talk.assign(ANN) == []
    assert talk.say("request-review", None, data=talk.review(ANN)) == []
    assert talk.assign(BOB) == []
    assert talk.say("request-review", None, data=talk.review(BOB)) == []
    assert talk.text("bye") == []


@pytest.mark.parametrize(
    ("given", "title"),
    [
        (lambda t: {"createdAt": t.now // SECOND + 1}, "microseconds and createdAt disagree"),
        (lambda t: {"updatedAt": 5}, "updatedAt is before createdAt"),
        (lambda t: {"updatedAt": t.now // SECOND + 99}, "A new message changed already"),
        (lambda t: {"updatedAt": t.now // SECOND + 10**6}, "A time that cannot be"),
        (lambda t: {"id": "5"}, "An id is no UUID"),
        (lambda t: {"id": VISITOR}, "An id is used twice"),
        (lambda t: {"endUser": {**visitor(VISITOR), "id": OTHER}}, _OF_ANOTHER),
        (lambda t: {"endUser": {**visitor(VISITOR), "websocketToken": "w"}}, _NO_JWT),
        (lambda t: {"bot": {"id": "b"}}, "A message has not exactly one author"),
        (lambda t: {"endUser": None}, "A message has not exactly one author"),
        (lambda t: {"type": "note"}, "The message has another type"),
        (lambda t: {"microseconds": 1.5e15}, "A time is no integer"),
        (
            lambda t: {"microseconds": 9 * SECOND, "createdAt": 9, "updatedAt": 9},
            "A new message is not dated now",
        ),
    ],
)
def test_what_every_sample_shows(given: Callable[[Talk], dict[str, Any]], title: str) -> None:
    """A message that departs from it is broken, whatever is assumed."""
    talk = Talk()
    assert (title, None) in talk.text(**given(talk))


def test_ids_are_unique() -> None:
    """Another message has another id."""
    talk = Talk()
    talk.text(id="x")
    assert ("Two messages have one id", None) in talk.text("y", id="x")


def test_what_has_one_id_stays_as_it_was() -> None:
    """Made once, changed only with updatedAt, and that does not go back."""
    talk = Talk()
    ann = {"id": ANN, "name": "Ann", "createdAt": BORN, "updatedAt": BORN + 9}
    assert talk.assign(ANN, assignedAgent=ann) == []
    found = talk.assign(ANN, assignedAgent={**ann, "name": "Zoe"})
    assert found == [("The same Agent is answered otherwise", None)]
    assert talk.assign(ANN, assignedAgent={**ann, "updatedAt": BORN + 10}) == []
    assert talk.assign(ANN, assignedAgent=ann) == [("updatedAt of the same Agent went back", None)]
    found = talk.assign(ANN, assignedAgent={**ann, "createdAt": BORN + 1})
    assert found == [("createdAt of the same Agent changed", None)]


@pytest.mark.parametrize("rule", ["same_message", "conflict", "second_message"])
@pytest.mark.parametrize("name", ["uuid_dedupe", "uuid_reuse"])
@pytest.mark.parametrize("echo", ["no", "yes"])
def test_a_repeated_uuid(name: str, rule: str, echo: str) -> None:
    """It is answered as the profile says; any other answer is a breach of that assumption."""
    text = "Hello" if name == "uuid_dedupe" else "other"
    own = {"id": UUID} if echo == "yes" else {}
    for answer in ("same_message", "conflict", "second_message"):
        talk = Talk(**{name: rule, "uuid_echo": echo})
        first = talk.message(**own)
        assert talk.say("send-text-message", {"uuid": UUID, "text": "Hello"}, data=first) == []
        again = {"uuid": UUID, "text": text}
        if answer == "conflict":
            found = talk.say("send-text-message", again, 409)
        else:
            data = first if answer == "same_message" else talk.message(body=text, **own)
            found = talk.say("send-text-message", again, data=data)
        assert found == ([] if answer == rule else [(f"{name} is not as assumed", name)])


def test_a_repeated_message_that_changed() -> None:
    """A repetition gives the message as it was."""
    talk = Talk()
    first = talk.message()
    sent_once = {"uuid": UUID, "text": "Hello"}
    talk.say("send-text-message", sent_once, data=first)
    changed = {**first, "body": "Hullo"}
    found = talk.say("send-text-message", sent_once, data=changed)
    assert found == [("A repeated message comes back changed", "uuid_dedupe")]


def test_a_refused_send_uses_no_uuid() -> None:
    """409 for a uuid that no accepted send had is a breach; after a 5xx nobody knows."""
    talk = Talk()
    body = {"uuid": UUID, "text": "Hello"}
    assert talk.say("send-text-message", body, 401) == []
    found = talk.say("send-text-message", body, 409)
    assert found == [("A new uuid is refused as used", "uuid_reuse")]
    assert talk.say("send-text-message", body, 500) == []
    assert talk.say("send-text-message", body, 409) == []


@pytest.mark.parametrize(
    ("profile", "title"),
    [({}, "microseconds went back"), ({"time_order": "no"}, None)],
)
def test_order(profile: dict[str, str], title: str | None) -> None:
    """Time goes on in microseconds, unless the profile promises nothing."""
    talk = Talk(**profile)
    talk.text()
    talk.now -= 5 * SECOND
    found = talk.text("later")
    assert found == ([(title, "time_order")] if title else [])


def test_the_end_user_stays() -> None:
    """In messages and in reviews."""
    talk = Talk()
    talk.text()
    other = visitor(OTHER)
    expected = ("The end user changed within a conversation", "end_user_stable")
    assert talk.text("again", endUser=other) == [expected]


def test_a_review_names_who_was_assigned_last() -> None:
    """Nobody, or somebody else, breaks assignment_visible; a new review is not answered yet."""
    talk = Talk()
    talk.assign(ANN)
    talk.assign(BOB)
    found = talk.say("request-review", None, data=talk.review(ANN))
    assert found == [("The review names another agent", "assignment_visible")]
    found = talk.say("request-review", None, data=talk.review(None))
    title = "The review does not name the agent who was assigned"
    assert found == [(title, "assignment_visible")]
    found = talk.say("request-review", None, data=talk.review(BOB, confirmed=True))
    assert found == [("A new review is answered already", None)]


def test_an_assignment_is_echoed() -> None:
    """The conversation and the agent that were named; its creation does not change."""
    talk = Talk()
    assert talk.assign(ANN, id=f"{ROOM[:-1]}2") == [("Another conversation is answered", None)]
    assert ("Another conversation is answered", None) in talk.assign(ANN, id=ROOM.upper())
    found = talk.assign(ANN, assignedAgent={"id": BOB})
    assert found == [("Another agent is assigned", None)]
    found = talk.assign(ANN, createdAt=BORN - 1)
    assert found == [("createdAt of the conversation changed", None)]


@pytest.mark.parametrize(
    ("profile", "text", "received", "kept"),
    [
        ({}, " <b>a</b> ", " <b>a</b> ", True),
        ({}, " a ", "a", False),
        ({}, "<b>", "", False),
        ({}, "a", "A", False),
        ({}, "cafe\u0301", "caf\u00e9", False),
        ({"text_echo": "trimmed"}, " a ", "a", True),
        ({"text_echo": "trimmed"}, " a ", " a ", False),
        ({"text_echo": "trimmed"}, "a", "b", False),
        ({"text_echo": "sanitised"}, "<b>", "", True),
        ({"text_echo": "sanitised"}, "<b>", "<b>", False),
        ({"text_echo": "sanitised"}, "a & b", "a &amp; b", True),
        ({"text_echo": "sanitised"}, "plain", "other", False),
    ],
)
def test_a_text_is_echoed_as_the_profile_says(
    profile: dict[str, str], text: str, received: str, kept: bool
) -> None:
    """Verbatim, trimmed, or sanitised in whatever way."""
    found = Talk(**profile).text(text, body=received)
    assert found == ([] if kept else [("The text came back changed", "text_echo")])


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        (b'\xef\xbb\xbf{"status":200}', "The answer is not strict JSON"),
        (b'{"status":200,"status":200}', "The answer is not strict JSON"),
        (b'{"status":200,"x":NaN}', "The answer is not strict JSON"),
        (b'{"status":200,"x":"\xff"}', "The answer is not strict JSON"),
        (b"<html>", "The answer is not strict JSON"),
        (b'{"status":201}', "`status` in the body is not the HTTP status"),
        (b'{"status":200,"x":"the-token-of-the-test"}', "The token comes back in an answer"),
        (b'{"status":200,"x":"the-token-of-the"}', "The token comes back in an answer"),
        (b'{"status":200,"x":"dGhlLXRva2VuLW9mLXRoZS10ZXN0"}', "The token comes back in an answer"),
        (
            b'{"status":200,"websocketToken":"eyJhbGciOiJI.eyJz.x","y":"eyJhbGciOiJI.eyJz.x"}',
            "A websocketToken is shown outside its end user",
        ),
    ],
)
def test_an_answer_alone(raw: bytes, title: str) -> None:
    """Strict JSON, its status, and no token in it."""
    assert (title, None) in Talk().say("request-review", None, raw=raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"status":400,"error":{"text":"too long"}}', []),
        (b'{"status":400,"error":7}', [("An error has another shape", "error_shape")]),
        (b"no", [("An error has another shape", "error_shape")]),
        (
            b'{"status":400,"error":"Traceback (most recent call last):\\n"}',
            [("An error shows a traceback", None)],
        ),
        (b'{"status":400,"error":""}', [("An error has another shape", "error_shape")]),
        (b'{"status":400,"error":"NPE\\n\\tat io.b.Api.send(Api.java:42)"}', [_TRACE]),
        (b'{"status":400,"error":"TypeError: x\\n    at send (/srv/app/api.js:42:7)"}', [_TRACE]),
        (b'{"status":400,"error":"Warning in /var/www/html/index.php on line 3"}', [_TRACE]),
        (b'{"status":400,"error":"no postgres://blinger:pw@db/x"}', [_TRACE]),
        (b'{"status":400,"error":"Expecting value: line 1 column 1 (char 0)"}', []),
        (b'{"status":400,"error":"ValidationError: text is too long at position (3)"}', []),
        (
            b'{"status":400,"error":"no","websocketToken":"eyJhbGciOiJI.eyJzdWIiOiIx.x"}',
            [("An error shows a websocketToken", None)],
        ),
    ],
)
def test_an_error_alone(raw: bytes, expected: list[tuple[str, str | None]]) -> None:
    """Its shape, and nothing in it that belongs to the server or the visitor."""
    assert Talk().say("request-review", None, 400, raw=raw) == expected


def test_429_says_when_to_come_back() -> None:
    """Retry-After is there."""
    talk = Talk()
    assert talk.say("request-review", None, 429) == [("429 without Retry-After", "rate_limit")]
    assert talk.say("request-review", None, 429, headers={"Retry-After": "1"}) == []


def info(**given: Any) -> dict[str, Any]:
    """Return a file that nothing is wrong with, but for what is *given* of its info."""
    known = {"name": "a", "ext": "png", "mimeType": "image/png", "size": 1, "path": "/c/a.png"}
    times = {"createdAt": BORN, "updatedAt": BORN}
    url = {"default": "http://s.example/c/a.png"}
    return {"id": OTHER, "type": "image", "info": {**known, **given}, "url": url, **times}


@pytest.mark.parametrize(
    ("file", "kept"),
    [
        (info(), True),
        (info(ext=".png"), False),
        (info(ext="pdf"), False),
        (info(mimeType="png"), False),
        (info(path="c/a.png"), False),
        ({**info(), "type": "video"}, False),
        ({**info(), "url": {"120x120": "http://s.example/c/a.png"}}, False),
        ({**info(), "url": {"default": "http://s.example/other.png"}}, False),
        ({**info(), "url": {**info()["url"], "9x9": "http://s.example/9x9/c/a.png"}}, True),
        ({**info(), "url": {**info()["url"], "9x9": "http://s.example/8x8/c/a.png"}}, False),
        ({**info(), "id": "f"}, False),
        ({**info(), "id": ANN.upper()}, False),
        ({**info(), "createdAt": 0, "updatedAt": 0}, False),
        ({**info(), "updatedAt": 4_000_000_000}, False),
    ],
)
def test_the_info_of_a_file_is_plausible(file: dict[str, Any], kept: bool) -> None:
    """As in every sample: no dot in ext, a path, and addresses that end with it."""
    talk = Talk()
    data = talk.message("file", body=None, file=file)
    body = {"uuid": UUID, "file": "https://example.com/a.png"}
    assert (talk.say("send-file-message", body, data=data) == []) is kept
