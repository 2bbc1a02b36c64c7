"""What every sample shows of a conversation or a message, beyond what the schemas say. Pure."""

from __future__ import annotations

import base64
import json
import mimetypes
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from blinger_contract.breach import CONVERSATION, FILE, MESSAGE, REVIEW

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from blinger_contract.seen import Seen

Problem = tuple[str, str, str]
"""A title, what was promised and what came, and the place of the promise."""

AUTHORS = {"endUser": "end_user", "agent": "agent", "bot": "bot"}
"""The keys of the author, and what the assumption message_author calls each."""
_THINGS = {
    "assignedAgent": "Agent",
    "agent": "Agent",
    "avatar": "File",
    "file": "File",
    "review": "Review",
    "bot": "Bot",
    "endUser": "EndUser",
}
"""The keys that hold something with an id, and the schema of each."""
_SECOND = 1_000_000
_MILLENNIUM = 946_684_800
"""The first second of the year 2000: what is older was never set, or is in another unit."""
_SETTLED_SECONDS = 60
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_SIZE = re.compile(r"[0-9]+x[0-9]+")
_SKEW_SECONDS = 300
_SKEW_WITHOUT_DATE = 86_400


def check(data: dict[str, Any], *, is_message: bool) -> Iterator[Problem]:
    """Yield what is wrong with *data*, the `data` of a 200."""
    for _, user in things(data):
        yield from _visitor(user)
    yield from _times(data, MESSAGE if is_message else CONVERSATION)
    if not is_message:
        agent = data.get("assignedAgent")
        yield from _agent(agent)
        return
    micro, made = data.get("microseconds"), data.get("createdAt")
    if type(micro) is int and type(made) is int and micro // _SECOND != made:
        text = f"The whole seconds of microseconds are createdAt.\nReceived: {micro} and {made}"
        yield "microseconds and createdAt disagree", text, f"{MESSAGE}/properties/microseconds"
    yield from _author(data)
    yield from _file(data.get("file"))
    yield from _agent(data.get("agent"))
    review = data.get("review")
    if isinstance(review, dict):
        yield from _times(review, REVIEW)
        yield from _agent(review.get("agent"))
        if review.get("id") == data.get("id"):
            text = "A review has an id of its own, not that of its message."
            yield "The review has the id of its message", text, f"{REVIEW}/properties/id"


def check_new(data: dict[str, Any], seen: Seen) -> Iterator[Problem]:
    """Yield what is wrong with *data*, a message that was made just now."""
    made = data.get("createdAt")
    now, skew = _now(seen)
    if type(made) is int and abs(made - now) > skew:
        text = f"A new message is made now.\nExpected: about {now:.0f}\nReceived: {made}"
        yield "A new message is not dated now", text, f"{MESSAGE}/properties/createdAt"
    changed = data.get("updatedAt")
    if type(made) is int and type(changed) is int and changed - made > _SETTLED_SECONDS:
        text = f"A new message has not changed yet.\nReceived: created {made}, updated {changed}"
        yield "A new message changed already", text, f"{MESSAGE}/properties/updatedAt"
    review = data.get("review")
    if isinstance(review, dict):
        asked = review.get("createdAt")
        if type(asked) is int and abs(asked - now) > skew:
            text = f"A new review is made now.\nExpected: about {now:.0f}\nReceived: {asked}"
            yield "A new review is not dated now", text, f"{REVIEW}/properties/createdAt"
        fresh = {"mark": 0, "confirmed": False, "text": ""}
        given = {name: review.get(name) for name in fresh}
        if given != fresh:
            text = f"A review that was just asked for is not answered.\nReceived: {given}"
            yield "A new review is answered already", text, REVIEW


def check_times(data: dict[str, Any], seen: Seen) -> Iterator[Problem]:
    """Yield each time in *data* that cannot be: before there was such an API, or to come."""
    now, skew = _now(seen)
    for kind, thing in things(data):
        for name in ("createdAt", "updatedAt"):
            value = thing.get(name)
            if type(value) is int and not _MILLENNIUM <= value <= now + skew:
                text = (
                    "A time is in Unix seconds, and not to come."
                    f"\nReceived: {name} {value} of the {kind}, at {now:.0f}"
                )
                yield "A time that cannot be", text, f"/components/schemas/{kind}/properties/{name}"


def check_ids(data: dict[str, Any], given: Container[str]) -> Iterator[Problem]:
    """Yield each id in *data* that is no UUID as the samples write one; those *given* may be."""
    for kind, thing in things(data):
        value = thing.get("id")
        if isinstance(value, str) and not _UUID.fullmatch(value) and value not in given:
            text = f"An id is a UUID in small letters.\nReceived: {value!r} of the {kind}"
            yield "An id is no UUID", text, f"/components/schemas/{kind}/properties/id"


def is_uuid(value: str) -> bool:
    """Return whether *value* is a UUID as it is written, in either case."""
    return _UUID.fullmatch(value.lower()) is not None


def things(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what *data* holds that has an id, with the name of its schema, from the outside in."""
    yield ("Message" if "microseconds" in data or "type" in data else "Conversation"), data
    queue = [data]
    for holder in queue:
        for name, kind in _THINGS.items():
            inner = holder.get(name)
            if isinstance(inner, dict):
                yield kind, inner
                queue.append(inner)


def _visitor(user: Mapping[str, Any]) -> Iterator[Problem]:
    token = user.get("websocketToken")
    if not isinstance(token, str):
        return
    place = "/components/schemas/EndUser/properties/websocketToken"
    subject = _subject(token)
    if subject is None:
        text = "A websocketToken is a JWT whose claim `sub` is a string."
        yield "A websocketToken is no JWT", text, place
    elif subject != user.get("id"):
        text = f"`sub` is the id of the end user.\nExpected: {user.get('id')}\nReceived: {subject}"
        yield "A websocketToken is that of another", text, place


def _subject(token: str) -> str | None:
    """Return the claim `sub` of *token*; None if it is no JWT, or has none."""
    parts = token.split(".")
    try:
        header, claims, _ = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) if index < 2 else ""  # noqa: PLR2004
            for index, part in enumerate(parts)
        )
    except (ValueError, RecursionError):
        return None
    subject = claims.get("sub") if isinstance(claims, dict) and isinstance(header, dict) else None
    return subject if isinstance(subject, str) else None


def _now(seen: Seen) -> tuple[float, float]:
    try:
        return parsedate_to_datetime(seen.headers.get("Date", "")).timestamp(), _SKEW_SECONDS
    except (ValueError, TypeError):
        return seen.at, _SKEW_WITHOUT_DATE


def _times(data: Mapping[str, Any], place: str) -> Iterator[Problem]:
    for name in ("createdAt", "updatedAt", "microseconds"):
        if name in data and type(data[name]) is not int:
            text = f"A time is an integer.\nReceived: {name} {data[name]!r}"
            yield "A time is no integer", text, f"{place}/properties/{name}"
    made, changed = data.get("createdAt"), data.get("updatedAt")
    if type(made) is int and type(changed) is int and changed < made:
        text = f"Nothing changes before it is made.\nReceived: created {made}, updated {changed}"
        yield "updatedAt is before createdAt", text, f"{place}/properties/updatedAt"


def _author(data: Mapping[str, Any]) -> Iterator[Problem]:
    authors = [name for name in AUTHORS if data.get(name) is not None]
    if len(authors) != 1:
        text = f"Exactly one of bot, agent and endUser is set.\nReceived: {authors or 'none'}"
        yield "A message has not exactly one author", text, MESSAGE
    for name in authors:
        if isinstance(data[name], dict):
            yield from _times(data[name], MESSAGE)


def _agent(agent: object) -> Iterator[Problem]:
    if isinstance(agent, dict):
        yield from _times(agent, "/components/schemas/Agent")
        yield from _file(agent.get("avatar"))


def _file(file: object) -> Iterator[Problem]:
    if not isinstance(file, dict):
        return
    yield from _times(file, FILE)
    info, urls = file.get("info"), file.get("url")
    if not isinstance(info, dict) or not isinstance(urls, dict):
        return
    for problem in (*_info(info), *_urls(info, urls)):
        yield "The info of a file is not plausible", problem, f"{FILE}/properties/info"
    image = str(info.get("mimeType", "")).lower().startswith("image/")
    if (file.get("type") == "image") is not image:
        text = f"An image has type image.\nReceived: {file.get('type')!r}, {info.get('mimeType')!r}"
        yield "The type of a file does not fit its mimeType", text, f"{FILE}/properties/type"


def _info(info: Mapping[str, Any]) -> Iterator[str]:
    ext, path, mime = (str(info.get(name, "")) for name in ("ext", "path", "mimeType"))
    if ext.startswith(".") or "/" in ext:
        yield f"ext has no dot before it.\nReceived: {ext!r}"
    if "/" not in mime:
        yield f"mimeType is a media type.\nReceived: {mime!r}"
    known = mimetypes.guess_type(f"x.{ext}")[0] if ext else None
    if known and known.startswith("image/") is not mime.startswith("image/"):
        yield f"ext and mimeType speak of one kind of file.\nReceived: {ext!r} and {mime!r}"
    if not path.startswith("/"):
        yield f"path starts with a slash.\nReceived: {path!r}"
    if ext and not path.lower().endswith(f".{ext.lower()}"):
        yield f"path ends with ext.\nReceived: {path!r} and {ext!r}"


def _urls(info: Mapping[str, Any], urls: Mapping[str, Any]) -> Iterator[str]:
    path = str(info.get("path", ""))
    if "default" not in urls:
        yield "url has the key default in every sample."
    plain = str(urls.get("default", ""))
    for size, url in urls.items():
        if _SIZE.fullmatch(size) and str(url) != f"{plain.removesuffix(path)}/{size}{path}":
            yield f"A url of a size names it before path.\nReceived: {size}: {url!r}"
        elif not str(url).startswith(("http://", "https://")) or not str(url).endswith(path):
            yield f"A url ends with path.\nReceived: {size}: {url!r}, and {path!r}"
