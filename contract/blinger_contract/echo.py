"""What an answer must repeat of its request. Pure."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from blinger_contract.breach import (
    CONVERSATION,
    MESSAGE,
    Breach,
    Fact,
    at_assumption,
    operation,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger_contract.seen import Seen
    from blinger_contract.sent import Sent
    from blinger_spec import Profile

_CONTENT = {"sendTextMessage": "text", "sendFileMessage": "file", "requestReview": "review"}
_TAG = re.compile(r"<[^<>]*>")
_BLANKS = " \t\n\r\v\f\x00\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + (
    "".join(map(chr, range(0x2000, 0x200C)))
)


def assignment(seen: Seen, asked: Sent, data: dict[str, Any]) -> Iterator[Breach]:
    """Yield what *data*, the answer to an assignment, repeats wrongly."""
    agent = data.get("assignedAgent")
    assigned = agent.get("id") if isinstance(agent, dict) else agent
    yield from _differs(
        seen, "Another conversation is answered", asked.conversation, data.get("id"), "id"
    )
    wanted = asked.fields.get("agentId")
    yield from _differs(seen, "Another agent is assigned", wanted, assigned, "assignedAgent")


def kind(seen: Seen, asked: Sent, data: dict[str, Any]) -> Iterator[Breach]:
    """Yield a breach if *data*, the message that answers *asked*, has another type."""
    expected, received = _CONTENT[asked.operation], data.get("type")
    if expected != received:
        text = f"Expected: {expected!r}\nReceived: {received!r}"
        place = f"{MESSAGE}/properties/type"
        yield Breach(operation(seen), "The message has another type", text, None, place, seen)


def _differs(seen: Seen, title: str, sent: object, received: object, name: str) -> Iterator[Breach]:
    # An id may be sent in capitals; it comes back as it was sent or, like all, in small letters.
    if str(received) not in {str(sent), str(sent).lower()}:
        text = f"Expected: {short(sent)}\nReceived: {short(received)}"
        place = f"{CONVERSATION}/properties/{name}"
        yield Breach(operation(seen), title, text, None, place, seen)


def text(seen: Seen, sent: str, body: object, profile: Profile) -> Iterator[Breach | Fact]:
    """Yield what *body*, the text that came back for *sent*, says of text_echo."""
    assumed = str(profile["text_echo"])
    value = _value(sent, body, assumed) if isinstance(body, str) else "changed"
    if value == "changed":
        message = f"Expected: {short(sent)}\nReceived: {short(body)}"
        yield Breach(
            *(operation(seen), "The text came back changed", message, "text_echo"),
            *(at_assumption("text_echo"), seen),
        )
    elif value is not None:
        yield Fact("text_echo", value, seen)


def _value(sent: str, body: str, assumed: str) -> str | None:
    """Return how *body* comes of *sent*; None where *sent* cannot tell, `changed` if in no way."""
    marked = _TAG.search(sent) is not None
    blank = sent != sent.strip()
    if body == sent:
        if (marked and assumed == "sanitised") or (blank and assumed == "trimmed"):
            return "verbatim"
        return "verbatim" if marked and blank else None
    if body.strip(_BLANKS) == sent.strip(_BLANKS) and body in sent:
        return "trimmed"
    clean = _TAG.sub("", sent)
    if body.strip(_BLANKS) in {
        one.strip(_BLANKS) for one in (clean, html.escape(sent), html.escape(sent, quote=False))
    }:
        return "sanitised"
    loose = assumed == "sanitised" and any(sign in sent for sign in "<>&\"'")
    return None if loose else "changed"


def short(value: object, limit: int = 200) -> str:
    """Return *value* as a finding shows it."""
    shown = repr(value)
    return shown if len(shown) <= limit else f"{shown[:limit]}… ({len(shown)} characters)"
