"""Keep credentials out of all that is stored or shown: our token, each visitor's websocketToken."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

MARK = "[Filtered]"
"""What stands where a credential stood; schemathesis writes the same into headers."""

_KEY = "websocketToken"
_LEAST = 6
"""Shorter strings are no credentials, and stand in everything by chance."""
_MEMBER = rf'(?P<member>"{_KEY}"\s*:\s*")(?:[^"\\]|\\.)*(?:"|\\?\Z)'
_JWT = re.compile(r"eyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*", re.ASCII)


class Redactor:
    """Replaces what it knows to be a credential; it learns each websocketToken that it is shown."""

    def __init__(self, token: str) -> None:
        """Take the token of the run."""
        self._token = token
        self._secrets: set[str] = set()
        self._learn([token])

    def body(self, content: bytes) -> bytes:
        """Return *content*, the body of an answer, as it was but for the credentials in it."""
        document = _parsed(content)
        self._learn(_websocket_tokens(document))
        # latin-1 maps each byte to a character and back, so bytes that are no text survive too.
        clean = self._on_wire.sub(_covered, content.decode("latin-1")).encode("latin-1")
        if document is None:
            return clean
        # A server may write any character of a key or a value as an escape, and a credential may
        # look like a part of something else: what counts are the strings of the document.
        covered = self._cover(document)
        if covered == document:
            return content
        return clean if _parsed(clean) == covered else json.dumps(covered).encode()

    def text(self, text: str) -> str:
        """Return *text*, which is about to be shown, without credentials."""
        return self._in_text.sub(_covered, text)

    def value(self, value: Any) -> Any:
        """Return *value*, made of what JSON has, without credentials in any of its strings."""
        return self._cover(value)

    def learn_sent(self, header: str | bytes | None) -> None:
        """Take a *header* sent for a token: one that is nearly right gives the right one away."""
        sent = header.decode("latin-1") if isinstance(header, bytes) else header or ""
        sent = sent.removeprefix("Bearer ").strip()
        ends = (self._token[:_LEAST].casefold(), self._token[-_LEAST:].casefold())
        if any(len(end) == _LEAST and end in sent.casefold() for end in ends):
            self._learn([sent])

    def _learn(self, secrets: Iterable[str]) -> None:
        new = {one for one in secrets if len(one) >= _LEAST and not _JWT.fullmatch(one)}
        if self._secrets and new <= self._secrets:
            return
        self._secrets |= new
        forms = {form for secret in self._secrets for form in _forms(secret)}
        self._in_text = _pattern(forms)
        self._on_wire = _pattern({form.encode().decode("latin-1") for form in forms})

    def _cover(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                self._cover(key): MARK
                if key == _KEY and isinstance(item, str) and item
                else self._cover(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._cover(item) for item in value]
        return self.text(value) if isinstance(value, str) else value


def _forms(secret: str) -> set[str]:
    escaped = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    return {secret, quote(secret, safe=""), *escaped}


def _pattern(forms: set[str]) -> re.Pattern[str]:
    known = (re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return re.compile("|".join([_MEMBER, *known, _JWT.pattern]), re.ASCII)


def _covered(match: re.Match[str]) -> str:
    return f'{match["member"]}{MARK}"' if match["member"] else MARK


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _websocket_tokens(document: Any) -> list[str]:
    found: list[str] = []
    queue = [document]
    while queue:
        value = queue.pop()
        if isinstance(value, dict):
            token = value.get(_KEY)
            if isinstance(token, str) and token:
                found.append(token)
            queue.extend(value.values())
        elif isinstance(value, list):
            queue.extend(value)
    return found
