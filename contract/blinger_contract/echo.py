"""What an answer must repeat of its request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger_contract.sent import Sent
    from blinger_spec import Profile

_CONTENT = {"sendTextMessage": "text", "sendFileMessage": "file", "requestReview": "review"}


@dataclass(frozen=True, slots=True)
class Echo:
    """A value that was sent, beside the one that came back."""

    title: str
    """What is wrong if they differ."""
    sent: object
    received: object
    assumption: str | None = None


def expected(asked: Sent, data: dict[str, Any], profile: Profile) -> Iterator[Echo]:
    """Yield what *data*, the `data` of an answer to *asked*, must repeat under *profile*."""
    if asked.operation == "assignAgent":
        agent = data.get("assignedAgent")
        assigned = agent.get("id") if isinstance(agent, dict) else agent
        yield Echo("Another conversation is answered", asked.conversation, data.get("id"))
        yield Echo("Another agent is assigned", asked.fields.get("agentId"), assigned)
        return
    yield Echo("The message has another type", _CONTENT[asked.operation], data.get("type"))
    text = asked.fields.get("text")
    # Where a used uuid gives the message that is there, its text may be another one.
    if isinstance(text, str) and profile["uuid_reuse"] != "same_message":
        received = data.get("body")
        if profile["text_echo"] == "verbatim":
            yield Echo("The text came back changed", text, received, "text_echo")
        elif profile["text_echo"] == "trimmed":
            yield Echo("The text came back changed", text.strip(), received, "text_echo")
    uuid = asked.fields.get("uuid")
    if isinstance(uuid, str) and profile["uuid_echo"] == "yes":
        yield Echo("The id of the message is not the uuid", uuid, data.get("id"), "uuid_echo")
