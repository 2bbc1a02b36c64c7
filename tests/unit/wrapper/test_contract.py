"""Where the SDK repeats what `openapi.yaml` says, it says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest
from tests.unit.wrapper.faces import AGENT, CONVERSATION, FILE_URL

from blinger import _operations as operations
from blinger import models
from blinger._options import DEFAULT_BASE_URL
from blinger._profile import _VALUES, Profile
from blinger.models import AgentStatus, FileType, MessageStatus, MessageType, _camel_case
from blinger_spec import assumptions, document

if TYPE_CHECKING:
    from enum import StrEnum

SPEC = document()
SCHEMAS = SPEC["components"]["schemas"]
CALLS: dict[str, operations.Operation[Any]] = {
    "assignAgent": operations.assign_agent(CONVERSATION, AGENT),
    "sendTextMessage": operations.send_text(CONVERSATION, "Hello", None),
    "sendFileMessage": operations.send_file(CONVERSATION, FILE_URL, None),
    "requestReview": operations.request_review(CONVERSATION),
}


def test_the_default_base_url() -> None:
    """The default is the first server."""
    assert SPEC["servers"][0]["url"] == DEFAULT_BASE_URL


def test_the_operations() -> None:
    """There are these operations, at these paths, and no others."""
    described = {
        item["post"]["operationId"]: path.replace("{id}", CONVERSATION)
        for path, item in SPEC["paths"].items()
    }

    assert described == {name: operation.path for name, operation in CALLS.items()}


@pytest.mark.parametrize("path", SPEC["paths"])
def test_the_replay_classes(path: str) -> None:
    """What may be repeated is what the contract says may be."""
    described = SPEC["paths"][path]["post"]

    assert described["x-replay"] == CALLS[described["operationId"]].replay.value


@pytest.mark.parametrize("path", SPEC["paths"])
def test_the_bodies(path: str) -> None:
    """A body has the properties that the contract requires, and no others."""
    described = SPEC["paths"][path]["post"]
    media = described["requestBody"]["content"]["application/json"]["schema"]
    schema = SCHEMAS[media["$ref"].rpartition("/")[2]]

    body = CALLS[described["operationId"]].body
    assert set(schema.get("required", ())) == set(body or ())
    assert described["requestBody"]["required"] == (body is not None)


def test_the_profile() -> None:
    """The assumptions that a profile of the SDK knows have the contract's values, in its order."""
    known = assumptions()

    assert {name: known[name].values for name in _VALUES} == _VALUES
    assert {name: known[name].default for name in _VALUES} == attrs.asdict(Profile())


MODELS: list[type[models._Model]] = [
    models.Agent,
    models.Bot,
    models.Conversation,
    models.EndUser,
    models.File,
    models.FileInfo,
    models.FileMeta,
    models.Message,
    models.Review,
]


@pytest.mark.parametrize("model", MODELS)
def test_the_models(model: type[models._Model]) -> None:
    """A model has the fields that its schema has."""
    fields = {
        attribute.metadata.get("key", _camel_case(attribute.name))
        for attribute in attrs.fields(model)
        if attribute.name != "extra"
    }

    assert set(SCHEMAS[model.__name__]["properties"]) == fields - {None}


ENUMERATIONS: dict[str, type[StrEnum]] = {
    "Message.type": MessageType,
    "Message.status": MessageStatus,
    "Agent.status": AgentStatus,
    "File.type": FileType,
}


def test_the_enumerations() -> None:
    """An enumeration has the values that the contract knows, and there are no others."""
    described = {
        f"{schema}.{name}": described["x-extensible-enum"]
        for schema, body in SCHEMAS.items()
        for name, described in body.get("properties", {}).items()
        if "x-extensible-enum" in described
    }

    assert described == {
        name: [str(value) for value in kind] for name, kind in ENUMERATIONS.items()
    }
