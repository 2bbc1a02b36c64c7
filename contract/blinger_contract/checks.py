"""What this API promises beyond its schemas, checked on every answer.

A check reads one request and its answer; it sends nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from schemathesis.core.failures import FailureGroup

from blinger_contract import sent
from blinger_contract.exchange import Broken, Exchange
from blinger_contract.ledger import UNAUTHORIZED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemathesis import Case, CheckContext, Response

    from blinger_contract.suite import Suite

    CheckFunction = Callable[[CheckContext, Response, Case[Any]], None]

_ERRORS_FROM = 400
_TOO_MANY = 429


def functions(suite: Suite) -> Iterator[CheckFunction]:
    """Yield the checks for *suite*, named as schemathesis shall know them."""
    for check in (
        token_is_taken,
        given_ids_are_found,
        made_up_ids_are_refused,
        conversation_is_kept,
    ):
        function = partial(_run, check, suite)
        function.__name__ = check.__name__  # type: ignore[attr-defined]
        function.__module__ = __name__
        yield function


def _run(
    check: Callable[[Exchange], None],
    suite: Suite,
    _: CheckContext,
    response: Response,
    case: Case[Any],
) -> None:
    asked = sent.read(response.request, suite.options.url)
    if asked is not None:
        check(Exchange(suite, asked, response, case))


def token_is_taken(exchange: Exchange) -> None:
    """A request with the token is never answered with 401."""
    if exchange.has_token and exchange.status == UNAUTHORIZED:
        raise exchange.broken(
            "The token is refused", "It was taken before, and this request carries it too."
        )


def given_ids_are_found(exchange: Exchange) -> None:
    """An id that was answered with 200 once exists: it is not answered as unknown later."""
    found, unknown = exchange.suite.witness.found, exchange.suite.unknown
    # Where the status is 400, the id may be right and something else wrong.
    if exchange.status == unknown != _ERRORS_FROM and exchange.is_valid and exchange.ids <= found:
        listed = ", ".join(sorted(exchange.ids))
        raise exchange.broken(
            "An id that exists is answered as unknown",
            f"Received {unknown}, though 200 was answered before for {listed}",
        )


def made_up_ids_are_refused(exchange: Exchange) -> None:
    """An id that exists nowhere is refused, as the assumption unknown_ids says."""
    expected = exchange.suite.unknown
    made = sorted(filter(exchange.suite.ids.is_made, exchange.ids))
    if not made:
        return
    message = (
        f"{made[0]} was made up for this run.\nExpected: {expected}\nReceived: {exchange.status}"
    )
    if exchange.status < _ERRORS_FROM:
        raise exchange.broken("An id that does not exist is accepted", message)
    if exchange.is_valid and exchange.status not in {expected, _TOO_MANY}:
        raise exchange.broken(
            "An id that does not exist is refused with another status", message, "unknown_ids"
        )


def conversation_is_kept(exchange: Exchange) -> None:
    """The answer fits what was sent and all that was answered before (`blinger_contract.model`)."""
    label = exchange.case.operation.label
    found = [
        Broken(label, one.title, one.message, one.assumption, one.place)
        for one in exchange.suite.witness.pop(exchange.response.request)
    ]
    if len(found) > 1:
        raise FailureGroup(found)
    if found:
        raise found[0]
