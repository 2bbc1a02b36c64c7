"""What the kit can observe of each assumption, and what that costs: the table in the docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class How:
    """How one assumption is observed."""

    by: str
    """What is looked at."""
    messages: int
    """How many messages it leaves that nothing else needs."""
    limits: str = ""
    """Where it cannot be observed, or only by --probe."""


OBSERVABLE: dict[str, How] = {
    "auth_scheme": How("the token in both ways, to a conversation that does not exist", 0),
    "body_encoding": How("the first text, in both ways", 1),
    "error_shape": How("every refusal", 0),
    "error_transport": How("every refusal", 0),
    "message_author": How("every text and file", 0),
    "uuid_echo": How("every text and file", 0),
    "uuid_dedupe": How("a text and a file, sent twice; a uuid that is nearly the same", 3),
    "uuid_reuse": How("another text, and a file, with a uuid that is used", 0),
    "uuid_format": How("uuids that are none", 0, "a message for each that is accepted"),
    "extra_properties": How(
        "a property that does not exist, to each operation", 0, "a message for each that is ignored"
    ),
    "text_min": How("an empty text", 0, "a message if it is accepted"),
    "text_max": How(
        "a text of that length, and one character more",
        2,
        "another value is looked for in full mode or with --probe text_max, up to a million;"
        " it takes a message for each size that is accepted, and body_max may come first",
    ),
    "text_echo": How("a text with blanks around it and markup in it", 1),
    "url_max": How(
        "a URL of that length, and one character more",
        1,
        "another value is looked for in full mode or with --probe url_max, up to 60,000",
    ),
    "body_max": How(
        "an assignment of an agent with a very long id",
        0,
        "full mode or --probe body_max, up to 8 MiB: it sends megabytes",
    ),
    "rate_limit": How(
        "requests about a conversation that does not exist, as fast as they go",
        0,
        "full mode or --probe rate_limit, up to 100 requests (careful: 20); 429 is noticed always",
    ),
    "file_fetch": How(
        "the URL of a file that the kit serves", 1, "only a deployment on this machine gets there"
    ),
    "file_schemes": How("an http URL", 1),
    "review_needs_agent": How(
        "a review before the first assignment",
        1,
        "only in a conversation where no agent was ever assigned, and where reviews name agents",
    ),
    "review_repeat": How("a second review", 1),
    "request_review_body": How("a review asked for with {}", 0, "not with body_encoding = form"),
    "unknown_ids": How("ids made up for the run", 0),
    "id_format": How("an id that is no UUID", 0, "only if the given conversation's id is a UUID"),
    "locked": How(
        "a text and a file", 0, "only with --locked ID; a message for each that is accepted"
    ),
    "assignment_visible": How("reviews after assignments", 1, "only with --agent"),
    "end_user_stable": How("every message that shows an end user", 0),
    "time_order": How("every message", 0),
    "wrong_method": How("GET, HEAD (full mode: also PUT, PATCH, DELETE)", 0),
}
"""Each assumption, in the order of `openapi.yaml`."""


def rows() -> Iterator[str]:
    """Yield the table as Markdown."""
    yield "| assumption | observed by | messages | limits |"
    yield "|---|---|---|---|"
    for name, how in OBSERVABLE.items():
        yield f"| `{name}` | {how.by} | {how.messages} | {how.limits} |"
