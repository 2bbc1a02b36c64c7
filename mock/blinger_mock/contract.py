"""The contract, compiled: the operation at each path, and a validator for each direction."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from jsonschema_rs import Draft202012Validator

from blinger_mock.record import Record
from blinger_spec import contract

if TYPE_CHECKING:
    from blinger_spec import Profile

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MESSAGES = {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}


class Operation(Record, frozen=True, gc=False):
    """One operation of the contract."""

    name: str
    method: str
    path: str
    """A pattern that the whole path below the base, not decoded, fits; its one group is the id."""
    media_type: str | None
    """The media type of the body; None where the operation has no body."""
    body_required: bool
    request: Draft202012Validator | None
    properties: tuple[str, ...]
    """The names that its body may have."""
    response: Draft202012Validator


class Contract:
    """The operations of `openapi.yaml`, as a profile changes it, and the shape of an error."""

    def __init__(self, profile: Profile) -> None:
        document = contract(profile)
        components = document["components"]
        self.operations = tuple(
            _operation(template, method, item[method], components)
            for template, item in document["paths"].items()
            for method in item
            if method != "parameters"
        )
        # One pattern with a group for each operation: its id.
        self._paths = re.compile("|".join(one.path for one in self.operations))
        self.error = _validator(_error_schema(profile), components)
        """Validates an error: the document leaves that open, the assumption `error_shape` not."""

    def match(self, path: str) -> tuple[Operation, str] | None:
        """Return the operation at *path*, below the base, and the id in it, as it is written."""
        match = self._paths.fullmatch(path)
        if match is None or match.lastindex is None:
            return None
        return self.operations[match.lastindex - 1], match[match.lastindex]


def _operation(
    template: str, method: str, operation: dict[str, Any], components: dict[str, Any]
) -> Operation:
    body = operation.get("requestBody")
    media_type, media = next(iter(body["content"].items())) if body else (None, None)
    response = operation["responses"]["200"]["content"]["application/json"]["schema"]
    literals = (re.escape(part) for part in re.split(r"\{\w+\}", template))
    return Operation(
        name=operation["operationId"],
        method=method.upper(),
        path="([^/]+)".join(literals),
        media_type=media_type,
        body_required=bool(body and body.get("required")),
        request=None if media is None else _validator(media["schema"], components),
        properties=() if media is None else _properties(media["schema"], components),
        response=_validator(response, components),
    )


def _properties(schema: dict[str, Any], components: dict[str, Any]) -> tuple[str, ...]:
    # A body of the contract is a reference to a schema, and that is flat.
    named = components["schemas"][schema["$ref"].rpartition("/")[2]]
    return tuple(named.get("properties", ()))


def _validator(schema: dict[str, Any], components: dict[str, Any]) -> Draft202012Validator:
    whole = {"$schema": _DIALECT, "components": components, "allOf": [schema]}
    # Without validate_formats a `format` is a remark, and a uuid may be anything.
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def _error_schema(profile: Profile) -> dict[str, Any]:
    status = {"type": "integer", "minimum": 400, "maximum": 599}
    if profile["error_shape"] == "other":
        return {"type": "object", "required": ["status"], "properties": {"status": status}}
    error = {"anyOf": [{"type": "string", "minLength": 1}, _MESSAGES]}
    return {
        "type": "object",
        "required": ["status", "error"],
        "properties": {"status": status, "error": error},
        "additionalProperties": False,
    }
