"""The model of a conversation: what an answer must be, given all that was answered before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from blinger_contract import echo, shapes
from blinger_contract.breach import (
    CONVERSATION,
    MESSAGE,
    REVIEW,
    Breach,
    Fact,
    at_assumption,
    operation,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger_contract.seen import Seen
    from blinger_contract.sent import Sent
    from blinger_spec import Profile

_CONFLICT, _FAILED = 409, 500
_CONTENT = {"sendTextMessage": "text", "sendFileMessage": "file"}
_KEPT = ("type", "body", "createdAt", "microseconds")
_FIXED = ("name", "serviceUserId", "info", "url")
"""What something with an id shows of itself, and does not change without changing updatedAt."""


@dataclass(slots=True)
class _Message:
    """A message as it was answered first."""

    content: tuple[str, object] | None
    """The operation and what was sent; None of a review."""
    data: dict[str, Any]
    uuid: object = None
    """As it was sent."""

    @property
    def identity(self) -> tuple[object, object]:
        return self.data.get("id"), self.data.get("microseconds")


@dataclass(slots=True)
class _Room:
    """What is known of one conversation."""

    by_uuid: dict[str, list[_Message]] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    """The uuids of sends that may or may not have been taken."""
    last: int | None = None
    end_user: object = None
    agent: str | None = None
    """Who was assigned, as far as this run knows."""
    created: object = None
    updated: int = 0
    reviews: int = 0
    locked: object = None
    """As the last answer to an assignment said."""


class Model:
    """Remembers what a deployment answered, and judges each answer by that."""

    def __init__(self, given: frozenset[str] = frozenset(), *, uuids: bool = True) -> None:
        """Know the ids that were *given*, and whether ids are *uuids*, as in the samples."""
        self.given = given
        self.uuids = uuids
        self._rooms: dict[str, _Room] = {}
        self._ids: set[str] = set()
        self._things: dict[str, tuple[str, dict[str, Any]]] = {}
        """Of each id: what it is the id of, and how that was answered last."""

    def take(self, seen: Seen, asked: Sent, profile: Profile) -> Iterator[Breach | Fact]:
        """Yield what is wrong with the answer to *asked*, and what it says of the assumptions."""
        room = self._rooms.setdefault(asked.conversation.lower(), _Room())
        if seen.data is None:
            yield from self._refused(seen, asked, room)
            return
        data = seen.data
        is_message = asked.operation != "assignAgent"
        for title, text, place in shapes.check(data, is_message=is_message):
            yield Breach(operation(seen), title, text, None, place, seen)
        given = {asked.conversation, *map(str, asked.fields.values()), *self.given}
        odd = shapes.check_ids(data, given) if self.uuids else ()
        for title, text, place in (
            *odd,
            *shapes.check_times(data, seen),
            *self._same_things(data, profile),
        ):
            yield Breach(operation(seen), title, text, None, place, seen)
        if not is_message:
            yield from echo.assignment(seen, asked, data)
            yield from self._assigned(seen, asked, data, room)
        elif asked.operation == "requestReview":
            yield from echo.kind(seen, asked, data)
            yield from self._review(seen, data, room)
        else:
            yield from self._sent(seen, asked, data, room, profile)

    def _same_things(self, data: dict[str, Any], profile: Profile) -> Iterator[shapes.Problem]:
        """Yield what is wrong with each thing in *data*, given how it was answered before."""
        for kind, thing in shapes.things(data):
            # Under uuid_echo two messages may have one id, and be two.
            if not isinstance(thing.get("id"), str) or (
                kind == "Message" and profile["uuid_echo"] == "yes"
            ):
                continue
            key = thing["id"].lower()
            before, last = self._things.get(key, (kind, thing))
            self._things[key] = kind, thing
            place = f"/components/schemas/{kind}"
            if before != kind:
                text = f"An id is the id of one thing.\nReceived: {key} of a {before} and a {kind}"
                yield "An id is used twice", text, f"{place}/properties/id"
            elif kind not in {"Message", "Conversation"}:
                yield from _changed(kind, last, thing)

    def _refused(self, seen: Seen, asked: Sent, room: _Room) -> Iterator[Breach | Fact]:
        uuid = _uuid(asked)
        if seen.status >= _FAILED and uuid is not None:
            room.unsure.add(uuid)
        if seen.status != _CONFLICT:
            return
        if asked.operation == "requestReview":
            yield Fact("review_repeat", "no", seen)
        elif uuid is not None and room.by_uuid.get(uuid):
            same = any(one.content == _content(asked) for one in room.by_uuid[uuid])
            yield Fact("uuid_dedupe" if same else "uuid_reuse", "conflict", seen)
        elif uuid is not None and uuid not in room.unsure:
            text = f"This run made {uuid} and no send with it was taken: it cannot be used already."
            yield Breach(
                *(operation(seen), "A new uuid is refused as used", text, "uuid_reuse"),
                *(at_assumption("uuid_reuse"), seen),
            )

    def _assigned(
        self, seen: Seen, asked: Sent, data: dict[str, Any], room: _Room
    ) -> Iterator[Breach]:
        room.agent = str(asked.fields.get("agentId")).lower()
        created, updated = data.get("createdAt"), data.get("updatedAt")
        if room.created not in {None, created}:
            text = f"A conversation is made once.\nBefore: {room.created}\nReceived: {created}"
            place = f"{CONVERSATION}/properties/createdAt"
            title = "createdAt of the conversation changed"
            yield Breach(operation(seen), title, text, None, place, seen)
        room.created = created
        room.locked = data.get("locked")
        if type(updated) is int:
            if updated < room.updated:
                text = f"Time goes on.\nBefore: {room.updated}\nReceived: {updated}"
                place = f"{CONVERSATION}/properties/updatedAt"
                title = "updatedAt of the conversation went back"
                yield Breach(operation(seen), title, text, None, place, seen)
            room.updated = max(room.updated, updated)

    def _review(self, seen: Seen, data: dict[str, Any], room: _Room) -> Iterator[Breach | Fact]:
        review = data.get("review")
        if not isinstance(review, dict):
            return
        message = _Message(None, data)
        if str(data.get("id")) in self._ids:
            text = f"A review is asked for in a new message.\nReceived: {data.get('id')} again"
            yield Breach(
                *(operation(seen), "A review is no new message", text, "review_repeat"),
                *(at_assumption("review_repeat"), seen),
            )
            return
        room.reviews += 1
        if room.reviews > 1:
            yield Fact("review_repeat", "yes", seen)
        if room.agent is not None:
            agent = review.get("agent")
            named = str(agent.get("id")).lower() if isinstance(agent, dict) else None
            if named not in {None, room.agent}:
                text = f"Expected: {room.agent}\nReceived: {named}"
                yield Breach(
                    *(operation(seen), "The review names another agent", text),
                    *("assignment_visible", f"{REVIEW}/properties/agent", seen),
                )
            else:
                yield Fact("assignment_visible", "no" if named is None else "yes", seen)
        yield from self._new(seen, message, room)

    def _sent(
        self, seen: Seen, asked: Sent, data: dict[str, Any], room: _Room, profile: Profile
    ) -> Iterator[Breach | Fact]:
        content, uuid = _content(asked), _uuid(asked)
        message = _Message(content, data, asked.fields.get("uuid"))
        before = room.by_uuid.setdefault(uuid, []) if uuid is not None else []
        # A send that failed may have been taken: then this is a repetition of something unknown.
        if not before and uuid in room.unsure:
            before.append(message)
            return
        repeated = [one for one in before if one.identity == message.identity]
        if before:
            same = [one for one in before if one.content == content]
            name = "uuid_dedupe" if same else "uuid_reuse"
            if not repeated and profile["uuid_echo"] == "no" and _id(data) in self._ids:
                repeated = [one for one in before if one.data.get("id") == data.get("id")]
            # In capitals it is another sight of the same promise: a probe judges that.
            if any(one.uuid == message.uuid for one in before):
                yield Fact(name, "same_message" if repeated else "second_message", seen)
            if repeated:
                yield from _kept(seen, data, (same or before)[0], name)
                return
        before.append(message)
        if room.locked is True:
            yield Fact("locked", "accepted", seen)
        yield from echo.kind(seen, asked, data)
        yield from self._unused(seen, message, profile)
        yield from self._new(seen, message, room)
        author = [value for key, value in shapes.AUTHORS.items() if data.get(key) is not None]
        if len(author) == 1:
            yield Fact("message_author", author[0], seen)
        if uuid is not None:
            yield Fact("uuid_echo", "yes" if _id(data) == uuid else "no", seen)
        if isinstance(asked.fields.get("text"), str):
            yield from echo.text(seen, asked.fields["text"], data.get("body"), profile)

    def _unused(self, seen: Seen, message: _Message, profile: Profile) -> Iterator[Breach]:
        if _id(message.data) in self._ids and profile["uuid_echo"] == "no":
            text = f"Each message has an id of its own.\nReceived: {_id(message.data)} again"
            place = f"{MESSAGE}/properties/id"
            yield Breach(operation(seen), "Two messages have one id", text, None, place, seen)

    def _new(self, seen: Seen, message: _Message, room: _Room) -> Iterator[Breach | Fact]:
        """Yield what is wrong with a message that was not there before."""
        data = message.data
        for title, text, place in shapes.check_new(data, seen):
            yield Breach(operation(seen), title, text, None, place, seen)
        for inner in (data.get("file"), data.get("review")):
            made = str(inner.get("id")).lower() if isinstance(inner, dict) else None
            if made in self._ids:
                text = f"A file or a review has an id of its own.\nReceived: {made} again"
                place = f"{MESSAGE}/properties/id"
                yield Breach(operation(seen), "An id is used twice", text, None, place, seen)
            if made is not None:
                self._ids.add(made)
        self._ids.add(_id(data))
        micro = data.get("microseconds")
        if type(micro) is int:
            if room.last is not None:
                yield Fact("time_order", "yes" if micro > room.last else "no", seen)
            room.last = micro if room.last is None else max(room.last, micro)
        for user in _end_users(data):
            if room.end_user is not None:
                yield Fact("end_user_stable", "yes" if user == room.end_user else "no", seen)
            room.end_user = user


def _kept(seen: Seen, data: dict[str, Any], first: _Message, name: str) -> Iterator[Breach]:
    for key in _KEPT:
        if data.get(key) != first.data.get(key):
            text = (
                f"A repeated uuid gives the message that is there.\n{key} was"
                f" {echo.short(first.data.get(key))}, and is {echo.short(data.get(key))}"
            )
            yield Breach(
                *(operation(seen), "A repeated message comes back changed", text, name),
                *(at_assumption(name), seen),
            )
            return
    for key in ("file", *shapes.AUTHORS):
        ids = [_inner(one.get(key)) for one in (first.data, data)]
        if ids[0] != ids[1]:
            text = (
                "A repeated uuid gives the message that is there.\n"
                f"The id of its {key} was {ids[0]}, and is {ids[1]}"
            )
            yield Breach(
                *(operation(seen), "A repeated message comes back changed", text, name),
                *(at_assumption(name), seen),
            )
            return


def _inner(thing: object) -> object:
    return thing.get("id") if isinstance(thing, dict) else None


def _changed(
    kind: str, before: dict[str, Any], now: dict[str, Any]
) -> Iterator[tuple[str, str, str]]:
    place = f"/components/schemas/{kind}/properties"
    made, again = before.get("createdAt"), now.get("createdAt")
    if made != again:
        text = f"What has one id was made once.\nBefore: {made}\nReceived: {again}"
        yield f"createdAt of the same {kind} changed", text, f"{place}/createdAt"
    times = before.get("updatedAt"), now.get("updatedAt")
    if type(times[0]) is int and type(times[1]) is int and times[1] < times[0]:
        text = f"Time goes on.\nBefore: {times[0]}\nReceived: {times[1]}"
        yield f"updatedAt of the same {kind} went back", text, f"{place}/updatedAt"
    for name in _FIXED:
        if times[0] == times[1] and before.get(name) != now.get(name):
            text = (
                f"Its updatedAt is as before, so it did not change.\nBefore: {name}"
                f" {echo.short(before.get(name))}\nReceived: {echo.short(now.get(name))}"
            )
            yield f"The same {kind} is answered otherwise", text, f"{place}/{name}"


def _end_users(data: dict[str, Any]) -> Iterator[object]:
    review = data.get("review")
    for holder in (data, review):
        user = holder.get("endUser") if isinstance(holder, dict) else None
        if isinstance(user, dict):
            yield user.get("id")


def _id(data: dict[str, Any]) -> str:
    return str(data.get("id")).lower()


def _uuid(asked: Sent) -> str | None:
    uuid = asked.fields.get("uuid")
    return uuid.lower() if isinstance(uuid, str) else None


def _content(asked: Sent) -> tuple[str, object]:
    return asked.operation, asked.fields.get(_CONTENT.get(asked.operation, ""))
