"""The named assumptions: what the API page leaves open, each with a closed set of values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from blinger_spec import _load

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = str | int | float
"""What an assumption can be set to."""

_LARGEST = 10**12
"""The largest number that any can be: it is exact everywhere, and more than anybody sends."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """One open question about the API, as `x-assumptions` in `openapi.yaml` states it."""

    name: str
    question: str
    values: tuple[Value, ...]
    """The named values, the default first."""
    minimum: float | None
    """The smallest number allowed besides `values`; None if no other number is."""
    whole: bool
    """Whether such a number must be an integer."""
    seen: bool
    """Whether a sample of the API page supports the default."""

    @property
    def default(self) -> Value:
        """Return the value that holds where no profile says otherwise."""
        return self.values[0]

    def parse(self, value: object) -> Value:
        """Return *value*, which may be text from a command line, as one of the values allowed.

        Raises:
            ValueError: It is none of them; the message lists what is.
        """
        for known in self.values:
            if str(known) == str(value) and not isinstance(value, bool):
                return known
        number = self._number(value)
        if number is None:
            message = f"{self.name} cannot be {str(value)!r}: give one of {self.choices()}"
            raise ValueError(message)
        return number

    def choices(self) -> str:
        """Return the values allowed, as a person would list them."""
        listed = [str(value) for value in self.values]
        if self.minimum is not None:
            kind = "whole number" if self.whole else "number"
            listed.append(f"any {kind} from {self.minimum:g} to {_LARGEST}")
        return ", ".join(listed)

    def _number(self, value: object) -> int | float | None:
        if self.minimum is None or isinstance(value, bool):
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            return None
        # A float of 0.001 is a little more than 0.001 is.
        if not number.is_finite() or number > _LARGEST or float(number) < self.minimum:
            return None
        if number == number.to_integral_value():
            return int(number)
        return None if self.whole else float(number)


@cache
def assumptions() -> Mapping[str, Assumption]:
    """Return the assumptions by name, in the order of `openapi.yaml`."""
    return MappingProxyType(
        {
            name: Assumption(
                name=name,
                question=entry["question"],
                values=tuple(entry["values"]),
                minimum=entry.get("number", {}).get("minimum"),
                whole=entry.get("number", {}).get("type") == "integer",
                seen=entry.get("seen", False),
            )
            for name, entry in _load.raw()["x-assumptions"].items()
        }
    )
