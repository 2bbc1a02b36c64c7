"""The three steps joined, and held to the contract: no answer that breaks it leaves the server."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from blinger_mock import violations
from blinger_mock.bus import Bus, Event
from blinger_mock.check import Checker
from blinger_mock.clock import Clock, Start, TenantClock, system
from blinger_mock.contract import Contract
from blinger_mock.faults import HEADER, Close, Faults, Hang, Reset, Rule, Status, parse
from blinger_mock.journal import Journal
from blinger_mock.limits import Limiter
from blinger_mock.memory import MemoryStore
from blinger_mock.model import Conversation
from blinger_mock.render import render
from blinger_mock.rules import Rules
from blinger_mock.seed import seed as make_seed
from blinger_mock.state import NotKeptError, Seed
from blinger_mock.steps import (
    Act,
    Answer,
    Caller,
    Fetched,
    Refusal,
    Request,
    Result,
    SendFile,
    Violation,
    refuse,
)
from blinger_mock.visit import Closed, Visit, exchange

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Mapping, Sequence

    from blinger_mock.state import Snapshot, Store, Tenant
    from blinger_spec import Profile

_BUG = refuse(500, "answer", "contract", "the mock has a bug: its log says where")
_NOT_KEPT = refuse(500, "state", "not_kept", "the change could not be kept: the log says why")

logger = logging.getLogger("blinger_mock")


class Tenancy:
    """What a tenant has beside the state that a store keeps."""

    def __init__(self, name: str, clock: Clock, faulty: set[Faults]) -> None:
        self.name = name
        self.clock = TenantClock(clock)
        self.faults = Faults(faulty)


class Engine:
    """The API without a socket."""

    def __init__(
        self,
        profile: Profile,
        *,
        seed: int = 0,
        clock: Clock = system,
        store: Store | None = None,
        start: Seed | None = None,
        faults: Sequence[Rule] = (),
        header_faults: bool = True,
        time: Start | None = None,
    ) -> None:
        """Take what the server is like.

        Args:
            profile: The assumptions that hold.
            seed: What ids follow from.
            clock: Returns the time in Unix microseconds.
            store: Where the state is; by default in memory.
            start: What each tenant starts with; by default the nouns of the samples.
            faults: The rules that each tenant starts with.
            header_faults: Whether a request may ask for a fault in its header `X-Mock-Fault`.
            time: How the clock of each tenant goes; by default as *clock* does.
        """
        self.profile = profile
        self.number = seed
        """What ids follow from."""
        self.seed = start or make_seed(seed)
        self.journal = Journal()
        self.bus = Bus()
        self.store: Store = store or MemoryStore(seed)
        self.violations = 0
        """How many answers of its own broke the contract, or could not be made at all."""
        self._clock = clock
        self._time = time or Start()
        self._faults = tuple(faults)
        self._header_faults = header_faults
        self._contract = Contract(profile)
        self._tokens: dict[str, str] = {}
        self._tenancies: dict[str, Tenancy] = {}
        self._faulty: set[Faults] = set()
        """The faults of each tenant who has some."""
        self._fetches = profile["file_fetch"] != "no"
        self._checker = Checker(profile, self._contract, self._tokens)
        rate = profile["rate_limit"]
        self._limiter = Limiter(None if isinstance(rate, str) else rate)
        self._rules = Rules(profile)
        self.body_max = int(profile["body_max"])
        """The largest body that is read, in bytes."""

    def __repr__(self) -> str:
        return f"<Engine {self.profile!r}, {len(self._tenancies)} tenants>"

    @property
    def tenancies(self) -> Mapping[str, Tenancy]:
        """Each tenant by name, first come first."""
        return self._tenancies

    def token_of(self, tenant: str) -> str:
        """Return the token that *tenant* calls with."""
        return next(token for token, name in self._tokens.items() if name == tenant)

    def lets_in(self, token: str) -> bool:
        """Return whether *token* is that of a tenant."""
        return token in self._tokens

    def add_tenant(self, token: str, name: str) -> None:
        """Let *token* in as the tenant *name*, who starts with the seed, or with what is kept."""
        if not self.store.has(name):
            self.store.add(name, self.seed)
        self._tokens[token] = name
        self._tenancies[name] = tenancy = Tenancy(name, self._clock, self._faulty)
        self._time.set(tenancy.clock)
        tenancy.faults.set(self._faults)

    def remove_tenant(self, token: str) -> None:
        """Forget *token* and all that its tenant has."""
        name = self._tokens.pop(token)
        self.store.remove(name)
        self.journal.forget(name)
        self._limiter.forget(name)
        self._tenancies.pop(name).faults.set(())

    def reset(self, tenant: str, start: Snapshot | None = None) -> None:
        """Let *tenant* start anew: with the seed or with *start*, its faults, and its clock."""
        self.store.add(tenant, start or self.seed)
        self.journal.clear(tenant)
        self._limiter.forget(tenant)
        tenancy = self._tenancies[tenant]
        self._time.set(tenancy.clock)
        tenancy.faults.set(self._faults)
        self._tell(Event(tenant, "reset"))

    def forget_requests(self, tenant: str) -> None:
        """Empty the journal that *tenant* sees; what came with no registered token is in it."""
        self.journal.clear(tenant)
        self.bus.publish(Event(None, "request"))

    def state(self, tenant: str) -> Tenant:
        """Return what the store has of *tenant*.

        Raises:
            KeyError: There is no such tenant.
        """
        return self.store.tenant(tenant)

    def act(self, act: Act) -> Result | Refusal:
        """Carry out *act*, or refuse it and change nothing."""
        tenant = act.caller.tenant
        outcome = self._rules.apply(self.state(tenant), act, self._tenancies[tenant].clock)
        if self.bus.idle:
            return outcome
        if isinstance(outcome, Conversation):
            self._tell(Event(tenant, "conversation", outcome.id))
        elif not isinstance(outcome, Refusal):
            self._tell(Event(tenant, "message", outcome.conversation, outcome.id))
        return outcome

    def _tell(self, event: Event) -> None:
        """Publish *event* once what it tells of is kept, or never if it is not."""
        kept = self.store.committed()
        if kept is None:
            self.bus.publish(event)
        else:
            kept.add_done_callback(partial(self._told, event))

    def _told(self, event: Event, kept: Future[None]) -> None:
        if kept.exception() is None:
            self.bus.publish(event)

    @property
    def is_plain(self) -> bool:
        """Whether only a fault that a request asks for can come between it and its answer."""
        return not (self._faulty or self._fetches)

    def open(self, request: Request) -> Visit:
        """Check *request*."""
        found = self._checker.identify(request)
        if isinstance(found, Refusal):
            return Visit(request, None, None, found)
        operation, caller = found
        tenancy = self._tenancies[caller.tenant]
        try:
            fault = self._fault(request, caller)
        except ValueError as error:
            text = f"{error}; it is {HEADER}"
            refusal = refuse(400, "header", "fault", text, pointer="X-Mock-Fault")
            return Visit(request, operation, caller, refusal)
        if fault is not None and fault.when == "before" and isinstance(fault.effect, Status):
            return Visit(request, operation, caller, _refused(fault.effect), fault)
        wait = self._limiter.take(caller.tenant, tenancy.clock.look)
        step = self._checker.check(request, operation, caller, wait)
        return Visit(request, operation, caller, step, fault)

    def _fault(self, request: Request, caller: Caller) -> Rule | None:
        """Return what *request* asks for, or else what a rule has for it."""
        if request.fault is not None and self._header_faults:
            return parse(request.fault)
        return self._tenancies[caller.tenant].faults.pick(caller)

    def url_to_fetch(self, visit: Visit) -> str | None:
        """Return the URL to fetch before *visit* can be closed (assumption `file_fetch`)."""
        if not self._fetches or not isinstance(visit.step, SendFile):
            return None
        settled = self._rules.settle(self.state(visit.step.caller.tenant), visit.step)
        return visit.step.url if settled is None else None

    def close(self, visit: Visit, fetched: Fetched | Refusal | None = None) -> Closed:
        """Apply the command of *visit*, unless it is refused; return what `note` takes."""
        step = visit.step
        if isinstance(fetched, Refusal):
            step = fetched
        elif isinstance(step, SendFile) and fetched is not None:
            step = msgspec.structs.replace(step, fetched=fetched)
        outcome = step if isinstance(step, Refusal) else self.act(step)
        applied = not isinstance(outcome, Refusal)
        if visit.fault is not None and isinstance(visit.fault.effect, Status):
            outcome = _refused(visit.fault.effect)
        answer = self._held_to_contract(visit, outcome, render(outcome, self.profile))
        return Closed(visit, outcome, answer, applied)

    def note(self, closed: Closed) -> int:
        """Note that *closed* is kept, so that its answer may be sent; return its number."""
        visit = closed.visit
        lost = visit.fault is not None and isinstance(visit.fault.effect, Hang | Reset | Close)
        answer = None if lost else closed.answer.document
        return self._record(visit, closed.outcome, answer, applied=closed.applied)

    def unanswered(self, visit: Visit, number: int) -> None:
        """Note that the answer to *visit*, which has this number in the journal, did not go out."""
        self.journal.unanswered(visit.caller.tenant if visit.caller else None, number)
        self._publish(visit.caller, number)

    def lost(self, visit: Visit) -> None:
        """Note that *visit* is not applied and gets no answer: its fault came before."""
        if visit.caller is not None and visit.caller.tenant not in self._tenancies:
            return
        self._record(visit, None, None, applied=False)

    def crashed(self, error: BaseException, visit: Visit | None = None) -> Answer:
        """Return the answer to a request that met a bug of this server, or of its disk.

        The journal says so of *visit*, and the log where it was, not what.
        """
        refusal = _NOT_KEPT if isinstance(error, NotKeptError) else _BUG
        if refusal is _NOT_KEPT:
            logger.error("a change could not be kept: %s", error)
        else:
            self._log_bug(error)
        answer = self._failed(refusal)
        if visit is not None:
            self._record(visit, refusal, answer.document, applied=False)
        return answer

    def _log_bug(self, error: BaseException) -> None:
        self.violations += 1
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "?"
        logger.error("a bug of the mock: %s in %s", type(error).__name__, place)

    def _held_to_contract(self, visit: Visit, outcome: Result | Refusal, answer: Answer) -> Answer:
        broken: tuple[Violation, ...] = ()
        if isinstance(outcome, Refusal):
            broken = violations.find(self._contract.error, answer.document)
        if not broken and visit.operation is not None and answer.status == 200:  # noqa: PLR2004 - the one status with content
            broken = violations.find(visit.operation.response, answer.document)
        if not broken:
            return answer
        self.violations += 1
        where = ", ".join(f"{one.pointer or '/'} {one.keyword}" for one in broken)
        logger.error("an answer of the mock breaks the contract: %s", where)
        return self._failed(_BUG)

    def _failed(self, refusal: Refusal) -> Answer:
        answer = render(refusal, self.profile)
        return Answer(refusal.status, answer.document, answer.headers)

    def _record(
        self,
        visit: Visit,
        outcome: Result | Refusal | None,
        answer: dict[str, Any] | None,
        *,
        applied: bool,
    ) -> int:
        caller = visit.caller
        tenancy = self._tenancies.get(caller.tenant) if caller else None
        number = self.journal.next_number()
        at = tenancy.clock.look() if tenancy else self._clock()
        self.journal.add(exchange(number, at, visit, outcome, answer, applied))
        if not self.bus.idle:
            self._publish(caller, number)
        return number

    def _publish(self, caller: Caller | None, number: int) -> None:
        tenant, room = (caller.tenant, caller.conversation) if caller else (None, None)
        self.bus.publish(Event(tenant, "request", room, str(number)))


def _refused(effect: Status) -> Refusal:
    # The machine's time, whatever the tenant's: a client compares it with its own, or with Date.
    retry_after = effect.header(system())
    headers = {} if retry_after is None else {"retry_after": retry_after}
    return refuse(effect.status, "fault", "status", "this fault was asked for", **headers)
