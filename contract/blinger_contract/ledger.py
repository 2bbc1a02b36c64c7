"""The ledger: which operation was answered with which status, and what that leaves unproven."""

from __future__ import annotations

from collections import Counter

OK = 200
UNAUTHORIZED = 401

OPERATIONS = {
    "assign-agent": "assignAgent",
    "send-text-message": "sendTextMessage",
    "send-file-message": "sendFileMessage",
    "request-review": "requestReview",
}
"""The last part of each operation's path, and its operationId."""


class Ledger:
    """Counts every answer to an operation, whoever sent the request."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.sent = 0
        """Requests of any kind that left this process."""

    def record(self, operation: str, status: int) -> None:
        """Count an answer to *operation*."""
        self.answers[operation, status] += 1

    def statuses(self, operation: str) -> dict[int, int]:
        """Return how often *operation* was answered with each status, the lowest status first."""
        return {
            status: count
            for (name, status), count in sorted(self.answers.items())
            if name == operation
        }

    def missing(self, unknown: int) -> dict[str, list[int]]:
        """Return what each operation still owes.

        An operation is proven when it answered 200 to what is right, 401 to a request without the
        token, and *unknown* (404, unless the assumption unknown_ids says otherwise) to an id that
        does not exist.
        """
        needed = (OK, UNAUTHORIZED, unknown)
        owed = {
            operation: [status for status in needed if not self.answers[operation, status]]
            for operation in OPERATIONS.values()
        }
        return {operation: statuses for operation, statuses in owed.items() if statuses}
