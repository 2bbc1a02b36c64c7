"""A request and its answer, as a check looks at them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemathesis.core.failures import Failure

if TYPE_CHECKING:
    from schemathesis import Case, Response

    from blinger_contract.sent import Sent
    from blinger_contract.suite import Suite


class Broken(Failure):
    """A promise of this API that an answer broke."""

    __slots__ = ("assumption", "pointer")

    def __init__(
        self,
        operation: str,
        title: str,
        message: str,
        assumption: str | None,
        pointer: str | None = None,
    ) -> None:
        """Take what was promised and what came, and the *assumption* that the promise rests on.

        *pointer* is its place in `openapi.yaml`.
        """
        super().__init__(operation=operation, title=title, message=message)
        self.assumption = assumption
        self.pointer = pointer

    @property
    def _unique_key(self) -> str:
        return self.title


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to an operation, with its answer."""

    suite: Suite
    asked: Sent
    response: Response
    case: Case[Any]

    @property
    def status(self) -> int:
        """Return the status of the answer."""
        return self.response.status_code

    @property
    def document(self) -> dict[str, Any]:
        """Return the body of the answer; empty where it is no JSON object."""
        try:
            document = json.loads(self.response.content)
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}

    @property
    def ids(self) -> set[str]:
        """Return the ids that the request named."""
        return self.asked.ids

    @property
    def has_token(self) -> bool:
        """Return whether the request carried the right token."""
        return self.asked.authorization == self.suite.effective.authorization

    @property
    def is_valid(self) -> bool:
        """Return whether nothing can be wrong with the request but an id."""
        # A case without metadata is one that the hooks added.
        meta = self.case.meta
        return self.has_token and (meta is None or meta.generation.mode.is_positive)

    def broken(self, title: str, message: str, assumption: str | None = None) -> Broken:
        """Return the failure that the answer is."""
        return Broken(self.case.operation.label, title, message, assumption)
