"""The named assumptions are those of the reference, and each of their values can be given."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

import blinger_spec
from blinger_spec import Assumption, Value


class _Row(NamedTuple):
    name: str
    values: tuple[Value, ...]
    seen: bool = False
    """Whether a sample supports the default, the first value."""
    number: tuple[str, float] | None = None
    """The kind and the smallest of the numbers that are values too."""


_TABLE = [
    _Row("auth_scheme", ("raw", "bearer")),
    _Row("body_encoding", ("json", "form")),
    _Row("error_shape", ("status_error", "other")),
    _Row("error_transport", ("http", "inside_200")),
    _Row("message_author", ("end_user", "agent", "bot"), seen=True),
    _Row("uuid_echo", ("no", "yes")),
    _Row("uuid_dedupe", ("same_message", "conflict", "second_message")),
    _Row("uuid_reuse", ("conflict", "same_message", "second_message")),
    _Row("uuid_format", ("refused", "accepted")),
    _Row("extra_properties", ("refused", "ignored")),
    _Row("text_min", ("refused", "accepted")),
    _Row("text_max", (10000,), number=("integer", 1)),
    _Row("text_echo", ("verbatim", "trimmed", "sanitised")),
    _Row("url_max", (2048,), number=("integer", 1)),
    _Row("body_max", (1048576,), number=("integer", 1)),
    _Row("rate_limit", ("none",), number=("number", 0.001)),
    _Row("file_fetch", ("no", "yes")),
    _Row("file_schemes", ("http_https", "https")),
    _Row("review_needs_agent", ("no", "yes")),
    _Row("review_repeat", ("yes", "no")),
    _Row("request_review_body", ("none_or_empty_object", "none_only")),
    _Row("unknown_ids", (404, 400)),
    _Row("id_format", (404, 400)),
    _Row("locked", ("refused", "accepted")),
    _Row("assignment_visible", ("yes", "no")),
    _Row("end_user_stable", ("yes", "no"), seen=True),
    _Row("time_order", ("yes", "no")),
    _Row("wrong_method", (405, 404)),
]
_VALUES = [(row.name, value) for row in _TABLE for value in row.values]
_NUMBERS = [row.name for row in _TABLE if row.number]


def test_table() -> None:
    """Names, values in their order, what a sample shows and which take a number, are these."""
    found = [
        _Row(
            name,
            entry.values,
            entry.seen,
            None
            if entry.minimum is None
            else ("integer" if entry.whole else "number", entry.minimum),
        )
        for name, entry in blinger_spec.assumptions().items()
    ]
    assert found == _TABLE
    assert all(type(value) in (str, int) for _, value in _VALUES)


def test_entries(document: dict[str, Any]) -> None:
    """Each asks one question, and has no key that is read by nobody."""
    for name, entry in document["x-assumptions"].items():
        assert entry["question"].count("?") == 1, name
        assert set(entry) <= {"question", "values", "number", "seen"}, name
        assert len(set(entry["values"])) == len(entry["values"]), name


def test_default() -> None:
    """The default is the first value."""
    assert {row.name: row.values[0] for row in _TABLE} == {
        name: entry.default for name, entry in blinger_spec.assumptions().items()
    }


def test_documented(document: dict[str, Any]) -> None:
    """The documentation has a row for each, in order, with its question and values."""
    page = Path(__file__).parents[3] / "docs" / "assumptions.md"
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split(" | "))
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]
    assert rows == [
        (f"`{name}`", document["x-assumptions"][name]["question"], _listed(entry))
        for name, entry in blinger_spec.assumptions().items()
    ]


def _listed(entry: Assumption) -> str:
    """Write the values as the documentation does."""
    values = [f"`{value}`" for value in entry.values]
    if entry.seen:
        values[0] += " (seen)"
    if entry.minimum is not None:
        values.append(entry.choices().rpartition(", ")[2])
    return " · ".join(values)


def _assumption(name: str) -> Assumption:
    return blinger_spec.assumptions()[name]


@pytest.mark.parametrize(("name", "value"), _VALUES)
def test_parse(name: str, value: Value) -> None:
    """Each value is read as itself, given as it is or as text of a command line."""
    for given in (value, str(value)):
        parsed = _assumption(name).parse(given)
        assert (type(value), value) == (type(parsed), parsed)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("text_max", 1, 1),
        ("text_max", "20000", 20000),
        ("url_max", 2.0, 2),
        ("rate_limit", "0.5", 0.5),
        ("rate_limit", 5, 5),
        ("rate_limit", "1e3", 1000),
        ("body_max", 10**12, 10**12),
        ("rate_limit", "1e12", 10**12),
    ],
)
def test_parse__number(name: str, given: object, expected: float) -> None:
    """Where any number is a value, one is read exactly, and is an integer where it is whole."""
    parsed = _assumption(name).parse(given)
    assert (type(expected), expected) == (type(parsed), parsed)


@pytest.mark.parametrize(
    "given",
    [
        *("", "none ", "None", "nan", "sNaN", "inf", "-1", "0", 0, -5, 0.0001, True, None, [1], {}),
        *("1e400", "1e999999999999", 10**12 + 1, "9" * 26, 1e300, "1000000000000.0000000001"),
    ],
)
def test_parse__no_number(given: object) -> None:
    """What is no number from the smallest to the largest is refused, with what is allowed."""
    for name in _NUMBERS:
        with pytest.raises(
            ValueError, match=rf"^{name} cannot be .*any .*number from .* to 10{{12}}$"
        ):
            _assumption(name).parse(given)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        (
            "uuid_dedupe",
            "twice",
            "uuid_dedupe cannot be 'twice': give one of same_message, conflict, second_message",
        ),
        ("uuid_echo", True, "uuid_echo cannot be 'True': give one of no, yes"),
        ("uuid_echo", "YES", "uuid_echo cannot be 'YES': give one of no, yes"),
        ("unknown_ids", 403, "unknown_ids cannot be '403': give one of 404, 400"),
        ("auth_scheme", None, "auth_scheme cannot be 'None': give one of raw, bearer"),
        ("auth_scheme", "", "auth_scheme cannot be '': give one of raw, bearer"),
        (
            "text_max",
            "10.5",
            f"text_max cannot be '10.5': give one of 10000, any whole number from 1 to {10**12}",
        ),
        (
            "text_max",
            "1.0000000000000001",
            (
                "text_max cannot be '1.0000000000000001': "
                f"give one of 10000, any whole number from 1 to {10**12}"
            ),
        ),
        (
            "rate_limit",
            "much",
            "rate_limit cannot be 'much': give one of none, any number from 0.001 to 1000000000000",
        ),
    ],
)
def test_parse__message(name: str, given: object, message: str) -> None:
    """A value that does not exist is refused in one line that lists those that do."""
    with pytest.raises(ValueError) as caught:
        _assumption(name).parse(given)
    assert message == str(caught.value)


def test_immutable() -> None:
    """Nobody can change an assumption, or add one."""
    entries = blinger_spec.assumptions()
    with pytest.raises(TypeError):
        entries["new"] = _assumption("locked")  # type: ignore[index]
    with pytest.raises(AttributeError):
        _assumption("locked").name = "unlocked"  # type: ignore[misc]
