"""What holds of every answer alone, whatever was asked: strict JSON, its status, no leak. Pure."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from blinger_contract.breach import ENVELOPE, REFUSED, Breach, Fact, at_assumption, operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger_contract.seen import Seen

NOT_STRICT = "The answer is not strict JSON"
_OK, _ERROR, _FAILED, _TOO_MANY = 200, 400, 500, 429
_LEAST = 6
_JWT = re.compile(rb"eyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*")
_WEBSOCKET = re.compile(rb'"websocketToken"\s*:\s*"[^"]')
_WEBSOCKET_KEY = rb'"websocketToken"\s*:\s*"'
_WEBSOCKET_VALUE = re.compile(_WEBSOCKET_KEY + rb'([^"]{16,})"')
_LONG = 16
_INSIDE = (
    # stack traces
    rb"Traceback \(most recent call last\)",
    rb"File \"[^\"]+\", line \d+",
    rb"Fatal error: |Stack ?[Tt]race|stack trace:",
    rb"#0 [/\w]+\.php\(",
    rb"\bat [\w$.<>]+ ?\([\w$./\\: -]*:\d+(?::\d+)?\)",
    rb"goroutine \d+ \[|\bpanic: ",
    rb"\.(?:php|py|js|ts|rb|java|go|cs|ex)(?: on line |:| in line |\()\d+",
    rb"\b(?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error)\b|\b[A-Z]\w+Exception\b",
    # statements and messages of databases
    rb"SQLSTATE\[|ORA-\d{5}|[Ss]yntax error at or near|[Dd]uplicate (?:key value|entry) ",
    rb"\b(?:INSERT INTO|DELETE FROM|UPDATE \w+ SET|SELECT .{1,200} FROM) \w",
    # where things are, and the keys to them
    rb"\b(?:postgres(?:ql)?|mysql|mongodb|redis|amqps?)(?:\+\w+)?://\w",
    rb"(?:^|[\s\"'(=])/(?:var|srv|home|opt|usr|app|root)/[\w.-]+/[\w./-]+",
    rb"\b[A-Z]:\\[\w.-]+\\|-----BEGIN |\bAKIA[0-9A-Z]{16}\b",
)
_TRACE = re.compile(b"|".join(_INSIDE), re.MULTILINE)
_ESCAPES = re.compile(rb"\\(?:([nrt])|([\"\\/]))")
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\";\s]+)", re.IGNORECASE)


def check(seen: Seen, token: str) -> Iterator[Breach | Fact]:
    """Yield what is wrong with an answer, and what it says of error_shape and error_transport."""
    yield from _leaks(seen, token)
    if seen.asked is None:
        return
    if seen.http_status == _OK:
        for problem in seen.problems:
            text = f"The body of a 200 is strict JSON in UTF-8 (RFC 8259), but {problem}."
            yield Breach(operation(seen), NOT_STRICT, text, None, ENVELOPE, seen)
    yield from _charset(seen)
    yield from _status(seen)
    if _ERROR <= seen.status < _FAILED:
        yield Fact("error_shape", _shape(seen.document), seen)
        if seen.document is not None and seen.http_status != _OK:
            for problem in seen.problems:
                yield Breach(
                    *(operation(seen), "An error is not strict JSON", f"In an error {problem}."),
                    *("error_shape", REFUSED, seen),
                )
    if seen.status == _TOO_MANY and not seen.headers.get("Retry-After", "").strip():
        text = "429 carries Retry-After; this one does not."
        yield Breach(
            *(operation(seen), "429 without Retry-After", text, "rate_limit"),
            *(at_assumption("rate_limit"), seen),
        )


def _charset(seen: Seen) -> Iterator[Breach]:
    kind = seen.headers.get("Content-Type", "")
    named = _CHARSET.search(kind)
    if seen.http_status == _OK and named and named[1].lower() not in {"utf-8", "utf8"}:
        text = f"JSON is UTF-8 (RFC 8259).\nReceived: Content-Type: {kind}"
        title = "The answer names another charset"
        yield Breach(operation(seen), title, text, None, ENVELOPE, seen)
    is_json = "json" in kind.partition(";")[0].lower()
    refused = _ERROR <= seen.http_status < _FAILED
    if refused and not is_json and _shape(seen.document) == "status_error":
        text = f"An error is JSON, and says so.\nReceived: Content-Type: {kind or 'none'}"
        title = "An error does not say that it is JSON"
        yield Breach(operation(seen), title, text, "error_shape", REFUSED, seen)


def _status(seen: Seen) -> Iterator[Breach | Fact]:
    inside = seen.document.get("status") if isinstance(seen.document, dict) else None
    if type(inside) is not int:
        return
    if seen.http_status == _OK and _ERROR <= inside < _FAILED + 100:
        yield Fact("error_transport", "inside_200", seen)
    elif inside != seen.http_status:
        yield Breach(
            operation(seen),
            "`status` in the body is not the HTTP status",
            f"`status` repeats the HTTP status.\nThe body says {inside}, HTTP {seen.http_status}.",
            None if seen.http_status == _OK else "error_shape",
            f"{ENVELOPE}/properties/status" if seen.http_status == _OK else REFUSED,
            seen,
        )
    elif _ERROR <= inside < _FAILED:
        yield Fact("error_transport", "http", seen)


def _shape(document: Any) -> str:
    if not isinstance(document, dict) or type(document.get("status")) is not int:
        return "other"
    error = document.get("error")
    if isinstance(error, dict):
        told = bool(error) and all(text and isinstance(text, str) for text in error.values())
    else:
        told = isinstance(error, str) and bool(error.strip())
    return "status_error" if told else "other"


def _forms(token: str) -> Iterator[bytes]:
    """Yield *token* in each form in which it is of use, or all but its end."""
    raw = token.encode()
    yield from (raw, raw[::-1], raw.hex().encode(), quote(token, safe="").encode())
    yield from (base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"="))
    if len(raw) >= _LONG:
        yield from (raw[: -len(raw) // 4], raw[len(raw) // 4 :])


def _shown_elsewhere(seen: Seen) -> bool:
    """Return whether a websocketToken of *seen* stands there anywhere but where it belongs."""
    tokens = {one[1] for one in _WEBSOCKET_VALUE.finditer(seen.raw)}
    headers = "\n".join(seen.headers.values()).encode("utf-8", "replace")
    return any(
        one in headers
        or seen.raw.count(one) > len(re.findall(_WEBSOCKET_KEY + re.escape(one), seen.raw))
        for one in tokens
    )


def _plain(raw: bytes) -> bytes:
    """Return *raw* with the escapes of JSON strings that would hide a pattern undone."""
    return _ESCAPES.sub(lambda found: b"\n" if found[1] else found[2], raw)


def _sent(seen: Seen) -> bytes:
    body = seen.request.body
    said = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""
    return said + str(seen.request.url).encode()


def _leaks(seen: Seen, token: str) -> Iterator[Breach]:
    headers = "\n".join(f"{name}: {value}" for name, value in seen.headers.items())
    everything = seen.raw + headers.encode("utf-8", "replace")
    found = []
    if len(token) >= _LEAST and any(form in everything for form in _forms(token)):
        found.append("The token comes back in an answer")
    if _shown_elsewhere(seen):
        found.append("A websocketToken is shown outside its end user")
    if seen.status >= _ERROR:
        if _JWT.search(everything) or _WEBSOCKET.search(seen.raw):
            found.append("An error shows a websocketToken")
        sent = _sent(seen)
        if any(one[0] not in sent for one in _TRACE.finditer(_plain(seen.raw))):
            found.append("An error shows a traceback")
    for title in found:
        text = "No answer shows a credential that it need not, or the inside of the server."
        yield Breach(operation(seen), title, text, None, REFUSED, seen)
