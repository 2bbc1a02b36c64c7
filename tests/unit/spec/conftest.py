"""What the tests of the contract share: the document, and validators of its schemas."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

import blinger_spec

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def document() -> dict[str, Any]:
    """The document as it is written."""
    return blinger_spec.document()


@pytest.fixture
def validator(document: dict[str, Any]) -> Callable[[str], jsonschema_rs.Draft202012Validator]:
    """Return the validator of a schema of the document, by its name."""

    def make(name: str) -> jsonschema_rs.Draft202012Validator:
        return _validator(document, {"$ref": f"#/components/schemas/{name}"})

    return make


@pytest.fixture
def strict_validator(
    document: dict[str, Any],
) -> Callable[[dict[str, Any]], jsonschema_rs.Draft202012Validator]:
    """Return the validator of a schema with every object closed to properties it does not name."""
    closed = copy.deepcopy(document)
    for schema in closed["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False

    def make(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
        return _validator(closed, schema)

    return make


def _validator(
    document: dict[str, Any], schema: dict[str, Any]
) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        {**schema, "components": document["components"]}, validate_formats=True
    )
