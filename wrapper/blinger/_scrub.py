"""Take secrets out of what an error will hold."""

from __future__ import annotations

import html
import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote_plus

from blinger._json import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

REDACTED = "[redacted]"
ALL_REDACTED = "[redacted: it repeats, in another encoding, what was sent]"

_SECRET_KEY = "websockettoken"  # noqa: S105 - the name of the field, not its value
_BETWEEN = r"(?:&#?\w{1,6};|%[0-9a-f]{2}|\W){0,64}"
_SECRET_FIELD = re.compile(
    rf"(websocketToken{_BETWEEN}(?:[:=]|%3a|%3d){_BETWEEN})[\w.~+/=-]+", re.IGNORECASE
)
_JWT = re.compile(r"eyJ[\w-]{8,}(\.[\w-]*){0,2}")
_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|[bfnrt])?")
_NOTHING = "(?!)"
_LAYERS = 3
"""Encodings that are looked through: JSON in JSON in HTML."""
_SHORT = 4
"""Secrets below this length, in characters, are replaced only where they stand alone."""
_LONG = 6
"""Secrets from this length on, in letters and digits, are known again in any encoding."""


class Scrubber:
    """Replaces the given secrets, each `websocketToken` and each JWT in text or JSON."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the secrets as they were sent; their encoded forms are found as well."""
        self._secrets = [secret for secret in secrets if secret]

    def text(self, text: str) -> str:
        """Return *text* without secrets."""
        text = _JWT.sub(REDACTED, _SECRET_FIELD.sub(rf"\1{REDACTED}", text))
        text = self._whole.sub(REDACTED, text)
        essence = _essence(text)
        if any(known in essence for known in self._essences):
            return ALL_REDACTED
        return self._lines.sub(REDACTED, text)

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

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return _any_of(form for secret in self._secrets for form in _forms(secret))

    @cached_property
    def _lines(self) -> re.Pattern[str]:
        return _any_of(line.strip() for secret in self._secrets for line in secret.splitlines())

    @cached_property
    def _essences(self) -> list[str]:
        essences = [_essence(secret) for secret in self._secrets]
        return [essence for essence in essences if len(essence) >= _LONG]


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield html.escape(secret)
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    yield " ".join(secret.split())


def _any_of(secrets: Iterable[str]) -> re.Pattern[str]:
    # In this order a secret stands before those that it begins with.
    longest_first = sorted({secret for secret in secrets if secret}, reverse=True)
    return re.compile("|".join(map(_bounded, longest_first)) or _NOTHING)


def _essence(text: str) -> str:
    """Return the letters and digits of *text*, which most encodings share."""
    for _ in range(_LAYERS):
        text = _ESCAPE.sub(_unescape, html.unescape(unquote_plus(text)))
    return "".join(filter(str.isalnum, text))


def _unescape(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else " "


def _bounded(secret: str) -> str:
    escaped = re.escape(secret)
    return escaped if len(secret) >= _SHORT else rf"(?<!\w){escaped}(?!\w)"
