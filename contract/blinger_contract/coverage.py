"""What a run saw: each operation with each status, what never came, and how long answers took."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from blinger_contract import places
from blinger_contract.ledger import OK, OPERATIONS, UNAUTHORIZED

if TYPE_CHECKING:
    from blinger_contract.suite import Suite
    from blinger_contract.trail import Record
    from blinger_spec import Profile

_BAD = 400


def table(suite: Suite) -> list[dict[str, Any]]:
    """Return for each operation the statuses seen, and those that are named but never came."""
    seen = Counter((_operation(one), one.status) for one in suite.trail.records)
    profile = suite.options.profile
    rows = []
    for operation in OPERATIONS.values():
        statuses = {
            status: count
            for (name, status), count in sorted(seen.items(), key=lambda item: item[0][1] or 0)
            if name == operation and status is not None
        }
        never = [
            {"status": status, "why": why, "line": places.of_status(operation, status).line}
            for status, why in named(profile, operation).items()
            if status not in statuses
        ]
        rows.append(
            {
                "operation": operation,
                "seen": {str(status): count for status, count in statuses.items()},
                "unanswered": seen[operation, None],
                "never": never,
                "line": places.of_operation(operation).line,
            }
        )
    return rows


def named(profile: Profile, operation: str) -> dict[int, str]:
    """Return the statuses that are named for *operation* under *profile*, and when they come."""
    found = {OK: "a right request", UNAUTHORIZED: "no token, or a wrong one"}
    found[int(profile["unknown_ids"])] = "an id that does not exist"
    found[_BAD] = "a request that is not valid"
    found[int(profile["wrong_method"])] = "another HTTP method"
    rules = [profile["uuid_dedupe"], profile["uuid_reuse"]]
    if operation.startswith("send") and "conflict" in rules:
        found[409] = "a uuid that was used"
    if operation == "requestReview" and profile["review_repeat"] == "no":
        found[409] = "a second review"
    if operation.startswith("send"):
        found[413] = f"a body over {profile['body_max']} bytes"
    if profile["rate_limit"] != "none":
        found[429] = f"more than {profile['rate_limit']} requests a second"
    return dict(sorted(found.items()))


def times(suite: Suite) -> list[dict[str, Any]]:
    """Return how long the answers of each operation took, in seconds."""
    rows = []
    for operation in OPERATIONS.values():
        took = sorted(
            one.elapsed
            for one in suite.trail.records
            if one.operation == operation and one.status is not None
        )
        if took:
            rows.append(
                {
                    "operation": operation,
                    "answers": len(took),
                    "median": round(statistics.median(took), 4),
                    "p95": round(took[min(len(took) - 1, int(len(took) * 0.95))], 4),
                    "longest": round(took[-1], 4),
                }
            )
    return rows


def _operation(record: Record) -> str | None:
    """Return the operation, also where the method is another one."""
    path = urlsplit(record.url).path
    if record.operation or "/conversation/" not in path:
        return record.operation
    return OPERATIONS.get(path.rpartition("/")[2])
