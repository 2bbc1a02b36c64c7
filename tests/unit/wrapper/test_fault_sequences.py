"""Laws of a call, whatever goes wrong: any sequence of faults, a server that knows a uuid again.

No socket and no waiting here: a sender that fails as it is told, and a clock that is moved.
"""

from __future__ import annotations

import contextlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st
from tenacity import AsyncRetrying, Retrying
from tests.unit.wrapper.faces import CONVERSATION
from tests.unit.wrapper.samples import TEXTS

from blinger import (
    BlingerError,
    ConnectionFailed,
    ConnectionLost,
    Message,
    Outcome,
    RateLimited,
    TimedOut,
)
from blinger import _operations as operations
from blinger._driver import AsyncDriver, Driver
from blinger._options import Options, Timeout
from blinger._profile import Profile
from blinger._retries import RETRY_AFTER_CAP, backoff_bound
from blinger._sender import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from blinger._operations import Operation


@define
class Fault:
    """What one attempt meets: whether the server commits, and then what the client sees."""

    kind: str
    commits: bool = False
    retry_after: int | None = None
    takes: float = 0.0
    """Seconds on the moved clock."""


FAILURES = {"failed": ConnectionFailed, "lost": ConnectionLost, "late": TimedOut}
REFUSALS = ("301", "400", "401", "403", "404", "409", "418", "422")
FAILING = ("408", "500", "502", "503", "504", "520", "524", "505")


def _faults() -> st.SearchStrategy[Fault]:
    takes = st.sampled_from((0.0, 0.01, 5.0, 29.0))
    return st.one_of(
        st.builds(Fault, kind=st.just("failed"), takes=takes),
        st.builds(Fault, st.sampled_from(("lost", "late")), st.booleans(), takes=takes),
        st.builds(
            Fault,
            st.sampled_from(FAILING),
            st.booleans(),
            st.sampled_from((None, 0, 1, 30, 60, 61, 10_000)),
            takes,
        ),
        st.builds(
            Fault,
            kind=st.just("429"),
            retry_after=st.sampled_from((None, 0, 1, 30, 60, 61, 10_000)),
            takes=takes,
        ),
        st.builds(Fault, kind=st.sampled_from(REFUSALS), takes=takes),
        st.builds(Fault, kind=st.sampled_from(("ok", "unreadable", "empty")), takes=takes),
    )


@define
class World:
    """A server that knows a uuid again, behind a network that does as it is told."""

    script: Sequence[Fault]
    now: float = 0.0
    stored: list[str] = field(factory=list)
    """The uuid of each message in the conversation (for a review, that there is one)."""
    requests: list[Request] = field(factory=list)
    starts: list[float] = field(factory=list)
    waits: list[float] = field(factory=list)
    closed: bool = False

    def exchange(self, request: Request) -> Reply:
        fault = self.script[len(self.requests)] if len(self.requests) < len(self.script) else OK
        self.requests.append(request)
        self.starts.append(self.now)
        self.now += fault.takes
        if fault.commits or fault.kind in {"ok", "unreadable", "empty"}:
            self._commit(request)
        if fault.kind in FAILURES:
            raise FAILURES[fault.kind]("as told")
        if fault.kind == "ok":
            return _reply(200, TEXTS["send_text"])
        if fault.kind in {"unreadable", "empty"}:
            return _reply(200, b"<html>" if fault.kind == "unreadable" else b"")
        headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
        return _reply(int(fault.kind), b'{"error": "as told"}', headers)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def clock(self) -> float:
        return self.now

    def _commit(self, request: Request) -> None:
        uuid = json.loads(request.body or b"{}").get("uuid", str(uuid4()))
        if uuid not in self.stored:
            self.stored.append(uuid)

    # the two senders
    def send(self, request: Request) -> Reply:
        return self.exchange(request)

    def close(self) -> None:
        self.closed = True


@define
class AsyncWorld:
    """The same world, awaiting."""

    world: World

    async def send(self, request: Request) -> Reply:
        return self.world.exchange(request)

    async def aclose(self) -> None:
        self.world.closed = True


OK = Fault("ok")


def _reply(status: int, body: bytes, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status=status, headers=headers or {}, body=body)


def _finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run what never really waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waited")


def _run(face: str, world: World, operation: Operation[Any], options: Options) -> Any:
    if face == "sync":
        return Driver(world, partial(Retrying, sleep=world.sleep), world.clock).run(
            operation, options
        )
    loop = partial(AsyncRetrying, sleep=world.sleep_async)
    return _finish(AsyncDriver(AsyncWorld(world), loop, world.clock).run(operation, options))


def _options(retries: int, deadline: float | None, profile: Profile) -> Options:
    return Options(
        token="t",
        base_url="https://blinger.test",
        timeout=Timeout(),
        deadline=deadline,
        retries=retries,
        profile=profile,
        on_retry=None,
        strict=False,
    )


@pytest.mark.parametrize("face", ["sync", "async"])
@settings(max_examples=20 * settings().max_examples)  # 2,000, unless EXAMPLES is set
@given(
    script=st.lists(_faults(), max_size=6),
    retries=st.integers(0, 4),
    deadline=st.sampled_from((None, 1.0, 60.0)),
    sends=st.booleans(),
    dedupes=st.booleans(),
)
def test_any_sequence_of_faults_ends_in_at_most_one_message_and_the_outcome_is_true(
    face: str,
    script: list[Fault],
    retries: int,
    deadline: float | None,
    sends: bool,
    dedupes: bool,
) -> None:
    """Whatever fails: at most one message, a count that holds, and an outcome that is true.

    A send into a server that knows a uuid again may be repeated; one into a server that does not,
    and a request for a review, may not: for those the server here counts each commit.
    """
    world = World(script)
    operation: Operation[Message] = (
        operations.send_text(CONVERSATION, "Hello", None)
        if sends
        else operations.request_review(CONVERSATION)
    )
    profile = Profile() if dedupes else Profile(uuid_dedupe="second_message")
    options = _options(retries, deadline, profile)
    error: BlingerError | None = None
    try:
        _run(face, world, operation, options)
    except BlingerError as raised:
        error = raised

    assert 1 <= len(world.requests) <= retries + 1
    assert len({request.body for request in world.requests}) == 1
    assert len(world.stored) <= 1
    _check_waits(world, script, deadline)
    if error is None:
        assert len(world.stored) == 1
        return
    assert error.attempts == len(world.requests)
    assert error.uuid == operation.uuid
    if error.outcome in {Outcome.NOT_SENT, Outcome.REJECTED}:
        assert world.stored == []
    if error.outcome is Outcome.ACCEPTED:
        assert len(world.stored) == 1
    if error.outcome is Outcome.NOT_SENT:
        assert {fault.kind for fault in script[: error.attempts]} == {"failed"}


def _check_waits(world: World, script: list[Fault], deadline: float | None) -> None:
    assert len(world.waits) == len(world.requests) - 1
    for attempt, (fault, wait) in enumerate(zip(script, world.waits, strict=False), start=1):
        if fault.retry_after is not None:
            assert wait == fault.retry_after <= RETRY_AFTER_CAP
        else:
            assert 0 <= wait <= backoff_bound(attempt)
    if deadline is not None:
        assert all(start < deadline for start in world.starts)
        assert all(r.deadline is not None and r.deadline <= deadline for r in world.requests)


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("retries", [0, 1, 4])
@pytest.mark.parametrize("kind", ["failed", "lost", "503", "429"])
def test_attempts_end(face: str, kind: str, retries: int) -> None:
    """However often it fails, there are as many attempts as retries, and the first."""
    world = World([Fault(kind)] * 20)
    operation = operations.send_text(CONVERSATION, "x", None)

    with pytest.raises(BlingerError) as caught:
        _run(face, world, operation, _options(retries, None, Profile()))

    assert retries + 1 == len(world.requests) == caught.value.attempts


@pytest.mark.parametrize("face", ["sync", "async"])
def test_a_longer_wait_than_a_minute_ends_the_attempts(face: str) -> None:
    """What the server asks for is waited for up to a minute, deadline or none."""
    world = World([Fault("429", retry_after=60), Fault("429", retry_after=61)])
    operation = operations.send_text(CONVERSATION, "x", None)

    with pytest.raises(RateLimited):
        _run(face, world, operation, _options(9, None, Profile()))

    assert world.waits == [60.0]


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize(("asked", "attempts"), [(29, 2), (30, 1), (31, 1)])
def test_no_wait_ends_at_the_deadline_or_after_it(face: str, asked: int, attempts: int) -> None:
    """A wait that leaves no time for another attempt is not begun."""
    world = World([Fault("429", retry_after=asked), OK])
    options = _options(2, 30.0, Profile())
    operation = operations.send_text(CONVERSATION, "x", None)

    with contextlib.suppress(RateLimited):
        _run(face, world, operation, options)

    assert len(world.requests) == attempts
    assert world.waits == [float(asked)] * (attempts - 1)


@pytest.mark.parametrize("face", ["sync", "async"])
def test_backoff_is_spread_over_its_whole_range(face: str) -> None:
    """Full jitter: waits fill the range from nothing to the bound, so that clients spread out."""
    first = []
    for _ in range(300):
        world = World([Fault("500")])
        _run(face, world, operations.send_text(CONVERSATION, "x", None), _options(1, 60, Profile()))
        first.append(world.waits[0] / backoff_bound(1))

    assert min(first) < 0.1
    assert max(first) > 0.9
