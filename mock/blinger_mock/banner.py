"""What the command says when it serves: where, for whom, with what. No token but its own. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from blinger_mock.check import BASE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from blinger_mock.engine import Engine

_MOST_LISTED = 10


def facts(
    engine: Engine,
    address: str,
    *,
    token: str | None,
    db: Path | None,
    faults: str | None,
    clock: str,
) -> dict[str, Any]:
    """Return what there is to say.

    Args:
        engine: What is served; it has a tenant `1`.
        address: Where, as the authority of a URL.
        token: The token that is let in; None if others were given, which are not repeated.
        db: The file of the state; None is the memory.
        faults: The file of the rules that each tenant starts with.
        clock: How the time goes, as `clock.parse` takes it.
    """
    state = engine.state("1")
    locked = [one.id for one in state.conversations() if one.locked]
    rules = engine.tenancies["1"].faults.rules
    return {
        "url": f"http://{address}{BASE}",
        "page": f"http://{address}/_mock/",
        "token": token,
        "tenants": list(engine.tenancies),
        "conversations": [one.id for one in state.conversations() if not one.locked],
        "locked_conversation": locked[0] if locked else None,
        "agents": [agent.id for agent in state.agents()],
        "db": None if db is None else str(db),
        "faults": None if faults is None else {"file": faults, "rules": len(rules)},
        "clock": clock,
        "assumptions": {name: engine.profile[name] for name in sorted(engine.profile.given)},
    }


def in_json(told: dict[str, Any]) -> str:
    """Return *told* in one line, for programs."""
    return json.dumps(told)


def in_words(told: dict[str, Any]) -> str:
    """Return *told* in a few lines, for people: of what has its default, nothing."""
    given = [
        f"tenant {name}: --token number {place}" for place, name in enumerate(told["tenants"], 1)
    ]
    rooms = [*told["conversations"]]
    if told["locked_conversation"]:
        rooms.append(f"{told['locked_conversation']} (locked)")
    faults = told["faults"]
    rules = [] if faults is None else [f"{_count(faults['rules'], 'rule')} of {faults['file']}"]
    lines = [
        "blinger-mock serves the Blinger API. Ctrl+C stops it.",
        "",
        *_listed("url", [told["url"]]),
        *_listed("page", [told["page"]]),
        *(_listed("token", [told["token"]]) if told["token"] else _listed("tokens", given)),
        *_listed("conversations", rooms),
        *_listed("agents", told["agents"]),
        *_listed("db", [told["db"]] if told["db"] else []),
        *_listed("faults", rules),
        *_listed("clock", [] if told["clock"] == "real" else [told["clock"]]),
        *(f"  assumed        {name} = {value}" for name, value in told["assumptions"].items()),
    ]
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(name: str, ids: Sequence[str]) -> list[str]:
    lines = [
        f"  {name if place == 0 else '':13}  {one}" for place, one in enumerate(ids[:_MOST_LISTED])
    ]
    more = len(ids) - _MOST_LISTED
    return [*lines, f"  {'':13}  and {more} more"] if more > 0 else lines
