"""What the templates show of a conversation, a message or a request: words, and no decisions."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from blinger_mock import shown
from blinger_mock.clock import SECOND
from blinger_mock.model import Agent, Bot
from blinger_mock.page import times
from blinger_spec import assumptions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from blinger_mock.clock import TenantClock
    from blinger_mock.journal import Exchange
    from blinger_mock.model import Conversation, File, Message
    from blinger_mock.state import Tenant
    from blinger_spec import Profile

_TINTS = 6
_KILO = 1024
_HEXADECIMAL = 16
_MODES = {"real": "Running", "frozen": "Frozen", "stepped": "Stepped"}


def room(tenant: Tenant, one: Conversation, now: datetime) -> dict[str, Any]:
    """Return *one* as the list shows it."""
    last = shown.last_message(tenant, one)
    entry = shown.described(one, last)
    at = shown.moment(one.last_microseconds or one.updated_at * SECOND)
    return {
        **entry,
        "title": visitor(one.end_user.id),
        "tint": _tint(one.end_user.id),
        "initials": one.end_user.id[:2],
        "time": times.listed(at, now),
        "is_file": last is not None and last.file is not None,
    }


def visitor(identifier: str) -> str:
    """Return what to call an end user, who has no name."""
    return f"Visitor {identifier[:8]}"


def chat(messages: Sequence[Message], now: datetime) -> list[dict[str, Any]]:
    """Return *messages* as the chat shows them, with the day where a new one begins.

    One *follows* another of the same author in the same minute, and needs no line to say so.
    """
    shown_before = None
    entries = []
    seen: Counter[str] = Counter()
    for one in messages:
        at = shown.moment(one.microseconds)
        entry = _message(one, at, now)
        # Under some assumptions two messages have one id, but no two elements of a page may.
        seen[one.id] += 1
        entry["key"] = one.id if seen[one.id] == 1 else f"{one.id}-{seen[one.id]}"
        author = (entry["side"], entry["author"], entry["time"]["short"])
        day = times.day(at)
        entry["new_day"] = shown_before is None or shown_before[0] != day
        entry["follows"] = shown_before == (day, author)
        shown_before = (day, author)
        entries.append(entry)
    return entries


def _message(one: Message, at: datetime, now: datetime) -> dict[str, Any]:
    match one.author:
        case Agent(name=name):
            side, author = "agent", name
        case Bot(name=name):
            side, author = "bot", name
        case user:
            side, author = "end-user", visitor(user.id)
    return {
        "id": one.id,
        "conversation": one.conversation,
        "side": side,
        "author": author,
        "kind": one.kind,
        "body": one.body,
        "file": None if one.file is None else _file(one.file, one.sent),
        "review": one.review,
        # A review of a file of seed data was given, and nothing says when.
        "given": None
        if one.updated_at is None
        else times.exact(shown.moment(one.updated_at * SECOND), now, "%H:%M"),
        "time": times.clock_time(at),
        "day": times.day(at),
    }


def _file(one: File, url: str) -> dict[str, Any]:
    return {
        "name": f"{one.name}.{one.ext}" if one.ext else one.name,
        "about": f"{one.mime_type}, {_size(one.size)}",
        "image": one.kind == "image",
        "url": url if _is_web(url) else None,
    }


def _is_web(url: str) -> bool:
    """Return whether *url* may be a link: `javascript:` may not."""
    try:
        return urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False


def request(one: Exchange, profile: Profile, base: str, now: datetime) -> dict[str, Any]:
    """Return *one* as the journal shows it."""
    entry = shown.exchange(one, profile, base)
    at = shown.moment(one.at)
    known = assumptions()
    return {
        **entry,
        "tone": _tone(one.status),
        "text": _pretty(entry["body"]),
        "answered": None if entry["answer"] is None else _indented(entry["answer"]),
        "violations": [
            {**problem, "assumed": problem["keyword"] in known} for problem in entry["violations"]
        ],
        "time": times.exact(at, now),
    }


def clock(one: TenantClock) -> dict[str, Any]:
    """Return how the clock goes, in words."""
    at = shown.moment(one.look())
    return {
        "mode": one.mode,
        "word": _MODES[one.mode],
        "moved": times.moved(one.moved / SECOND),
        "now": {**times.clock_time(at), "long": at.strftime("%d %B %Y, %H:%M:%S UTC")},
        "field": at.strftime("%Y-%m-%dT%H:%M:%S"),
    }


def _tone(status: int) -> str:
    if status == 0:
        return "none"
    return {2: "good", 5: "worse"}.get(status // 100, "bad")


def compact(document: object) -> str:
    """Return *document* as JSON on one line, as a person would write it."""
    return json.dumps(document, ensure_ascii=False)


def _pretty(body: str) -> str:
    try:
        return _indented(json.loads(body))
    except (ValueError, RecursionError):
        return body


def _indented(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < _KILO:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= _KILO
    return f"{count:.1f} GB"


def _tint(identifier: str) -> int:
    digits = [char for char in identifier if char in "0123456789abcdef"]
    return int("".join(digits[:4]) or "0", _HEXADECIMAL) % _TINTS
