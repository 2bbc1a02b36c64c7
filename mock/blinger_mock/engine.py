"""The three steps joined, and held to the contract: no answer that breaks it leaves the server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from blinger_mock import violations
from blinger_mock.check import Checker
from blinger_mock.clock import Clock, system
from blinger_mock.contract import Contract, Operation
from blinger_mock.journal import LONGEST_BODY, Exchange, Journal
from blinger_mock.limits import Limiter
from blinger_mock.memory import MemoryStore
from blinger_mock.record import Record
from blinger_mock.render import render
from blinger_mock.rules import Rules
from blinger_mock.seed import seed as make_seed
from blinger_mock.steps import (
    Answer,
    Caller,
    Command,
    Fetched,
    Refusal,
    Request,
    Result,
    SendFile,
    SendText,
    refuse,
)

if TYPE_CHECKING:
    from blinger_spec import Profile

logger = logging.getLogger("blinger_mock")


class Visit(Record, frozen=True, gc=False):
    """A request that was looked at and is not answered yet."""

    request: Request
    operation: Operation | None
    caller: Caller | None
    step: Command | Refusal


class Engine:
    """The API without a socket."""

    def __init__(self, profile: Profile, *, seed: int = 0, clock: Clock = system) -> None:
        self.profile = profile
        self.seed = make_seed(seed)
        self.journal = Journal()
        self.violations = 0
        """How many answers of its own broke the contract, or could not be made at all."""
        self._clock = clock
        self._contract = Contract(profile)
        self._tenants: dict[str, str] = {}
        self._checker = Checker(profile, self._contract, self._tenants)
        rate = profile["rate_limit"]
        self._limiter = Limiter(None if isinstance(rate, str) else rate, clock)
        self.store = MemoryStore(Rules(profile, clock), self.seed, seed)
        self.body_max = int(profile["body_max"])
        """The largest body that is read, in bytes."""

    def __repr__(self) -> str:
        return f"<Engine {self.profile!r}, {len(self._tenants)} tenants>"

    def add_tenant(self, token: str, name: str) -> None:
        """Let *token* in as the tenant *name*, who starts with the seed."""
        self.store.add(name)
        self._tenants[token] = name

    def remove_tenant(self, token: str) -> None:
        """Forget *token* and all that its tenant has."""
        self.store.remove(self._tenants.pop(token))

    def open(self, request: Request) -> Visit:
        """Check *request*."""
        found = self._checker.identify(request)
        if isinstance(found, Refusal):
            return Visit(request, None, None, found)
        operation, caller = found
        wait = self._limiter.take(caller.tenant)
        step = self._checker.check(request, operation, caller, wait)
        return Visit(request, operation, caller, step)

    def url_to_fetch(self, visit: Visit) -> str | None:
        """Return the URL to fetch before *visit* can be closed (assumption `file_fetch`)."""
        if self.profile["file_fetch"] == "no" or not isinstance(visit.step, SendFile):
            return None
        return visit.step.url if self.store.settle(visit.step) is None else None

    def close(self, visit: Visit, fetched: Fetched | Refusal | None = None) -> Answer:
        """Apply the command of *visit*, unless it is refused, and return the answer."""
        step = visit.step
        if isinstance(fetched, Refusal):
            step = fetched
        elif isinstance(step, SendFile) and fetched is not None:
            step = msgspec.structs.replace(step, fetched=fetched)
        outcome = step if isinstance(step, Refusal) else self.store.apply(step)
        answer = self._held_to_contract(visit, outcome, render(outcome, self.profile))
        self._record(visit, outcome, answer)
        return answer

    def crashed(self, error: BaseException) -> Answer:
        """Return the answer to a request that met a bug of this server; log where, not what."""
        self.violations += 1
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "?"
        logger.error("a bug of the mock: %s in %s", type(error).__name__, place)
        return self._failed()

    def _held_to_contract(self, visit: Visit, outcome: Result | Refusal, answer: Answer) -> Answer:
        validators = []
        if isinstance(outcome, Refusal):
            validators.append(self._contract.error)
        if visit.operation is not None and answer.status == 200:  # noqa: PLR2004 - the one status with content
            validators.append(visit.operation.response)
        for validator in validators:
            broken = violations.find(validator, answer.document)
            if broken:
                self.violations += 1
                where = ", ".join(f"{one.pointer or '/'} {one.keyword}" for one in broken)
                logger.error("an answer of the mock breaks the contract: %s", where)
                return self._failed()
        return answer

    def _failed(self) -> Answer:
        refusal = refuse(500, "answer", "contract", "the mock has a bug: its log says where")
        answer = render(refusal, self.profile)
        return Answer(500, answer.document, answer.headers)

    def _record(self, visit: Visit, outcome: Result | Refusal, answer: Answer) -> None:
        step, caller, request = visit.step, visit.caller, visit.request
        refused = outcome.violations if isinstance(outcome, Refusal) else ()
        self.journal.add(
            Exchange(
                number=self.journal.next_number(),
                at=self._clock(),
                tenant=caller.tenant if caller else None,
                method=request.method,
                operation=caller.operation if caller else None,
                conversation=caller.conversation if caller else None,
                uuid=step.uuid if isinstance(step, SendText | SendFile) else None,
                status=answer.document["status"],
                violations=tuple(one.keyword for one in refused),
                body=request.body[:LONGEST_BODY],
                user_agent=request.user_agent,
            )
        )
