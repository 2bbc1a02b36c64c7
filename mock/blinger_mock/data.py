"""Seed data: YAML, or a mapping, that says what every tenant starts with; see docs/emulator.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import yaml
from yaml.representer import SafeRepresenter

from blinger_mock import files, strict, visitor
from blinger_mock.arguments import BEST, is_unicode
from blinger_mock.clock import LATEST, SECOND, microseconds
from blinger_mock.ids import looks_like_uuid, uuid_from
from blinger_mock.memory import grown
from blinger_mock.model import Agent, Bot, Conversation, EndUser, Message, Review
from blinger_mock.seed import MADE, empty
from blinger_mock.seed import seed as usual
from blinger_mock.state import Seed, Stored
from blinger_mock.strict import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger_mock.model import Kind

T = TypeVar("T")
_BOOLEANS = {"true": True, "false": False}
_MARKS = {str(mark): mark for mark in range(BEST + 1)}
_AUTHORS = ("endUser", "agent", "bot")
_CONTENTS: tuple[Kind, ...] = ("text", "file", "review")


def of(source: Mapping[str, object] | str | Path, number: int) -> Seed:
    """Return what *source* says, with ids that follow from *number*.

    Args:
        source: The path of a file, or what would stand in it as a mapping: of texts, numbers,
            truth values, dates, datetimes, lists and mappings.
        number: What the ids follow from.

    Raises:
        TypeError: *source* is neither.
        DataError: A file cannot be read, or something in it or in the mapping is not as it must be.
    """
    if isinstance(source, str | Path):
        return load(Path(source), number)
    if not isinstance(source, Mapping):
        raise TypeError("data is a mapping, or the path of a YAML file")
    try:
        node = SafeRepresenter().represent_data(dict(source))
    except (yaml.YAMLError, RecursionError):
        raise DataError("data: a value in it is nothing that YAML has") from None
    return _seed(node, number, "data")


def load(path: Path, number: int) -> Seed:
    """Return what the file at *path* says, with ids that follow from *number*.

    Raises:
        DataError: It cannot be read, or something in it is not as it must be.
    """
    return _seed(strict.load(path), number, str(path))


def parse(text: str, number: int, name: str = "data") -> Seed:
    """Return what *text*, of the file *name*, says, with ids that follow from *number*.

    Raises:
        DataError: Something in it is not as it must be.
    """
    return _seed(strict.compose(text, name), number, name)


def _seed(node: yaml.Node | None, number: int, name: str) -> Seed:
    return usual(number) if node is None else _Reader(number).seed(_Part(name, node, ""))


class _Part:
    """A node of the file, and where it is."""

    def __init__(self, name: str, node: yaml.Node, path: str) -> None:
        self._name = name
        self._node = node
        self._path = path

    def fail(self, text: str) -> NoReturn:
        where = f" {self._path}:" if self._path else ""
        raise DataError(f"{strict.place(self._name, self._node)}{where} {text}")

    def mapping(self, *allowed: str) -> dict[str, _Part]:
        if not isinstance(self._node, yaml.MappingNode):
            self.fail(f"must be a mapping of {', '.join(allowed)}")
        found: dict[str, _Part] = {}
        for key, value in self._node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value not in allowed:
                name = key.value if isinstance(key, yaml.ScalarNode) else ""
                what = f"the key {name}" if name and name.isprintable() else "a key"
                _Part(self._name, key, self._path).fail(
                    f"{what} is not known; allowed are {', '.join(allowed)}"
                )
            path = f"{self._path}.{key.value}" if self._path else key.value
            found[key.value] = _Part(self._name, value, path)
        return found

    def sequence(self) -> Iterator[_Part]:
        if not isinstance(self._node, yaml.SequenceNode):
            self.fail("must be a list")
        for place, node in enumerate(self._node.value):
            yield _Part(self._name, node, f"{self._path}[{place}]")

    def text(self) -> str:
        node = self._node
        if not isinstance(node, yaml.ScalarNode) or node.tag.endswith(":null") or not node.value:
            self.fail("must be a text")
        value: str = node.value
        if not is_unicode(value):
            self.fail("has half of a surrogate pair, which is no character")
        return value

    def uuid(self) -> str:
        value = self.text()
        if not looks_like_uuid(value):
            self.fail("must be a UUID")
        return value.lower()

    def time(self) -> int:
        try:
            return microseconds(self.text())
        except ValueError:
            self.fail("must be a time from 1970 to 9999 such as 2026-01-01T09:00:00Z")

    def one_of(self, allowed: Mapping[str, T]) -> T:
        value = self._node.value if isinstance(self._node, yaml.ScalarNode) else None
        if value is None or value not in allowed:
            self.fail(f"must be one of {', '.join(allowed)}")
        return allowed[value]


class _Reader:
    """Makes the nouns of the API out of the parts of one file."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._ids: set[str] = set()
        self._sent: set[tuple[str, str]] = set()
        """Each uuid with the conversation of its message."""

    def seed(self, root: _Part) -> Seed:
        parts = root.mapping("bot", "agents", "conversations")
        start = usual(self._number)
        bot, agents, conversations = start.bot, start.agents, start.conversations
        messages: list[Stored] = []
        if "bot" in parts:
            bot = self._bot(parts["bot"], bot)
        if "agents" in parts:
            agents = tuple(
                self._agent(part, place) for place, part in enumerate(parts["agents"].sequence(), 1)
            )
            if not agents:
                parts["agents"].fail("must have at least one")
        if "conversations" in parts:
            conversations = tuple(
                self._conversation(part, place, agents, bot, messages)
                for place, part in enumerate(parts["conversations"].sequence(), 1)
            )
        return Seed(conversations, agents, bot, tuple(messages))

    def _bot(self, root: _Part, usual_bot: Bot) -> Bot:
        parts = root.mapping("id", "name", "createdAt")
        return Bot(
            id=self._id(parts, "bot") if "id" in parts else usual_bot.id,
            name=_text(parts, "name", usual_bot.name),
            created_at=_time(parts, "createdAt", usual_bot.created_at * SECOND) // SECOND,
        )

    def _agent(self, root: _Part, place: int) -> Agent:
        parts = root.mapping("id", "serviceUserId", "name", "avatar", "createdAt")
        created_at = _time(parts, "createdAt", MADE * SECOND) // SECOND
        avatar = None
        if "avatar" in parts:
            identifier = uuid_from(self._number, "avatar", place)
            avatar = files.derive(identifier, parts["avatar"].text(), created_at)
        return Agent(
            id=self._id(parts, "agent", place),
            service_user_id=_text(parts, "serviceUserId", str(place)),
            name=_text(parts, "name", f"Agent {place}"),
            avatar=avatar,
            created_at=created_at,
        )

    def _conversation(
        self,
        root: _Part,
        place: int,
        agents: tuple[Agent, ...],
        bot: Bot,
        messages: list[Stored],
    ) -> Conversation:
        parts = root.mapping("id", "endUser", "agent", "locked", "createdAt", "messages")
        created_at = _time(parts, "createdAt", MADE * SECOND) // SECOND
        end_user = (
            parts["endUser"].uuid()
            if "endUser" in parts
            else uuid_from(self._number, "end user", place)
        )
        one = empty(
            self._id(parts, "conversation", place),
            visitor.end_user(end_user, created_at),
            created_at,
            agent=_assigned(parts["agent"], agents) if "agent" in parts else None,
            locked=parts["locked"].one_of(_BOOLEANS) if "locked" in parts else False,
        )
        if "messages" in parts:
            for part in parts["messages"].sequence():
                stored = self._message(part, one, agents, bot)
                messages.append(stored)
                one = grown(one, stored.message)
        return one

    def _message(
        self, root: _Part, conversation: Conversation, agents: tuple[Agent, ...], bot: Bot
    ) -> Stored:
        parts = root.mapping("id", "from", "at", "uuid", *_CONTENTS)
        kinds: list[Kind] = [name for name in _CONTENTS if name in parts]
        if len(kinds) != 1:
            root.fail(f"must have one of {', '.join(_CONTENTS)}")
        kind: Kind = kinds[0]
        place = conversation.messages + 1
        last = conversation.last_microseconds
        made = _time(parts, "at", max(conversation.created_at * SECOND, last) + SECOND)
        if made <= last:
            parts["at"].fail("must be later than the message before")
        if made >= LATEST + SECOND:
            root.fail("would be from the year 10000: give it, or those before, an earlier at")
        if kind == "review" and {"from", "uuid"} & set(parts):
            root.fail("a review is from the bot and has no uuid; allowed are id, at, review")
        author: Bot | Agent | EndUser = bot
        if kind != "review":
            people = (conversation.end_user, conversation.agent or agents[0], bot)
            by: dict[str, Bot | Agent | EndUser] = dict(zip(_AUTHORS, people, strict=True))
            author = parts["from"].one_of(by) if "from" in parts else conversation.end_user
        names = (conversation.id, place)
        sent = "" if kind == "review" else parts[kind].text()
        message = Message(
            id=self._id(parts, "message", *names),
            conversation=conversation.id,
            microseconds=made,
            author=author,
            kind=kind,
            sent=sent,
            body=sent if kind == "text" else None,
            file=files.derive(uuid_from(self._number, "file", *names), sent, made // SECOND)
            if kind == "file"
            else None,
            review=self._review(parts[kind], conversation, *names) if kind == "review" else None,
        )
        return Stored(message, self._uuid(parts, conversation))

    def _review(self, root: _Part, conversation: Conversation, *names: object) -> Review:
        parts = root.mapping("mark", "text")
        return Review(
            id=uuid_from(self._number, "review", *names),
            agent=conversation.agent,
            end_user=conversation.end_user,
            mark=parts["mark"].one_of(_MARKS) if "mark" in parts else 0,
            confirmed=bool(parts),
            text=_text(parts, "text", ""),
        )

    def _uuid(self, parts: dict[str, _Part], conversation: Conversation) -> str | None:
        if "uuid" not in parts:
            return None
        uuid = parts["uuid"].uuid()
        if (conversation.id, uuid) in self._sent:
            parts["uuid"].fail("is the uuid of another message of this conversation")
        self._sent.add((conversation.id, uuid))
        return uuid

    def _id(self, parts: dict[str, _Part], *names: object) -> str:
        if "id" not in parts:
            return uuid_from(self._number, *names)
        identifier = parts["id"].uuid()
        if identifier in self._ids:
            parts["id"].fail("is the id of something else in this file")
        self._ids.add(identifier)
        return identifier


def _assigned(part: _Part, agents: tuple[Agent, ...]) -> Agent:
    """Return the one of *agents* whose name or id *part* is."""
    agent = part.one_of({known: one for one in agents for known in (one.name, one.id)})
    if [one.name for one in agents].count(part.text()) > 1:
        part.fail("is the name of more than one agent: give the id")
    return agent


def _text(parts: dict[str, _Part], name: str, default: str) -> str:
    return parts[name].text() if name in parts else default


def _time(parts: dict[str, _Part], name: str, default: int) -> int:
    return parts[name].time() if name in parts else default
