"""The schema `Message`: content goes with the type, and exactly one author is set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

_SAMPLES = Path(__file__).parents[2] / "samples"
_ANSWERS = {
    "text": "conversation_send_text_message.200.json",
    "file": "conversation_send_file_message.200.json",
    "review": "conversation_request_review.200.json",
}
_KEYS = [
    *("id", "status", "type", "body", "file", "review", "bot", "agent", "endUser"),
    *("microseconds", "createdAt", "updatedAt"),
]


def _sample(kind: str) -> dict[str, Any]:
    text = (_SAMPLES / _ANSWERS[kind]).read_text(encoding="utf-8")
    message: dict[str, Any] = json.loads(text)["data"]
    return message


# An object of each kind, for a test to put where it does not belong.
_FILE = _sample("file")["file"]
_REVIEW = _sample("review")["review"]
_BOT = _sample("review")["bot"]
_END_USER = _sample("text")["endUser"]
_AGENT = _REVIEW["agent"]


@pytest.mark.parametrize("kind", _ANSWERS)
def test_samples(validator: Any, kind: str) -> None:
    """The sample of each type is a message."""
    assert list(_sample(kind)) == _KEYS
    validator("Message").validate(_sample(kind))


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("text", {"body": None}),
        ("text", {"body": 5}),
        ("text", {"file": _FILE}),
        ("text", {"review": _REVIEW}),
        ("file", {"file": None}),
        ("file", {"body": "a body"}),
        ("file", {"body": ""}),
        ("file", {"review": _REVIEW}),
        ("file", {"file": {**_FILE, "meta": {}}}),
        ("file", {"file": {**_FILE, "url": {"default": 5}}}),
        ("file", {"file": {**_FILE, "info": {**_FILE["info"], "size": -1}}}),
        ("review", {"review": None}),
        ("review", {"body": "a body"}),
        ("review", {"file": _FILE}),
        ("review", {"review": {**_REVIEW, "endUser": None}}),
        ("text", {"endUser": None}),
        ("text", {"bot": _BOT}),
        ("text", {"agent": _AGENT}),
        ("text", {"bot": _BOT, "agent": _AGENT}),
        ("text", {"bot": _BOT, "agent": _AGENT, "endUser": None}),
        ("review", {"bot": None}),
        ("review", {"agent": _AGENT}),
        ("review", {"endUser": _END_USER}),
        ("text", {"endUser": {}}),
        ("text", {"type": None}),
        ("text", {"type": "file"}),
        ("text", {"type": "review"}),
        ("text", {"type": 1}),
        ("text", {"status": None}),
        ("text", {"id": 1}),
        ("text", {"microseconds": "1562242173465326"}),
        ("text", {"microseconds": 1.5}),
        ("text", {"createdAt": None}),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else value,
)
def test_rejected(validator: Any, kind: str, change: dict[str, Any]) -> None:
    """What contradicts its type, or has no author or two, is no message."""
    assert not validator("Message").is_valid({**_sample(kind), **change})


@pytest.mark.parametrize("kind", _ANSWERS)
@pytest.mark.parametrize("key", _KEYS)
def test_rejected__missing_key(validator: Any, kind: str, key: str) -> None:
    """A message always has its twelve keys; what is not there is null."""
    message = _sample(kind)
    del message[key]
    assert not validator("Message").is_valid(message)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("text", {"body": ""}),
        ("text", {"status": "read"}),
        ("text", {"endUser": None, "agent": _AGENT}),
        ("text", {"endUser": None, "bot": _BOT}),
        ("text", {"endUser": None, "agent": {**_AGENT, "avatar": None, "status": "away"}}),
        ("file", {"file": {**_FILE, "type": "video", "meta": {"seconds": 3}}}),
        ("file", {"file": {**_FILE, "url": {}}}),
        ("file", {"file": {**_FILE, "url": {"original": "https://example.com"}}}),
        ("review", {"review": {**_REVIEW, "agent": None}}),
        ("text", {"type": "sticker"}),
        ("text", {"type": "sticker", "body": None}),
        ("text", {"type": "sticker", "file": _FILE, "review": _REVIEW}),
        ("file", {"type": "location", "file": None, "place": {"latitude": 1.5}}),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else value,
)
def test_accepted(validator: Any, kind: str, change: dict[str, Any]) -> None:
    """A type, a status or a property that nobody knows yet is no fault."""
    validator("Message").validate({**_sample(kind), **change})


@pytest.mark.parametrize(
    "change", [{"endUser": None}, {"bot": _BOT}, {"agent": _AGENT}], ids=["none", "bot", "agent"]
)
def test_rejected__author_of_unknown_type(validator: Any, change: dict[str, Any]) -> None:
    """A message of a type that nobody knows yet has exactly one author too."""
    assert not validator("Message").is_valid({**_sample("text"), "type": "sticker", **change})
