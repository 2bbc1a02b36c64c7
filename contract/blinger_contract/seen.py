"""A request and its answer as they were on the wire: what every check of our own looks at."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from blinger_contract.sent import Sent

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One exchange. Its repr shows no credential; its `raw` may hold one."""

    request: requests.PreparedRequest
    asked: Sent | None
    """None where the request is no POST to an operation."""
    http_status: int
    status: int
    """That of the answer: with error_transport=inside_200 the one in the body."""
    headers: Mapping[str, str]
    raw: bytes
    """The body as it came, credentials and all."""
    document: Any
    """What the body holds; None where it is no JSON."""
    problems: tuple[str, ...]
    """How the body departs from strict JSON."""
    at: float
    """When the answer came, Unix seconds of this machine."""
    seconds: float
    """How long it took."""

    def __repr__(self) -> str:
        return f"<Seen {self.request.method} {self.status}>"

    @property
    def is_json(self) -> bool:
        """Return whether the body is JSON, if not to the letter of the RFC."""
        return self.document is not None or not self.problems

    @property
    def data(self) -> dict[str, Any] | None:
        """Return the `data` of a 200 that holds an object."""
        inside = self.document.get("data") if isinstance(self.document, dict) else None
        return inside if self.status == 200 and isinstance(inside, dict) else None  # noqa: PLR2004

    @property
    def refused(self) -> bool:
        """Return whether the request was refused."""
        return 400 <= self.status < 500  # noqa: PLR2004


def read(raw: bytes) -> tuple[Any, tuple[str, ...]]:
    """Return what the JSON in *raw* holds, None if it is none, and how it departs from the RFC."""
    problems: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        problems.extend(
            f"the key {key!r} stands twice in one object"
            for key, count in Counter(key for key, _ in items).items()
            if count > 1
        )
        return dict(items)

    def constant(name: str) -> float:
        problems.append(f"{name} is no JSON")
        return float(name)

    if raw.startswith(_BOM):
        problems.append("the body starts with a byte order mark")
        raw = raw[len(_BOM) :]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        problems.append("the body is not UTF-8")
        text = raw.decode("utf-8", "replace")
    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant), tuple(problems)
    except (ValueError, RecursionError):
        return None, ("the body is no JSON",)
