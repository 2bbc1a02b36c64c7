"""The third step: a result, or a refusal, as the answer that goes back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from blinger_mock.clock import SECOND
from blinger_mock.model import Agent, Bot, Conversation, EndUser, File, Message, Review
from blinger_mock.steps import Answer, Refusal, Result

if TYPE_CHECKING:
    from blinger_spec import Profile

_OK = 200
_HOST = "http://static.widget.blinger.io"
_THUMBNAILS = ("120x120", "520x400")
VIOLATIONS = "x-mock-violations"
"""The header that lists what is wrong with a request."""


def render(outcome: Result | Refusal, profile: Profile) -> Answer:
    """Return the answer to a request that came to *outcome*."""
    if isinstance(outcome, Refusal):
        return _refused(outcome, profile)
    data = conversation(outcome) if isinstance(outcome, Conversation) else message(outcome)
    return Answer(_OK, {"status": _OK, "data": data})


def conversation(one: Conversation) -> dict[str, Any]:
    """Return *one* as the API writes it."""
    return {
        "id": one.id,
        "assignedAgent": _agent(one.agent),
        "locked": one.locked,
        "createdAt": one.created_at,
        "updatedAt": one.updated_at,
    }


def message(one: Message) -> dict[str, Any]:
    """Return *one* as the API writes it: the same twelve keys in the order of the samples."""
    seconds = one.microseconds // SECOND
    updated = seconds if one.updated_at is None else one.updated_at
    author = one.author
    return {
        "id": one.id,
        "status": "delivered",
        "type": one.kind,
        "body": one.body,
        "file": None if one.file is None else _file(one.file),
        "review": None if one.review is None else _review(one.review, seconds, updated),
        "bot": _bot(author) if isinstance(author, Bot) else None,
        "agent": _agent(author) if isinstance(author, Agent) else None,
        "endUser": _end_user(author) if isinstance(author, EndUser) else None,
        "microseconds": one.microseconds,
        "createdAt": seconds,
        "updatedAt": updated,
    }


def _agent(one: Agent | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "id": one.id,
        "serviceUserId": one.service_user_id,
        "name": one.name,
        "status": "online",
        "avatar": None if one.avatar is None else _file(one.avatar),
        "active": True,
        "createdAt": one.created_at,
        "updatedAt": one.created_at,
    }


def _bot(one: Bot) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "createdAt": one.created_at,
        "updatedAt": one.created_at,
    }


def _end_user(one: EndUser) -> dict[str, Any]:
    return {
        "id": one.id,
        "websocketToken": one.websocket_token,
        "createdAt": one.created_at,
        "updatedAt": one.created_at,
    }


def _review(one: Review, seconds: int, updated: int) -> dict[str, Any]:
    return {
        "id": one.id,
        "agent": _agent(one.agent),
        "endUser": _end_user(one.end_user),
        "mark": one.mark,
        "confirmed": one.confirmed,
        "text": one.text,
        "createdAt": seconds,
        "updatedAt": updated,
    }


def _file(one: File) -> dict[str, Any]:
    image = one.kind == "image"
    url = {size: f"{_HOST}/{size}{one.path}" for size in _THUMBNAILS} if image else {}
    return {
        "id": one.id,
        "type": one.kind,
        "meta": {"width": one.width, "height": one.height} if image else {},
        "info": {
            "name": one.name,
            "ext": one.ext,
            "mimeType": one.mime_type,
            "size": one.size,
            "path": one.path,
        },
        "url": {**url, "default": _HOST + one.path},
        "createdAt": one.created_at,
        "updatedAt": one.created_at,
    }


def _refused(refusal: Refusal, profile: Profile) -> Answer:
    inside = profile["error_transport"] == "inside_200"
    shape = _status_error if profile["error_shape"] == "status_error" else _other
    listed = [msgspec.structs.asdict(violation) for violation in refusal.violations]
    header = (VIOLATIONS, msgspec.json.encode(listed).decode())
    return Answer(
        _OK if inside else refusal.status,
        shape(refusal),
        (*refusal.headers, header),
    )


def _status_error(refusal: Refusal) -> dict[str, Any]:
    if not refusal.by_field:
        return {"status": refusal.status, "error": refusal.violations[0].text}
    fields: dict[str, str] = {}
    for one in refusal.violations:
        fields.setdefault(one.pointer.lstrip("/") or one.where, one.text)
    return {"status": refusal.status, "error": fields}


def _other(refusal: Refusal) -> dict[str, Any]:
    problems = [{"rule": one.keyword, "detail": one.text} for one in refusal.violations]
    return {"status": refusal.status, "success": False, "problems": problems}
