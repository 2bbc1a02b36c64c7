"""The trail: every request that left, with its answer, in the order that they were sent."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from blinger_contract.redact import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests

    from blinger_contract.sent import Sent

_KEPT_BYTES = 64 * 1024
_ACCEPTED = 200


@dataclass(slots=True)
class Record:
    """One request, and what came of it; credentials are covered."""

    phase: str
    operation: str | None
    """The operationId; None for what is no call of an operation."""
    conversation: str | None
    uuid: str | None
    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    started: float
    """When it was sent, in Unix seconds."""
    elapsed: float = 0.0
    """How long the answer took to its last byte, in seconds."""
    status: int | None = None
    """None where nothing came."""
    reason: str = ""
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    """The first bytes of the body."""

    @property
    def accepted(self) -> bool:
        """Return whether the request was taken, and so wrote something."""
        return self.operation is not None and self.status == _ACCEPTED


class Trail:
    """The records of a run, and the phase that it is in."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.phase = "preflight"

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Book what is sent meanwhile under *phase*."""
        before, self.phase = self.phase, phase
        try:
            yield
        finally:
            self.phase = before

    def begin(
        self, request: requests.PreparedRequest, asked: Sent | None, started: float
    ) -> Record:
        """Add and return the record of *request*, which is about to be sent."""
        body = request.body.encode() if isinstance(request.body, str) else request.body
        uuid = asked.fields.get("uuid") if asked else None
        record = Record(
            phase=self.phase,
            operation=asked.operation if asked else None,
            conversation=asked.conversation if asked else None,
            uuid=uuid if isinstance(uuid, str) else None,
            method=str(request.method),
            url=str(request.url),
            headers=_headers(request.headers),
            body=body[:_KEPT_BYTES] if isinstance(body, bytes) else b"",
            started=started,
        )
        self.records.append(record)
        return record

    def end(self, record: Record, response: requests.Response, elapsed: float) -> None:
        """Complete *record* with *response*, in which credentials are covered already."""
        record.elapsed = elapsed
        record.status = response.status_code
        record.reason = str(response.reason or "")
        record.answer_headers = _headers(response.headers)
        record.answer = response.content[:_KEPT_BYTES]


def _headers(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    """Return *headers* as text. No credential is kept, and no part of one that is nearly right."""
    secret = {"authorization", "proxy-authorization", "cookie", "set-cookie"}
    shown = {}
    for name, value in headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        shown[str(name)] = MARK if name.lower() in secret else text
    return shown
