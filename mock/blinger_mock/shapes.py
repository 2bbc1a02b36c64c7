"""What is wrong with a document that is not of its shape: which field, and what it may be. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from msgspec import ValidationError

_UNKNOWN = "Object contains unknown field"
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_UNSAID = (inspect.NoneType, inspect.AnyType, inspect.CustomType)
"""Null, which is what is left out, and anything at all."""
_Types = tuple[inspect.Type, ...]


def why(error: ValidationError, shape: object) -> str:
    """Return what *error* says of a document that should be a *shape*, and what is allowed there.

    What was sent is not repeated. What a class says itself, in `__post_init__`, is left as it is.
    """
    if error.__cause__ is not None:
        return str(error.__cause__)
    text, _, place = str(error).partition(" - at `$")
    names = re.findall(r"[^.`]+", place)
    missing = _MISSING.fullmatch(text)
    if missing is not None:
        names.append(missing[1])
    allowed = _flat((inspect.type_info(shape),))
    for name in names:
        allowed = _inside(allowed, name)
    where = ".".join(names) or "it"
    if text.startswith(_UNKNOWN):
        return f"{where} has a name that is unknown; known are {', '.join(_members(allowed))}"
    return f"{where} is {'missing; it is ' if missing else ''}{_words(allowed)}"


def _inside(outer: _Types, name: str) -> _Types:
    """Return what may be at *name*, such as `agents` or `agents[...]`, of one of *outer*."""
    found = _flat(_members(outer).get(name.partition("[")[0], ()))
    for _ in range(name.count("[")):
        found = _flat(getattr(one, "item_type", None) for one in found)
    return found


def _members(outer: _Types) -> dict[str, _Types]:
    structs = [one for one in outer if isinstance(one, inspect.StructType)]
    return {field.name: (field.type,) for one in structs for field in one.fields}


def _flat(types: Iterable[inspect.Type | None]) -> _Types:
    """Return *types* with the members of each union instead of it, without null and anything."""
    found: list[inspect.Type] = []
    for one in types:
        if isinstance(one, inspect.UnionType):
            found += _flat(one.types)
        elif one is not None and not isinstance(one, _UNSAID):
            found.append(one)
    return tuple(found)


def _words(allowed: _Types) -> str:
    # Where anything is allowed, only a number can be wrong: there is none so large.
    return " or ".join(dict.fromkeys(map(_word, allowed))) or "out of range"


def _word(one: inspect.Type) -> str:
    match one:
        case inspect.Metadata(extra_json_schema={"description": str(said)}):
            text = said
        case inspect.LiteralType(values=values):
            text = _listed([str(value) for value in values])
        case inspect.IntType(ge=least, le=most):
            text = "a whole number" + _range(least, most)
        case inspect.FloatType(ge=least, le=most):
            text = "a number" + _range(least, most)
        case inspect.BoolType():
            text = "true or false"
        case inspect.StrType(min_length=least):
            text = "a text that is not empty" if least else "a text"
        case inspect.CollectionType():
            text = "a list"
        case inspect.StructType(fields=fields, tag=None):
            text = f"an object of {_listed([field.name for field in fields], 'and')}"
        case _:
            text = "an object"
    return text


def _range(least: float | None, most: float | None) -> str:
    return "" if least is None or most is None else f" from {least} to {most}"


def _listed(words: Sequence[str], joint: str = "or") -> str:
    *others, last = words
    return f"{', '.join(others)} {joint} {last}" if others else last
