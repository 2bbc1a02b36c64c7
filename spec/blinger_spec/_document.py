"""The document itself, and the document as a profile changes it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from blinger_spec import _load
from blinger_spec._profile import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

_SENDS = ("SendTextMessageRequest", "SendFileMessageRequest")
_REQUESTS = ("AssignAgentRequest", *_SENDS, "RequestReviewRequest")


def document() -> dict[str, Any]:
    """Return a copy of `openapi.yaml`, as it is written."""
    return copy.deepcopy(_load.raw())


def contract(profile: Profile | None = None) -> dict[str, Any]:
    """Return the document as it reads for a deployment that *profile* describes.

    Only the values that a document can state change it: the security scheme, the media type, limits
    and formats of what is sent, and whether an error may come inside a 200. The other assumptions
    are about behaviour.
    """
    profile = Profile() if profile is None else profile
    patched = document()
    schemas = patched["components"]["schemas"]
    _patch_requests(schemas, profile)
    if profile["auth_scheme"] == "bearer":
        patched["components"]["securitySchemes"]["token"] = {"type": "http", "scheme": "bearer"}
    for operation in operations(patched):
        if profile["request_review_body"] == "none_only" and operation["x-replay"] == "never":
            del operation["requestBody"]
        if profile["body_encoding"] == "form" and "requestBody" in operation:
            _to_form(operation["requestBody"])
        if profile["error_transport"] == "inside_200":
            _allow_error_inside_200(operation["responses"]["200"], profile)
    return patched


def operations(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the operations of *spec*; all are POST."""
    return (path["post"] for path in spec["paths"].values())


def _patch_requests(schemas: dict[str, Any], profile: Profile) -> None:
    text = schemas["SendTextMessageRequest"]["properties"]["text"]
    file = schemas["SendFileMessageRequest"]["properties"]["file"]
    text["maxLength"] = profile["text_max"]
    file["maxLength"] = profile["url_max"]
    if profile["text_min"] == "accepted":
        del text["minLength"]
    if profile["file_schemes"] == "https":
        file["pattern"] = "^[Hh][Tt][Tt][Pp][Ss]://[^/?#]"
    if profile["uuid_format"] == "accepted":
        for name in _SENDS:
            del schemas[name]["properties"]["uuid"]["format"]
    if profile["extra_properties"] == "ignored":
        for name in _REQUESTS:
            del schemas[name]["additionalProperties"]


def _to_form(body: dict[str, Any]) -> None:
    body["content"] = {"application/x-www-form-urlencoded": body["content"]["application/json"]}


def _allow_error_inside_200(response: dict[str, Any], profile: Profile) -> None:
    error: dict[str, Any] = {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "integer", "minimum": 400}},
    }
    if profile["error_shape"] == "status_error":
        error["required"].append("error")
        error["properties"]["error"] = {"type": ["string", "object"]}
    media = response["content"]["application/json"]
    media["schema"] = {"anyOf": [media["schema"], error]}
