"""Where in `openapi.yaml` the promise stands that a failure broke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemathesis.core.failures import (
    AcceptedNegativeData,
    MalformedJson,
    ResponseTimeExceeded,
    ServerError,
)
from schemathesis.openapi.checks import (
    AllowHeaderMismatch,
    IgnoredAuth,
    MissingContentType,
    MissingHeaderNotRejected,
    MissingHeaders,
    RejectedPositiveData,
    UndefinedContentType,
    UndefinedStatusCode,
    UnsupportedMethodResponse,
)

from blinger_contract.breach import CONVERSATION_ID, SECURITY
from blinger_contract.exchange import Broken
from blinger_contract.ledger import OPERATIONS
from blinger_spec import assumptions, line

if TYPE_CHECKING:
    from schemathesis.core.failures import Failure

_PATHS = {operation: f"/conversation/{{id}}/{end}" for end, operation in OPERATIONS.items()}
_BY_TITLE = {
    "The token is refused": SECURITY,
    "An id that exists is answered as unknown": CONVERSATION_ID,
    "An id that does not exist is accepted": CONVERSATION_ID,
}
_IN_OPERATION: dict[type[Failure], tuple[str, ...]] = {
    ServerError: ("responses", "5XX"),
    MalformedJson: ("responses", "200", "content"),
    MissingContentType: ("responses", "200", "content"),
    UndefinedContentType: ("responses", "200", "content"),
    MissingHeaders: ("responses", "200"),
    UndefinedStatusCode: ("responses",),
    IgnoredAuth: ("security",),
    MissingHeaderNotRejected: ("security",),
    AcceptedNegativeData: ("requestBody",),
    RejectedPositiveData: ("requestBody",),
    AllowHeaderMismatch: (),
    UnsupportedMethodResponse: (),
    ResponseTimeExceeded: (),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A pointer into `openapi.yaml`, and its line."""

    pointer: str
    line: int

    def __str__(self) -> str:
        return f"openapi.yaml:{self.line} {self.pointer}"


def of(failure: Failure, operation: str, assumption: str | None) -> Place:
    """Return where the promise stands that *failure* of *operation* broke."""
    stated = failure.pointer if isinstance(failure, Broken) else None
    stated = stated or _BY_TITLE.get(failure.title)
    if stated is not None:
        return of_pointer(stated)
    pointer = getattr(failure, "pointer", None)
    if pointer:
        return of_pointer(pointer)
    if assumption in assumptions():
        return _place(("x-assumptions", str(assumption)))
    inside = _IN_OPERATION.get(type(failure), ("responses", "200"))
    return of_operation(operation, *inside)


def of_operation(operation: str, *inside: str) -> Place:
    """Return where *operation*, or what is *inside* it, stands."""
    if operation not in _PATHS:
        return _place(("paths",))
    return _place(("paths", _PATHS[operation], "post", *inside))


def of_pointer(pointer: str) -> Place:
    """Return the place that *pointer*, a JSON pointer, names."""
    parts = pointer.removeprefix("#").strip("/").split("/")
    return _place(tuple(part.replace("~1", "/").replace("~0", "~") for part in parts))


def of_status(operation: str, status: int) -> Place:
    """Return where the answer with *status* of *operation* stands."""
    known = "200" if status == 200 else f"{status // 100}XX"  # noqa: PLR2004 - the one that is named
    return of_operation(operation, "responses", known)


def _place(parts: tuple[str, ...]) -> Place:
    escaped = (part.replace("~", "~0").replace("/", "~1") for part in parts)
    return Place("#/" + "/".join(escaped), line(parts))
