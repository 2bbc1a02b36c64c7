"""What this API promises beyond its schemas, checked on every answer.

A check reads one request and its answer; it sends nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from blinger_contract import echo, sent
from blinger_contract.exchange import Exchange
from blinger_contract.ledger import OK, UNAUTHORIZED

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
        status_is_repeated,
        request_is_echoed,
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
    found, unknown = exchange.suite.found, exchange.suite.unknown
    if exchange.status == OK:
        found.update(exchange.ids)
    # Where the status is 400, the id may be right and something else wrong.
    elif exchange.status == unknown != _ERRORS_FROM and exchange.is_valid and exchange.ids <= found:
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


def status_is_repeated(exchange: Exchange) -> None:
    """`status` in the body repeats HTTP; an error says what is wrong (assumption error_shape)."""
    document = exchange.document
    inside = document.get("status")
    if type(inside) is int and inside != exchange.status:
        raise exchange.broken(
            "`status` in the body is not the HTTP status",
            f"The body says {inside}, HTTP says {exchange.status}.",
            None if exchange.status == OK else "error_shape",
        )
    is_error = exchange.status >= _ERRORS_FROM
    if is_error and exchange.suite.options.profile["error_shape"] == "status_error":
        if type(inside) is int and isinstance(document.get("error"), str | dict):
            return
        raise exchange.broken(
            "An error has another shape",
            'Expected: {"status": int, "error": string or {field: message}}',
            "error_shape",
        )


def request_is_echoed(exchange: Exchange) -> None:
    """The answer speaks of what was sent: this text, this agent, this conversation."""
    data = exchange.document.get("data")
    if exchange.status != OK or not isinstance(data, dict):
        return
    for echoed in echo.expected(exchange.asked, data, exchange.suite.options.profile):
        if echoed.sent != echoed.received:
            message = f"Expected: {_short(echoed.sent)}\nReceived: {_short(echoed.received)}"
            raise exchange.broken(echoed.title, message, echoed.assumption)


def _short(value: object, limit: int = 200) -> str:
    shown = repr(value)
    return shown if len(shown) <= limit else f"{shown[:limit]}… ({len(shown)} characters)"
