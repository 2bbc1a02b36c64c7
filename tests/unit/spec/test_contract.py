"""The document as a profile changes it: still OpenAPI, changed only where a value needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs
import openapi_spec_validator
import pytest

import blinger_spec
from blinger_spec import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

_UUID = "8b9c3a0e-5f4f-4c53-9f0b-0a7d1f6a2c11"
_TEXT = {"uuid": _UUID, "text": "Hello"}
_FILE = {"uuid": _UUID, "file": "https://example.com/picture.png"}
# Assumptions about behaviour: the document reads the same whatever their value.
_OF_BEHAVIOUR = {
    *("message_author", "uuid_echo", "uuid_dedupe", "uuid_reuse", "text_echo", "body_max"),
    *("rate_limit", "file_fetch", "review_needs_agent", "review_repeat", "unknown_ids"),
    *("id_format", "locked", "assignment_visible", "end_user_stable", "time_order"),
    *("wrong_method", "error_shape"),
}


def _others() -> Iterator[tuple[str, blinger_spec.Value]]:
    """Yield each assumption with each value but its default, and a number where it takes one."""
    for name, entry in blinger_spec.assumptions().items():
        for value in entry.values[1:]:
            yield name, value
        if entry.minimum is not None:
            yield name, 3


def _operations(contract: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["post"]["operationId"]: item["post"] for item in contract["paths"].values()}


def _schema(contract: dict[str, Any], name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": contract["components"]},
        validate_formats=True,
    )


def test_no_profile() -> None:
    """Without a profile, and with the defaults pinned, the document reads as it is written."""
    defaults = {name: entry.default for name, entry in blinger_spec.assumptions().items()}
    for profile in (None, Profile(), Profile(defaults)):
        assert blinger_spec.contract(profile) == blinger_spec.document()


@pytest.mark.parametrize(("name", "value"), list(_others()))
def test_any_value(name: str, value: blinger_spec.Value) -> None:
    """Under any value the document is valid; it changes where the value can be stated in it."""
    contract = blinger_spec.contract(Profile({name: value}))
    openapi_spec_validator.validate(contract)
    assert (contract == blinger_spec.document()) == (name in _OF_BEHAVIOUR)


def test_all_values() -> None:
    """Values that change the document can hold together."""
    given = {name: value for name, value in _others() if name not in _OF_BEHAVIOUR}
    openapi_spec_validator.validate(blinger_spec.contract(Profile(given)))


def test_bearer() -> None:
    """A token that goes with a scheme before it is a bearer token."""
    contract = blinger_spec.contract(Profile({"auth_scheme": "bearer"}))
    scheme = contract["components"]["securitySchemes"]["token"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


def test_form() -> None:
    """Bodies that are forms have the same schemas and examples, under the media type of forms."""
    contract = blinger_spec.contract(Profile({"body_encoding": "form"}))
    as_json = _operations(blinger_spec.document())
    for name, operation in _operations(contract).items():
        content = as_json[name]["requestBody"]["content"]["application/json"]
        assert operation["requestBody"]["content"] == {"application/x-www-form-urlencoded": content}
        assert list(operation["responses"]["200"]["content"]) == ["application/json"]


@pytest.mark.parametrize("encoding", ["json", "form"])
def test_no_review_body(encoding: str) -> None:
    """Where request-review takes no body, it alone has none."""
    given = {"request_review_body": "none_only", "body_encoding": encoding}
    operations = _operations(blinger_spec.contract(Profile(given)))
    without = [name for name, operation in operations.items() if "requestBody" not in operation]
    assert without == ["requestReview"]


@pytest.mark.parametrize(
    ("given", "schema", "request_body", "allowed"),
    [
        ({}, "SendTextMessageRequest", {**_TEXT, "text": ""}, False),
        ({"text_min": "accepted"}, "SendTextMessageRequest", {**_TEXT, "text": ""}, True),
        ({}, "SendTextMessageRequest", {**_TEXT, "text": "\U0001f600" * 10000}, True),
        ({}, "SendTextMessageRequest", {**_TEXT, "text": "a" * 10001}, False),
        ({"text_max": 10001}, "SendTextMessageRequest", {**_TEXT, "text": "a" * 10001}, True),
        ({"text_max": 4}, "SendTextMessageRequest", _TEXT, False),
        ({}, "SendTextMessageRequest", {**_TEXT, "uuid": "1"}, False),
        ({"uuid_format": "accepted"}, "SendTextMessageRequest", {**_TEXT, "uuid": "1"}, True),
        ({}, "SendFileMessageRequest", {**_FILE, "uuid": "1"}, False),
        ({"uuid_format": "accepted"}, "SendFileMessageRequest", {**_FILE, "uuid": "1"}, True),
        ({}, "SendFileMessageRequest", {**_FILE, "file": "HTTP://example.com/a"}, True),
        ({}, "SendFileMessageRequest", {**_FILE, "file": "ftp://example.com/a"}, False),
        ({}, "SendFileMessageRequest", {**_FILE, "file": "file:///etc/passwd"}, False),
        ({}, "SendFileMessageRequest", {**_FILE, "file": "https:///a"}, False),
        ({}, "SendFileMessageRequest", {**_FILE, "file": "https://example.com/a b"}, False),
        ({}, "SendFileMessageRequest", {**_FILE, "file": "/a.png"}, False),
        (
            {"file_schemes": "https"},
            "SendFileMessageRequest",
            {**_FILE, "file": "http://example.com/a"},
            False,
        ),
        ({"file_schemes": "https"}, "SendFileMessageRequest", _FILE, True),
        (
            {},
            "SendFileMessageRequest",
            {**_FILE, "file": "https://example.com/" + "a" * 2029},
            False,
        ),
        (
            {"url_max": 2049},
            "SendFileMessageRequest",
            {**_FILE, "file": "https://example.com/" + "a" * 2029},
            True,
        ),
        ({}, "SendTextMessageRequest", {**_TEXT, "more": 1}, False),
        ({"extra_properties": "ignored"}, "SendTextMessageRequest", {**_TEXT, "more": 1}, True),
        ({"extra_properties": "ignored"}, "SendFileMessageRequest", {**_FILE, "more": 1}, True),
        ({}, "AssignAgentRequest", {"agentId": "a", "more": 1}, False),
        ({"extra_properties": "ignored"}, "AssignAgentRequest", {"agentId": "a", "more": 1}, True),
        ({}, "RequestReviewRequest", {"more": 1}, False),
        ({}, "RequestReviewRequest", {}, True),
        ({"extra_properties": "ignored"}, "RequestReviewRequest", {"more": 1}, True),
        ({"extra_properties": "ignored"}, "SendTextMessageRequest", {"text": "a"}, False),
    ],
    ids=lambda value: (
        " ".join(f"{key}={str(one)[:24]}" for key, one in value.items()) or "default"
        if isinstance(value, dict)
        else None
    ),
)
def test_requests(
    given: dict[str, object], schema: str, request_body: dict[str, object], allowed: bool
) -> None:
    """What may be sent follows the profile."""
    assert _schema(blinger_spec.contract(Profile(given)), schema).is_valid(request_body) == allowed


@pytest.mark.parametrize(
    ("shape", "body", "allowed"),
    [
        ("status_error", {"status": 404, "error": "no such conversation"}, True),
        ("status_error", {"status": 400, "error": {"text": "too long"}}, True),
        ("status_error", {"status": 404}, False),
        ("status_error", {"status": 404, "error": None}, False),
        ("status_error", {"status": 200, "error": "x"}, False),
        ("other", {"status": 404}, True),
        ("other", {"code": 404}, False),
    ],
)
def test_error_inside_200(shape: str, body: dict[str, object], allowed: bool) -> None:
    """Where an error may come inside a 200, a 200 is what it was or an error of the right shape."""
    given = {"error_transport": "inside_200", "error_shape": shape}
    contract = blinger_spec.contract(Profile(given))
    for operation in _operations(contract).values():
        media = operation["responses"]["200"]["content"]["application/json"]
        validator = jsonschema_rs.Draft202012Validator(
            {**media["schema"], "components": contract["components"]}
        )
        assert validator.is_valid(body) == allowed
        for example in media["examples"].values():
            name = example["$ref"].rpartition("/")[2]
            validator.validate(contract["components"]["examples"][name]["value"])


def test_a_copy() -> None:
    """A profile changes nothing for those that come after it."""
    before = blinger_spec.contract()
    changed = blinger_spec.contract(
        Profile({"extra_properties": "ignored", "error_transport": "inside_200"})
    )
    changed["paths"].clear()
    assert blinger_spec.contract() == before == blinger_spec.document()
