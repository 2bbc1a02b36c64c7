"""The first step: is this request due an answer, or a refusal? Pure, and in a fixed order.

    unknown path 404 · method 405 · token 401
    | rate 429 · size 413 · media type 415 · syntax 400 · schema 400

`identify` looks at what stands before the bar, `check` at what stands after it; between the two
the limiter is asked. Unknown ids and the rules of state come last, in `rules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from blinger_mock import bodies, violations
from blinger_mock.steps import (
    AssignAgent,
    Caller,
    Command,
    Refusal,
    Request,
    RequestReview,
    SendFile,
    SendText,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blinger_mock.contract import Contract, Operation
    from blinger_spec import Profile

BASE = "/api/external/v1"
"""The path of the base URL."""


class Checker:
    """The checks for one profile, its contract, and the tokens that are let in."""

    def __init__(self, profile: Profile, contract: Contract, tenants: Mapping[str, str]) -> None:
        """Take *tenants*, the name of the tenant of each token; it may change meanwhile."""
        self._profile = profile
        self._bearer = profile["auth_scheme"] == "bearer"
        self._contract = contract
        self._tenants = tenants

    def identify(self, request: Request) -> tuple[Operation, Caller] | Refusal:
        """Return the operation and who calls it, or a refusal for path, method or token."""
        inside = request.path.startswith(BASE)
        found = self._contract.match(request.path.removeprefix(BASE)) if inside else None
        if found is None:
            return refuse(404, "path", "path", "there is nothing at this path")
        operation, identifier = found
        if request.method != operation.method:
            return self._wrong_method(operation)
        tenant = self._tenants.get(self._token(request) or "")
        if tenant is None:
            return self._wrong_token(request)
        return operation, Caller(tenant, operation.name, unquote(identifier))

    def check(
        self, request: Request, operation: Operation, caller: Caller, wait: int = 0
    ) -> Command | Refusal:
        """Return the command that *request* is, or a refusal.

        Args:
            request: What arrived.
            operation: As `identify` found it.
            caller: As `identify` found it.
            wait: The seconds to wait before this tenant may call again; 0 if it may now.
        """
        if wait:
            text = "there were too many requests; Retry-After says when to come back"
            return refuse(429, "header", "rate_limit", text, retry_after=str(wait))
        if request.too_large:
            limit = self._profile["body_max"]
            return refuse(413, "body", "body_max", f"the body has more than {limit} bytes")
        if request.too_slow:
            return refuse(408, "body", "time", "the body did not arrive in time")
        fields = _read(request, operation)
        return fields if isinstance(fields, Refusal) else _command(caller, fields)

    def _wrong_method(self, operation: Operation) -> Refusal:
        text = f"the only method here is {operation.method}"
        if self._profile["wrong_method"] == 404:  # noqa: PLR2004 - a value of the assumption
            return refuse(404, "method", "wrong_method", text)
        return refuse(405, "method", "wrong_method", text, allow=operation.method)

    def _token(self, request: Request) -> str | None:
        if len(request.authorization) != 1:
            return None
        value = request.authorization[0]
        if not self._bearer:
            return value
        scheme, _, token = value.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    def _wrong_token(self, request: Request) -> Refusal:
        if not request.authorization:
            text = "the header Authorization is missing"
        elif self._bearer:
            text = "this is not Bearer, a space and a token that is registered here"
        else:
            text = "this is no token that is registered here; it is sent raw, with no scheme"
        challenge = f'{"Bearer" if self._bearer else "Token"} realm="blinger-mock"'
        return refuse(
            401,
            "header",
            "auth_scheme",
            text,
            pointer="Authorization",
            www_authenticate=challenge,
        )


def _read(request: Request, operation: Operation) -> dict[str, Any] | Refusal:
    """Return the fields in the body of *request*: media type, then syntax, then schema."""
    if not request.body and not operation.body_required:
        return {}
    if operation.media_type is None or operation.request is None:
        return refuse(400, "body", "request_review_body", "this operation takes no body")
    refusal = _wrong_media_type(request, operation.media_type)
    if refusal is not None:
        return refusal
    try:
        fields: Any = bodies.parse(request.body, operation.media_type)
    except bodies.SyntaxProblem as problem:
        return refuse(400, "body", "syntax", str(problem))
    found = violations.find(operation.request, fields, operation.properties)
    return Refusal(400, found, by_field=True) if found else dict(fields)


def _wrong_media_type(request: Request, media_type: str) -> Refusal | None:
    # Without a body there is nothing to have a media type: the syntax is what is wrong then.
    if request.body and not bodies.accepts(request.content_type, media_type):
        text = f"the body must be {media_type} in UTF-8"
        return refuse(415, "header", "media_type", text, pointer="Content-Type")
    if request.content_encoding not in {None, "", "identity"}:
        text = "the body must not be compressed"
        return refuse(415, "header", "media_type", text, pointer="Content-Encoding")
    return None


def _command(caller: Caller, fields: dict[str, Any]) -> Command:
    match caller.operation:
        case "assignAgent":
            return AssignAgent(caller, fields["agentId"])
        case "sendTextMessage":
            return SendText(caller, fields["uuid"], fields["text"])
        case "sendFileMessage":
            return SendFile(caller, fields["uuid"], fields["file"])
        case "requestReview":
            return RequestReview(caller)
        case other:
            raise NotImplementedError(other)
