"""The one door to the generated client: its request builders, and its models turned into ours.

What the generated code does not check is checked here: the types of plain values, and where in the
answer a fault is.
"""

# The request builders are underscored; the pinned generator and the drift check hold them.
# pyright: reportPrivateUsage=false
from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from attrs import define

from blinger import models
from blinger._json import as_integer, is_object, kind
from blinger_api import models as raw
from blinger_api.api.conversation import (
    assign_agent,
    request_review,
    send_file_message,
    send_text_message,
)
from blinger_api.types import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

CONTENTS = {"text": "body", "file": "file", "review": "review"}
"""Which key holds the content of a message, by its type."""


@define
class MismatchError(Exception):
    """An answer is not what the contract promises."""

    path: str
    """Where in the answer, such as `data.file.info.size`."""
    problem: str
    """What is wrong there, as the rest of a sentence that begins with the path."""


# --- requests: path and JSON body -----------------------------------------------------------------


def assign_agent_request(conversation: str, agent: str) -> Mapping[str, Any]:
    """Return what the generated builder makes of an assignment."""
    body = raw.AssignAgentRequest(agent_id=agent)
    return assign_agent._get_kwargs(conversation, body=body)


def send_text_request(conversation: str, text: str, uuid: UUID) -> Mapping[str, Any]:
    """Return what the generated builder makes of a text."""
    body = raw.SendTextMessageRequest(uuid=uuid, text=text)
    return send_text_message._get_kwargs(conversation, body=body)


def send_file_request(conversation: str, url: str, uuid: UUID) -> Mapping[str, Any]:
    """Return what the generated builder makes of a file."""
    body = raw.SendFileMessageRequest(uuid=uuid, file=url)
    return send_file_message._get_kwargs(conversation, body=body)


def request_review_request(conversation: str) -> Mapping[str, Any]:
    """Return what the generated builder makes of a request for a review."""
    return request_review._get_kwargs(conversation)


# --- answers --------------------------------------------------------------------------------------


def read_conversation(data: object, meta: models.Meta) -> models.Conversation:
    """Turn the `data` of an answer into a conversation.

    Raises:
        MismatchError: It is not one.
    """
    source, at = _parse(raw.Conversation, data), "data"
    agent = source.assigned_agent
    return models.Conversation(
        id=_text(source.id, at, "id"),
        assigned_agent=None if agent is None else _agent(agent, f"{at}.assignedAgent"),
        locked=_flag(source.locked, at, "locked"),
        created_at=_moment(source.created_at, at, "createdAt"),
        updated_at=_moment(source.updated_at, at, "updatedAt"),
        extra=source.additional_properties,
        meta=meta,
    )


def read_message(data: object, meta: models.Meta) -> models.Message:
    """Turn the `data` of an answer into a message.

    Raises:
        MismatchError: It is not one, or lacks the content that its type promises.
    """
    source, at = _parse(raw.Message, data), "data"
    message = models.Message(
        id=_text(source.id, at, "id"),
        status=_known(models.MessageStatus, source.status, at, "status"),
        type=_known(models.MessageType, source.type_, at, "type"),
        body=None if source.body is None else _text(source.body, at, "body"),
        file=None if source.file is None else _file(source.file, f"{at}.file"),
        review=None if source.review is None else _review(source.review, f"{at}.review"),
        bot=None if source.bot is None else _bot(source.bot, f"{at}.bot"),
        agent=None if source.agent is None else _agent(source.agent, f"{at}.agent"),
        end_user=None if source.end_user is None else _end_user(source.end_user, f"{at}.endUser"),
        microseconds=_number(source.microseconds, at, "microseconds"),
        created_at=_moment(source.created_at, at, "createdAt"),
        updated_at=_moment(source.updated_at, at, "updatedAt"),
        extra=source.additional_properties,
        meta=meta,
    )
    content = CONTENTS.get(message.type)
    if content is not None and getattr(message, content) is None:
        raise MismatchError(f"{at}.{content}", f"is null in a message of type {message.type}")
    return message


def _agent(source: raw.Agent, at: str) -> models.Agent:
    return models.Agent(
        id=_text(source.id, at, "id"),
        service_user_id=_text(source.service_user_id, at, "serviceUserId"),
        name=_text(source.name, at, "name"),
        status=_known(models.AgentStatus, source.status, at, "status"),
        avatar=None if source.avatar is None else _file(source.avatar, f"{at}.avatar"),
        active=_flag(source.active, at, "active"),
        created_at=_moment(source.created_at, at, "createdAt"),
        updated_at=_moment(source.updated_at, at, "updatedAt"),
        extra=source.additional_properties,
    )


def _file(source: raw.File, at: str) -> models.File:
    meta, info, urls = source.meta, source.info, source.url.additional_properties
    return models.File(
        id=_text(source.id, at, "id"),
        type=_known(models.FileType, source.type_, at, "type"),
        meta=models.FileMeta(
            width=None if meta.width is UNSET else _number(meta.width, at, "meta.width"),
            height=None if meta.height is UNSET else _number(meta.height, at, "meta.height"),
            extra=meta.additional_properties,
        ),
        info=models.FileInfo(
            name=_text(info.name, at, "info.name"),
            ext=_text(info.ext, at, "info.ext"),
            mime_type=_text(info.mime_type, at, "info.mimeType"),
            size=_number(info.size, at, "info.size"),
            path=_text(info.path, at, "info.path"),
            extra=info.additional_properties,
        ),
        urls={size: _text(url, at, f"url.{size}") for size, url in urls.items()},
        created_at=_moment(source.created_at, at, "createdAt"),
        updated_at=_moment(source.updated_at, at, "updatedAt"),
        extra=source.additional_properties,
    )


def _bot(source: raw.Bot, at: str) -> models.Bot:
    return models.Bot(
        id=_text(source.id, at, "id"),
        name=_text(source.name, at, "name"),
        created_at=_moment(source.created_at, at, "createdAt"),
        updated_at=_moment(source.updated_at, at, "updatedAt"),
        extra=source.additional_properties,
    )


def _end_user(source: raw.EndUser, at: str) -> models.EndUser:
    return models.EndUser(
        id=_text(source.id, at, "id"),
        websocket_token=_text(source.websocket_token, at, "websocketToken"),
        created_at=_moment(source.created_at, at, "createdAt"),
        updated_at=_moment(source.updated_at, at, "updatedAt"),
        extra=source.additional_properties,
    )


def _review(source: raw.Review, at: str) -> models.Review:
    return models.Review(
        id=_text(source.id, at, "id"),
        agent=None if source.agent is None else _agent(source.agent, f"{at}.agent"),
        end_user=_end_user(source.end_user, f"{at}.endUser"),
        mark=_number(source.mark, at, "mark"),
        confirmed=_flag(source.confirmed, at, "confirmed"),
        text=_text(source.text, at, "text"),
        created_at=_moment(source.created_at, at, "createdAt"),
        updated_at=_moment(source.updated_at, at, "updatedAt"),
        extra=source.additional_properties,
    )


# --- plain values, which the generated code takes as they come ------------------------------------


def _text(value: object, at: str, key: str) -> str:
    if not isinstance(value, str):
        raise MismatchError(f"{at}.{key}", f"should be a string and is {kind(value)}")
    return value


def _number(value: object, at: str, key: str) -> int:
    number = as_integer(value)
    if number is None:
        raise MismatchError(f"{at}.{key}", f"should be an integer and is {kind(value)}")
    return number


def _flag(value: object, at: str, key: str) -> bool:
    if not isinstance(value, bool):
        raise MismatchError(f"{at}.{key}", f"should be a boolean and is {kind(value)}")
    return value


def _moment(value: object, at: str, key: str) -> datetime:
    try:
        return datetime.fromtimestamp(_number(value, at, key), UTC)
    except (ValueError, OverflowError, OSError):
        raise MismatchError(f"{at}.{key}", "is not a time in seconds that a calendar has") from None


def _known(kinds: type[E], value: object, at: str, key: str) -> E | str:
    text = _text(value, at, key)
    return kinds(text) if text in kinds.__members__.values() else text


# --- where a fault is -----------------------------------------------------------------------------


class _Parsed(Protocol):
    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Any: ...


P = TypeVar("P", bound=_Parsed)

_CHILDREN: dict[type[_Parsed], dict[str, type[_Parsed]]] = {
    raw.Conversation: {"assignedAgent": raw.Agent},
    raw.Message: {
        "file": raw.File,
        "review": raw.Review,
        "bot": raw.Bot,
        "agent": raw.Agent,
        "endUser": raw.EndUser,
    },
    raw.Agent: {"avatar": raw.File},
    raw.Review: {"endUser": raw.EndUser, "agent": raw.Agent},
    raw.File: {"meta": raw.FileMeta, "info": raw.FileInfo, "url": raw.FileUrls},
}


def _parse(model: type[P], data: object) -> P:
    _check_objects(model, data, "data")
    parsed = _attempt(model, data)
    if isinstance(parsed, model):
        return parsed
    raise _blame(model, data, "data")


def _check_objects(model: type[_Parsed], data: object, at: str) -> None:
    """Refuse what should be an object and is not: generated code takes a list of pairs for one."""
    if not is_object(data):
        raise MismatchError(at, f"should be an object and is {kind(data)}")
    for key, child in _CHILDREN.get(model, {}).items():
        if data.get(key) is not None:
            _check_objects(child, data[key], f"{at}.{key}")


def _attempt(model: type[P], data: Any) -> P | Exception:
    try:
        parsed: P = model.from_dict(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return error
    return parsed


def _blame(model: type[_Parsed], data: Any, at: str) -> MismatchError:
    """Find the innermost object of *data* that *model* cannot read, and say why."""
    children = _CHILDREN.get(model, {})
    for key, child in children.items():
        if data.get(key) is not None and isinstance(_attempt(child, data[key]), Exception):
            return _blame(child, data[key], f"{at}.{key}")
    fault = _attempt(model, data)
    if isinstance(fault, KeyError):
        return MismatchError(f"{at}.{fault.args[0]}", "is missing")
    null = [key for key in children if data[key] is None]
    return MismatchError(".".join((at, *null[:1])), "should be an object and is null")
