"""The assumptions as the probes observe them: the profile of the mock, found out from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.contract.test_probes import probed

from blinger_contract import assumed
from blinger_mock.testing import serve
from blinger_spec import Profile, Value, assumptions

if TYPE_CHECKING:
    from blinger_contract.options import Mode

NUMBERS: dict[str, tuple[Value, ...]] = {
    "text_max": (5_000, 20_000),
    "url_max": (500, 3_000),
    "body_max": (200_000, 2_000_000),
    "rate_limit": (50,),
}
"""For assumptions that any number answers."""
OTHERS = [
    (name, value)
    for name, entry in assumptions().items()
    for value in (*entry.values[1:], *NUMBERS.get(name, ()))
]


SWEEP: list[tuple[str, Value, Mode]] = [
    *((name, value, "careful") for name, value in OTHERS if name != "rate_limit"),
    # The others are asked in the same way in both modes.
    *((name, value, "full") for name, value in OTHERS if name in NUMBERS),
]
QUICK = {
    *(("auth_scheme", "bearer"), ("uuid_dedupe", "conflict"), ("text_echo", "trimmed")),
    *(("unknown_ids", 400), ("locked", "accepted"), ("error_transport", "inside_200")),
    *(("review_needs_agent", "yes"), ("uuid_echo", "yes"), ("url_max", 500)),
}
"""The values of `make test`; all of them are tried by `make soak`."""


def _marked(name: str, value: Value, *more: str) -> object:
    marks = () if (name, value) in QUICK else pytest.mark.soak
    return pytest.param(name, value, *more, marks=marks)


@pytest.mark.parametrize(("name", "value", "mode"), [_marked(*one) for one in SWEEP])
def test_another_value_is_observed(name: str, value: Value, mode: Mode) -> None:
    """It differs, with that value, which is the one finding; the profile written is the mock's."""
    with serve(assume={name: value}) as mock:
        # All of them at once take more than the budget of a careful run.
        probes = (name,) if name in NUMBERS else ()
        suite, found = probed(mock, mode, probes=probes, locked=mock.locked_conversation)
        assert mock.violations == 0
    (row,) = (row for row in assumed.rows(suite) if row["name"] == name)
    assert (row["verdict"], row["observed"]) == ("differs", value)
    assert {one.assumption for one in found} == {name}
    assert assumed.profile(suite) == mock.profile


@pytest.mark.parametrize(("name", "value"), [_marked(*one) for one in OTHERS])
def test_a_value_that_is_pinned_is_as_assumed(name: str, value: Value) -> None:
    """A profile that says what holds: nothing is found."""
    with serve(assume={name: value}) as mock:
        suite, found = probed(
            *(mock, "careful", Profile({name: value})), locked=mock.locked_conversation
        )
    assert [(one.probe, one.title, one.message) for one in found] == []
    (row,) = (row for row in assumed.rows(suite) if row["name"] == name)
    assert row["verdict"] == ("not probed" if name in {"body_max", "rate_limit"} else "as assumed")


def test_several_at_once() -> None:
    """A deployment that differs in many ways is described as a whole."""
    given = {
        "auth_scheme": "bearer",
        "body_encoding": "form",
        "error_transport": "inside_200",
        "error_shape": "other",
        "message_author": "bot",
        "uuid_dedupe": "conflict",
        "uuid_reuse": "same_message",
        "text_echo": "trimmed",
        "unknown_ids": 400,
        "review_needs_agent": "yes",
        "wrong_method": 404,
        "file_schemes": "https",
    }
    with serve(assume=given) as mock:
        suite, _ = probed(mock, "careful")
    assert assumed.profile(suite) == mock.profile


def test_what_was_observed_breaks_what_was_pinned() -> None:
    """The release that changes it fails."""
    with serve(assume={"uuid_dedupe": "second_message"}) as mock:
        _, found = probed(mock, "careful", Profile({"uuid_dedupe": "same_message"}))
    assert {one.assumption for one in found} == {"uuid_dedupe"}
