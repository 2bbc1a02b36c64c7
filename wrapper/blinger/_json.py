"""JSON as Python sees it."""

from __future__ import annotations

from typing import Any, TypeGuard

_NAMES = {"bool": "a boolean", "int": "an integer", "float": "a number", "str": "a string"}


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether *value*, which `json.loads` made, is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Return whether *value*, which `json.loads` made, is a JSON array."""
    return isinstance(value, list)


def kind(value: object) -> str:
    """Return what *value* is in JSON, as a sentence would say it."""
    if value is None:
        return "null"
    if is_list(value):
        return "a list"
    return _NAMES.get(type(value).__name__, "an object")
