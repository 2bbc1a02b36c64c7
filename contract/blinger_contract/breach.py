"""What a check says: a promise is broken, or an assumption was seen to have a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blinger_contract.ledger import OPERATIONS

if TYPE_CHECKING:
    from blinger_contract.seen import Seen
    from blinger_spec import Value

MESSAGE = "/components/schemas/Message"
FILE = "/components/schemas/File"
REVIEW = "/components/schemas/Review"
CONVERSATION = "/components/schemas/Conversation"
ENVELOPE = "/components/schemas/MessageEnvelope"
REFUSED = "/components/responses/Refused"
SECURITY = "/components/securitySchemes/token"
CONVERSATION_ID = "/components/parameters/ConversationId"
_PATHS = {
    operation: f"/paths/~1conversation~1{{id}}~1{part}" for part, operation in OPERATIONS.items()
}


@dataclass(frozen=True, slots=True, eq=False)
class Breach:
    """A promise that an exchange broke."""

    operation: str
    """The operationId; "the run" where it is none of the four."""
    title: str
    message: str
    """What was promised, and how the answer differs."""
    assumption: str | None
    """The assumption that the promise rests on; None where it is documented or seen."""
    place: str
    """A JSON pointer to the promise in `openapi.yaml`."""
    seen: Seen
    probe: str | None = None
    """The probe that sent the request; None outside of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """A value that an assumption was seen to have."""

    name: str
    value: Value
    seen: Seen
    probe: str | None = None


def operation(seen: Seen) -> str:
    """Return the operationId of the request, also where its method is another one."""
    if seen.asked is not None:
        return seen.asked.operation
    last = str(seen.request.url).partition("?")[0].rpartition("/")[2]
    return OPERATIONS.get(last, "the run")


def at_assumption(name: str) -> str:
    """Return the place where the assumption *name* is stated."""
    return f"/x-assumptions/{name}"


def at_operation(operation_id: str) -> str:
    """Return the place where an operation is stated."""
    return f"{_PATHS[operation_id]}/post" if operation_id in _PATHS else "/paths"
