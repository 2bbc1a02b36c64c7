"""Read a request as it went out: which operation, which ids, which token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from blinger_contract.ledger import OPERATIONS

if TYPE_CHECKING:
    import requests

_PARTS = 4  # "", "conversation", the id, the operation


@dataclass(frozen=True, slots=True)
class Sent:
    """A request to one of the four operations."""

    operation: str
    """The operationId."""
    conversation: str
    """The id in the path, decoded."""
    authorization: str | None
    fields: dict[str, Any]
    """The fields of the body; empty where the body is no object."""

    @property
    def ids(self) -> set[str]:
        """Return the ids that it names."""
        agent = self.fields.get("agentId")
        return {self.conversation, *([agent] if isinstance(agent, str) else [])}


def read(request: requests.PreparedRequest, base_url: str) -> Sent | None:
    """Return what *request* asks for; None if it is no POST to an operation below *base_url*."""
    url = str(request.url)
    if request.method != "POST" or not url.startswith(base_url + "/"):
        return None
    parts = urlsplit(url[len(base_url) :]).path.split("/")
    if len(parts) != _PARTS or parts[1] != "conversation" or parts[3] not in OPERATIONS:
        return None
    authorization = request.headers.get("Authorization")
    return Sent(
        operation=OPERATIONS[parts[3]],
        conversation=unquote(parts[2]),
        authorization=authorization.decode("latin-1")
        if isinstance(authorization, bytes)
        else authorization,
        fields=_fields(request.body, str(request.headers.get("Content-Type", ""))),
    )


def _fields(body: object, content_type: str) -> dict[str, Any]:
    content = body.encode() if isinstance(body, str) else body
    if not isinstance(content, bytes):
        return {}
    if "urlencoded" in content_type:
        return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
