"""A request on its way through the three steps, and what the journal says of it."""

from __future__ import annotations

from typing import Any

from blinger_mock.contract import Operation
from blinger_mock.faults import Rule, line
from blinger_mock.journal import LONGEST_BODY, Exchange
from blinger_mock.record import Record
from blinger_mock.steps import (
    Answer,
    Caller,
    Command,
    Refusal,
    Request,
    Result,
    SendFile,
    SendText,
)


class Visit(Record, frozen=True, gc=False):
    """A request that was looked at and is not answered yet."""

    request: Request
    operation: Operation | None
    caller: Caller | None
    step: Command | Refusal
    fault: Rule | None = None
    """What its answer meets."""


class Closed(Record, frozen=True, gc=False):
    """A request that was applied, and the answer that goes back once that is kept."""

    visit: Visit
    outcome: Result | Refusal
    answer: Answer
    applied: bool
    """Whether it was carried out: a fault may say otherwise."""


def exchange(  # noqa: PLR0917 - one caller
    number: int,
    at: int,
    visit: Visit,
    outcome: Result | Refusal | None,
    answer: dict[str, Any] | None,
    applied: bool,  # noqa: FBT001 - as above
) -> Exchange:
    """Return the entry of *visit*, which came to *outcome* at *at*, in Unix microseconds.

    None as *answer* is none that went out.
    """
    step, caller, request = visit.step, visit.caller, visit.request
    refused = outcome.violations if isinstance(outcome, Refusal) else ()
    return Exchange(
        number=number,
        at=at,
        tenant=caller.tenant if caller else None,
        method=request.method,
        operation=caller.operation if caller else None,
        conversation=caller.conversation if caller else None,
        uuid=step.uuid if isinstance(step, (SendText, SendFile)) else None,
        status=0 if answer is None else answer["status"],
        applied=applied,
        violations=tuple([one.keyword for one in refused]),
        body=request.body[:LONGEST_BODY],
        user_agent=request.user_agent,
        fault=line(visit.fault) if visit.fault else None,
        content_type=request.content_type,
        path=request.path,
        problems=refused,
        answer=answer,
    )
