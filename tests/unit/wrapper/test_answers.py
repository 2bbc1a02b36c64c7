"""The SDK's reading of an answer and the generated models': two readings, held equal."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import attrs
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from tests.unit.wrapper.samples import ALL_PATHS, FILES, get, replaced, sample, without
from tests.unit.wrapper.test_strict import ENVELOPES

from blinger import _answers
from blinger.models import Meta
from blinger_api import models as raw
from blinger_api.types import UNSET

META = Meta(status=200, headers={}, attempts=1, elapsed=0.0, uuid=None, raw=None)
NAMES = {"type_": "type", "url": "urls", "additional_properties": "extra"}
"""What a generated attribute is called on a model of ours, where its name is another."""

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**35), 2**37)
    | st.floats(-(2.0**35), 2.0**35, width=32)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
PARTS = [get(sample(name), path) for name, path in ALL_PATHS if path[-1] != "microseconds"]
"""Every value in the samples that may come in another place too; seconds like those no calendar
has, which only ours refuses."""


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A sample after a few changes: values replaced, keys gone, keys that nobody knows."""
    name = draw(st.sampled_from(sorted(FILES)))
    answer = sample(name)
    for _ in range(draw(st.integers(0, 4))):
        path = draw(st.sampled_from([path for of, path in ALL_PATHS if of == name]))
        try:
            place = get(answer, path[:-1])
            assume(isinstance(place, dict))
        except (KeyError, TypeError):
            continue
        match draw(st.sampled_from(("replace", "move", "drop", "add"))):
            case "replace":
                place[path[-1]] = draw(VALUES)
            case "move":
                place[path[-1]] = copy.deepcopy(draw(st.sampled_from(PARTS)))
            case "drop":
                place.pop(path[-1], None)
            case _:
                place[draw(st.text(max_size=5))] = draw(VALUES)
    return name, answer


def _read(name: str, answer: dict[str, Any]) -> Any:
    """Return what the SDK makes of the answer's data; None where it refuses."""
    read: Any = _answers.read_conversation if name == "assign_agent" else _answers.read_message
    try:
        return read(answer["data"], META)
    except (_answers.MismatchError, KeyError):
        return None


def _generated(name: str, answer: dict[str, Any]) -> Any:
    """Return what the generated model makes of it; None where it refuses."""
    model: Any = raw.Conversation if name == "assign_agent" else raw.Message
    try:
        return model.from_dict(answer["data"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _plain(value: Any) -> Any:
    """Return a value of a model, of either kind, as both should have it."""
    if value is UNSET:
        return None
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, raw.FileUrls):
        return value.additional_properties
    if attrs.has(type(value)):
        return {
            NAMES.get(at.name, at.name): _plain(getattr(value, at.name))
            for at in attrs.fields(type(value))
            if at.name != "meta" or not isinstance(getattr(value, at.name), Meta)
        }
    return value


def _hold_equal(name: str, answer: dict[str, Any]) -> str:
    before = copy.deepcopy(answer)
    ours, theirs = _read(name, answer), _generated(name, answer)
    assert answer == before, "reading has changed the answer"
    if ours is None:
        assert theirs is None or not ENVELOPES[name].is_valid(answer)
        return "refused by both" if theirs is None else "refused by ours, as by the contract"
    assert theirs is not None
    assert _plain(ours) == _plain(theirs)
    return "read by both"


@settings(max_examples=400, deadline=None)
@given(answers())
def test_both_readings_are_equal(case: tuple[str, dict[str, Any]]) -> None:
    """What ours reads theirs reads too, to the same values; what it refuses is wrong."""
    event(_hold_equal(*case))


@pytest.mark.parametrize("value", [None, 5, "a", True, [], {}], ids=repr)
def test_both_readings_are_equal__at_each_place(value: object) -> None:
    """The same for each value of each sample, replaced or gone."""
    seen = {_hold_equal(name, replaced(name, path, value)) for name, path in ALL_PATHS}
    seen |= {_hold_equal(name, without(name, path)) for name, path in ALL_PATHS}
    seen |= {_hold_equal(name, sample(name)) for name in FILES}

    assert seen >= {"read by both", "refused by both"}


def test_times_are_aware_and_to_the_second() -> None:
    """What the generated model leaves a number is a time of ours."""
    message = _answers.read_message(sample("send_text")["data"], META)

    assert message.created_at == datetime.fromtimestamp(
        sample("send_text")["data"]["createdAt"], UTC
    )
