"""Answers a plan's requests inside this process, as a deployment that keeps the contract would.

The plan runs the suite itself: what a run sends depends on what is answered, so something has to
answer. It knows as much of the API as that takes, and no more.
"""

from __future__ import annotations

import copy
import io
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import urllib3
from requests.adapters import HTTPAdapter

from blinger_contract import sent
from blinger_spec import contract, document

if TYPE_CHECKING:
    import requests

    from blinger_contract.options import Options
    from blinger_contract.sent import Sent

_OK, _BAD, _UNAUTHORIZED, _NOT_FOUND, _CONFLICT = 200, 400, 401, 404, 409
_TOO_LARGE, _UNSUPPORTED = 413, 415
_AUTHORS = {"end_user": "endUser", "agent": "agent", "bot": "bot"}


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


class StandIn:
    """A deployment as the profile describes it, with the ids that were given."""

    def __init__(self, options: Options) -> None:
        """Stand in for the deployment that *options* name."""
        self._options = options
        self._profile = options.profile
        self._bodies = _bodies(contract(options.profile))
        self._samples = document()["components"]["examples"]
        self._messages: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {}
        self._assigned: dict[str, Any] | None = None
        self._reviewed = False
        self._last = 0
        self.messages = 0
        """How many messages were made, repetitions aside."""

    def __call__(self, request: requests.PreparedRequest) -> requests.Response:
        """Return the answer to *request*."""
        try:
            status, data = _OK, {"status": _OK, "data": self._take(request)}
        except _Refused as refused:
            status, data = refused.status, {"status": refused.status, "error": "refused"}
        inside = self._profile["error_transport"] == "inside_200"
        headers = {"Content-Type": "application/json"}
        if status == self._profile["wrong_method"] != _NOT_FOUND:
            headers["Allow"] = "POST"
        body = b"" if request.method == "HEAD" else json.dumps(data).encode()
        answer = urllib3.HTTPResponse(
            io.BytesIO(body), headers, _OK if inside else status, preload_content=False
        )
        return HTTPAdapter().build_response(request, answer)

    def _take(self, request: requests.PreparedRequest) -> dict[str, Any]:
        asked = sent.read(request, self._options.url)
        if asked is None:
            raise _Refused(self._elsewhere(request))
        if asked.authorization != self._options.authorization:
            raise _Refused(_UNAUTHORIZED)
        self._check(asked, request)
        if asked.conversation != self._options.conversation:
            raise _Refused(int(self._profile["unknown_ids"]))
        if asked.operation == "assignAgent":
            return self._assign(asked)
        return self._message(asked)

    def _elsewhere(self, request: requests.PreparedRequest) -> int:
        try:
            post = sent.read(_as_post(request), self._options.url)
        except ValueError:
            post = None
        return int(self._profile["wrong_method"]) if post else _NOT_FOUND

    def _check(self, asked: Sent, request: requests.PreparedRequest) -> None:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        known = self._bodies.get(asked.operation)
        if not body and asked.operation == "requestReview":
            return
        if known is None or not isinstance(body, bytes):
            raise _Refused(_BAD)
        if len(body) > int(self._profile["body_max"]):
            raise _Refused(_TOO_LARGE)
        media_type, validator = known
        if (
            str(request.headers.get("Content-Type", "")).partition(";")[0].strip().lower()
            != media_type
        ):
            raise _Refused(_UNSUPPORTED)
        if media_type == "application/json" and not asked.fields and body.strip() != b"{}":
            raise _Refused(_BAD)
        if not validator.is_valid(asked.fields):
            raise _Refused(_BAD)

    def _assign(self, asked: Sent) -> dict[str, Any]:
        if asked.fields["agentId"] not in self._options.agents:
            raise _Refused(int(self._profile["unknown_ids"]))
        data = self._sample("AssignAgentResponse")
        data["id"] = asked.conversation
        data["assignedAgent"]["id"] = asked.fields["agentId"]
        self._assigned = data["assignedAgent"]
        return data

    def _message(self, asked: Sent) -> dict[str, Any]:
        key = (asked.operation, str(asked.fields.get("uuid", uuid.uuid4())).lower())
        content = {name: value for name, value in asked.fields.items() if name != "uuid"}
        others = [one for (_, used), one in self._messages.items() if used == key[1]]
        if others:
            kept, message = others[0]
            rule = self._profile["uuid_dedupe" if kept == content else "uuid_reuse"]
            if rule == "conflict":
                raise _Refused(_CONFLICT)
            if rule == "same_message":
                return message
        message = self._new(asked)
        self._messages[key] = (content, message)
        return message

    def _new(self, asked: Sent) -> dict[str, Any]:
        name = asked.operation[0].upper() + asked.operation[1:]
        data = self._sample(f"{name}Response")
        self._last = max(self._last + 1, time.time_ns() // 1000)
        data["id"] = str(uuid.uuid4())
        if self._profile["uuid_echo"] == "yes":
            data["id"] = asked.fields.get("uuid", data["id"])
        data["microseconds"] = self._last
        data["createdAt"] = data["updatedAt"] = self._last // 10**6
        if asked.operation == "sendTextMessage":
            text = str(asked.fields["text"])
            data["body"] = text.strip() if self._profile["text_echo"] == "trimmed" else text
        if asked.operation == "requestReview":
            self._review(data["review"])
        self._sign(data)
        self.messages += 1
        return data

    def _review(self, review: dict[str, Any]) -> None:
        if self._assigned is None and self._profile["review_needs_agent"] == "yes":
            raise _Refused(_BAD)
        if self._reviewed and self._profile["review_repeat"] == "no":
            raise _Refused(_CONFLICT)
        self._reviewed = True
        review["id"] = str(uuid.uuid4())
        if self._profile["assignment_visible"] == "yes":
            review["agent"] = self._assigned

    def _sign(self, data: dict[str, Any]) -> None:
        author = {
            "endUser": self._sample("SendTextMessageResponse")["endUser"],
            "agent": self._sample("AssignAgentResponse")["assignedAgent"],
            "bot": {"id": str(uuid.UUID(int=1)), "name": "bot", "createdAt": 0, "updatedAt": 0},
        }
        chosen = _AUTHORS[str(self._profile["message_author"])]
        for name, value in author.items():
            data[name] = value if name == chosen else None

    def _sample(self, name: str) -> dict[str, Any]:
        data: dict[str, Any] = copy.deepcopy(self._samples[name]["value"]["data"])
        return data


def _bodies(spec: dict[str, Any]) -> dict[str, tuple[str, jsonschema_rs.Draft202012Validator]]:
    """Return the media type of each operation's body, and what validates it."""
    found = {}
    for path in spec["paths"].values():
        operation = path["post"]
        if "requestBody" in operation:
            [(media_type, media)] = operation["requestBody"]["content"].items()
            schema = {**media["schema"], "components": spec["components"]}
            validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            found[operation["operationId"]] = (media_type, validator)
    return found


def _as_post(request: requests.PreparedRequest) -> requests.PreparedRequest:
    post = request.copy()
    post.method = "POST"
    return post
