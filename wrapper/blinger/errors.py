"""What can go wrong, and whether the customer got the message.

BlingerError
  ConfigurationError          before any I/O: no or bad token, URL or argument       NOT_SENT
  TransportError              no answer was read
    ConnectionFailed          could not connect; pool exhausted; proxy               NOT_SENT
    ConnectionLost            broken while writing or reading                        UNKNOWN
    TimedOut                  read, write or deadline                                UNKNOWN
  APIError                    the server answered, not with a success; a 3xx,        REJECTED
                              which is never followed, and 408 are UNKNOWN
    BadRequest                400, 422
    AuthenticationFailed      401
    PermissionDenied          403
    NotFound                  404
    Conflict                  409
    RateLimited               429
    ServerError               5xx                                                    UNKNOWN
  InvalidResponse             a success that is not what the contract promises       ACCEPTED

Errors hold plain data: they survive `pickle` and hold neither the token nor what was sent.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID


class Outcome(StrEnum):
    """What became of a call, weakest knowledge of an effect first."""

    NOT_SENT = "not_sent"
    """Nothing reached the server: trying again is safe."""
    REJECTED = "rejected"
    """The server refused it, and nothing was changed."""
    UNKNOWN = "unknown"
    """It may or may not have taken effect."""
    ACCEPTED = "accepted"
    """The server said yes."""

    @classmethod
    def joined(cls, outcomes: Iterable[Outcome]) -> Outcome:
        """Return the outcome of a call from those of its attempts.

        Once any attempt may have landed the call is `UNKNOWN`, unless one is `ACCEPTED`; a refusal
        weighs more than an attempt that never left.
        """
        seen = {cls.NOT_SENT, *outcomes}
        return [outcome for outcome in cls if outcome in seen][-1]


_ADVICE = {
    Outcome.NOT_SENT: "nothing was sent",
    Outcome.REJECTED: "nothing was changed",
    Outcome.UNKNOWN: "it may have taken effect",
    Outcome.ACCEPTED: "the server accepted it",
}


class BlingerError(Exception):
    """Base of every error that a call raises."""

    _default_outcome = Outcome.UNKNOWN

    def __init__(self, reason: str) -> None:
        """Say in *reason* what happened, in one line."""
        super().__init__(reason)
        self.outcome: Outcome = self._default_outcome
        """What became of the call, joined over its attempts."""
        self.operation: str | None = None
        """Name of the method that was called, such as `send_text`."""
        self.attempts: int = 0
        """How many requests were tried."""
        self.advice: str = ""
        """What to do about it, in a few words; empty where the cause says it."""
        self.uuid: UUID | None = None
        """The uuid of the message: repeated with it, the call cannot send a second one."""

    def __str__(self) -> str:
        """Say in one line what happened, after how many attempts, and whether it took effect."""
        return "".join(self._parts())

    def _parts(self) -> Iterable[str]:
        yield str(self.args[0])
        if self.operation is not None:
            plural = "" if self.attempts == 1 else "s"
            yield f" ({self.operation}, {self.attempts} attempt{plural}: {_ADVICE[self.outcome]}"
            if self.advice:
                yield f"; {self.advice}"
            yield ")"


class ConfigurationError(BlingerError):
    """The client or the call was given something it cannot use; raised before any I/O."""

    _default_outcome = Outcome.NOT_SENT


class TransportError(BlingerError):
    """No answer was read."""


class ConnectionFailed(TransportError):
    """No connection could be had: name, refusal, TLS, proxy, or a pool with no place left."""

    _default_outcome = Outcome.NOT_SENT


class ConnectionLost(TransportError):
    """The connection broke while the request was written or the answer read."""


class TimedOut(TransportError):
    """Writing, reading, or the whole call took too long."""


class _Answered(BlingerError):
    """An answer was read."""

    def __init__(
        self,
        reason: str,
        *,
        status: int,
        body: Any,
        headers: Mapping[str, str] | None,
    ) -> None:
        super().__init__(reason)
        self.status: int = status
        """Status of the answer: the envelope's, where it differs from HTTP's."""
        self.body: Any = body
        """The body, as JSON or text; without token, `websocketToken` and what was sent."""
        self.headers: Mapping[str, str] = headers or {}
        """Headers of the answer, their names in lower case."""


class APIError(_Answered):
    """The server answered with another status than a success."""

    _default_outcome = Outcome.REJECTED

    def __init__(
        self,
        reason: str,
        *,
        status: int = 0,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        message: str = "",
        retry_after: float | None = None,
    ) -> None:
        """Take the parts of the answer; see the attributes."""
        super().__init__(reason, status=status, body=body, headers=headers)
        self.message: str = message
        """What the server says went wrong, in one line; empty where it says nothing."""
        self.retry_after: float | None = retry_after
        """Seconds to wait before another try, as `Retry-After` says; None where it says nothing."""

    @property
    def request_id(self) -> str | None:
        """The server's name for the request, where it gives one (`X-Request-Id`)."""
        return self.headers.get("x-request-id")


class BadRequest(APIError):
    """400 or 422: the server cannot use what was sent."""


class AuthenticationFailed(APIError):
    """401: the token is missing, wrong or expired."""


class PermissionDenied(APIError):
    """403: the token may not do this."""


class NotFound(APIError):
    """404: no such conversation or agent, for this token."""


class Conflict(APIError):
    """409: it contradicts what is already there."""


class RateLimited(APIError):
    """429: too many requests; see `retry_after`."""


class ServerError(APIError):
    """5xx: the server, or a proxy before it, failed."""

    _default_outcome = Outcome.UNKNOWN


class InvalidResponse(_Answered):
    """The server said yes, in an answer that is not what the contract promises."""

    _default_outcome = Outcome.ACCEPTED

    def __init__(
        self,
        reason: str,
        *,
        status: int = 0,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        path: str | None = None,
    ) -> None:
        """Take the parts of the answer; see the attributes."""
        super().__init__(reason, status=status, body=body, headers=headers)
        self.path: str | None = path
        """Where in the answer it is wrong, such as `data.file.info.size`."""
