"""Ask once, creating nothing: is this the API, and does it know the token?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from blinger_contract.ledger import UNAUTHORIZED
from blinger_contract.options import UsageError

if TYPE_CHECKING:
    from blinger_contract.suite import Suite

_REDIRECTS = range(300, 400)
_TIMEOUT_SECONDS = 10


class Unreachable(Exception):
    """Nothing answers there, or it does not let this token in."""


def ask(suite: Suite) -> None:
    """Send one request to a conversation that does not exist, with the token.

    Raises:
        Unreachable: There is no answer over HTTP, or the token is refused.
        UsageError: The URL redirects.
    """
    unknown = suite.ids.make("conversation", "preflight")
    url = f"{suite.options.url}/conversation/{unknown}/request-review"
    try:
        with requests.Session() as session:
            response = session.post(
                url, headers=suite.headers, timeout=_TIMEOUT_SECONDS, allow_redirects=False
            )
    except requests.RequestException as error:
        raise Unreachable(f"{suite.options.url} does not answer ({_reason(error)})") from None
    if response.status_code == UNAUTHORIZED:
        raise Unreachable(f"{suite.options.url} refuses the token of BLINGER_TOKEN (401)")
    if response.status_code in _REDIRECTS:
        target = suite.redactor.text(response.headers.get("Location", "elsewhere"))
        raise UsageError(
            f"{suite.options.url} redirects to {target}: give the URL that answers itself"
        )


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
