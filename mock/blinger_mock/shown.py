"""What the admin API and the page show of the state: all of it, but no token of anybody."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from blinger_mock import render
from blinger_mock.clock import LATEST, SECOND
from blinger_mock.journal import LONGEST_BODY
from blinger_spec import assumptions as known_assumptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blinger_mock.clock import TenantClock
    from blinger_mock.faults import Rule
    from blinger_mock.journal import Exchange
    from blinger_mock.model import Conversation, Message
    from blinger_mock.state import Tenant
    from blinger_spec import Profile

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


def moment(microseconds: int) -> datetime:
    """Return a time of the state as one of the calendar, the nearest that there is."""
    return datetime.fromtimestamp(min(max(microseconds, 0), LATEST) / SECOND, UTC)


def iso(microseconds: int) -> str:
    """Return a time of the state as RFC 3339 has it."""
    return moment(microseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def conversation(tenant: Tenant, one: Conversation) -> dict[str, Any]:
    """Return *one* with its last message in a few words."""
    return described(one, last_message(tenant, one))


def last_message(tenant: Tenant, one: Conversation) -> Message | None:
    """Return the last message of *one*; None where there is none."""
    return next(iter(tenant.messages(one.id, last=1)), None)


def described(one: Conversation, last: Message | None) -> dict[str, Any]:
    """Return *one*, of which *last* is the last message."""
    return {
        "id": one.id,
        "endUser": one.end_user.id,
        "agent": None if one.agent is None else {"id": one.agent.id, "name": one.agent.name},
        "locked": one.locked,
        "messages": one.messages,
        "reviews": one.reviews,
        "last": None if last is None else preview(last),
        "createdAt": one.created_at,
        "updatedAt": one.updated_at,
    }


def preview(one: Message) -> str:
    """Return *one* in one line."""
    if one.review is not None:
        return f"Review: {one.review.mark} of 5" if one.review.confirmed else "Asks for a review"
    if one.file is not None:
        return f"{one.file.name}.{one.file.ext}"
    return " ".join((one.body or "").split())[:200]


def message(one: Message) -> dict[str, Any]:
    """Return *one* as the API writes it, without the end user's `websocketToken`."""
    return _without_credential(render.message(one))


def without_credential(one: Exchange) -> Exchange:
    """Return *one* with its answer as it went out, but for the end user's `websocketToken`."""
    if one.answer is None:
        return one
    return msgspec.structs.replace(one, answer=_without_credential(one.answer))


def _without_credential(document: dict[str, Any]) -> dict[str, Any]:
    """Return *document* without any `websocketToken`, at each level."""
    return {
        name: _without_credential(value) if isinstance(value, dict) else value
        for name, value in document.items()
        if name != "websocketToken"
    }


def exchange(one: Exchange, profile: Profile, base: str) -> dict[str, Any]:
    """Return *one* with its answer, what was wrong with it, and how to send it to *base* again."""
    return {
        "number": one.number,
        "at": iso(one.at),
        "tenant": one.tenant,
        "method": one.method,
        "path": one.path,
        "operation": one.operation,
        "conversation": one.conversation,
        "uuid": one.uuid,
        "status": one.status,
        "applied": one.applied,
        "fault": one.fault,
        "violations": [msgspec.structs.asdict(problem) for problem in one.problems],
        "contentType": one.content_type,
        "userAgent": one.user_agent,
        "body": one.body.decode(errors="replace"),
        "answer": None if one.answer is None else _without_credential(one.answer),
        "curl": curl(one, profile, base) if one.method else None,
    }


def curl(one: Exchange, profile: Profile, base: str) -> str:
    """Return a command that sends *one* again; the token is the shell's `$BLINGER_TOKEN`."""
    scheme = "Bearer " if profile["auth_scheme"] == "bearer" else ""
    parts = [
        f"curl --path-as-is -X {shlex.quote(one.method)} {shlex.quote(base + one.path)}",
        f'-H "Authorization: {scheme}$BLINGER_TOKEN"',
    ]
    if one.content_type is not None:
        parts.append(f"-H {shlex.quote('Content-Type: ' + one.content_type)}")
    if one.body:
        try:
            text = one.body.decode()
        except UnicodeDecodeError:
            text = "\0"
        whole = "\0" not in text and len(one.body) < LONGEST_BODY
        parts.append(
            f"--data-raw {shlex.quote(text)}"
            if whole
            else "--data-binary @BODY  # long, or no text"
        )
    return " \\\n  ".join(parts)


def export_name(tenant: str) -> str:
    """Return what to call the file of an export of *tenant*: a name that any system takes."""
    return f"blinger-mock-{_UNSAFE.sub('-', tenant)[:80]}.json"


def clock(one: TenantClock) -> dict[str, Any]:
    """Return how the clock goes and what it says."""
    now = one.look()
    return {"mode": one.mode, "now": iso(now), "microseconds": now}


def faults(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Return *rules* as they are written, without what has its default."""
    return [_rule(one) for one in rules]


def _rule(one: Rule) -> dict[str, Any]:
    written: dict[str, Any] = msgspec.to_builtins(one)
    unsaid = (None, False)
    plain: dict[str, Any] = msgspec.to_builtins(type(one)(one.effect))
    effect = {name: value for name, value in written["effect"].items() if value not in unsaid}
    rest = {name: value for name, value in written.items() if value != plain[name]}
    return {"effect": effect, **rest}


def assumptions(profile: Profile) -> list[dict[str, Any]]:
    """Return what is assumed, each with its question and where its value comes from."""
    return [
        {
            "name": one.name,
            "question": one.question,
            "value": profile[one.name],
            "default": one.default,
            "isDefault": profile[one.name] == one.default,
            "given": one.name in profile.given,
            "values": list(one.values),
            "choices": one.choices(),
            "seen": one.seen,
        }
        for one in known_assumptions().values()
    ]
