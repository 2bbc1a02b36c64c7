"""The one door to the generated client: its request builders."""

# The request builders are underscored; the pinned generator and the drift check hold them.
# pyright: reportPrivateUsage=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blinger_api.api.conversation import (
    assign_agent,
    request_review,
    send_file_message,
    send_text_message,
)
from blinger_api.models import (
    AssignAgentRequest,
    SendFileMessageRequest,
    SendTextMessageRequest,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID


def assign_agent_request(conversation: str, agent: str) -> Mapping[str, Any]:
    """Return what the generated builder makes of an assignment."""
    body = AssignAgentRequest(agent_id=agent)
    return assign_agent._get_kwargs(conversation, body=body)


def send_text_request(conversation: str, text: str, uuid: UUID) -> Mapping[str, Any]:
    """Return what the generated builder makes of a text."""
    body = SendTextMessageRequest(uuid=uuid, text=text)
    return send_text_message._get_kwargs(conversation, body=body)


def send_file_request(conversation: str, url: str, uuid: UUID) -> Mapping[str, Any]:
    """Return what the generated builder makes of a file."""
    body = SendFileMessageRequest(uuid=uuid, file=url)
    return send_file_message._get_kwargs(conversation, body=body)


def request_review_request(conversation: str) -> Mapping[str, Any]:
    """Return what the generated builder makes of a request for a review."""
    return request_review._get_kwargs(conversation)
