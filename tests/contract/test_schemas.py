"""How an answer departs from its schema: once, as deep as it goes, at the line that promises it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from blinger_contract.schemas import TITLE, departures
from blinger_spec import document

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMAS = "/components/schemas"
AUTHOR = "A message has not exactly one author"
BOT = {"id": "x", "name": "x", "createdAt": 1, "updatedAt": 1}


def text(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return the sample of a text message with a *change* in its data."""
    answer = copy.deepcopy(document()["components"]["examples"]["SendTextMessageResponse"]["value"])
    change(answer["data"])
    return dict(answer)


@pytest.mark.parametrize(
    ("change", "pointer", "said"),
    [
        (
            lambda data: data.pop("microseconds"),
            f"{SCHEMAS}/Message/properties/microseconds",
            '"microseconds" is a required property\nin the answer at /data',
        ),
        (
            lambda data: data["endUser"].update(createdAt="1"),
            f"{SCHEMAS}/EndUser/properties/createdAt",
            '"1" is not of type "integer"\nin the answer at /data/endUser/createdAt',
        ),
        (
            lambda data: data.update(endUser=5),
            f"{SCHEMAS}/Message/properties/endUser",
            (
                "5 is not valid under any of the schemas listed in the 'oneOf' keyword\n"
                "in the answer at /data/endUser"
            ),
        ),
        (
            lambda data: data.update(body=None),
            f"{SCHEMAS}/Message/dependentSchemas/type/then/properties/body",
            'null is not of type "string"\nin the answer at /data/body',
        ),
    ],
)
def test_a_departure_is_told_once_and_at_its_depth(
    change: Callable[[dict[str, Any]], object], pointer: str, said: str
) -> None:
    """Not also by each object around it, nor by the alternative that was not meant."""
    [one] = departures(text(change), "sendTextMessage")
    assert (one.title, one.pointer, one.text) == (TITLE, pointer, said)


@pytest.mark.parametrize("change", [{"bot": BOT}, {"endUser": None}])
def test_the_rule_of_the_author_is_told_in_its_own_words(change: dict[str, Any]) -> None:
    """As the check of the kit tells it, so the two are one finding."""
    [one] = departures(text(lambda data: data.update(change)), "sendTextMessage")
    assert (one.title, one.about, one.pointer) == (AUTHOR, "", f"{SCHEMAS}/Message")


def test_what_is_no_message_at_all_departs_at_its_top() -> None:
    """No JSON, an array, data that is null: one departure each."""
    answers: tuple[Any, ...] = (None, [], {"status": 200, "data": None})
    for answer in answers:
        [one] = departures(answer, "sendTextMessage")
        assert one.text.startswith(("null is not", "[] is not"))


def test_a_long_value_is_cut_in_the_middle__and_many_departures_after_three() -> None:
    """What was promised stands at the end."""
    [one] = departures(text(lambda data: data.update(createdAt="x" * 5000)), "sendTextMessage")
    assert len(one.text) < 250
    assert 'is not of type "integer"' in one.text
    assert len(departures(text(dict.clear), "sendTextMessage")) == 3


def test_a_right_answer_departs_in_nothing() -> None:
    """The samples."""
    assert departures(text(lambda _: None), "sendTextMessage") == []
