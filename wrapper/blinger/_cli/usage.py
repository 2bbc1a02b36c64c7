"""What is wrong with a command line, said without repeating it: there may be a text or token in it.

cyclopts would show the words that it cannot place, and those words can be what the customer was to
read.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, get_args
from uuid import UUID

from cyclopts import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_KINDS: dict[object, str] = {
    bool: "takes no value",
    int: "is not a whole number",
    float: "is not a number",
    UUID: "is not a UUID",
}


def explain(error: CycloptsError, commands: Iterable[str]) -> str:
    """Return what *error* says, in one line that holds nothing of what was typed."""
    command = " ".join(("blinger", *(error.command_chain or ())))
    return f"{_problem(error, commands)}; see: {command} --help"


def _problem(error: CycloptsError, commands: Iterable[str]) -> str:
    problem = "the arguments cannot be understood"
    match error:
        case UnknownCommandError():
            typed = (error.unused_tokens or [""])[0]
            problem = "there is no such command" + _meant(typed, commands)
        case UnknownOptionError():
            typed = (error.token.keyword or error.token.value).partition("=")[0]
            names = [name for argument in error.argument_collection for name in argument.names]
            problem = _unknown_option(typed, names)
        case UnusedCliTokensError():
            problem = "there are too many arguments: a text with blanks stands in quotes"
        case MissingArgumentError():
            name = _name(error)
            problem = f"{name} has no value" if name.startswith("-") else f"{name} is missing"
        case RepeatArgumentError():
            problem = f"{error.token.keyword} is given twice"
        case CoercionError():
            problem = (
                f"{_name(error)} {_KINDS.get(_type(error), 'has a value that it cannot have')}"
            )
        case _:
            pass
    return problem


def _unknown_option(typed: str, names: list[str]) -> str:
    if typed == "--token":
        return (
            "there is no --token, which a list of processes would show: "
            "set BLINGER_TOKEN, or leave it out to be asked"
        )
    meant = _meant(typed, [name for name in names if name.startswith("-")])
    return f"there is no such option{meant}; what begins with a dash and is none stands after --"


def _meant(typed: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(typed, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _name(error: CycloptsError) -> str:
    if error.argument is None:
        return "an argument"
    name = error.argument.name
    return name if name.startswith("-") else name.upper()


def _type(error: CoercionError) -> object:
    hint = None if error.argument is None else error.argument.hint
    return next((one for one in get_args(hint) if one is not type(None)), hint)
