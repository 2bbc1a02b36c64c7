"""What the client needs to know of a deployment: three of the named assumptions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

from attrs import frozen

from blinger.errors import ConfigurationError

_VALUES = {
    "auth_scheme": ("raw", "bearer"),
    "body_encoding": ("json", "form"),
    "uuid_dedupe": ("same_message", "conflict", "second_message"),
}

_NEAR = 0.85
"""How alike a name must be to count as a slip; the other assumptions are less so."""

ProfileSource = Mapping[str, object] | str | os.PathLike[str]
"""A profile: a mapping of names to values, or the path of a TOML file that holds one."""


@frozen(kw_only=True)
class Profile:
    """The values that hold; the first of each is the default."""

    auth_scheme: str = "raw"
    body_encoding: str = "json"
    uuid_dedupe: str = "same_message"


def read_profile(source: ProfileSource | None) -> Profile:
    """Return what *source* says of the three assumptions, and pass over the others.

    The other names are for the mock and the contract kit, which read the same file and check them.

    Raises:
        ConfigurationError: *source* cannot be read, or gives one of the three a value that does not
            exist.
    """
    if source is None:
        return Profile()
    given: object = source
    if isinstance(source, str | os.PathLike):
        given = _read(source)
    if not is_mapping(given):
        kind = type(given).__name__
        raise ConfigurationError(f"profile is a {kind}: give a mapping, or the path of a TOML file")
    from difflib import get_close_matches  # noqa: PLC0415 - few have a profile

    for name in given:
        near = get_close_matches(str(name), _VALUES, cutoff=_NEAR)
        if near and name not in _VALUES:
            raise ConfigurationError(f"the profile has {name!r}: did you mean {near[0]}?")
    for name, values in _VALUES.items():
        if name in given and given[name] not in values:
            message = f"the profile's {name} is {given[name]!r}: give one of {', '.join(values)}"
            raise ConfigurationError(message)
    return Profile(**{name: str(given[name]) for name in _VALUES if name in given})


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Return whether *value* is a mapping, of whatever to whatever."""
    return isinstance(value, Mapping)


def _read(path: str | os.PathLike[str]) -> Mapping[str, object]:
    import tomllib  # noqa: PLC0415 - few have a profile

    try:
        with Path(path).open("rb") as file:
            return tomllib.load(file)
    except (OSError, ValueError) as error:
        message = f"cannot read the profile {os.fspath(path)!r}: {error}"
        raise ConfigurationError(message) from error
