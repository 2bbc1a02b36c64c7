"""Methods, media types and ids that are not those of the contract."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from blinger_contract.breach import CONVERSATION_ID
from blinger_contract.ledger import OPERATIONS
from blinger_contract.probes.ask import FORM, JSON, TEXT
from blinger_contract.shapes import is_uuid

if TYPE_CHECKING:
    from blinger_contract.probes.ask import Steps, World
    from blinger_contract.seen import Seen

_OK, _BAD, _NOT_FOUND, _NO_METHOD, _CONFLICT = 200, 400, 404, 405, 409
_DUE = {400, 415, 422}
_KINDS = (
    *("text/plain", None, "application/jsonp", "application/xml", "multipart/form-data"),
    *("application/vnd.api+json", "text/json", "json", "text/html"),
)
_METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE")
_WITHOUT_BODY = _METHODS[:2]


def methods(world: World) -> Steps:
    """Ask each operation with another method; a careful run uses GET alone."""
    for operation in OPERATIONS.values():
        for method in _METHODS if world.full else _METHODS[:1]:
            ask = world.right(operation, method=method)
            seen = yield replace(ask, body=None) if method in _WITHOUT_BODY else ask
            # The answer to HEAD has no body, which alone would say more where all is 200.
            if method != "HEAD" or world.is_("error_transport", "http"):
                _judge_method(world, seen, method)
    # A careful run posts to the operations alone.
    for method in ("GET", "POST")[: 2 if world.full else 1]:
        seen = yield world.ask("no-such-operation", method=method)
        if seen.status < _BAD:
            text = "There are four operations; any other path is refused."
            world.broken(seen, "A path that does not exist is answered", text, "wrong_method")


def _judge_method(world: World, seen: Seen, method: str) -> None:
    text = f"All operations are POST; {method} is refused with 405 and Allow, or with 404."
    if seen.status in {_NO_METHOD, _NOT_FOUND}:
        world.note("wrong_method", seen.status, seen)
        if seen.status == _NO_METHOD and "POST" not in seen.headers.get("Allow", "").upper():
            world.broken(seen, "405 without Allow", text, "wrong_method")
    elif seen.status < _BAD:
        world.broken(seen, "Another method is answered", text, "wrong_method")
    elif seen.refused:
        title = "Another method is refused with another status"
        world.broken(seen, title, text, "wrong_method")


def media_types(world: World) -> Steps:
    """Send bodies under another media type, malformed, not in UTF-8, and under a right one."""
    if world.encoding == JSON:
        for kind in _KINDS[: None if world.full else 3]:
            body = json.dumps({"uuid": world.uuid(), "text": TEXT}).encode()
            seen = yield world.ask("sendTextMessage", body, content_type=kind)
            _judge_refusal(world, seen, f"a body of {kind or 'no media type'}")
        for what, body in _broken_json(world):
            seen = yield world.ask("sendTextMessage", body)
            _judge_refusal(world, seen, f"a body that is {what}")
        for what, body in _no_objects()[: None if world.full else 2]:
            seen = yield world.ask("requestReview", body)
            if seen.status != _CONFLICT:
                _judge_refusal(world, seen, f"a body that is {what}")
    latin = {JSON: b'{"uuid":"%s","text":"caf\xe9"}', FORM: b"uuid=%s&text=caf%%E9"}
    seen = yield world.ask("sendTextMessage", latin[world.encoding] % world.uuid().encode())
    _judge_refusal(world, seen, "a body that is not UTF-8")
    fields = {"text": "x", "uuid": world.uuid()}
    spaced = json.dumps(fields, indent=1).replace('"x"', '"\\u0078"')
    right = f"\r\n\t {spaced} \n" if world.encoding == JSON else urlencode(fields)
    kind = f"{world.encoding.title()} ; charset=UTF-8"
    seen = yield world.ask("sendTextMessage", right.encode(), content_type=kind, small=True)
    if seen.refused:
        text = (
            f"A media type is the same in any case and with a charset: {kind}. So is the name of a"
            " header in any case, and JSON with white space and escapes."
        )
        world.broken(seen, "The right media type is refused", text, "body_encoding")


def _no_objects() -> list[tuple[str, bytes]]:
    return [("malformed", b'{"a":'), ("an array", b"[]"), ("null", b"null"), ("a string", b'""')]


def _broken_json(world: World) -> list[tuple[str, bytes]]:
    right = json.dumps({"uuid": world.uuid(), "text": TEXT}).encode()
    first = [
        ("malformed", right[:-1]),
        ("JSON with a comma too many", right[:-1] + b",}"),
        ("an array", b"[" + right + b"]"),
    ]
    more = [
        ("empty", b""),
        ("JSON with a comment", b"/* */" + right),
        ("null", b"null"),
        ("a string", json.dumps(right.decode()).encode()),
        ("JSON and something after it", right + b"}"),
        ("nested too deeply", b"[" * 20_000 + b"]" * 20_000),
        ("not JSON but Python", right.replace(b'"', b"'")),
    ]
    return first + more if world.full else first


def _judge_refusal(world: World, seen: Seen, what: str) -> None:
    text = f"Bodies are {world.encoding}; {what} is refused with 400 or 415."
    if seen.status < _BAD:
        world.broken(seen, "A body that is not as it must be is taken", text, "body_encoding")
    elif seen.refused and seen.status not in _DUE:
        title = "A wrong body is refused with another status"
        world.broken(seen, title, text, "body_encoding")


def unknown_ids(world: World) -> Steps:
    """Name conversations and agents that do not exist; also with a uuid that is in use."""
    for operation in OPERATIONS.values():
        seen = yield world.right(operation, conversation=world.unknown())
        _judge_id(world, seen, "unknown_ids")
    if world.reached:
        uuid = world.uuid()
        yield world.text(uuid=uuid)
        seen = yield world.text(uuid=uuid, conversation=world.unknown())
        if seen.status < _BAD:
            _judge_id(world, seen, "unknown_ids")
        seen = yield world.ask("assignAgent", {"agentId": world.unknown()})
        _judge_id(world, seen, "unknown_ids")
        yield from _nearly(world)


def _nearly(world: World) -> Steps:
    # Where ids are numbers, what is nearly one may be somebody's.
    if world.ids_are_uuids:
        for near in world.nearly(world.conversation):
            seen = yield world.right("sendTextMessage", conversation=near)
            if seen.status < _BAD:
                _judge_id(world, seen, "unknown_ids")
    odd = ["", " ", world.conversation, *(f"{agent} " for agent in world.agents[:1])]
    if world.agents and is_uuid(world.agents[0]):
        odd += world.nearly(world.agents[0])
    for agent in odd if world.full else (odd[0], *odd[3:5]):
        seen = yield world.ask("assignAgent", {"agentId": agent})
        if seen.status < _BAD:
            _judge_id(world, seen, "unknown_ids")


def id_format(world: World) -> Steps:
    """Name a conversation by an id that is no UUID."""
    for operation in OPERATIONS.values():
        seen = yield world.right(operation, conversation=world.malformed())
        _judge_id(world, seen, "id_format")
        if not world.full:
            break


def _judge_id(world: World, seen: Seen, name: str) -> None:
    text = "An id that does not exist is refused with 404 or 400."
    if seen.status in {_BAD, _NOT_FOUND}:
        world.note(name, seen.status, seen)
    elif seen.status < _BAD:
        title = "An id that does not exist is accepted"
        world.broken(seen, title, text, None, CONVERSATION_ID)
    elif seen.refused:
        title = "An id that does not exist is refused with another status"
        world.broken(seen, title, text, name)


def locked(world: World) -> Steps:
    """Send a text and a file into a conversation that is locked."""
    for ask in (world.text, world.file):
        seen = yield ask(conversation=world.options.locked)
        if seen.status == _OK:
            world.note("locked", "accepted", seen)
        elif seen.status == _BAD:
            world.note("locked", "refused", seen)
        elif seen.refused:
            text = "A send into a locked conversation is refused with 400, or accepted."
            world.broken(seen, "A locked conversation refuses with another status", text, "locked")
