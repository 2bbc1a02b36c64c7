"""Who may use what lies below `/_mock`: programs of this machine, and pages of this very server."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from starlette.requests import ClientDisconnect

from blinger_mock.version import version

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from blinger_mock.engine import Engine

PROBES = frozenset({"/livez", "/readyz"})
"""Say nothing but that the server runs, and are asked by whoever watches over it, by any name."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of every answer."""

_HEADERS = (
    (b"x-blinger-mock", version().encode()),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", POLICY.encode()),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_FOREIGN_HOST = (
    "the header Host names a host that this server does not know itself by: "
    "call http://127.0.0.1 or http://localhost, or start with --allow-host NAME"
)
_FOREIGN_ORIGIN = "a page of another host may not call this: open /_mock/ of this very server"


class Guard:
    """Lets requests of this host through, marks every answer, and takes what goes wrong."""

    def __init__(self, inner: ASGIApp, engine: Engine, hosts: Collection[str] = ()) -> None:
        """Take the *hosts* that the server is known by beside those of loopback."""
        self._inner = inner
        self._engine = engine
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        try:
            why = None if scope["path"] in PROBES else self._refusal(scope)
            if why is None:
                await self._inner(scope, receive, marked)
            else:
                await _answer(marked, 403, why)
        except (asyncio.CancelledError, ClientDisconnect):
            # The server stops and has cut the connection, or the caller did: there is no answer.
            return
        except Exception as error:  # noqa: BLE001 - as for the API: a line in the log says where
            # Starlette has answered, unless a stream had begun, and raises it again.
            self._engine.crashed(error)

    def _refusal(self, scope: Scope) -> str | None:
        sent: dict[bytes, list[str]] = {}
        for name, value in scope["headers"]:
            sent.setdefault(name, []).append(value.decode("latin-1"))
        bound = scope.get("server")
        hosts = self._hosts | {bound[0].lower()} if bound else self._hosts
        return refusal(sent.get(b"host", []), sent.get(b"origin", []), hosts)


def refusal(host: list[str], origin: list[str], known: Collection[str]) -> str | None:
    """Return why a request with these `Host` and `Origin` headers is refused; None if it is not.

    A name that an attacker's DNS points to 127.0.0.1 is refused by the first check, a page of
    another site, which may send but not read, by the second.
    """
    name = _name(host[0]) if len(host) == 1 else None
    if name is None or not (_is_loopback(name) or name in known):
        return _FOREIGN_HOST
    pages = {f"http://{host[0].lower()}", f"https://{host[0].lower()}"}
    return None if all(one.lower() in pages for one in origin) else _FOREIGN_ORIGIN


def _name(host: str) -> str | None:
    if not host or set(host) & set("@/?#\\ "):
        return None
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


async def _answer(send: Send, status: int, why: str) -> None:
    body = msgspec.json.encode({"error": why})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
