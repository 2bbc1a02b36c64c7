"""What a filter of the page lets through: whatever has each word that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blinger_mock import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from blinger_mock.journal import Exchange
    from blinger_mock.model import Conversation
    from blinger_mock.state import Tenant


_SHORTEST = 4
"""A word that is shorter is no beginning of an id: "5" and "404" would find most of them."""


def has_words(asked: str, texts: Iterable[str | None], ids: Iterable[str | None]) -> bool:
    """Return whether each word of *asked* is in one of *texts* or begins one of *ids*."""
    text = "\n".join(one for one in texts if one).casefold()
    begun = tuple(one.casefold() for one in ids if one)
    return all(
        word in text or (len(word) >= _SHORTEST and any(one.startswith(word) for one in begun))
        for word in asked.casefold().split()
    )


def conversation(asked: str, tenant: Tenant, one: Conversation) -> bool:
    """Return whether *one* is asked for: by an id, its agent, its last text, or `locked`."""
    if not asked:
        return True
    last = shown.last_message(tenant, one)
    texts = (
        one.agent.name if one.agent else None,
        shown.preview(last) if last else None,
        "visitor",
        "locked" if one.locked else None,
    )
    return has_words(asked, texts, (one.id, one.end_user.id))


def request(asked: str, one: Exchange) -> bool:
    """Return whether *one* is asked for: by operation, status, uuid, conversation or fault."""
    where = one.operation or f"{one.method} {one.path}"
    return has_words(
        asked, (where, str(one.status or "none"), one.fault), (one.uuid, one.conversation)
    )
