"""The examples of the document are the samples of the API page, and what their schemas allow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAMPLES = Path(__file__).parents[2] / "samples"
_SAMPLE_OF = {
    "AssignAgentResponse": "conversation_assign_agent.200.json",
    "SendTextMessageResponse": "conversation_send_text_message.200.json",
    "SendFileMessageResponse": "conversation_send_file_message.200.json",
    "RequestReviewResponse": "conversation_request_review.200.json",
}


def _used(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each schema of a body with the name of an example that stands beside it."""
    for item in document["paths"].values():
        operation = item["post"]
        for holder in (operation["requestBody"], operation["responses"]["200"]):
            media = holder["content"]["application/json"]
            for example in media.get("examples", {}).values():
                yield media["schema"], example["$ref"].rpartition("/")[2]


@pytest.mark.parametrize("name", _SAMPLE_OF)
def test_samples(document: dict[str, Any], name: str) -> None:
    """The sample answers stand in the document value for value, their keys in the same order."""
    sample = json.loads((_SAMPLES / _SAMPLE_OF[name]).read_text(encoding="utf-8"))
    example = document["components"]["examples"][name]["value"]
    assert json.dumps(sample) == json.dumps(example)


def test_samples__no_more() -> None:
    """There are these four samples and no other."""
    assert sorted(_SAMPLE_OF.values()) == sorted(path.name for path in _SAMPLES.iterdir())


def test_examples(document: dict[str, Any], strict_validator: Any) -> None:
    """Every example is what its schema says, and has no property that the schema does not name."""
    used = list(_used(document))
    assert {name for _, name in used} == set(document["components"]["examples"])
    for schema, name in used:
        strict_validator(schema).validate(document["components"]["examples"][name]["value"])


@pytest.mark.parametrize(
    ("path", "right", "misspelt"),
    [
        (("data", "file", "meta"), "width", "widht"),
        (("data", "file"), "type", "typ"),
        (("data", "endUser"), "websocketToken", "webSocketToken"),
        (("data",), "microseconds", "microSeconds"),
        ((), "status", "state"),
    ],
)
def test_examples__misspelt(
    document: dict[str, Any],
    strict_validator: Any,
    path: tuple[str, ...],
    right: str,
    misspelt: str,
) -> None:
    """A misspelt property in an example is found, at every depth, even one that may be left out."""
    example = document["components"]["examples"]["SendFileMessageResponse"]["value"]
    validator = strict_validator({"$ref": "#/components/schemas/MessageEnvelope"})
    holder = example
    for key in path:
        holder = holder[key]
    validator.validate(example)
    holder[misspelt] = holder[right]
    assert not validator.is_valid(example)
    del holder[misspelt], holder[right]
    assert not validator.is_valid(example)


def test_parameter_examples(document: dict[str, Any], strict_validator: Any) -> None:
    """The example of a parameter is what its schema says, and is that of the samples."""
    parameters = document["components"]["parameters"]
    for parameter in parameters.values():
        strict_validator(parameter["schema"]).validate(parameter["example"])
    sample = document["components"]["examples"]["AssignAgentResponse"]["value"]
    assert parameters["ConversationId"]["example"] == sample["data"]["id"]
