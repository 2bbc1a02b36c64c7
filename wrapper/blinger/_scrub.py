"""Take secrets out of what an error will hold."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from blinger._json import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

REDACTED = "[redacted]"

_SECRET_KEY = "websockettoken"  # noqa: S105 - the name of the field, not its value
_SECRET_FIELD = re.compile(r"(websocketToken\W{1,8})[\w.~+/=-]+", re.IGNORECASE)
_JWT = re.compile(r"eyJ[\w-]{8,}(\.[\w-]*){0,2}")
_SHORT = 4
"""Secrets below this length, in characters, are replaced only where they stand alone."""


class Scrubber:
    """Replaces the given secrets, each `websocketToken` and each JWT in text or JSON."""

    __slots__ = ("_pattern",)

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the secrets as they were sent; their encoded forms are found as well."""
        forms = sorted({f for s in secrets if s for f in _forms(s)}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_bounded, forms))) if forms else None

    def text(self, text: str) -> str:
        """Return *text* without secrets."""
        if self._pattern is not None:
            text = self._pattern.sub(REDACTED, text)
        return _JWT.sub(REDACTED, _SECRET_FIELD.sub(rf"\1{REDACTED}", text))

    def json(self, value: Any) -> Any:
        """Return *value*, which `json.loads` made, without secrets."""
        if isinstance(value, str):
            return self.text(value)
        if is_list(value):
            return [self.json(item) for item in value]
        if is_object(value):
            return {
                self.text(key): REDACTED if key.lower() == _SECRET_KEY else self.json(item)
                for key, item in value.items()
            }
        return value

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return *headers* without secrets; what sets a cookie is one."""
        return {
            name: REDACTED if name == "set-cookie" else self.text(value)
            for name, value in headers.items()
        }


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield html.escape(secret)
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    if lines := [line for line in secret.splitlines() if line.strip()]:
        yield " ".join(secret.split())
        yield from (line.strip() for line in lines if len(lines) > 1)


def _bounded(secret: str) -> str:
    escaped = re.escape(secret)
    return escaped if len(secret) >= _SHORT else rf"(?<!\w){escaped}(?!\w)"
