"""What a validator found wrong, in words that repeat nothing of what was sent."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from jsonschema_rs import ValidationErrorKind as Kind

from blinger_mock.steps import Violation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jsonschema_rs import Draft202012Validator, ValidationError

_MOST = 20
_EMPTY = "must not be empty"
PATTERNS = {
    "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#]": "must begin with http:// or https:// and a host",
    "^[Hh][Tt][Tt][Pp][Ss]://[^/?#]": "must begin with https:// and a host",
}
"""What each pattern of the contract says, in words."""


def find(
    validator: Draft202012Validator, document: object, known: Sequence[str] = ()
) -> tuple[Violation, ...]:
    """Return what *validator* finds wrong with *document*: nothing, or up to twenty things.

    Where it has a property too many, those that are *known* are told.
    """
    try:
        if validator.is_valid(document):
            return ()
        errors = itertools.islice(validator.iter_errors(document), _MOST)
        return tuple([_violation(one, known) for one in errors])
    except ValueError:
        # The validator's own limit on nesting.
        return (Violation("body", "", "nesting", "is nested too deeply"),)


def _violation(error: ValidationError, known: Sequence[str]) -> Violation:
    parts = [str(part) for part in error.instance_path]
    if isinstance(error.kind, Kind.Required):
        parts.append(error.kind.property)
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
    return Violation("body", pointer, error.kind.name, _text(error.kind, known))


def _text(kind: Kind, known: Sequence[str]) -> str:
    """Return what *kind* says without the value: the validator's own message quotes it."""
    match kind:
        case Kind.Required():
            text = "is required"
        case Kind.Type():
            text = f"must be of type {' or '.join(kind.types)}"
        case Kind.Format():
            text = f"must have the format {kind.format}"
        case Kind.MinLength():
            text = _EMPTY if kind.limit == 1 else f"must have at least {kind.limit} characters"
        case Kind.MaxLength():
            text = f"must have at most {kind.limit} characters"
        case Kind.Pattern():
            text = PATTERNS.get(kind.pattern, f"must match {kind.pattern}")
        case Kind.AdditionalProperties():
            text = f"has a property that the contract does not know; known are {', '.join(known)}"
        case Kind.FalseSchema():
            # So it is told of a property of an object that may have none.
            text = "has a property that the contract does not know; it knows none here"
        case _:
            text = f"breaks the rule {kind.name}"
    return text
