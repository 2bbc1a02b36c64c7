"""The faults that the page offers at one press."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blinger_mock import faults, shown
from blinger_mock.page import cards
from blinger_mock.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence


class Preset(Record, frozen=True, gc=False):
    """A rule with a name that a person would give it."""

    name: str
    title: str
    text: str
    rule: faults.Rule


def _preset(name: str, title: str, text: str, **rule: Any) -> Preset:
    (read,) = faults.read([rule])
    return Preset(name, title, text, read)


PRESETS = (
    _preset(
        "first-503",
        "503 the first time",
        "The next request fails, and nothing is changed; its repetition succeeds.",
        effect={"kind": "status", "status": 503},
        times=1,
    ),
    _preset(
        "first-429",
        "429 with Retry-After",
        "The next request is told to come back in one second.",
        effect={"kind": "status", "status": 429, "retry_after": "1"},
        times=1,
    ),
    _preset(
        "reset-after",
        "Reset after the commit",
        "The next request takes effect, but its connection is reset: who sends again under another "
        "uuid has sent twice.",
        effect={"kind": "reset"},
        when="after",
        times=1,
    ),
    _preset(
        "reset-before",
        "Reset before the commit",
        "The next request changes nothing, and its connection is reset.",
        effect={"kind": "reset"},
        times=1,
    ),
    _preset(
        "hang",
        "Hang",
        "The next request gets no answer, until its caller gives up.",
        effect={"kind": "hang"},
        times=1,
    ),
    _preset(
        "delay",
        "Two seconds late",
        "Every answer comes two seconds late.",
        effect={"kind": "delay", "seconds": 2.0},
        when="after",
    ),
    _preset(
        "drip",
        "Byte by byte",
        "The body of every answer drips, twenty bytes a second.",
        effect={"kind": "drip", "seconds": 0.05},
        when="after",
    ),
    _preset(
        "truncate",
        "Half a body",
        "The next answer breaks off in the middle of its body.",
        effect={"kind": "truncate"},
        when="after",
        times=1,
    ),
    _preset(
        "malformed",
        "No JSON",
        "The next answer is a 200 whose body is no JSON.",
        effect={"kind": "malformed"},
        when="after",
        times=1,
    ),
    _preset(
        "down",
        "Down",
        "Every request fails with 503, until this is switched off.",
        effect={"kind": "status", "status": 503},
    ),
)
"""In the order in which they are shown."""


def switches(known: faults.Faults) -> list[dict[str, Any]]:
    """Return each preset, and the place of its rule in *known*; None where none is in force."""
    return [_switch(one, [it for it in listed(known) if it["rule"] == one.rule]) for one in PRESETS]


def _switch(one: Preset, there: Sequence[dict[str, Any]]) -> dict[str, Any]:
    active = next((it for it in there if not it["used_up"]), None)
    state = "Off" if not there else (active or there[0])["state"]
    return {
        "name": one.name,
        "title": one.title,
        "text": one.text,
        "json": cards.compact(shown.faults([one.rule])[0]),
        "place": None if active is None else active["place"],
        "state": state,
    }


def listed(known: faults.Faults) -> list[dict[str, Any]]:
    """Return each rule in *known* with its place, and how often it was met."""
    rules = known.rules
    return [
        {
            "place": place,
            "rule": rule,
            "json": cards.compact(shown.faults([rule])[0]),
            "met": met,
            "used_up": rule.is_used_up(met),
            "state": _state(rule, met, rules[:place]),
        }
        for place, (rule, met) in enumerate(zip(rules, known.met, strict=True))
    ]


def _state(rule: faults.Rule, met: int, earlier: Sequence[faults.Rule]) -> str:
    often = {0: "not met yet", 1: "met once"}.get(met, f"met {met} times")
    if rule.is_used_up(met):
        return f"Used up, {often}"
    if any(one.shadows(rule) for one in earlier):
        return "On, but an earlier rule is met first"
    return f"On, {often}"
