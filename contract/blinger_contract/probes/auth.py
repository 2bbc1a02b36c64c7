"""Tokens that are not the token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from blinger_contract.breach import SECURITY
from blinger_contract.ledger import OPERATIONS
from blinger_contract.probes.ask import JSON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger_contract.probes.ask import Steps, World
    from blinger_contract.seen import Seen

_OK, _BAD, _UNAUTHORIZED = 200, 400, 401
_NEAREST = 3


def wrong_tokens(world: World) -> Steps:
    """Send to each operation, with all else right: no token, and ones that are nearly right."""
    operations = tuple(OPERATIONS.values())
    for index, (kind, token) in enumerate(_tokens(world)):
        # What is nearly right is tried on each operation; a careful run tries the others on one.
        everywhere = world.full or index < _NEAREST
        for operation in operations if everywhere else [operations[index % len(operations)]]:
            seen = yield world.right(operation, authorization=token)
            _judge(world, seen, kind)


def nothing_behind(world: World) -> Steps:
    """Use a uuid in sends that are refused, then in one that is right: it is new."""
    uuid = world.uuid()
    refused = "refused"[: world.number("text_max")]
    seen = yield world.text(refused, uuid=uuid, authorization=None)
    yield world.text(refused, uuid=uuid, authorization=world.options.authorization + "x")
    yield world.ask("sendTextMessage", {"uuid": uuid})
    for method in ("HEAD", "OPTIONS", *(("PUT", "PATCH", "DELETE", "GET") if world.full else ())):
        seen = yield world.text(refused, uuid=uuid, method=method)
        # The answer to HEAD has no body, which alone would say more where all is 200.
        if method == "HEAD" and seen.status < _BAD and world.is_("error_transport", "http"):
            text = "All operations are POST, and HEAD is refused where GET is."
            world.broken(seen, "Another method is answered", text, "wrong_method")
    yield world.text(refused, uuid=uuid, conversation=world.unknown())
    if world.encoding == JSON:
        body = json.dumps({"uuid": uuid, "text": refused}).encode()
        yield world.ask("sendTextMessage", body, content_type="text/plain")
        yield world.ask("sendTextMessage", body[:-1])
    seen = yield world.text(uuid=uuid)
    _is_new(world, seen, refused)
    if world.full:
        uuid = world.uuid()
        yield world.file(uuid=uuid, authorization=None)
        yield world.ask("sendFileMessage", {"uuid": uuid})
        seen = yield world.text(uuid=uuid)
        _is_new(world, seen, None)


def _tokens(world: World) -> Iterator[tuple[str, str | None]]:
    right = world.options.authorization
    scheme = "Bearer " if world.is_("auth_scheme", "bearer") else ""
    token = right.removeprefix(scheme)
    yield "without its last character", scheme + token[:-1]
    yield "with one character more", f"{right}x"
    yield "with another last character", scheme + token[:-1] + _other(token[-1])
    yield "with more before it", f"{scheme}x{token}"
    yield "an empty one", ""
    if token.swapcase() != token:
        yield "in another case", scheme + token.swapcase()
    middle = len(token) // 2
    changed = token[:middle] + _other(token[middle]) + token[middle + 1 :]
    yield "with another character in the middle", scheme + changed
    yield "with another first character", scheme + _other(token[0]) + token[1:]
    yield "without its first character", scheme + token[1:]
    yield "the word null", scheme + "null"
    if world.full:
        yield "none at all", None
        yield "another one", scheme + "x" * len(token)
        yield "twice", f"{right},{right}"
        yield "with another one", f"{right},{scheme}x"
        yield "backwards", scheme + token[::-1]
        yield "the half of it", scheme + token[:middle]
        for word in ("undefined", "true", "0", "*", "%", "' OR '1'='1", "Bearer", "Basic"):
            yield f"the word {word}", scheme + word
        yield "the id of the conversation", scheme + world.conversation


def _other(character: str) -> str:
    return "y" if character == "x" else "x"


def _judge(world: World, seen: Seen, kind: str) -> None:
    text = f"Any other token is refused with 401; this was the token {kind}."
    if seen.status < _BAD:
        world.broken(seen, "A wrong token is taken", text, None, SECURITY)
    elif seen.refused and seen.status != _UNAUTHORIZED:
        title = "A wrong token is refused with another status"
        world.broken(seen, title, text, None, SECURITY)


def _is_new(world: World, seen: Seen, refused: str | None) -> None:
    body = seen.data.get("body") if seen.data else None
    if (seen.status != _OK and seen.refused) or (body is not None and body == refused):
        text = "A refused request changes nothing, so its uuid is as good as new."
        world.broken(
            *(seen, "A refused send left something behind", text, None),
            "/components/responses/Refused",
        )
