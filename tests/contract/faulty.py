"""A server for these tests, written apart from the mock and the kit: healthy, or with one fault.

It shares no code with either, and reads no openapi.yaml: a second reading of the API page, by hand.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "/api/external/v1"
CONVERSATION = "2f6d7a0e-3a52-4a8e-9f57-0f3b1c6d9a11"
AGENT = "9d1c5b1e-70cb-4f0c-8a86-6f6d3f1a2b33"
TOKEN = "canary-token-5b1f0e7c"
WEBSOCKET_TOKEN = "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJjYW5hcnkifQ.canary-websocket-91c2"

_HEX = r"%[0-9A-Fa-f]{2}"
_NAME = r"A-Za-z0-9\-._~!$&'()*+,;="
_URL = re.compile(
    rf"(?i:https?)://(?:(?:[{_NAME}:]|{_HEX})*@)?"
    rf"(?:\[[0-9A-Fa-f:.]+\]|(?:[{_NAME}]|{_HEX})*)(?::\d*)?"
    rf"(?:/(?:[{_NAME}:@]|{_HEX})*)*"
    rf"(?:\?(?:[{_NAME}:@/?]|{_HEX})*)?(?:#(?:[{_NAME}:@/?]|{_HEX})*)?"
)
_UUID = re.compile(r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_ALLOWED = {
    "assign-agent": {"agentId"},
    "send-text-message": {"uuid", "text"},
    "send-file-message": {"uuid", "file"},
    "request-review": set[str](),
}

FAULTS = {
    "agent_swapped": "another agent is answered than was assigned",
    "auth_ignored": "any token is taken",
    "content_type_missing": "the answer does not say that it is JSON",
    "conversation_swapped": "another conversation is answered",
    "error_in_plain_text": "an error is no JSON",
    "extra_accepted": "a property that does not exist is taken",
    "file_with_body": "a file message has a body",
    "hangs_up": "a file is answered with a closed connection",
    "known_lost": "a long text finds the conversation gone",
    "method_ignored": "GET sends as well",
    "microseconds_missing": "a message has no microseconds",
    "status_500": "a review fails",
    "status_wrong": "the status in the body of a refusal is not that of HTTP",
    "text_changed": "the text comes back in capitals",
    "text_too_short": "a text of more than 100 characters is refused",
    "two_authors": "a message has a bot and an end user",
    "type_wrong": "a text comes back as a review",
    "unknown_accepted": "a conversation that does not exist takes messages",
    "unknown_forbidden": "an unknown conversation is answered with 403",
    "uuid_any": "a uuid that is none is taken",
}
"""Each fault by its name, and what is wrong then."""


@dataclass
class Server:
    """A running server, and what it saw."""

    url: str = ""
    fault: str | None = None
    always: int | None = None
    """Answer everything with this status."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of each request."""
    written: list[str] = field(default_factory=list)
    """The conversation of each request that was accepted."""
    bodies: list[Any] = field(default_factory=list)
    """What was accepted."""
    sent: dict[tuple[str, str], tuple[object, dict[str, Any]]] = field(default_factory=dict)


@contextlib.contextmanager
def serve(fault: str | None = None, *, always: int | None = None) -> Iterator[Server]:
    """Serve on a free port meanwhile."""
    server = Server(fault=fault, always=always)
    handler = type("Handler", (_Handler,), {"state": server})
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    listener.daemon_threads = True
    server.url = f"http://127.0.0.1:{listener.server_port}{BASE}"
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


class _Refused(Exception):
    def __init__(self, status: int, **headers: str) -> None:
        self.status = status
        self.headers = headers


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one write for head and body, or Nagle's algorithm waits
    state: Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def answer_all(self) -> None:
        self.state.requests.append((self.command, self.path))
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            data = self._handle(raw)
        except _Refused as refused:
            self._refuse(refused)
            return
        if data is None:
            self.close_connection = True
            return
        self._write(200, {"status": 200, "data": data})

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = answer_all  # noqa: N815
    do_PATCH = do_POST = do_PUT = do_QUERY = do_TRACE = answer_all  # noqa: N815

    def _handle(self, raw: bytes) -> dict[str, Any] | None:
        fault = self.state.fault
        if self.state.always:
            raise _Refused(self.state.always)
        found = re.fullmatch(rf"{BASE}/conversation/([^/?]*)/([a-z-]+)", self.path)
        if not found or found[2] not in _ALLOWED:
            raise _Refused(404)
        conversation, operation = found[1], found[2]
        if self.command != "POST" and not (fault == "method_ignored" and self.command == "GET"):
            raise _Refused(405, Allow="POST")
        if self.headers.get("Authorization") != TOKEN and fault != "auth_ignored":
            raise _Refused(401)
        body = self._body(raw, operation)
        self._check(body, operation)
        if conversation != CONVERSATION and fault != "unknown_accepted":
            raise _Refused(403 if fault == "unknown_forbidden" else 404)
        if fault == "known_lost" and len(body.get("text", "")) > 50:
            raise _Refused(404)
        if operation == "assign-agent" and body["agentId"] != AGENT:
            raise _Refused(404)
        self.state.written.append(conversation)
        self.state.bodies.append(body)
        if fault == "status_500" and operation == "request-review":
            raise _Refused(500)
        if fault == "hangs_up" and operation == "send-file-message":
            return None
        return self._result(conversation, operation, body)

    def _body(self, raw: bytes, operation: str) -> dict[str, Any]:
        if not raw and operation == "request-review":
            return {}
        if (self.headers.get("Content-Type") or "").split(";")[0] != "application/json":
            raise _Refused(415)
        try:
            body = json.loads(raw)
        except ValueError:
            raise _Refused(400) from None
        if not isinstance(body, dict):
            raise _Refused(400)
        return body

    def _check(self, body: dict[str, Any], operation: str) -> None:
        fault, allowed = self.state.fault, _ALLOWED[operation]
        extra = set(body) - allowed if fault != "extra_accepted" else set()
        if extra or allowed - set(body) or any(type(body[name]) is not str for name in allowed):
            raise _Refused(400)
        longest = 100 if fault == "text_too_short" else 10_000
        wrong = (
            ("uuid" in body and fault != "uuid_any" and not _UUID.fullmatch(body["uuid"]))
            or ("text" in body and not 1 <= len(body["text"]) <= longest)
            or ("file" in body and (len(body["file"]) > 2048 or not _URL.fullmatch(body["file"])))
            or ("file" in body and body["file"].split("://", 1)[1][:1] in {"", "/", "?", "#"})
        )
        if wrong:
            raise _Refused(400)

    def _result(self, conversation: str, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        fault, now = self.state.fault, time.time_ns() // 1000
        if operation == "assign-agent":
            swapped = fault == "conversation_swapped"
            return {
                "id": str(uuid.uuid4()) if swapped else conversation,
                "assignedAgent": _agent(str(uuid.uuid4()) if fault == "agent_swapped" else AGENT),
                "locked": False,
                **_times(now),
            }
        key = (conversation, body.get("uuid", str(uuid.uuid4())).lower())
        content, message = self.state.sent.setdefault(key, (body, _message(operation, body, now)))
        if {**body, "uuid": ""} != {**content, "uuid": ""}:  # type: ignore[dict-item]
            raise _Refused(409)
        return _broken(message, fault)

    def _refuse(self, refused: _Refused) -> None:
        status = refused.status
        if self.state.fault == "error_in_plain_text":
            self._write(status, f"refused, {WEBSOCKET_TOKEN}, {TOKEN}", **refused.headers)
            return
        said = 200 if self.state.fault == "status_wrong" else status
        self._write(status, {"status": said, "error": "refused"}, **refused.headers)

    def _write(self, status: int, document: object, **headers: str) -> None:
        content = (document if isinstance(document, str) else json.dumps(document)).encode()
        self.send_response(status)
        if self.state.fault != "content_type_missing":
            kind = "text/plain" if isinstance(document, str) else "application/json"
            self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()


def _broken(message: dict[str, Any], fault: str | None) -> dict[str, Any]:
    if fault == "microseconds_missing":
        return {name: value for name, value in message.items() if name != "microseconds"}
    if fault == "two_authors":
        return {**message, "bot": {"id": str(uuid.uuid4()), "name": "bot", **_times(0)}}
    if fault == "text_changed" and message["body"]:
        return {**message, "body": message["body"].upper() + "!"}
    if fault == "file_with_body" and message["type"] == "file":
        return {**message, "body": "a file"}
    if fault == "type_wrong" and message["type"] == "text":
        return {**message, "type": "note"}
    return message


def _message(operation: str, body: dict[str, Any], now: int) -> dict[str, Any]:
    kind = {"send-text-message": "text", "send-file-message": "file"}.get(operation, "review")
    user = {"id": str(uuid.UUID(int=7)), "websocketToken": WEBSOCKET_TOKEN, **_times(now)}
    review = {"id": str(uuid.uuid4()), "agent": None, "endUser": user, "mark": 0}
    return {
        "id": str(uuid.uuid4()),
        "status": "delivered",
        "type": kind,
        "body": body.get("text"),
        "file": _file(now) if kind == "file" else None,
        "review": {**review, "confirmed": False, "text": "", **_times(now)}
        if kind == "review"
        else None,
        "bot": None,
        "agent": None,
        "endUser": user,
        "microseconds": now,
        **_times(now),
    }


def _agent(agent_id: str) -> dict[str, Any]:
    known = {
        "serviceUserId": "7",
        "name": "Ann",
        "status": "online",
        "avatar": None,
        "active": True,
    }
    return {"id": agent_id, **known, **_times(0)}


def _file(now: int) -> dict[str, Any]:
    info = {"name": "a", "ext": "png", "mimeType": "image/png", "size": 1, "path": "/a.png"}
    return {
        "id": str(uuid.uuid4()),
        "type": "image",
        "meta": {"width": 1, "height": 1},
        "info": info,
        "url": {"default": "http://static.example/a.png"},
        **_times(now),
    }


def _times(microseconds: int) -> dict[str, int]:
    return {"createdAt": microseconds // 10**6, "updatedAt": microseconds // 10**6}
