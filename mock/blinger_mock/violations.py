"""What a validator found wrong, in words that repeat nothing of what was sent."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from jsonschema_rs import ValidationErrorKind as Kind

from blinger_mock.steps import Violation

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

_MOST = 20


def find(validator: Draft202012Validator, document: object) -> tuple[Violation, ...]:
    """Return what *validator* finds wrong with *document*: nothing, or up to twenty things."""
    try:
        if validator.is_valid(document):
            return ()
        return tuple(itertools.islice(map(_violation, validator.iter_errors(document)), _MOST))
    except ValueError:
        # The validator's own limit on nesting.
        return (Violation("body", "", "nesting", "is nested too deeply"),)


def _violation(error: ValidationError) -> Violation:
    parts = [str(part) for part in error.instance_path]
    if isinstance(error.kind, Kind.Required):
        parts.append(error.kind.property)
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
    return Violation("body", pointer, error.kind.name, _text(error.kind))


def _text(kind: Kind) -> str:
    """Return what *kind* says without the value: the validator's own message quotes it."""
    match kind:
        case Kind.Required():
            text = "is required"
        case Kind.Type():
            text = f"must be of type {' or '.join(kind.types)}"
        case Kind.Format():
            text = f"must have the format {kind.format}"
        case Kind.MinLength():
            text = f"must have at least {kind.limit} characters"
        case Kind.MaxLength():
            text = f"must have at most {kind.limit} characters"
        case Kind.Pattern():
            text = f"must match {kind.pattern}"
        case Kind.AdditionalProperties():
            text = "has a property that the contract does not know"
        case _:
            text = f"breaks the rule {kind.name}"
    return text
