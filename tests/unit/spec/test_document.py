"""`openapi.yaml` is valid, and says of each statement how far it can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openapi_spec_validator
import pytest
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

import blinger_spec

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPERATIONS = {
    "assignAgent": ("/conversation/{id}/assign-agent", "safe", "AssignAgentRequest"),
    "sendTextMessage": ("/conversation/{id}/send-text-message", "keyed", "SendTextMessageRequest"),
    "sendFileMessage": ("/conversation/{id}/send-file-message", "keyed", "SendFileMessageRequest"),
    "requestReview": ("/conversation/{id}/request-review", "never", "RequestReviewRequest"),
}
_ANSWERS = {
    "assignAgent": "ConversationEnvelope",
    "sendTextMessage": "MessageEnvelope",
    "sendFileMessage": "MessageEnvelope",
    "requestReview": "MessageEnvelope",
}
_MARKED = {"operation", "parameter", "request body", "response", "security scheme", "schema"}


def _resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow the reference that *node* is, if it is one."""
    if "$ref" not in node:
        return node
    found: Any = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    result: dict[str, Any] = found
    return result


def _properties(path: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each property below *schema*, but not what `if` and its kin say of them again."""
    for name, inner in schema.get("properties", {}).items():
        yield f"property {path}.{name}", inner
        yield from _properties(f"{path}.{name}", inner)
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from _properties(f"{path}.{keyword}", schema[keyword])
    for keyword in ("oneOf", "anyOf", "allOf"):
        for number, inner in enumerate(schema.get(keyword, ())):
            yield from _properties(f"{path}.{keyword}[{number}]", inner)


def _statements(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every place that must say how far it can be trusted, with a name for the reader."""
    for url, item in document["paths"].items():
        for parameter in item.get("parameters", ()):
            yield f"parameter of {url}", _resolve(document, parameter)
        operation = item["post"]
        name = operation["operationId"]
        yield f"operation {name}", operation
        for parameter in operation.get("parameters", ()):
            yield f"parameter of {name}", _resolve(document, parameter)
        yield f"request body of {name}", _resolve(document, operation["requestBody"])
        for status, response in operation["responses"].items():
            yield f"response {status} of {name}", _resolve(document, response)
    for name, scheme in document["components"]["securitySchemes"].items():
        yield f"security scheme {name}", scheme
    for name, schema in document["components"]["schemas"].items():
        yield f"schema {name}", schema
        yield from _properties(name, schema)


def test_valid(document: dict[str, Any]) -> None:
    """The document is valid OpenAPI 3.1, and the validator would find it if it were not."""
    openapi_spec_validator.validate(document)
    del document["paths"]["/conversation/{id}/assign-agent"]["parameters"]
    with pytest.raises(OpenAPIValidationError):
        openapi_spec_validator.validate(document)


def test_operations(document: dict[str, Any]) -> None:
    """The four operations are POSTs with these names, paths, replay classes, bodies and answers."""
    assert [path for path, _, _ in _OPERATIONS.values()] == list(document["paths"])
    for name, (path, replay, body) in _OPERATIONS.items():
        assert set(document["paths"][path]) == {"parameters", "post"}
        operation = document["paths"][path]["post"]
        assert name == operation["operationId"]
        assert replay == operation["x-replay"]
        assert operation["security"] == [{"token": []}]
        content = operation["requestBody"]["content"]
        assert content["application/json"]["schema"] == {"$ref": f"#/components/schemas/{body}"}
        assert set(operation["responses"]) == {"200", "4XX", "5XX"}
        answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert answer == {"$ref": f"#/components/schemas/{_ANSWERS[name]}"}


def test_servers(document: dict[str, Any]) -> None:
    """The server is the one of the API page."""
    assert [one["url"] for one in document["servers"]] == [
        "https://widget.blinger.io/api/external/v1"
    ]


def test_standing(document: dict[str, Any]) -> None:
    """Every statement says whether it is documented, seen in a sample, or assumed."""
    statements = list(_statements(document))
    wrong = [
        f"{place}: {node.get('x-standing')}"
        for place, node in statements
        if node.get("x-standing") not in ("documented", "seen", "assumed")
    ]
    assert not wrong
    assert all(any(place.startswith(kind) for place, _ in statements) for kind in _MARKED)
    assert "property Message.endUser" in dict(statements)


def test_standing__assumed(document: dict[str, Any]) -> None:
    """What is assumed names its assumption, or says that it is inferred."""
    for place, node in _statements(document):
        if node.get("x-standing") == "assumed":
            assert "x-assumption" in node or "inferred" in node.get("description", ""), place


def test_assumptions_exist(document: dict[str, Any]) -> None:
    """Every assumption that a statement names exists, and each is named where it matters."""
    named: set[str] = set()
    for place, node in _statements(document):
        assert set(node.get("x-assumption", ())) <= set(document["x-assumptions"]), place
        named.update(node.get("x-assumption", ()))
    assert named == set(document["x-assumptions"])


def test_links(document: dict[str, Any]) -> None:
    """After each 200, all four operations can follow in the same conversation."""
    for item in document["paths"].values():
        links = item["post"]["responses"]["200"]["links"]
        assert set(links) == set(_OPERATIONS)
        for name, reference in links.items():
            link = _resolve(document, reference)
            assert name == link["operationId"]
            assert link["parameters"] == {"id": "$request.path.id"}


def test_errors_have_no_content(document: dict[str, Any]) -> None:
    """What an error carries is left open: generated code crashes where a page is no JSON."""
    for item in document["paths"].values():
        for status in ("4XX", "5XX"):
            assert "content" not in _resolve(document, item["post"]["responses"][status])


def test_requests_are_closed_and_answers_open(document: dict[str, Any]) -> None:
    """Requests refuse properties that they do not name; answers allow them, at every depth."""
    schemas = document["components"]["schemas"]
    requests = {name for name in schemas if name.endswith("Request")}
    assert requests == {body for _, _, body in _OPERATIONS.values()}
    for name, schema in schemas.items():
        if name in requests:
            assert schema["additionalProperties"] is False, name
            continue
        nested = (inner for _, inner in _properties(name, schema))
        for inner in (schema, *nested):
            assert inner.get("additionalProperties", True) is not False, name
            assert "unevaluatedProperties" not in inner, name


def test_answers_are_open__under_a_validator(validator: Any, document: dict[str, Any]) -> None:
    """An unknown property in an answer is no fault; in a request it is."""
    examples = document["components"]["examples"]
    answer = examples["SendTextMessageResponse"]["value"]
    answer["data"]["endUser"]["locale"] = "en"
    answer["data"]["sentiment"] = {"score": 1}
    validator("MessageEnvelope").validate(answer)
    request = {**examples["SendTextMessageRequest"]["value"], "silent": True}
    assert not validator("SendTextMessageRequest").is_valid(request)


def test_enumerations_are_open(document: dict[str, Any]) -> None:
    """No enumeration is closed: on a beta API, one value of each was seen."""
    extensible: dict[str, list[str]] = {}
    for name, schema in document["components"]["schemas"].items():
        for place, inner in _properties(name, schema):
            assert "enum" not in inner, place
            if "x-extensible-enum" in inner:
                extensible[place.removeprefix("property ")] = inner["x-extensible-enum"]
    assert extensible == {
        "Message.status": ["delivered"],
        "Message.type": ["text", "file", "review"],
        "Agent.status": ["online"],
        "File.type": ["image"],
    }


def test_document_is_a_copy() -> None:
    """Who changes the document that was handed out changes nobody else's."""
    blinger_spec.document()["paths"].clear()
    assert blinger_spec.document()["paths"]
