"""The gate that every request of a run passes, and every answer: counted, limited, cleaned.

Schemathesis sends in several places (cases, probes, checks that ask again), and it sends a request
once more when a kept connection was closed. Only here is everything seen.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
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

_BODY_LIMIT = 8 * 1024 * 1024
_BODY_SECONDS = 30.0
_CHUNK = 64 * 1024
_CAREFUL_METHODS = {"GET", "OPTIONS", "POST"}
_ERRORS_FROM = 400


class BudgetSpent(KeyboardInterrupt):
    """The run may send no more."""


class NotAllowed(RuntimeError):
    """A careful run was about to send what it must not."""


class Gate:
    """Stands between this process and the deployment while it is open."""

    def __init__(self, options: Options, ids: Ids, ledger: Ledger, redactor: Redactor) -> None:
        """Take the limits from *options*; count in *ledger*."""
        self._options = options
        self._ids = ids
        self._ledger = ledger
        self._redactor = redactor
        self.spent = False
        """Whether a request was held back because the budget was used up."""

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
        try:
            response = send()
            content = _read(response)
        except requests.ConnectionError as error:
            if self._options.careful and error.args and isinstance(error.args[0], ProtocolError):
                # Where it knows the request, schemathesis asks `HEAD /` past this gate.
                error.request = None
            raise
        finally:
            if self._options.careful:
                hang_up()
        response._content = self._redactor.body(content)  # noqa: SLF001 - requests has no setter
        response._content_consumed = True  # noqa: SLF001
        if self._options.profile["error_transport"] == "inside_200":
            response.status_code = _status_inside(response)
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
                asked.conversation == self._options.conversation
                or self._ids.is_made(asked.conversation)
            )
        ):
            raise NotAllowed(f"a careful run does not write to {url}")


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


def _status_inside(response: requests.Response) -> int:
    if not response.ok:
        return response.status_code
    try:
        inside = json.loads(response.content)["status"]
    except (ValueError, KeyError, TypeError):
        return response.status_code
    return inside if type(inside) is int and inside >= _ERRORS_FROM else response.status_code
