"""The settings of schemathesis for each mode: what it has is configured here, and only here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blinger_contract.options import Options

FULL_EXAMPLES = 60
CAREFUL_EXAMPLES = 3
_BAD_REQUEST = 400
_UNAUTHORIZED = 401
_WRONG_METHOD = 405
_CONFLICT = 409
_TOO_LARGE = 413
_TOO_MANY = 429


def settings(options: Options) -> dict[str, Any]:
    """Return the configuration of schemathesis for *options*, as its TOML file would hold it."""
    careful = options.careful
    common: dict[str, Any] = {
        "base-url": options.url,
        "seed": options.seed,
        # A plain header: cases that a hook adds get no other kind of authentication.
        "headers": {"Authorization": options.authorization},
        # One request at a time: what one answer means depends on the ones before it.
        "workers": 1,
        "continue-on-failure": True,
        "request-retries": 0,
        "max-redirects": 0,
        "request-timeout": 30 if careful else 10,
        # Nothing is written beside the run, and nothing of an earlier run is read.
        "cache": {"enabled": False},
        "analysis": {"constants": {"enabled": False}},
        "checks": _checks(options),
        "generation": {
            "database": "none",
            "max-examples": CAREFUL_EXAMPLES if careful else FULL_EXAMPLES,
            # Shrinking asks again and again.
            "no-shrink": careful,
            "allow-x00": not careful,
        },
        "phases": _careful_phases()
        if careful
        else {"stateful": {"generation": {"max-examples": FULL_EXAMPLES // 4}}},
    }
    if options.rate is not None:
        common["rate-limit"] = options.rate
    return common


def _careful_phases() -> dict[str, Any]:
    return {
        # The method that asks which methods there are; no other one but POST.
        # Wrong input alone: the probes send what is right, in fewer messages. That the path would
        # be wrong too, and hide all else behind a 404, is undone by the ids (`ids.py`).
        "coverage": {"unexpected-methods": ["OPTIONS"], "generation": {"mode": "negative"}},
        "fuzzing": {"generation": {"mode": "positive"}},
        "stateful": {"enabled": False},
    }


def _checks(options: Options) -> dict[str, Any]:
    profile = options.profile
    positive = {200, int(profile["unknown_ids"])}
    # The state of a conversation may speak against a request that is right in itself.
    if profile["review_needs_agent"] == "yes":
        positive.add(_BAD_REQUEST)
    if profile["uuid_dedupe"] == "conflict" or profile["review_repeat"] == "no":
        positive.add(_CONFLICT)
    refused = {_BAD_REQUEST, _UNAUTHORIZED, 404, _CONFLICT, _TOO_LARGE, 415, 422}
    if "body_max" in profile.given:
        positive.add(_TOO_LARGE)
    if profile["rate_limit"] != "none":
        positive.add(_TOO_MANY)
        refused.add(_TOO_MANY)
    limit = options.max_response_time
    return {
        **({} if limit is None else {"max_response_time": limit}),
        "positive_data_acceptance": {"expected-statuses": sorted(positive)},
        # 401 belongs here: a missing Authorization header is negative data too.
        "negative_data_rejection": {"expected-statuses": sorted(refused)},
        "unsupported_method": {"enabled": profile["wrong_method"] == _WRONG_METHOD},
    }
