"""The table of the assumptions: what was assumed, what was observed, or why it was not asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blinger_spec import Profile, Value, assumptions

if TYPE_CHECKING:
    from blinger_contract.suite import Suite

AS_ASSUMED, DIFFERS, NOT_PROBED = "as assumed", "differs", "not probed"


def rows(suite: Suite) -> list[dict[str, Any]]:
    """Return one row for each assumption, in the order of `openapi.yaml`."""
    profile = suite.options.profile
    found = []
    for name, entry in assumptions().items():
        value = _observed(suite, name)
        verdict = NOT_PROBED if value is None else AS_ASSUMED if value == profile[name] else DIFFERS
        found.append(
            {
                "name": name,
                "question": entry.question,
                "assumed": profile[name],
                "pinned": name in profile.given,
                "observed": value,
                "verdict": verdict,
                "why": "" if value is not None else _reason(suite, name),
            }
        )
    return found


def profile(suite: Suite) -> Profile:
    """Return the profile of the deployment: what was observed, else what was pinned."""
    given: dict[str, Value] = {}
    for row in rows(suite):
        if row["observed"] is not None:
            given[row["name"]] = row["observed"]
        elif row["pinned"]:
            given[row["name"]] = row["assumed"]
    return Profile(given)


def to_toml(suite: Suite) -> str:
    """Return that profile as a file, with what could not be observed as comments."""
    lines = ["# What blinger-contract observed. A name that is not listed has its default.\n"]
    observed = profile(suite)
    lines.append(observed.to_toml())
    lines += [
        f"# not observed: {row['name']} ({row['why']})\n"
        for row in rows(suite)
        if row["observed"] is None and not row["pinned"]
    ]
    return "".join(lines)


def _observed(suite: Suite, name: str) -> Value | None:
    witness = getattr(suite, "witness", None)
    value: Value | None = None if witness is None else witness.seen(name)
    return value


def _reason(suite: Suite, name: str) -> str:
    witness = getattr(suite, "witness", None)
    skipped: dict[str, str] = {} if witness is None else witness.skipped
    return skipped.get(name, "no answer of this run shows it")
