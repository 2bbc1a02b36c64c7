"""A profile says which values hold for one deployment, and survives its file."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import blinger_spec
from blinger_spec import Assumption, Profile, ProfileError, Value

if TYPE_CHECKING:
    from collections.abc import Mapping


def _values_of(entry: Assumption) -> st.SearchStrategy[Value]:
    named = st.sampled_from(entry.values)
    if entry.minimum is None:
        return named
    if entry.whole:
        return named | st.integers(min_value=int(entry.minimum), max_value=10**12)
    numbers = st.floats(min_value=entry.minimum, max_value=1e12, allow_nan=False)
    return named | numbers.map(lambda number: int(number) if number.is_integer() else number)


_GIVEN = st.fixed_dictionaries(
    {},
    optional={name: _values_of(entry) for name, entry in blinger_spec.assumptions().items()},
)


def test_defaults() -> None:
    """Where nothing is given each assumption has its default, and nothing is pinned."""
    profile = Profile()
    assert dict(profile) == {
        name: entry.default for name, entry in blinger_spec.assumptions().items()
    }
    assert len(profile) == len(blinger_spec.assumptions())
    assert profile.given == frozenset()
    assert not profile.to_toml()
    assert repr(profile) == "Profile()"


@settings(deadline=None)
@given(_GIVEN)
def test_given(values: Mapping[str, Value]) -> None:
    """What is given holds and is pinned, whether it is the default or not; the rest is default."""
    profile = Profile(values)
    assert profile.given == set(values)
    for name, entry in blinger_spec.assumptions().items():
        assert profile[name] == values.get(name, entry.default)


@settings(deadline=None)
@given(_GIVEN)
def test_toml(values: Mapping[str, Value]) -> None:
    """A profile that is written as TOML and read again is the same, and pins the same."""
    profile = Profile(values)
    text = profile.to_toml()
    assert tomllib.loads(text) == values
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "profile.toml"
        path.write_text(text, encoding="utf-8")
        again = Profile.read(path)
    assert (again, again.given) == (profile, profile.given)


@settings(deadline=None)
@given(_GIVEN)
def test_assignments(values: Mapping[str, Value]) -> None:
    """The same profile can be given as assignments, as on a command line."""
    profile = Profile().with_assignments(f"{name}={value}" for name, value in values.items())
    assert (profile, profile.given) == (Profile(values), frozenset(values))


def test_assignments__on_top() -> None:
    """Assignments add to a profile and win over it; the profile itself stays as it is."""
    base = Profile({"uuid_dedupe": "conflict", "text_max": 5})
    changed = base.with_assignments([" uuid_dedupe = second_message ", "rate_limit=2"])
    assert changed["uuid_dedupe"] == "second_message"
    assert changed["text_max"] == 5
    assert changed.given == {"uuid_dedupe", "text_max", "rate_limit"}
    assert base["uuid_dedupe"] == "conflict"
    assert repr(base) == "Profile(uuid_dedupe='conflict', text_max=5)"


@pytest.mark.parametrize("assignment", ["uuid_dedupe", "", "uuid_dedupe:conflict"])
def test_assignments__malformed(assignment: str) -> None:
    """What is not NAME=VALUE is refused, with an example."""
    with pytest.raises(ProfileError, match=r"is not NAME=VALUE, such as uuid_dedupe="):
        Profile().with_assignments([assignment])


def test_assignments__twice() -> None:
    """A name that is assigned twice is refused, even where one would be taken for the other."""
    with pytest.raises(ProfileError, match=r"^locked is assumed twice: give it one value$"):
        Profile().with_assignments(["locked=accepted", "text_max=5", " locked = refused"])


@pytest.mark.parametrize("name", ["uuid_dedup", "UUID_DEDUPE", "uuid-dedupe", "dedupe"])
def test_unknown_name__near(name: str) -> None:
    """A misspelt name is refused with the name that was meant, however it was given."""
    with pytest.raises(ProfileError) as caught:
        Profile({name: "conflict"})
    message = f"there is no assumption {name!r}: did you mean uuid_dedupe?"
    assert message == str(caught.value)
    with pytest.raises(ProfileError) as caught:
        Profile().with_assignments([f"{name}=conflict"])
    assert message == str(caught.value)


def test_unknown_name__far() -> None:
    """A name that resembles none is refused with all that there are."""
    with pytest.raises(ProfileError) as caught:
        Profile({"zzz": "conflict"})
    names = ", ".join(blinger_spec.assumptions())
    assert str(caught.value) == f"there is no assumption 'zzz': there are {names}"


def test_unknown_value() -> None:
    """A value that does not exist is refused with those that do."""
    with pytest.raises(ProfileError, match=r"^locked cannot be 'open': .* refused, accepted$"):
        Profile({"locked": "open"})


def test_no_such_assumption() -> None:
    """Asking a profile for a name that does not exist is a mistake of the program: KeyError."""
    with pytest.raises(KeyError):
        _ = Profile()["locks"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"locked = refused", r"the profile .*profile\.toml is not TOML: "),
        (b"\xff\xfe", r"the profile .*profile\.toml is not TOML: "),
        (b'locked = "open"', r"^locked cannot be 'open'"),
        (b"[locked]\nvalue = 1", r"^locked cannot be "),
        (b'lock = "refused"', r"did you mean locked\?"),
    ],
)
def test_read__not_a_profile(tmp_path: Path, content: bytes, message: str) -> None:
    """A file that is no profile is refused in one line that says what is wrong with it."""
    path = tmp_path / "profile.toml"
    path.write_bytes(content)
    with pytest.raises(ProfileError, match=message) as caught:
        Profile.read(path)
    assert "\n" not in str(caught.value)


def test_read__no_file(tmp_path: Path) -> None:
    """A file that is not there, or is a folder, is refused with the reason."""
    missing = tmp_path / "profile.toml"
    with pytest.raises(ProfileError, match=r"^cannot read the profile .*: No such file"):
        Profile.read(str(missing))
    with pytest.raises(ProfileError, match=r"^cannot read the profile .*: Is a directory"):
        Profile.read(tmp_path)
