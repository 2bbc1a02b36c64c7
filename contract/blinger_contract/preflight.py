"""Ask, creating nothing: is this the API, and does it know the token?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from blinger_contract.ledger import UNAUTHORIZED
from blinger_contract.options import UsageError

if TYPE_CHECKING:
    from blinger_contract.suite import Suite

_REDIRECTS = range(300, 400)
_BAD_REQUEST = 400
_UNKNOWN = {_BAD_REQUEST, 404}
"""Either value of the assumption unknown_ids: that the token is known shows in both."""
_TIMEOUT_SECONDS = 10
_AMBIGUOUS = (
    "the preflight proves little: a conversation that does not exist is refused with 400, as"
    " anything is that is wrong; it proves the token, and not that this is the API"
)


class Unreachable(Exception):
    """Nothing answers there, or it does not let this token in."""


def ask(suite: Suite) -> list[str]:
    """Ask about a conversation that does not exist, with the token and without it.

    Neither request can create anything. Returns warnings: what this could not prove.

    Raises:
        Unreachable: There is no answer over HTTP, or the token is refused.
        UsageError: The URL redirects.
    """
    unknown = suite.ids.make("conversation", "preflight")
    url = f"{suite.options.url}/conversation/{unknown}/request-review"
    with suite.trail.during("preflight"):
        suite.witness.learning = True
        response = _send(suite, url, suite.headers)
        if suite.witness.seen("error_transport") == "inside_200":
            suite.witness.adopt("error_transport", "inside_200")
            response = _send(suite, url, suite.headers)
        if response.status_code == UNAUTHORIZED:
            response = _other_scheme(suite, url)
        if response.status_code == UNAUTHORIZED:
            raise Unreachable(f"{suite.options.url} refuses the token of BLINGER_TOKEN (401)")
        if response.status_code in _REDIRECTS:
            target = suite.redactor.text(response.headers.get("Location", "elsewhere"))
            raise UsageError(
                f"{suite.options.url} redirects to {target}: give the URL that answers itself"
            )
        seen = suite.witness.last
        without = _send(suite, url, {})
    received = (response.status_code, without.status_code)
    if received[0] in _UNKNOWN and received[1] == UNAUTHORIZED:
        if seen is not None:
            suite.witness.note("auth_scheme", suite.effective.profile["auth_scheme"], seen)
        return [_AMBIGUOUS] if received[0] == _BAD_REQUEST else []
    warning = (
        "the preflight proves nothing: a conversation that does not exist is answered with"
        f" {received[0]} with the token and {received[1]} without it, where {suite.unknown} and"
        f" {UNAUTHORIZED} are expected; is this the API, and does it know the token?"
    )
    return [warning]


def _other_scheme(suite: Suite, url: str) -> requests.Response:
    """Ask with the other value of the assumption auth_scheme, and adopt it if it is taken."""
    assumed = suite.effective.profile["auth_scheme"]
    suite.witness.adopt("auth_scheme", "raw" if assumed == "bearer" else "bearer")
    response = _send(suite, url, suite.headers)
    if response.status_code == UNAUTHORIZED:
        suite.witness.adopt("auth_scheme", assumed)
    return response


def _send(suite: Suite, url: str, headers: dict[str, str]) -> requests.Response:
    try:
        with requests.Session() as session:
            return session.post(
                url, headers=headers, timeout=_TIMEOUT_SECONDS, allow_redirects=False
            )
    except requests.RequestException as error:
        raise Unreachable(f"{suite.options.url} does not answer ({_reason(error)})") from None


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return f"nothing came within {_TIMEOUT_SECONDS} seconds"
    # requests wraps urllib3, which wraps the operating system, whose words are the clear ones.
    queue: list[object] = [error]
    for cause in queue:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        if isinstance(cause, BaseException):
            queue += [
                getattr(cause, "reason", None),
                cause.__cause__,
                cause.__context__,
                *cause.args,
            ]
    return type(error).__name__
