"""A profile: which values of the assumptions hold for one deployment."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from blinger_spec._assumptions import Value, assumptions


class ProfileError(ValueError):
    """A profile names an assumption or a value that does not exist, or cannot be read."""


class Profile(Mapping[str, Value]):
    """Every assumption with its value: those that were given, and the default of the others."""

    __slots__ = ("_values", "given")

    given: frozenset[str]
    """The names that were given: what the profile pins."""

    def __init__(self, given: Mapping[str, object] | None = None) -> None:
        """Take *given*, name to value; a value may be text.

        Raises:
            ProfileError: A name or a value does not exist; the message lists what does.
        """
        known = assumptions()
        values: dict[str, Value] = {name: entry.default for name, entry in known.items()}
        for name, value in (given or {}).items():
            if name not in known:
                raise ProfileError(_no_such_name(name))
            try:
                values[name] = known[name].parse(value)
            except ValueError as error:
                raise ProfileError(str(error)) from None
        self._values = values
        self.given = frozenset(given or ())

    @classmethod
    def of(cls, source: Mapping[str, object] | str | Path | None) -> Profile:
        """Return *source* as a profile: a mapping, one that is one already, or a file's path.

        Raises:
            ProfileError: It cannot be read, or names what does not exist.
        """
        if isinstance(source, Profile):
            return source
        return cls.read(source) if isinstance(source, str | Path) else cls(source)

    @classmethod
    def read(cls, path: str | Path) -> Profile:
        """Read a profile from a TOML file of `name = value` lines.

        Raises:
            ProfileError: It cannot be read, is no TOML, or names what does not exist.
        """
        try:
            given = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            message = f"cannot read the profile {path}: {error.strerror}"
            raise ProfileError(message) from None
        except ValueError as error:
            message = f"the profile {path} is not TOML: {error}"
            raise ProfileError(message) from None
        return cls(given)

    def with_assignments(self, assignments: Iterable[str]) -> Profile:
        """Return this profile with *assignments*, each `NAME=VALUE`, on top.

        Raises:
            ProfileError: One is not `NAME=VALUE`, a name is there twice, or what it names does not
                exist.
        """
        given: dict[str, object] = {}
        for assignment in assignments:
            name, equals, value = assignment.partition("=")
            if not equals:
                message = f"{assignment!r} is not NAME=VALUE, such as uuid_dedupe=second_message"
                raise ProfileError(message)
            if name.strip() in given:
                message = f"{name.strip()} is assumed twice: give it one value"
                raise ProfileError(message)
            given[name.strip()] = value.strip()
        return Profile({**{name: self[name] for name in self.given}, **given})

    def to_toml(self) -> str:
        """Return the values that were given as the text of a TOML file."""
        lines = (f"{name} = {_toml(self[name])}\n" for name in self if name in self.given)
        return "".join(lines)

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        pairs = ", ".join(f"{name}={self[name]!r}" for name in self if name in self.given)
        return f"Profile({pairs})"


def _toml(value: Value) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _no_such_name(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), assumptions(), n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(assumptions())}"
    return f"there is no assumption {name!r}: {hint}"
