"""The four samples of the API page, through the generated code and through the SDK."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from tests.unit.wrapper.faces import OPERATIONS, PATHS, SENDS, TOKEN, Face
from tests.unit.wrapper.samples import ALL_PATHS, FILES, FOLDER, TEXTS, get, ok, paths, sample
from tests.unit.wrapper.scripted import Answer, Server

import blinger
from blinger import (
    Agent,
    AgentStatus,
    Bot,
    Conversation,
    EndUser,
    File,
    FileInfo,
    FileMeta,
    FileType,
    Message,
    MessageStatus,
    MessageType,
    Meta,
    Review,
)
from blinger_api import models as raw

if TYPE_CHECKING:
    from tests.unit.wrapper.samples import Path_

ENVELOPES: dict[str, type[raw.ConversationEnvelope | raw.MessageEnvelope]] = {
    "assign_agent": raw.ConversationEnvelope,
    "send_text": raw.MessageEnvelope,
    "send_file": raw.MessageEnvelope,
    "request_review": raw.MessageEnvelope,
}

ATTRIBUTES = {
    "assignedAgent": "assigned_agent",
    "serviceUserId": "service_user_id",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "endUser": "end_user",
    "websocketToken": "websocket_token",
    "mimeType": "mime_type",
    "url": "urls",
}
"""What a key is called on a model, where its name is another."""


@pytest.fixture
def received(face: Face, server: Server) -> dict[str, Any]:
    """What each operation returns for its sample, sent byte for byte."""
    client = face(base_url=server.url)
    results: dict[str, Any] = {}
    for name in OPERATIONS:
        server.play(ok(name))
        results[name] = client.call(name)
    return results


def test_these_are_the_samples() -> None:
    """There are four, one for each operation."""
    assert set(FILES.values()) == {path.name for path in FOLDER.glob("*.json")}


@pytest.mark.parametrize("name", FILES)
def test_generated_code_loses_nothing(name: str) -> None:
    """What generated code reads it writes again, value for value."""
    envelope = ENVELOPES[name].from_dict(json.loads(TEXTS[name]))

    assert sample(name) == envelope.to_dict()


def test_the_sdk_loses_nothing(received: dict[str, Any]) -> None:
    """What the SDK reads it gives back, value for value; the envelope is in `meta.raw`."""
    for name, result in received.items():
        assert sample(name)["data"] == result.to_dict()
        assert sample(name) == result.meta.raw
        assert json.loads(TEXTS[name]) == json.loads(json.dumps(result.meta.raw))


def test_every_value_is_on_the_model(received: dict[str, Any]) -> None:
    """Each value of each sample is an attribute at the same place; a time is an aware datetime."""
    for name, path in ALL_PATHS:
        if path[0] != "data" or path == ("data",):
            continue
        value = get(sample(name), path)
        found = reach(received[name], path[1:])
        if path[-1] in {"createdAt", "updatedAt"}:
            assert UTC is found.tzinfo
            assert datetime.fromtimestamp(value, UTC) == found
        elif isinstance(value, dict) and path[-1] != "url":
            assert value == found.to_dict()
        else:
            assert value == found
            assert type(value) is type(found) or isinstance(found, str)


def reach(result: Any, path: Path_) -> Any:
    """Return what is on a model at the *path* of the JSON."""
    for key in path:
        if isinstance(result, dict):
            result = result[key]
        else:
            result = getattr(result, ATTRIBUTES.get(key, key))
    return result


def test_the_classes(received: dict[str, Any]) -> None:
    """Objects are instances of the public classes."""
    conversation, text = received["assign_agent"], received["send_text"]
    file, review = received["send_file"], received["request_review"]

    assert type(conversation) is Conversation
    assert type(conversation.assigned_agent) is Agent
    assert type(conversation.assigned_agent.avatar) is File
    assert {type(message) for message in (text, file, review)} == {Message}
    assert type(text.end_user) is EndUser
    assert type(file.file) is File
    assert type(file.file.info) is FileInfo
    assert type(file.file.meta) is FileMeta
    assert type(review.review) is Review
    assert type(review.review.agent) is Agent
    assert type(review.review.end_user) is EndUser
    assert type(review.bot) is Bot


def test_a_conversation_by_hand(received: dict[str, Any]) -> None:
    """The values of the assignment's sample, one by one."""
    conversation = received["assign_agent"]
    agent = conversation.assigned_agent

    assert conversation.id == "e1d247c8-5cd8-4f93-b9d7-15fd3259ac22"
    assert not conversation.locked
    assert datetime(2019, 7, 4, 8, 17, 18, tzinfo=UTC) == conversation.created_at
    assert datetime(2019, 7, 4, 11, 59, 39, tzinfo=UTC) == conversation.updated_at
    assert (agent.service_user_id, agent.name, agent.active) == ("12345", "Vadim Belorusov", True)
    assert agent.status is AgentStatus.ONLINE
    assert agent.avatar.type is FileType.IMAGE
    assert (agent.avatar.meta.width, agent.avatar.meta.height) == (400, 400)
    assert (
        agent.avatar.info.ext,
        agent.avatar.info.mime_type,
        agent.avatar.info.size,
    ) == ("jpeg", "image/jpeg", 5106)
    assert agent.avatar.urls["default"].endswith(agent.avatar.info.path)


def test_a_text_by_hand(received: dict[str, Any]) -> None:
    """The values of the text's sample, one by one."""
    message = received["send_text"]

    assert "Hello" == message.body == message.text
    assert message.type is MessageType.TEXT
    assert message.status is MessageStatus.DELIVERED
    assert message.file is message.review is message.bot is message.agent is None
    assert message.microseconds == 1562242173465326
    assert message.author is message.end_user
    assert message.end_user.websocket_token.startswith("eyJ0eXAiOiJKV1Qi")


def test_a_file_and_a_review_by_hand(received: dict[str, Any]) -> None:
    """What the two have of their own."""
    file, review = received["send_file"], received["request_review"]

    assert file.type is MessageType.FILE
    assert file.body is file.text is file.review is None
    assert {"120x120", "520x400", "default"} == set(file.file.urls)
    assert review.type is MessageType.REVIEW
    assert (
        review.review.mark,
        review.review.confirmed,
        review.review.text,
    ) == (0, False, "")
    assert review.author.name == "Blinger bot"
    assert review.end_user is None


def test_what_is_sent(face: Face, server: Server) -> None:
    """The requests of the API page: path, token, JSON with the documented keys, nothing else."""
    client = face(base_url=server.url)
    bodies: dict[str, dict[str, Any] | None] = {
        "assign_agent": {"agentId": "c671d030-584e-4422-8710-9215c04b6a64"},
        "send_text": {"uuid": ..., "text": "Hello"},
        "send_file": {"uuid": ..., "file": "https://files.example/invoice.pdf"},
        "request_review": None,
    }
    for name, body in bodies.items():
        server.play(ok(name))
        result = client.call(name)
        (request,) = server.requests

        assert request.method == "POST"
        assert f"/api/external/v1{PATHS[name]}" == request.target
        assert request.headers["authorization"] == TOKEN
        assert request.headers["accept"] == "application/json"
        assert f"127.0.0.1:{server.port}" == request.headers["host"]
        if body is None:
            assert request.body == b""
            assert "content-type" not in request.headers
            assert request.headers["content-length"] == "0"
        else:
            assert request.headers["content-type"] == "application/json"
            assert body | ({"uuid": str(result.meta.uuid)} if name in SENDS else {}) == request.json


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "Привет, мир",
        "👩‍👩‍👧",
        "line\nline\r\n\ttab\0",
        '"quotes" \\ & <tags>',
        " ",
        "x" * 10_000,
    ],
)
def test_a_text_arrives_as_it_is(face: Face, server: Server, text: str) -> None:
    """Text is sent in UTF-8, character for character."""
    server.play(ok("send_text"))

    face(base_url=server.url).call("send_text", text)

    assert text == server.requests[0].json["text"]
    assert str(len(server.requests[0].body)) == server.requests[0].headers["content-length"]


# --- what the contract does not know --------------------------------------------------------------


def with_extras(value: Any) -> Any:
    """Return *value* with an unknown field in each object of it, but not in a map of URLs."""
    if not isinstance(value, dict):
        return value
    extended = {k: item if k == "url" else with_extras(item) for k, item in value.items()}
    return extended | {"newField": {"deep": [1, None, "x"]}}


@pytest.mark.parametrize("name", FILES)
def test_unknown_fields_survive(face: Face, server: Server, name: str) -> None:
    """A field that the contract does not know is in `.extra`, at each level, and in the JSON."""
    answer = sample(name) | {"data": with_extras(sample(name)["data"])}
    server.play(Answer(200, answer))

    result = face(base_url=server.url).call(name)

    assert answer["data"] == result.to_dict()
    for path, value in paths(answer["data"]):
        if isinstance(value, dict) and "newField" in value:
            assert reach(result, path).extra == {"newField": {"deep": [1, None, "x"]}}
    assert result.extra == {"newField": {"deep": [1, None, "x"]}}


def test_unknown_fields_of_the_envelope_are_in_meta(face: Face, server: Server) -> None:
    """The envelope's own are no part of the model, and not lost."""
    server.play(Answer(200, sample("send_text") | {"took": 5}))

    message = face(base_url=server.url).call("send_text")

    assert message.meta.raw["took"] == 5
    assert message.extra == {}


OPEN = [
    ("send_text", ("data", "type"), "sticker"),
    ("send_text", ("data", "status"), "read"),
    ("assign_agent", ("data", "assignedAgent", "status"), "away"),
    ("assign_agent", ("data", "assignedAgent", "avatar", "type"), "video"),
    ("send_file", ("data", "file", "type"), ""),
]


@pytest.mark.parametrize(("name", "path", "value"), OPEN)
def test_enumerations_are_open(name: str, path: Path_, value: str, server: Server) -> None:
    """A value that is new is plain text, and everything else is as it was."""
    answer = sample(name)
    get(answer, path[:-1])[path[-1]] = value
    server.play(Answer(200, answer))
    face = Face("sync")

    result = face(base_url=server.url).call(name)
    face.close()

    assert value == reach(result, path[1:])
    assert str is type(reach(result, path[1:]))
    assert answer["data"] == result.to_dict()


# --- models as values -----------------------------------------------------------------------------


def models(result: Any) -> list[Any]:
    """Return *result* and all models in it."""
    found = [result]
    for attribute in attrs.fields(type(result)):
        value = getattr(result, attribute.name)
        if attrs.has(type(value)) and not isinstance(value, Meta):
            found += models(value)
    return found


def test_models_are_frozen(received: dict[str, Any]) -> None:
    """No attribute of a model can be set, deleted or added."""
    for result in received.values():
        for model in [*models(result), result.meta]:
            for attribute in attrs.fields(type(model)):
                with pytest.raises(attrs.exceptions.FrozenInstanceError):
                    setattr(model, attribute.name, None)
                with pytest.raises(attrs.exceptions.FrozenInstanceError):
                    delattr(model, attribute.name)
            with pytest.raises(AttributeError):
                model.something_else = 1


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_models_survive_pickle(received: dict[str, Any], protocol: int) -> None:
    """A model that was pickled and read again is the same, its `meta` included."""
    for result in received.values():
        for model in models(result):
            again = pickle.loads(pickle.dumps(model, protocol))  # noqa: S301 - ours
            assert model == again
            assert model.to_dict() == again.to_dict()
            assert getattr(model, "meta", None) == getattr(again, "meta", None)


def test_models_survive_copy(received: dict[str, Any]) -> None:
    """A copy, shallow or deep, is equal; `attrs.evolve` changes what it is told to."""
    for result in received.values():
        for model in models(result):
            assert model == copy.copy(model) == copy.deepcopy(model)
            assert hash(model) == hash(copy.deepcopy(model))
    changed = attrs.evolve(received["send_text"], body="Bye")
    assert changed.text == "Bye"
    assert changed != received["send_text"]


def test_equality_is_by_value(face: Face, server: Server) -> None:
    """Two answers with the same values are equal, however they came: `meta` does not count."""
    server.play(ok("send_text"), Answer(503), ok("send_text"))
    client = face(base_url=server.url)

    first, second = client.call("send_text"), client.call("send_text")

    assert first.meta != second.meta
    assert first == second
    assert hash(first) == hash(second)
    assert len({first, second}) == 1
    assert first != attrs.evolve(second, extra={"new": 1})
    assert hash(first) == hash(attrs.evolve(second, extra={"new": []}))


def test_meta(face: Face, server: Server) -> None:
    """`meta` says how the answer came about."""
    server.play(Answer(200, sample("send_text"), {"X-Request-Id": "r-17"}))

    meta = face(base_url=server.url).call("send_text").meta

    assert (meta.status, meta.attempts) == (200, 1)
    assert meta.headers["x-request-id"] == "r-17"
    assert server.requests[0].uuid == meta.uuid
    assert 0 < meta.elapsed < 60
    assert sample("send_text") == meta.raw


@pytest.mark.parametrize("name", ["assign_agent", "request_review"])
def test_what_has_no_uuid(face: Face, server: Server, name: str) -> None:
    """The calls that have no uuid say so."""
    server.play(ok(name))

    assert face(base_url=server.url).call(name).meta.uuid is None


def test_every_model_is_public() -> None:
    """What an answer is made of can be imported from the package."""
    for model in (Conversation, Message, Agent, Bot, EndUser, File, FileInfo, FileMeta, Review):
        assert getattr(blinger, model.__name__) is model
