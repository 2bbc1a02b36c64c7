"""How much a promise weighs: documented, or only an assumption with a name.

On a deployment that is not ours, a broken assumption is an advisory, unless the profile pins it or
--strict is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import (
    AllowHeaderMismatch,
    MissingHeaderNotRejected,
    RejectedPositiveData,
    UnsupportedMethodResponse,
)

from blinger_contract.exchange import Broken

if TYPE_CHECKING:
    from schemathesis.core.failures import Failure

    from blinger_contract.options import Options

UNNAMED = "limits and formats of what is sent"
"""Stands for whichever of `_REFUSALS` a wrongly refused or accepted request rests on."""
_REFUSALS = (
    "extra_properties",
    "text_max",
    "text_min",
    "url_max",
    "uuid_format",
    "file_schemes",
    "id_format",
)
_ERRORS_FROM = 400


def assumption(failure: Failure) -> str | None:
    """Return the assumption that *failure* broke; None if it broke a documented promise."""
    if isinstance(failure, Broken):
        return failure.assumption
    if isinstance(failure, AllowHeaderMismatch | UnsupportedMethodResponse):
        return "wrong_method"
    if isinstance(failure, AcceptedNegativeData | RejectedPositiveData):
        return UNNAMED
    if isinstance(failure, MissingHeaderNotRejected) and failure.status_code >= _ERRORS_FROM:
        return UNNAMED
    return None


def is_advisory(name: str | None, options: Options) -> bool:
    """Return whether a finding that rests on the assumption *name* only advises."""
    if name is None or options.strict or not options.careful:
        return False
    pinned = options.profile.given
    return not (pinned.intersection(_REFUSALS) if name == UNNAMED else name in pinned)
