"""The API as one small server, healthy: a reading of the API page of its own.

It shares no code with the mock and the kit and reads no openapi.yaml. Each fault of `faults.py` is
this file with a line or so changed, and so is each mutant, so nothing here serves the tests: what
loads, changes and counts stands in `faulty.py`.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import mimetypes
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

BASE = "/api/external/v1"
TOKEN = "canary-token-5b1f0e7c"
CONVERSATION = "2f6d7a0e-3a52-4a8e-9f57-0f3b1c6d9a11"
OTHER_CONVERSATION = "b52c1f60-97e4-4c1d-8a3e-5d0f6b7c8e22"
LOCKED_CONVERSATION = "c1a7e9d4-6b20-4f35-9c8d-7e6f5a4b3c33"
AGENT = "9d1c5b1e-70cb-4f0c-8a86-6f6d3f1a2b33"
OTHER_AGENT = "4e8f2a6c-1d3b-4c5e-8f7a-9b0c1d2e3f44"
STATIC = "http://static.widget.blinger.io"
BORN = 1_562_228_238
BODY_MAX = 1_048_576
DRAIN_MAX = 1 << 24
FIELDS = {
    "assign-agent": ("agentId",),
    "send-text-message": ("uuid", "text"),
    "send-file-message": ("uuid", "file"),
    "request-review": (),
}

_HEX = r"%[0-9A-Fa-f]{2}"
_NAME = r"A-Za-z0-9\-._~!$&'()*+,;="
_URL = re.compile(
    rf"(?i:https?)://(?=[^/?#])(?:(?:[{_NAME}:]|{_HEX})*@)?"
    rf"(?:\[[0-9A-Fa-f:.]+\]|(?:[{_NAME}]|{_HEX})*)(?::\d*)?"
    rf"(?:/(?:[{_NAME}:@]|{_HEX})*)*"
    rf"(?:\?(?:[{_NAME}:@/?]|{_HEX})*)?(?:#(?:[{_NAME}:@/?]|{_HEX})*)?"
)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_PATH = re.compile(rf"{BASE}/conversation/([^/]*)/([^/]*)")


class Refused(Exception):
    """The request is refused, with a status and what the error says."""

    def __init__(self, status: int, error: str | dict[str, str], **headers: str) -> None:
        self.status = status
        self.error = error
        self.headers = headers


@dataclass
class Conversation:
    """A conversation, and what was sent into it."""

    id: str
    end_user: str
    locked: bool = False
    agent: str | None = None
    updated: int = BORN
    sent: dict[str, tuple[tuple[str, str], dict[str, Any]]] = field(default_factory=dict)


class Api:
    """The state of the API, and what it answers."""

    def __init__(self) -> None:
        self.conversations = {
            CONVERSATION: Conversation(CONVERSATION, str(uuid.UUID(int=7, version=4))),
            OTHER_CONVERSATION: Conversation(OTHER_CONVERSATION, str(uuid.UUID(int=8, version=4))),
            LOCKED_CONVERSATION: Conversation(
                LOCKED_CONVERSATION, str(uuid.UUID(int=9, version=4)), locked=True
            ),
        }
        self.agents = {
            AGENT: agent(AGENT, "Ann", "4711", avatar=stored("https://a.example/ann.jpeg", BORN)),
            OTHER_AGENT: agent(OTHER_AGENT, "Bob", "4712", avatar=None),
        }
        self.last = 0
        self.turn = threading.Lock()

    def answer(
        self, method: str, path: str, headers: Any, raw: bytes
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Return the status, the document and the headers that answer a request."""
        try:
            with self.turn:
                data = self.accept(method, path, headers, raw)
        except Refused as refused:
            document = {"status": refused.status, "error": refused.error}
            return refused.status, document, refused.headers
        return 200, {"status": 200, "data": data}, {}

    def accept(self, method: str, path: str, headers: Any, raw: bytes) -> dict[str, Any]:
        """Do what a request asks for, or raise Refused."""
        found = _PATH.fullmatch(path)
        if not found or found[2] not in FIELDS:
            raise Refused(404, "no such path")
        operation = found[2]
        if method != "POST":
            raise Refused(405, "method not allowed", Allow="POST")
        if headers.get("Authorization") != TOKEN:
            raise Refused(401, "unauthorized")
        if len(raw) > BODY_MAX:
            raise Refused(413, "the body is too large")
        body = self.read(operation, headers, raw)
        check(operation, body)
        conversation = self.conversations.get(unquote(found[1]))
        if conversation is None:
            raise Refused(404, "no such conversation")
        if operation == "assign-agent":
            return self.assign(conversation, body["agentId"])
        if conversation.locked:
            raise Refused(400, "the conversation is locked")
        if operation == "request-review":
            return self.review(conversation)
        return self.send(conversation, operation, body)

    def read(self, operation: str, headers: Any, raw: bytes) -> dict[str, Any]:
        """Return the body of a request as it was sent."""
        if operation == "request-review" and not raw:
            return {}
        media_type = (headers.get("Content-Type") or "").split(";")[0].strip().lower()
        if media_type != "application/json":
            raise Refused(415, "send application/json")
        try:
            body = json.loads(raw.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Refused(400, "malformed JSON") from None
        if not isinstance(body, dict):
            raise Refused(400, "an object is expected")
        return body

    def assign(self, conversation: Conversation, agent_id: str) -> dict[str, Any]:
        """Assign an agent and return the conversation."""
        if agent_id not in self.agents:
            raise Refused(404, "no such agent")
        if conversation.agent != agent_id:
            conversation.agent = agent_id
            conversation.updated = self.now() // 10**6
        return {
            "id": conversation.id,
            "assignedAgent": self.agents[agent_id],
            "locked": conversation.locked,
            "createdAt": BORN,
            "updatedAt": conversation.updated,
        }

    def send(
        self, conversation: Conversation, operation: str, body: dict[str, str]
    ) -> dict[str, Any]:
        """Send a text or a file, or return the message that the uuid sent before."""
        key = body["uuid"].lower()
        content = (operation, body["text"] if "text" in body else body["file"])
        if key in conversation.sent:
            before, message = conversation.sent[key]
            if before != content:
                raise Refused(409, "the uuid belongs to another message")
            return message
        now = self.now()
        user = end_user(conversation.end_user)
        if operation == "send-text-message":
            message = self.message("text", now, body=body["text"], endUser=user)
        else:
            held = stored(body["file"], now // 10**6)
            message = self.message("file", now, file=held, endUser=user)
        conversation.sent[key] = (content, message)
        return message

    def review(self, conversation: Conversation) -> dict[str, Any]:
        """Ask for a review and return the message that does."""
        now = self.now()
        assigned = self.agents[conversation.agent] if conversation.agent else None
        asked = {
            "id": new_id(),
            "agent": assigned,
            "endUser": end_user(conversation.end_user),
            "mark": 0,
            "confirmed": False,
            "text": "",
            "createdAt": now // 10**6,
            "updatedAt": now // 10**6,
        }
        return self.message("review", now, review=asked, bot=bot())

    def message(self, kind: str, now: int, **parts: Any) -> dict[str, Any]:
        """Return a new message: each relation that is not among *parts* is null."""
        return {
            "id": new_id(),
            "status": "delivered",
            "type": kind,
            "body": parts.get("body"),
            "file": parts.get("file"),
            "review": parts.get("review"),
            "bot": parts.get("bot"),
            "agent": parts.get("agent"),
            "endUser": parts.get("endUser"),
            "microseconds": now,
            "createdAt": now // 10**6,
            "updatedAt": now // 10**6,
        }

    def now(self) -> int:
        """Return the time in Unix microseconds, later at each call."""
        self.last = max(self.last + 1, time.time_ns() // 1000)
        return self.last


def check(operation: str, body: dict[str, Any]) -> None:
    """Refuse a body that is not as the page describes it."""
    fields = FIELDS[operation]
    errors = {name: "is unknown" for name in body if name not in fields}
    for name in fields:
        if name not in body:
            errors[name] = "is missing"
        elif not isinstance(body[name], str):
            errors[name] = "is no string"
        elif not RULES[name](body[name]):
            errors[name] = "is not valid"
    if errors:
        raise Refused(400, errors)


def is_text(value: str) -> bool:
    """Return whether *value* can be sent: 1 to 10,000 characters that UTF-8 can carry."""
    return 1 <= len(value) <= 10_000 and not re.search("[\ud800-\udfff]", value)


def is_uuid(value: str) -> bool:
    """Return whether *value* is a UUID, in either case."""
    return bool(_UUID.fullmatch(value))


def is_file_url(value: str) -> bool:
    """Return whether *value* is an http or https URL of at most 2,048 characters."""
    return len(value) <= 2048 and bool(_URL.fullmatch(value))


def is_agent_id(value: str) -> bool:
    """Return whether *value* may be looked up: any string may."""
    return isinstance(value, str)


RULES = {"agentId": is_agent_id, "uuid": is_uuid, "text": is_text, "file": is_file_url}


def new_id() -> str:
    """Return an id that was never given before."""
    return str(uuid.uuid4())


def agent(agent_id: str, name: str, service_id: str, *, avatar: Any) -> dict[str, Any]:
    """Return an agent."""
    return {
        "id": agent_id,
        "serviceUserId": service_id,
        "name": name,
        "status": "online",
        "avatar": avatar,
        "active": True,
        "createdAt": BORN,
        "updatedAt": BORN,
    }


def bot() -> dict[str, Any]:
    """Return the bot that asks for reviews."""
    return {
        "id": str(uuid.UUID(int=5, version=4)),
        "name": "Blinger bot",
        "createdAt": BORN,
        "updatedAt": BORN,
    }


def end_user(user_id: str) -> dict[str, Any]:
    """Return the visitor of a conversation."""
    return {
        "id": user_id,
        "websocketToken": websocket_token(user_id),
        "createdAt": BORN,
        "updatedAt": BORN,
    }


def websocket_token(user_id: str) -> str:
    """Return what has the form of the visitor's JWT."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": user_id}).encode()).decode().rstrip("=")
    return f"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.{claims}.canary-websocket-91c2"


def stored(url: str, now: int) -> dict[str, Any]:
    """Return the file that is behind *url*, as the server holds it."""
    last = unquote(urlsplit(url.partition("#")[0].partition("?")[0]).path).rpartition("/")[2]
    name, dot, ext = last.rpartition(".")
    if not dot:
        name, ext = last, ""
    mime_type = mimetypes.guess_type(f"a.{ext.lower()}")[0] or "application/octet-stream"
    image = mime_type.startswith("image/")
    digest = hashlib.sha256(url.encode()).hexdigest()
    path = f"/{digest[:2]}/{digest[2:]}" + (f".{ext}" if ext else "")
    sizes = ("120x120", "520x400") if image else ()
    return {
        "id": new_id(),
        "type": "image" if image else "file",
        "meta": {"width": 640, "height": 480} if image else {},
        "info": {
            "name": name,
            "ext": ext,
            "mimeType": mime_type,
            "size": 5106,
            "path": path,
        },
        "url": {"default": STATIC + path, **{size: f"{STATIC}/{size}{path}" for size in sizes}},
        "createdAt": now,
        "updatedAt": now,
    }


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection: reads requests and writes what the API answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    api: Api

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.handle_any
        raise AttributeError(name)

    def handle_any(self) -> None:
        """Answer one request, whatever its method."""
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(min(length, DRAIN_MAX))
        path = self.path.partition("?")[0]
        status, document, headers = self.api.answer(self.command, path, self.headers, raw)
        self.write(status, document, headers)

    def write(self, status: int, document: dict[str, Any], headers: dict[str, str]) -> None:
        """Write an answer."""
        content = json.dumps(document, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is not HTTP."""
        self.close_connection = True
        self.write(code, {"status": int(code), "error": message or "bad request"}, {})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""
