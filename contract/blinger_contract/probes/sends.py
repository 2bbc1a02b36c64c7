"""What is sent: uuids in all their forms, limits, hard texts and URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blinger_contract.breach import MESSAGE
from blinger_contract.probes import corpus
from blinger_contract.probes.ask import JSON
from blinger_contract.standing import UNNAMED

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from blinger_contract.probes.ask import Ask, Steps, World
    from blinger_contract.seen import Seen

_OK, _BAD, _CONFLICT, _TOO_LARGE = 200, 400, 409, 413
_LONGEST_TEXT = 1_000_000
_LONGEST_URL = 60_000
_CAREFUL_URLS = 17


def uuids(world: World) -> Steps:
    """Repeat a uuid: same content, other content, another type, in capitals."""
    uuid = world.uuid()
    yield world.text(uuid=uuid)
    seen = yield world.text(uuid=uuid)
    _judge_repeat(world, seen, "uuid_dedupe")
    first = seen
    seen = yield world.text(uuid=uuid.upper())
    if world.seen("uuid_dedupe") in {"same_message", "conflict"} and not _alike(first, seen):
        text = "A UUID is the same in capitals (RFC 9562): this is a repetition like any other."
        world.broken(seen, "A uuid in capitals is taken for another", text, "uuid_dedupe")
    seen = yield world.text("x", uuid=uuid)
    _judge_repeat(world, seen, "uuid_reuse")
    seen = yield world.file(uuid=uuid)
    _judge_repeat(world, seen, "uuid_reuse")
    if world.seen("uuid_reuse") == "conflict":
        # Refused, so what is there stays as it is, and hard contents cost no message.
        yield world.text(uuid=uuid)
        for text in (*_alike_texts(world), "a\0b"):
            yield world.text(text, uuid=uuid)
        if world.encoding == JSON:
            yield world.ask("sendTextMessage", corpus.RAW_TEXTS[0] % uuid.encode())
    uuid = world.uuid()
    url = None if world.is_("file_fetch", "yes") else corpus.UNUSUAL_URL
    seen = yield world.file(url, uuid=uuid)
    _taken(world, seen, f"the URL {url}")
    seen = yield world.file(url, uuid=uuid)
    _judge_repeat(world, seen, "uuid_dedupe")
    near = uuid[:-1] + ("0" if uuid[-1] != "0" else "1")
    seen = yield world.file(url, uuid=near)
    _taken(world, seen, "a uuid that differs in its last digit")
    if world.full:
        yield world.file(url, uuid=("0" if uuid[0] != "0" else "1") + uuid[1:])
        seen = yield world.text(uuid=uuid)
        _judge_repeat(world, seen, "uuid_reuse")
        seen = yield world.text(uuid=world.uuid().upper())
        _taken(world, seen, "a uuid in capitals")


def _alike_texts(world: World) -> list[str]:
    """Return texts that are not the usual one, and nearly so."""
    usual = str(world.text().body["text"])  # type: ignore[call-overload,index]
    return [usual[:-1] + "~", usual.swapcase(), f"{usual[:-1]}  {usual[-1]}"]


def _judge_repeat(world: World, seen: Seen, name: str) -> None:
    if seen.refused and seen.status != _CONFLICT:
        text = "A repeated uuid gives the message that is there, another one, or 409."
        world.broken(seen, "A repeated uuid is refused with another status", text, name)


def _alike(first: Seen, second: Seen) -> bool:
    ids = [(seen.data or {}).get("id") for seen in (first, second)]
    return first.status == second.status and str(ids[0]).lower() == str(ids[1]).lower()


def uuid_format(world: World) -> Steps:
    """Send what is no UUID where one belongs."""
    uuid = world.uuid()
    wrong = [f"not-a-uuid-{uuid[:8]}", f"g{uuid[1:]}", uuid[:-1], f"{uuid}0", ""]
    for value in wrong if world.full else wrong[:2]:
        body = {"uuid": value, "text": "x"}
        seen = yield world.ask("sendTextMessage", body)
        _accepted_or_not(world, seen, "uuid_format", "accepted", "refused")
    if world.seen("uuid_format") == "refused":
        for value in _misspelt(uuid)[: None if world.full else 5]:
            seen = yield world.ask("sendTextMessage", {"uuid": value, "text": "x"})
            if seen.status == _OK:
                text = f"A UUID is written in one way (RFC 9562).\nSent: {value!r}"
                world.broken(seen, "A uuid that is written otherwise is taken", text, "uuid_format")
    if world.full:
        body = {"uuid": f"not-{uuid[:8]}", "file": world.file().body["file"]}  # type: ignore[call-overload,index]
        seen = yield world.ask("sendFileMessage", body)
        _accepted_or_not(world, seen, "uuid_format", "accepted", "refused")


def _misspelt(uuid: str) -> list[str]:
    """Return *uuid* as libraries take it that are too kind, the likeliest first."""
    return [
        uuid.replace("-", ""),
        f"{{{uuid}}}",
        f"{uuid}\n",
        f"{uuid}-and-more",
        f"{uuid[:8]}_{uuid[9:]}",
        f"urn:uuid:{uuid}",
        f" {uuid}",
        f"{uuid} ",
        f"({uuid})",
        f"x{uuid}",
        f"{uuid[:4]}-{uuid[4:8]}{uuid[9:]}",
        uuid.replace("-", "", 1),
        uuid[:-1] + "\uff11",
        "-" * 36,
        f"{uuid},{uuid}",
    ]


def extra_properties(world: World) -> Steps:
    """Send a property that does not exist to each operation."""
    asks = [world.text(), world.file()]
    if world.agents:
        asks.insert(0, world.right("assignAgent"))
    if world.seen("request_review_body") == "none_or_empty_object":
        asks.append(world.ask("requestReview", {}))
    for ask in asks:
        body = {**(ask.body if isinstance(ask.body, dict) else {}), "unknownProperty": "x"}
        seen = yield world.ask(ask.operation, body)
        if seen.status != _CONFLICT:
            _accepted_or_not(world, seen, "extra_properties", "ignored", "refused")


def text_min(world: World) -> Steps:
    """Send an empty text."""
    seen = yield world.text("")
    _accepted_or_not(world, seen, "text_min", "accepted", "refused")


def _accepted_or_not(world: World, seen: Seen, name: str, accepted: str, refused: str) -> None:
    if seen.status == _OK:
        world.note(name, accepted, seen)
    elif seen.refused and seen.status in {_BAD, 422}:
        world.note(name, refused, seen)
    elif seen.refused:
        text = "What is wrong in a body is refused with 400."
        world.broken(seen, "A wrong body is refused with another status", text, name)


def text_max(world: World) -> Steps:
    """Send the longest text, and one that is a character longer; search where that is not it."""
    longest = world.number("text_max")
    yield from _limit(
        *(world, "text_max", longest, lambda size: world.text("x" * size), _LONGEST_TEXT)
    )
    if world.seen("text_max") == longest and (world.full or longest <= _LONGEST_URL):
        seen = yield world.text("\N{GRINNING FACE}" * longest)
        if seen.refused and seen.status != _TOO_LARGE:
            text = "The length of a text is counted in characters, not in bytes or UTF-16 units."
            world.broken(
                seen, "The longest text is refused where it is not ASCII", text, "text_max"
            )


def url_max(world: World) -> Steps:
    """Send the longest URL, and one that is a character longer; search where that is not it."""
    base = str(world.file().body["file"]) + "?"  # type: ignore[call-overload,index]

    def url(size: int) -> Ask:
        return world.file(base + "x" * (size - len(base)))

    yield from _limit(world, "url_max", world.number("url_max"), url, _LONGEST_URL)


def _limit(world: World, name: str, assumed: int, ask: Callable[[int], Ask], ceiling: int) -> Steps:
    """Find the largest size that is taken: that which is *assumed*, or by halving."""
    seen = yield ask(assumed)
    fits = seen.status == _OK
    if seen.status == _TOO_LARGE:
        world.skip("body_max is reached before it", name)
        return
    if fits:
        seen = yield ask(assumed + 1)
        if seen.status != _OK:
            world.note(name, assumed, seen)
            return
    if not world.allows(name):
        text = f"The largest that is taken is {assumed}."
        title = f"{name} is {'larger' if fits else 'smaller'} than assumed"
        world.broken(seen, title, text, name)
        world.skip(f"{title}; --probe {name} looks for the value", name)
        return
    if fits:
        low, high, seen = yield from _beyond(ask, assumed + 1, ceiling)
        if seen.status in {_OK, _TOO_LARGE}:
            title = f"{name} is larger than assumed"
            world.broken(seen, title, f"The largest that is taken is {assumed}.", name)
            world.skip(f"{low} is taken, and more was not tried", name)
            return
    else:
        low, high = 0, assumed
    yield from _between(world, name, ask, (low, high), seen)


def _beyond(
    ask: Callable[[int], Ask], low: int, ceiling: int
) -> Generator[Ask, Seen, tuple[int, int, Seen]]:
    """Double *low*, which is taken, until something is refused."""
    while True:
        high = 2 * low
        seen = yield ask(high)
        if seen.status != _OK or high >= ceiling:
            return low, high, seen
        low = high


def _between(
    world: World, name: str, ask: Callable[[int], Ask], sizes: tuple[int, int], witness: Seen
) -> Steps:
    """Find the largest size that is taken, of *sizes* the first or more, and less than the last."""
    low, high = sizes
    while high - low > 1:
        middle = (low + high) // 2
        seen = yield ask(middle)
        if seen.status == _OK:
            low = middle
        else:
            high, witness = middle, seen
    if low:
        world.note(name, low, witness)


def texts(world: World) -> Steps:
    """Send texts that are hard to keep as they are; the model compares what comes back."""
    last = world.text()
    known = corpus.TEXTS if world.full else {"everything at once": corpus.MIXED, **corpus.PLAIN}
    for what, text in known.items():
        if 0 < len(text) <= world.number("text_max"):
            last = world.text(text)
            seen = yield last
            _taken(world, seen, f"a text with {what}")
    if world.seen("text_echo") == "verbatim" and world.seen("uuid_reuse") == "conflict":
        kept = last.body if isinstance(last.body, dict) else {}
        yield world.text(f"{kept['text']} ", uuid=kept["uuid"])
    if world.encoding == JSON and world.full:
        for body in corpus.RAW_TEXTS:
            # Only that the server survives: what a lone surrogate is, nobody promises.
            yield world.ask("sendTextMessage", body % world.uuid().encode())


def urls(world: World) -> Steps:
    """Send URLs of every shape that is allowed, and of schemes that are not."""
    base = str(world.file().body["file"]).rpartition("/")[0]  # type: ignore[call-overload,index]
    known = corpus.URLS if world.full else corpus.URLS[1:2]
    if not world.is_("file_fetch", "yes"):
        for url in known:
            seen = yield world.file(url.replace("https://example.com", base))
            _taken(world, seen, f"the URL {url}")
    plain = base.replace("https://", "http://", 1) + "/plain.png"
    seen = yield world.file(plain)
    if seen.status == _OK:
        world.note("file_schemes", "http_https", seen)
    elif seen.refused:
        world.note("file_schemes", "https", seen)
    for url in corpus.WRONG_URLS if world.full else corpus.WRONG_URLS[:_CAREFUL_URLS]:
        seen = yield world.file(url)
        if seen.status == _OK:
            text = f"The URL of a file is http or https.\nSent: {url}"
            title = "A URL that leads to no file is taken"
            world.broken(seen, title, text, "file_schemes")


def _taken(world: World, seen: Seen, what: str) -> None:
    if seen.refused:
        text = f"It keeps to every limit and format that is assumed: {what}."
        title = "What is right is refused"
        world.broken(seen, title, text, UNNAMED, f"{MESSAGE}/properties/body")
