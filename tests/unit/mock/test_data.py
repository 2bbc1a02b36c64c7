"""Seed data in YAML: what a file may say, and how a mistake in it is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from blinger_mock import data
from blinger_mock.data import parse
from blinger_mock.engine import Engine
from blinger_mock.memory import MemoryStore
from blinger_mock.seed import seed
from blinger_mock.sqlite import SqliteStore
from blinger_mock.strict import DataError
from blinger_spec import Profile

if TYPE_CHECKING:
    from blinger_mock.state import Store

_PAGE = Path(__file__).parents[3] / "docs" / "emulator.md"
[EXAMPLE] = re.findall(r"^```yaml\n(.*?)^```$", _PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


_WITH_A_SLIP = (
    "x: 1",
    "bot: {x: 1}",
    "agents: [{x: 1}]",
    "conversations: [{x: 1}]",
    "conversations: [{messages: [{x: 1}]}]",
    "conversations: [{messages: [{review: {x: 1}}]}]",
)


def test_example() -> None:
    """The example of docs/emulator.md is what it says."""
    made = parse(EXAMPLE, 0)
    first, second = made.conversations
    stored = [(one.message.kind, one.message.sent, one.uuid) for one in made.messages]
    anna = made.agents[0]

    assert (made.bot.name, [one.name for one in made.agents]) == ("Helper", ["Anna", "Boris"])
    assert (made.bot.created_at, made.bot.id[:8]) == (1_767_254_400, "1d2f7b0e")
    assert (anna.service_user_id, anna.avatar and anna.avatar.mime_type) == ("17", "image/png")
    assert (first.agent, second.agent, second.locked) == (anna, None, True)
    assert second.end_user.id == "5c8e0f1a-3a52-4b7d-8f6e-0e9b6f0b6a77"
    assert stored == [
        ("text", "Hello", None),
        ("text", "How may I help you?", "7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        ("file", "https://example.com/invoice.pdf", None),
        ("review", "", None),
    ]
    authors = [one.message.author for one in made.messages]
    assert authors == [first.end_user, anna, first.end_user, made.bot]
    review = made.messages[3].message.review
    assert review is not None
    assert (review.mark, review.text, review.confirmed) == (5, "Thank you", True)
    assert (first.messages, first.reviews) == (4, 1)


@pytest.mark.parametrize("text", _WITH_A_SLIP)
def test_example__leaves_nothing_out(text: str) -> None:
    """Each key that the format knows, as a refusal lists them, stands in the example."""
    with pytest.raises(DataError, match="the key x is not known; allowed are ") as caught:
        parse(text, 0)

    allowed = str(caught.value).partition("allowed are ")[2].split(", ")
    assert [one for one in allowed if not re.search(rf"\b{one}:", EXAMPLE)] == []


@pytest.mark.parametrize("text", ["", "# nothing", "{}"])
def test_nothing(text: str) -> None:
    """An empty file changes nothing."""
    assert parse(text, 3) == seed(3)


def test_ids__follow_from_the_seed() -> None:
    """An id that is left out is the same for the same seed, and another for another."""
    assert parse(EXAMPLE, 1) == parse(EXAMPLE, 1)
    first, second = parse(EXAMPLE, 1), parse(EXAMPLE, 2)
    assert first.conversations[0].id != second.conversations[0].id
    assert first.conversations[1].id == second.conversations[1].id


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_start(kind: str, tmp_path: Path) -> None:
    """A tenant starts with what the file says, and a reset returns to it."""
    start = parse(EXAMPLE, 0)
    store: Store = MemoryStore(0) if kind == "memory" else SqliteStore(0, tmp_path / "state.db")
    engine = Engine(Profile(), store=store, start=start)
    engine.add_tenant("token", "1")
    before = engine.state("1").snapshot()
    engine.reset("1")

    assert before.messages == start.messages
    assert engine.state("1").snapshot() == before
    store.close()


def _sent(uuid: str) -> str:
    return f"{{text: a, uuid: {uuid}}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "data:1: this is neither YAML nor JSON: expected the node content"),
        ("a: \x00", "data: this is neither YAML nor JSON"),
        ("- a", "data:1: must be a mapping of bot, agents, conversations"),
        ("agent: []", "data:1: the key agent is not known; allowed are bot, agents, conversations"),
        ("bot:\n  name: a\n  name: b", "data:3: the key 'name' is there twice"),
        ("bot: {[a]: b}", "data:1: bot: a key is not known"),
        ('bot: {"a\\udc00": b}', "data:1: bot: a key is not known"),
        ("bot:\n  name:", "data:2: bot.name: must be a text"),
        ("bot: {id: x}", "data:1: bot.id: must be a UUID"),
        ("agents: []", "data:1: agents: must have at least one"),
        ("agents: {}", "data:1: agents: must be a list"),
        (
            "agents:\n- createdAt: now",
            "data:2: agents[0].createdAt: must be a time from 1970 to 9999",
        ),
        ("agents:\n- createdAt: 1969-01-01", "must be a time from 1970 to 9999"),
        ("agents: [{createdAt: 9999-12-31T23:59:59-05:00}]", "must be a time from 1970 to 9999"),
        ("bot: {createdAt: 0001-01-01T00:00:00+14:00}", "must be a time from 1970 to 9999"),
        ("conversations:\n- locked: 1", "data:2: conversations[0].locked: must be one of true,"),
        ("conversations:\n- agent: X", "data:2: conversations[0].agent: must be one of Vadim"),
        (
            "conversations:\n- messages:\n  - {}",
            "data:3: conversations[0].messages[0]: must have one of text, file, review",
        ),
        ("conversations: [{messages: [{text: a, file: b}]}]", "must have one of text"),
        (
            'conversations:\n- messages:\n  - {text: "\\udc00"}',
            "data:3: conversations[0].messages[0].text: has half of a surrogate pair",
        ),
        ('agents: [{name: "a\\ud800"}]', "agents[0].name: has half of a surrogate pair"),
        (
            "conversations: [{messages: [{text: a, at: 9999-12-31T23:59:59.5Z}, {text: b}]}]",
            "messages[1]: would be from the year 10000",
        ),
        (
            "conversations: [{createdAt: 9999-12-31T23:59:59Z, messages: [{text: a}]}]",
            "messages[0]: would be from the year 10000",
        ),
        (
            f"conversations:\n- messages: [{_sent(KEY)}, {_sent(KEY.upper())}]",
            "messages[1].uuid: is the uuid of another message of this conversation",
        ),
        (
            "agents: [{name: A}, {name: A}]\nconversations: [{agent: A}]",
            "data:2: conversations[0].agent: is the name of more than one agent: give the id",
        ),
        ("conversations: [{messages: [{text: a, from: x}]}]", "one of endUser, agent, bot"),
        ("conversations: [{messages: [{review: {}, from: bot}]}]", "allowed are id, at, review"),
        ("conversations: [{messages: [{review: {mark: 6}}]}]", "must be one of 0, 1, 2, 3, 4, 5"),
        (
            "conversations: [{messages: [{text: a}, {text: b, at: 2001-01-01}]}]",
            "messages[1].at: must be later than the message before",
        ),
        (
            f"conversations:\n- id: {KEY}\n- id: {KEY.upper()}\n",
            "data:3: conversations[1].id: is the id of something else in this file",
        ),
    ],
)
def test_refused(text: str, expected: str) -> None:
    """A mistake is told in one line: the file and its line, the place, and what is allowed."""
    with pytest.raises(DataError) as caught:
        parse(text, 0)

    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_locked_conversation() -> None:
    """Who asks for the locked conversation of a seed without one is told what is missing."""
    assert parse(EXAMPLE, 0).locked_conversation == "2f1b0c1e-62a6-4f3f-9a55-5d8d2f0c7a11"
    with pytest.raises(LookupError, match="locked: true"):
        _ = parse("conversations: [{}]", 0).locked_conversation


def test_load__refused(tmp_path: Path) -> None:
    """A file that cannot be read is named."""
    with pytest.raises(DataError, match=r"none\.yaml cannot be read: No such file"):
        data.load(tmp_path / "none.yaml", 0)
    (tmp_path / "a.yaml").write_bytes(b"\xff")
    with pytest.raises(DataError, match=r"a\.yaml is not UTF-8"):
        data.load(tmp_path / "a.yaml", 0)
