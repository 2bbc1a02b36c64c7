"""What a person or a pipe gives to the command line, and no argument may show: token and text."""

from __future__ import annotations

import getpass
import os
import sys
import warnings
from typing import TYPE_CHECKING

from blinger._cli.report import Interrupted, UsageError
from blinger.errors import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

_STANDARD_INPUT = "\0"


def shield(arguments: Sequence[str]) -> list[str]:
    """Return *arguments* with each `-` as a word that cyclopts does not take for an option.

    It is one that no argument of a process can be.
    """
    return [_STANDARD_INPUT if argument == "-" else argument for argument in arguments]


def find_token() -> str:
    """Return the token of the environment, or ask for it on the terminal, unseen.

    Raises:
        UsageError: There is none, and nobody to ask.
        Interrupted: Ctrl-C instead of a token.
    """
    token = os.environ.get("BLINGER_TOKEN", "")
    if not token and _somebody_is_there():
        token = _ask()
    if not token:
        raise UsageError("no token: set BLINGER_TOKEN, or run this on a terminal to be asked")
    return token


def read_text(text: str) -> str:
    """Return *text*, or for a shielded `-` what standard input holds, less one line break.

    Raises:
        UsageError: Standard input is closed, or is not UTF-8.
        Interrupted: Ctrl-C instead of a text.
    """
    if text != _STANDARD_INPUT:
        return text
    try:
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - closed by the shell
            raise UsageError("standard input is closed, and the text - asks for it")
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"standard input is not UTF-8: see its byte {error.start + 1}"
        raise UsageError(message) from None
    except KeyboardInterrupt:
        raise _not_begun() from None
    return text.removesuffix("\r\n") if text.endswith("\r\n") else text.removesuffix("\n")


def _somebody_is_there() -> bool:
    return any(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _ask() -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass("Blinger token (not shown): ").strip()
    except (EOFError, getpass.GetPassWarning):
        return ""
    except KeyboardInterrupt:
        raise _not_begun() from None


def _not_begun() -> Interrupted:
    error = Interrupted("interrupted")
    error.outcome = Outcome.NOT_SENT
    return error
