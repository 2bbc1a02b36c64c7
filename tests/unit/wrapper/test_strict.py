"""A strict client takes what `openapi.yaml` allows, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from tests.unit.wrapper.samples import ALL_PATHS, FILES, get, replaced, sample, without

from blinger import Blinger, BlingerError, InvalidResponse, Outcome
from blinger import _operations as operations
from blinger._exchange import read
from blinger._sender import Reply
from blinger.models import Meta
from blinger_spec import document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.wrapper.samples import Path_

ENVELOPES = {
    name: jsonschema_rs.validator_for(
        {
            "components": document()["components"],
            "$ref": "#/components/schemas/"
            + ("ConversationEnvelope" if name == "assign_agent" else "MessageEnvelope"),
        }
    )
    for name in FILES
}
VALUES: tuple[object, ...] = (None, "a", 5, 5.0, 1.5, -1, True, [], {}, ["a"], {"key": "a"})


def _contents() -> Iterator[tuple[str, Any]]:
    """Yield answers with every combination of content and author, and of the type."""
    text, file, review = (sample(n)["data"] for n in ("send_text", "send_file", "request_review"))
    authors = {
        "bot": review["bot"],
        "agent": review["review"]["agent"],
        "endUser": text["endUser"],
    }
    for kind in ("text", "file", "review", "sticker"):
        for bits in range(64):
            data = text | {"type": kind}
            data["body"] = "Hello" if bits & 1 else None
            data["file"] = file["file"] if bits & 2 else None
            data["review"] = review["review"] if bits & 4 else None
            for bit, (key, author) in zip((8, 16, 32), authors.items(), strict=True):
                data[key] = author if bits & bit else None
            yield "send_text", {"status": 200, "data": data}


CASES = [
    *((name, replaced(name, path, value)) for name, path in ALL_PATHS for value in VALUES),
    *((name, without(name, path)) for name, path in ALL_PATHS),
    *((name, replaced(name, ("data", "unknown"), {"a": [1]})) for name in FILES),
    *_contents(),
]
"""Every value of the four samples replaced by every kind of value, and every mix of contents."""


SIZE = ("data", "file", "info", "size")
WIDTH = ("data", "file", "meta", "width")


def _read(
    name: str, envelope: Any, *, status: int = 200, strict: bool = True
) -> BlingerError | None:
    made = {
        "assign_agent": operations.assign_agent("a", "b"),
        "send_text": operations.send_text("a", "b", None),
        "send_file": operations.send_file("a", "https://b.test", None),
        "request_review": operations.request_review("a"),
    }
    options = Blinger("token", strict=strict)._options
    reply = Reply(status=status, headers={}, body=json.dumps(envelope).encode())

    def meta(envelope: object) -> Meta:
        return Meta(status=status, headers={}, attempts=1, elapsed=0, uuid=None, raw=envelope)

    try:
        read(reply, made[name], options, meta, 0)  # type: ignore[arg-type]
    except BlingerError as error:
        return error
    return None


def test_strict_agrees_with_the_contract_over_every_change_of_the_samples() -> None:
    """Strict reading refuses exactly what a validator of `openapi.yaml` refuses."""
    wrong = [
        (name, envelope)
        for name, envelope in CASES
        if (_read(name, envelope) is None) is not ENVELOPES[name].is_valid(envelope)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        (replaced("send_file", SIZE, -1), "data.file.info.size is below zero"),
        (without("send_file", WIDTH), "data.file.meta.width is missing in an image"),
        (
            replaced("send_text", ("data", "endUser"), None),
            "data should have one author and has none of bot, agent and endUser",
        ),
        (
            replaced("send_text", ("data", "bot"), sample("request_review")["data"]["bot"]),
            "data should have one author and has bot and endUser",
        ),
        (
            replaced("send_text", ("data", "file"), sample("send_file")["data"]["file"]),
            "data.file is set in a message of type text",
        ),
    ],
)
def test_strict_names_the_path(envelope: Any, expected: str) -> None:
    """The error says where, and that the server did accept it."""
    error = _read("send_text", envelope)

    assert isinstance(error, InvalidResponse)
    assert str(error) == f"200 OK, but {expected}"
    assert expected.startswith(f"{error.path} ")
    assert error.outcome is Outcome.ACCEPTED


FILES_OF = [
    ("assign_agent", ("data", "assignedAgent", "avatar")),
    ("send_text", ("data", "agent", "avatar")),
    ("send_file", ("data", "file")),
    ("request_review", ("data", "review", "agent", "avatar")),
]
"""Each place where an answer has a file, with an operation that answers so."""


def _with_a_file(name: str, path: Path_, key: Path_, value: int) -> Any:
    """Return the sample of *name*, with a file at *path* that has *value* at *key*."""
    envelope = sample(name)
    if path[1] == "agent":
        agent = sample("request_review")["data"]["review"]["agent"]
        envelope["data"] |= {"agent": agent, "endUser": None}
    get(envelope, (*path, *key[:-1]))[key[-1]] = value
    return envelope


@pytest.mark.parametrize("key", [("meta", "width"), ("meta", "height"), ("info", "size")])
@pytest.mark.parametrize(("name", "path"), FILES_OF)
def test_no_size_is_below_zero(name: str, path: Path_, key: Path_) -> None:
    """A size may be zero and not less, wherever a file stands."""
    at = ".".join((*path, *key))

    assert _read(name, _with_a_file(name, path, key, 0)) is None
    error = _read(name, _with_a_file(name, path, key, -1))
    assert str(error) == f"200 OK, but {at} is below zero"
    assert getattr(error, "path", None) == at


def test_strict_takes_no_other_success_than_the_one_in_the_contract() -> None:
    """201 is a success that nothing documents."""
    envelope = replaced("send_text", ("status",), 201)

    error = _read("send_text", envelope, status=201)

    assert _read("send_text", envelope, status=201, strict=False) is None
    assert str(error) == (
        "201 Created, but status is 201, and 200 is the one success in the contract"
    )
    assert getattr(error, "path", None) == "status"
