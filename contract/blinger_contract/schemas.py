"""How an answer departs from its schema: each departure once, as deep as it goes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from blinger_contract.breach import MESSAGE
from blinger_spec import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

TITLE = "Response violates schema"
_AUTHOR = ("A message has not exactly one author", "Exactly one of bot, agent and endUser is set.")
_AUTHORS = ("bot", "agent", "endUser")
_MOST = 3
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Departure:
    """One thing that is wrong with an answer."""

    title: str
    text: str
    about: str
    """What tells it from others, whatever the values are."""
    pointer: str
    """A JSON pointer to the promise in `openapi.yaml`."""


def departures(document: Any, operation: str) -> list[Departure]:
    """Return how *document*, the body of a 200 of *operation*, departs from its schema."""
    found: dict[tuple[str, str], Departure] = {}
    for error in _validator(operation).iter_errors(document):
        one = _departure(_deepest(error), document)
        if one is not None:
            found.setdefault((one.title, one.about), one)
    return list(found.values())[:_MOST]


@cache
def _validator(operation: str) -> jsonschema_rs.Draft202012Validator:
    name = "Conversation" if operation == "assignAgent" else "Message"
    schema = {
        "$ref": f"#/components/schemas/{name}Envelope",
        "components": contract()["components"],
    }
    return jsonschema_rs.Draft202012Validator(schema)


def _deepest(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Return the error inside the alternative that was meant, where there are some."""
    here = list(error.instance_path)
    inside = [
        one
        for branch in getattr(error.kind, "context", None) or []
        # A branch of another type, null for instance, was not meant.
        if not any(one.kind.name == "type" and list(one.instance_path) == here for one in branch)
        for one in branch
    ]
    return _deepest(max(inside, key=lambda one: len(one.instance_path))) if inside else error


def _departure(error: jsonschema_rs.ValidationError, document: Any) -> Departure | None:
    parts = [str(part) for part in error.schema_path]
    at = "".join("/*" if isinstance(part, int) else f"/{part}" for part in error.instance_path)
    if _is_author_rule(parts):
        data = document["data"]
        title, text = _AUTHOR
        authors = [name for name in _AUTHORS if data.get(name) is not None]
        if len(authors) == 1:
            # The author is none, which its own schema says too.
            return None
        return Departure(title, f"{text}\nReceived: {authors or 'none'}", "", MESSAGE)
    # Only from the last reference on is it a path in the document, and its end is a keyword.
    start = len(parts) - 1 - parts[::-1].index("components") if "components" in parts else 0
    pointer = list(_promise(parts[start:], error))
    text = f"{_short(error.message)}\nin the answer at {at or 'its top'}"
    about = f"{at}|{error.kind.name}|{getattr(error.kind, 'property', '')}"
    return Departure(TITLE, text, about, "/" + "/".join(pointer))


def _promise(parts: list[str], error: jsonschema_rs.ValidationError) -> Iterator[str]:
    """Yield the path to the property that is promised, rather than to the keyword."""
    yield from parts[:-1]
    if error.kind.name == "required":
        yield from ("properties", str(getattr(error.kind, "property", "")))


def _is_author_rule(parts: list[str]) -> bool:
    rules = {"if", "then", "else"}
    inside = parts[parts.index("Message") + 1 :] if "Message" in parts else []
    return bool(inside) and inside[0] in rules and inside[-2] in _AUTHORS


def _short(message: str) -> str:
    """Return *message*, which starts with what came and ends with what was promised."""
    half = _LONGEST // 2
    return message if len(message) <= _LONGEST else f"{message[:half]} … {message[-half:]}"
