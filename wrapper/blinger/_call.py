"""One call over all its attempts: its clock, its count, its outcome. The drivers do the I/O."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from blinger._exchange import read, write
from blinger._retries import Replay, RetryEvent, advise, is_too_long, may_replay, wait_for
from blinger.errors import BlingerError, ConfigurationError, Outcome, TimedOut
from blinger.models import Meta

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tenacity import RetryCallState

    from blinger._operations import Operation
    from blinger._options import Options
    from blinger._sender import Reply, Request

T = TypeVar("T")

_logger = logging.getLogger("blinger")


class Call(Generic[T]):
    """What a driver asks: the next request, what a reply means, whether and when to try again.

    As a context manager it holds one attempt: an error that leaves it has been told the whole story
    of the call.
    """

    result: T
    """What the call returns, where it took more than one attempt."""
    first_failure: BlingerError | None = None
    """What the first attempt ended with, until tenacity has been told."""

    def __init__(
        self,
        operation: Operation[T],
        options: Options,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the clock (seconds); the request is made now, so each attempt sends the same."""
        self._operation = operation
        self._options = options
        self._clock = clock
        self._started = clock()
        self._request = write(operation, options)
        self._attempts = 0
        self._outcomes: list[Outcome] = []
        self._notes: list[str] = []
        keyed_in_vain = (
            operation.replay is Replay.KEYED and options.profile.uuid_dedupe != "same_message"
        )
        self._replay = Replay.NEVER if keyed_in_vain else operation.replay

    def request(self) -> Request:
        """Return the request for this attempt, its limits clipped to what is left of the call's."""
        limit = self._options.deadline
        if limit is None:
            self._attempts += 1
            return self._request
        deadline = self._started + limit
        left = deadline - self._clock()
        if left <= 0:
            raise self._too_late(limit)
        self._attempts += 1
        return self._request.within(self._options.timeout.clipped(left), deadline)

    def begin_again(self) -> None:
        """Raise what the first attempt ended with, once: for tenacity that was its first."""
        failure, self.first_failure = self.first_failure, None
        if failure is not None:
            raise failure

    def read(self, reply: Reply) -> T:
        """Return what *reply* says, or raise what it means."""
        elapsed = self._elapsed()

        def meta(envelope: object) -> Meta:
            return Meta(
                status=reply.status,
                headers=reply.headers,
                attempts=self._attempts,
                elapsed=elapsed,
                uuid=self._operation.uuid,
                raw=envelope,
            )

        result = read(reply, self._operation, self._options, meta, time.time())
        self._log(logging.DEBUG, f"answered {reply.status}", reply.status, Outcome.ACCEPTED)
        return result

    def __enter__(self) -> None:
        """Begin an attempt."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it: an error of ours learns the attempts, and the outcome joined over all of them."""
        if error is not None and not isinstance(error, BlingerError):
            error.add_note(self._under_way())
        if not isinstance(error, BlingerError):
            return
        if isinstance(error, ConfigurationError):
            self._attempts -= 1  # it came before any I/O
        self._outcomes.append(error.outcome)
        self._notes.append(f"attempt {self._attempts}: {error.args[0]} ({error.outcome})")
        status = getattr(error, "status", None)
        self._log(logging.DEBUG, f"failed: {error.args[0]}", status, error.outcome)
        error.operation = self._operation.name
        error.attempts = self._attempts
        error.outcome = Outcome.joined(self._outcomes)
        error.uuid = self._operation.uuid
        error.advice = advise(error, self._replay)
        if len(self._notes) > 1:
            for note in self._notes:
                error.add_note(note)

    # --- what tenacity asks -----------------------------------------------------------------------

    def policy(self) -> dict[str, Any]:
        """Return the arguments that make tenacity's loop keep to the table of `_retries`."""
        return {
            "retry": self._retry,
            "wait": self._wait,
            "stop": self._stop,
            "before_sleep": self._before_sleep,
            "reraise": True,
        }

    def _retry(self, state: RetryCallState) -> bool:
        return may_replay(_failure(state), self._replay)

    def _wait(self, state: RetryCallState) -> float:
        return wait_for(_failure(state), self._attempts)

    def _stop(self, state: RetryCallState) -> bool:
        left = self._left()
        return (
            self._attempts > self._options.retries
            or is_too_long(_failure(state))
            or (left is not None and state.upcoming_sleep >= left)
        )

    def _before_sleep(self, state: RetryCallState) -> None:
        self._log(logging.INFO, f"retry in {state.upcoming_sleep:.3g} s", None, self._outcomes[-1])
        event = RetryEvent(
            operation=self._operation.name,
            attempt=self._attempts,
            wait=state.upcoming_sleep,
            error=_failure(state),
            uuid=self._operation.uuid,
        )
        if self._options.on_retry is not None:
            try:
                self._options.on_retry(event)
            except BaseException as error:
                error.add_note(self._under_way())
                raise

    def _log(self, level: int, what: str, status: int | None, outcome: Outcome) -> None:
        if not _logger.isEnabledFor(level):
            return
        known = {
            "operation": self._operation.name,
            "attempt": self._attempts,
            "status": status,
            "outcome": str(outcome),
            "elapsed": self._elapsed(),
            "uuid": self._operation.uuid,
        }
        _logger.log(
            level, "%s: attempt %d: %s", self._operation.name, self._attempts, what, extra=known
        )

    def _elapsed(self) -> float:
        return self._clock() - self._started

    def _left(self) -> float | None:
        deadline = self._options.deadline
        return None if deadline is None else deadline - self._elapsed()

    def _under_way(self) -> str:
        """Say what an interrupt, a cancellation or a callback has ended: it may have landed."""
        uuid = "" if self._operation.uuid is None else f", uuid={str(self._operation.uuid)!r}"
        return f"blinger: it ended {self._operation.name}, attempt {self._attempts}{uuid}"

    def _too_late(self, limit: float) -> TimedOut:
        error = TimedOut(f"the deadline of {limit:g} s passed before the attempt")
        error.outcome = Outcome.NOT_SENT
        return error


def _failure(state: RetryCallState) -> Any:
    return None if state.outcome is None else state.outcome.exception()
