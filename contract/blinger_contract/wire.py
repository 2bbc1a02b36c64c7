"""The gate that every request of a run passes, and every answer: counted, limited, cleaned.

Schemathesis sends in several places (cases, probes, checks that ask again), and it sends a request
once more when a kept connection was closed. Only here is everything seen.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

import requests
import requests.sessions
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ProtocolError

from blinger_contract import sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from blinger_contract.ids import Ids
    from blinger_contract.ledger import Ledger
    from blinger_contract.options import Options
    from blinger_contract.redact import Redactor
    from blinger_contract.trail import Trail
    from blinger_contract.witness import Witness

_BODY_LIMIT = 8 * 1024 * 1024
_BODY_SECONDS = 30.0
_CHUNK = 64 * 1024
_CAREFUL_METHODS = {"GET", "HEAD", "OPTIONS", "POST"}


class BudgetSpent(KeyboardInterrupt):
    """The run may send no more."""


class NotAllowed(RuntimeError):
    """A careful run was about to send what it must not."""


@dataclass(frozen=True, slots=True, eq=False)
class Lost:
    """A request that had no answer. Its repr shows no credential."""

    request: requests.PreparedRequest = field(repr=False)
    asked: sent.Sent | None = field(repr=False)


class Gate:
    """Stands between this process and the deployment while it is open."""

    def __init__(
        self,
        options: Options,
        ids: Ids,
        ledger: Ledger,
        redactor: Redactor,
        *,
        trail: Trail,
        witness: Witness,
    ) -> None:
        """Take the limits from *options*; count in *ledger*, record in *trail*, tell *witness*."""
        self._options = options
        self._ids = ids
        self._ledger = ledger
        self._redactor = redactor
        self._trail = trail
        self._witness = witness
        self.answer: Callable[[requests.PreparedRequest], requests.Response] | None = None
        """Answers in place of the deployment, for a plan: then nothing leaves this process."""
        self.spent = False
        """Whether a request was held back because the budget was used up."""
        self.lost: Lost | None = None
        """The last request that had no answer."""

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let each `requests` session that is made meanwhile send through the gate."""
        gate = self

        class GateAdapter(HTTPAdapter):
            def send(
                self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
            ) -> requests.Response:
                def send() -> requests.Response:
                    return super(GateAdapter, self).send(request, *args, **kwargs)

                return gate.pass_through(request, send, self.close)

        # Where `requests.Session` looks for the adapter that it mounts.
        with mock.patch.object(requests.sessions, "HTTPAdapter", GateAdapter):
            yield

    def pass_through(
        self,
        request: requests.PreparedRequest,
        send: Callable[[], requests.Response],
        hang_up: Callable[[], None],
    ) -> requests.Response:
        """Send *request*, count its answer, and return that without credentials.

        A careful run sends nothing twice: it hangs up after each request.

        Raises:
            BudgetSpent: Nothing was sent: the budget is used up.
            NotAllowed: Nothing was sent: a careful run does not send this.
        """
        asked = sent.read(request, self._options.url)
        if self._options.careful:
            self._check(request, asked)
        if self._options.budget is not None and self._ledger.sent >= self._options.budget:
            self.spent = True
            raise BudgetSpent
        self._ledger.sent += 1
        self._redactor.learn_sent(request.headers.get("Authorization"))
        record = self._trail.begin(request, asked, time.time())
        started = time.perf_counter()
        try:
            response = send() if self.answer is None else self.answer(request)
            content = _read(response)
        except requests.RequestException as error:
            self.lost = Lost(request.copy(), asked)
            if self._options.careful and _broke_off(error):
                # Where it knows the request, schemathesis asks `HEAD /` past this gate.
                error.request = None
            raise
        finally:
            if self._options.careful:
                hang_up()
        seconds = time.perf_counter() - started
        # It looks for leaks, so it sees the body as it came.
        seen = self._witness.take(request, asked, response, content, seconds)
        response._content = self._redactor.body(content)  # noqa: SLF001 - requests has no setter
        response._content_consumed = True  # noqa: SLF001
        response.status_code = seen.status
        self._trail.end(record, response, seconds)
        if asked is not None:
            self._ledger.record(asked.operation, response.status_code)
        return response

    def _check(self, request: requests.PreparedRequest, asked: sent.Sent | None) -> None:
        url = str(request.url)
        if request.method not in _CAREFUL_METHODS or not f"{url}/".startswith(
            f"{self._options.url}/"
        ):
            raise NotAllowed(f"a careful run does not send {request.method} {url}")
        if request.method == "POST" and (
            asked is None
            or not (
                asked.conversation in {self._options.conversation, self._options.locked}
                or self._ids.is_made(asked.conversation)
            )
        ):
            raise NotAllowed(f"a careful run does not write to {url}")


def _broke_off(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(error, requests.ConnectionError) and isinstance(cause, ProtocolError)


def _read(response: requests.Response) -> bytes:
    deadline = time.monotonic() + _BODY_SECONDS
    content = bytearray()
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > _BODY_LIMIT:
            response.close()
            break
        if time.monotonic() > deadline:
            response.close()
            raise requests.exceptions.ReadTimeout(
                "the body took too long", request=response.request
            )
    return bytes(content)
