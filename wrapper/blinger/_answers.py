"""Reading an answer: the contract's models, each value checked as it is taken.

The generated models take plain values as they come, and what is no object can slip through; a test
holds this reading and theirs equal over generated answers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from attrs import define

from blinger import models
from blinger._json import as_integer, is_object, kind

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

CONTENTS = {"text": "body", "file": "file", "review": "review"}
"""Which key holds the content of a message, by its type."""

_MISSING: Final = object()
_Rest = dict[str, Any]
"""What of an object is not yet read; in the end, the fields that the contract does not know."""


@define
class MismatchError(Exception):
    """An answer is not what the contract promises."""

    path: str
    """Where in the answer, such as `data.file.info.size`."""
    problem: str
    """What is wrong there, as the rest of a sentence that begins with the path."""


def read_conversation(data: object, meta: models.Meta) -> models.Conversation:
    """Turn the `data` of an answer into a conversation.

    Raises:
        MismatchError: It is not one.
    """
    at = "data"
    rest = _object(data, at)
    return models.Conversation(
        id=_text(rest, at, "id"),
        assigned_agent=_nullable(_agent, rest, at, "assignedAgent"),
        locked=_flag(rest, at, "locked"),
        created_at=_moment(rest, at, "createdAt"),
        updated_at=_moment(rest, at, "updatedAt"),
        extra=rest,
        meta=meta,
    )


def read_message(data: object, meta: models.Meta) -> models.Message:
    """Turn the `data` of an answer into a message.

    Raises:
        MismatchError: It is not one, or lacks the content that its type promises.
    """
    at = "data"
    rest = _object(data, at)
    message = models.Message(
        id=_text(rest, at, "id"),
        status=_known(models.MessageStatus, rest, at, "status"),
        type=_known(models.MessageType, rest, at, "type"),
        body=_text_or_null(rest, at, "body"),
        file=_nullable(_file, rest, at, "file"),
        review=_nullable(_review, rest, at, "review"),
        bot=_nullable(_bot, rest, at, "bot"),
        agent=_nullable(_agent, rest, at, "agent"),
        end_user=_nullable(_end_user, rest, at, "endUser"),
        microseconds=_number(rest, at, "microseconds"),
        created_at=_moment(rest, at, "createdAt"),
        updated_at=_moment(rest, at, "updatedAt"),
        extra=rest,
        meta=meta,
    )
    content = CONTENTS.get(message.type)
    if content is not None and getattr(message, content) is None:
        raise MismatchError(f"{at}.{content}", f"is null in a message of type {message.type}")
    return message


def _agent(data: object, at: str) -> models.Agent:
    rest = _object(data, at)
    return models.Agent(
        id=_text(rest, at, "id"),
        service_user_id=_text(rest, at, "serviceUserId"),
        name=_text(rest, at, "name"),
        status=_known(models.AgentStatus, rest, at, "status"),
        avatar=_nullable(_file, rest, at, "avatar"),
        active=_flag(rest, at, "active"),
        created_at=_moment(rest, at, "createdAt"),
        updated_at=_moment(rest, at, "updatedAt"),
        extra=rest,
    )


def _file(data: object, at: str) -> models.File:
    rest = _object(data, at)
    return models.File(
        id=_text(rest, at, "id"),
        type=_known(models.FileType, rest, at, "type"),
        meta=_file_meta(_take(rest, at, "meta"), f"{at}.meta"),
        info=_file_info(_take(rest, at, "info"), f"{at}.info"),
        urls=_urls(_take(rest, at, "url"), f"{at}.url"),
        created_at=_moment(rest, at, "createdAt"),
        updated_at=_moment(rest, at, "updatedAt"),
        extra=rest,
    )


def _file_meta(data: object, at: str) -> models.FileMeta:
    rest = _object(data, at)
    return models.FileMeta(
        width=_number(rest, at, "width") if "width" in rest else None,
        height=_number(rest, at, "height") if "height" in rest else None,
        extra=rest,
    )


def _file_info(data: object, at: str) -> models.FileInfo:
    rest = _object(data, at)
    return models.FileInfo(
        name=_text(rest, at, "name"),
        ext=_text(rest, at, "ext"),
        mime_type=_text(rest, at, "mimeType"),
        size=_number(rest, at, "size"),
        path=_text(rest, at, "path"),
        extra=rest,
    )


def _urls(data: object, at: str) -> dict[str, str]:
    rest = _object(data, at)
    return {size: _text(rest, at, size) for size in tuple(rest)}


def _bot(data: object, at: str) -> models.Bot:
    rest = _object(data, at)
    return models.Bot(
        id=_text(rest, at, "id"),
        name=_text(rest, at, "name"),
        created_at=_moment(rest, at, "createdAt"),
        updated_at=_moment(rest, at, "updatedAt"),
        extra=rest,
    )


def _end_user(data: object, at: str) -> models.EndUser:
    rest = _object(data, at)
    return models.EndUser(
        id=_text(rest, at, "id"),
        websocket_token=_text(rest, at, "websocketToken"),
        created_at=_moment(rest, at, "createdAt"),
        updated_at=_moment(rest, at, "updatedAt"),
        extra=rest,
    )


def _review(data: object, at: str) -> models.Review:
    rest = _object(data, at)
    return models.Review(
        id=_text(rest, at, "id"),
        agent=_nullable(_agent, rest, at, "agent"),
        end_user=_end_user(_take(rest, at, "endUser"), f"{at}.endUser"),
        mark=_number(rest, at, "mark"),
        confirmed=_flag(rest, at, "confirmed"),
        text=_text(rest, at, "text"),
        created_at=_moment(rest, at, "createdAt"),
        updated_at=_moment(rest, at, "updatedAt"),
        extra=rest,
    )


# --- values ---------------------------------------------------------------------------------------


def _object(value: object, at: str) -> _Rest:
    if not is_object(value):
        raise MismatchError(at, f"should be an object and is {kind(value)}")
    return value.copy()


def _nullable(read: Callable[[object, str], T], rest: _Rest, at: str, key: str) -> T | None:
    value = _take(rest, at, key)
    return None if value is None else read(value, f"{at}.{key}")


def _take(rest: _Rest, at: str, key: str) -> object:
    value: object = rest.pop(key, _MISSING)
    if value is _MISSING:
        raise MismatchError(f"{at}.{key}", "is missing")
    return value


def _text(rest: _Rest, at: str, key: str) -> str:
    value = _take(rest, at, key)
    if not isinstance(value, str):
        raise MismatchError(f"{at}.{key}", f"should be a string and is {kind(value)}")
    return value


def _text_or_null(rest: _Rest, at: str, key: str) -> str | None:
    if rest.get(key, _MISSING) is None:
        del rest[key]
        return None
    return _text(rest, at, key)


def _number(rest: _Rest, at: str, key: str) -> int:
    value = _take(rest, at, key)
    number = value if type(value) is int else as_integer(value)
    if number is None:
        raise MismatchError(f"{at}.{key}", f"should be an integer and is {kind(value)}")
    return number


def _flag(rest: _Rest, at: str, key: str) -> bool:
    value = _take(rest, at, key)
    if not isinstance(value, bool):
        raise MismatchError(f"{at}.{key}", f"should be a boolean and is {kind(value)}")
    return value


def _moment(rest: _Rest, at: str, key: str) -> datetime:
    seconds = _number(rest, at, key)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise MismatchError(f"{at}.{key}", "is not a time in seconds that a calendar has") from None


def _known(kinds: type[E], rest: _Rest, at: str, key: str) -> E | str:
    text = _text(rest, at, key)
    try:
        return kinds(text)
    except ValueError:
        return text
