"""JSON as Python sees it."""

from __future__ import annotations

import codecs
import json
from typing import Any, Final, TypeGuard

_NAMES = {"bool": "a boolean", "int": "an integer", "float": "a number", "str": "a string"}

codecs.lookup("utf-8-sig")  # the first answer would import it: see _forks

NOT_JSON: Final = object()
"""What `parse` returns of a body that is not JSON."""


def parse(body: bytes) -> Any:
    """Return what *body* holds, or `NOT_JSON`: an error would hold the body, and its secrets.

    NaN and the infinities, which Python reads, are not JSON.
    """
    try:
        return _DECODER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return NOT_JSON


def compose(value: Any) -> bytes:
    """Return *value* as JSON in UTF-8, without blanks."""
    return _ENCODER.encode(value).encode()


def _refuse(_: str) -> None:
    raise ValueError


_DECODER = json.JSONDecoder(parse_constant=_refuse)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether *value*, which `json.loads` made, is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Return whether *value*, which `json.loads` made, is a JSON array."""
    return isinstance(value, list)


def as_integer(value: object) -> int | None:
    """Return *value* where it is an integer as JSON Schema counts, 1.0 included; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value == value // 1 else None


def kind(value: object) -> str:
    """Return what *value* is in JSON, as a sentence would say it."""
    if value is None:
        return "null"
    if is_list(value):
        return "a list"
    return _NAMES.get(type(value).__name__, "an object")
