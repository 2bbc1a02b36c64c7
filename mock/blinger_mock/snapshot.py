"""A tenant's state as a JSON document: exported from one server, imported into another."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import msgspec

from blinger_mock import shapes
from blinger_mock.state import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from blinger_mock.model import Conversation, Message

VERSION = 1
"""Of the document; `read` takes no other."""


class SnapshotError(ValueError):
    """A document is no snapshot; the message says where and why in one line."""


class _Version(msgspec.Struct):
    version: int


class _Document(Snapshot, frozen=True, gc=False, kw_only=True):
    version: int


_encode = msgspec.json.Encoder().encode
_decode_version = msgspec.json.Decoder(_Version).decode
_decode = msgspec.json.Decoder(_Document).decode


def write(snapshot: Snapshot) -> bytes:
    """Return *snapshot* as a JSON document in UTF-8.

    It holds everything: texts, and the `websocketToken` of every end user. Whoever has it can, on
    that server, speak as them.
    """
    fields = {name: getattr(snapshot, name) for name in Snapshot.__struct_fields__}
    return _encode({"version": VERSION, **fields})


def read(document: bytes) -> Snapshot:
    """Return the snapshot in *document*, as `write` made it.

    Raises:
        SnapshotError: It is no JSON, of another version, lacks something or has too much, or
            does not agree with itself.
    """
    try:
        version = _decode_version(document).version
        if version != VERSION:
            raise SnapshotError(f"version: is {version}, and only {VERSION} can be read")
        found = _decode(document)
    except msgspec.ValidationError as error:
        raise SnapshotError(shapes.why(error, _Document)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SnapshotError("this is no JSON") from None
    _check(found)
    return Snapshot(**{name: getattr(found, name) for name in Snapshot.__struct_fields__})


def _check(found: Snapshot) -> None:
    """Raise SnapshotError where *found* does not agree with itself."""
    if not found.agents:
        raise SnapshotError("agents: there must be at least one")
    _check_ids("agents", (one.id for one in found.agents))
    _check_ids("conversations", (one.id for one in found.conversations))
    of: dict[str, list[Message]] = defaultdict(list)
    known = {one.id for one in found.conversations}
    for place, stored in enumerate(found.messages):
        message, where = stored.message, f"messages[{place}].message"
        if message.conversation not in known:
            raise SnapshotError(f"{where}.conversation: there is no such conversation")
        of[message.conversation].append(message)
        content = {"text": message.body, "file": message.file, "review": message.review}
        if [name for name, value in content.items() if value is not None] != [message.kind]:
            name = "body" if message.kind == "text" else message.kind
            raise SnapshotError(f"{where}: a {message.kind} has {name} and nothing else")
    for place, one in enumerate(found.conversations):
        _check_conversation(f"conversations[{place}]", one, of[one.id])


def _check_conversation(where: str, one: Conversation, messages: list[Message]) -> None:
    expected = {
        "messages": len(messages),
        "reviews": sum(it.kind == "review" for it in messages),
        "last_microseconds": messages[-1].microseconds if messages else 0,
    }
    for name, value in expected.items():
        if getattr(one, name) != value:
            raise SnapshotError(f"{where}.{name}: must be {value}, as its messages are")


def _check_ids(where: str, ids: Iterable[str]) -> None:
    for identifier, count in Counter(ids).items():
        if count > 1:
            raise SnapshotError(f"{where}: the id {identifier} is there {count} times")
        if identifier != identifier.lower():
            raise SnapshotError(f"{where}: the id {identifier} must be in lower case")
