"""The options that all commands share, in one place, and the client that follows from them."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from attrs import frozen
from cyclopts import Parameter, Token

from blinger._cli.report import printable
from blinger._client import Blinger


def _whole_number(_: object, tokens: Sequence[Token]) -> int:
    return int(tokens[0].value)  # cyclopts itself would take 2.5


@Parameter(name="*")
@frozen(kw_only=True)
class Options:
    """What each command takes beside its own arguments. None is the SDK's own default."""

    as_json: Annotated[
        bool,
        Parameter(
            name="--json",
            help="Print one JSON document, errors included, on stdout.",
            show_default=False,
        ),
    ] = False
    base_url: Annotated[
        str | None,
        Parameter(help="Where the API is. Else BLINGER_BASE_URL, else production."),
    ] = None
    profile: Annotated[
        Path | None,
        Parameter(help="A TOML file of the assumptions that hold for this deployment."),
    ] = None
    timeout: Annotated[
        float | None,
        Parameter(help="Seconds for each phase of an attempt (connect 5, read 30, write 30)."),
    ] = None
    deadline: Annotated[
        float | None, Parameter(help="Seconds for the whole call, its retries included (60).")
    ] = None
    retries: Annotated[
        int | None,
        Parameter(
            help="How often a failed attempt is repeated, where safe (2).", converter=_whole_number
        ),
    ] = None
    verbose: Annotated[bool, Parameter(help="Log each attempt to stderr.", show_default=False)] = (
        False
    )

    def client(self, token: str) -> Blinger:
        """Return a client that has these options, and *token*."""
        names = ("base_url", "profile", "timeout", "deadline", "retries")
        given: dict[str, Any] = {name: getattr(self, name) for name in names}
        return Blinger(token, **{name: v for name, v in given.items() if v is not None})

    def start_logging(self) -> None:
        """Log to stderr, if that was asked for. The SDK's records hold no secrets."""
        if self.verbose:
            handler = logging.StreamHandler()
            handler.setFormatter(_Formatter("%(name)s: %(levelname)s: %(message)s"))
            logger = logging.getLogger("blinger")
            logger.addHandler(handler)
            logger.setLevel(logging.DEBUG)


class _Formatter(logging.Formatter):
    """One line for each record, and nothing in it that steers a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        known = {name: getattr(record, name, None) for name in ("status", "outcome", "elapsed")}
        facts = ", ".join(
            f"{name} {value:.3f} s" if isinstance(value, float) else f"{name} {value}"
            for name, value in known.items()
            if value is not None
        )
        return printable(f"{super().format(record)} ({facts})" if facts else super().format(record))
