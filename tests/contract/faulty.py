"""Runs the healthy server, or one with a fault, and counts at its side what arrives.

A fault is the source of `healthy.py` with one piece of it replaced (`faults.py`).
"""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tests.contract import healthy
from tests.contract.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BASE, TOKEN = healthy.BASE, healthy.TOKEN
CONVERSATION, AGENT, OTHER_AGENT = healthy.CONVERSATION, healthy.AGENT, healthy.OTHER_AGENT
LOCKED_CONVERSATION = healthy.LOCKED_CONVERSATION
SOURCE = Path(healthy.__file__).read_text(encoding="utf-8")


@dataclass
class Server:
    """A running server, and what it saw."""

    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of each request."""
    answers: list[tuple[str, str, int]] = field(default_factory=list)
    """Method, path and status of each answer."""
    bodies: list[Any] = field(default_factory=list)
    """What was accepted."""

    @property
    def written(self) -> list[str]:
        """Return the conversation of each request that was accepted."""
        paths = [path for _, path, status in self.answers if status == 200]
        return [found[1] for path in paths if (found := re.search("/conversation/([^/]*)", path))]


def source_with(*faults: str | None) -> str:
    """Return the source of the server with *faults*; None is no fault.

    Raises:
        LookupError: The fault does not fit the source.
    """
    source = SOURCE
    for fault in filter(None, faults):
        for old, new in FAULTS[fault].changes:
            if source.count(old) != 1:
                raise LookupError(f"{fault}: found {source.count(old)} times: {old!r}")
            source = source.replace(old, new)
    return source


@contextlib.contextmanager
def serve(
    fault: str | None = None, *, always: int | None = None, source: str | None = None
) -> Iterator[Server]:
    """Serve on a free port meanwhile: with *fault*, from *source*, or refusing with *always*."""
    module = ModuleType("contract_server")
    code = compile(source if source is not None else source_with(fault), "healthy.py", "exec")
    with _registered(module):
        exec(code, module.__dict__)  # noqa: S102 - our own source, changed by our own table
    server = Server()
    api = module.Api()
    if always:
        api.answer = lambda *_: (always, {"status": always, "error": "refused"}, {})
    api.answer = _noting(api.answer, server)
    handler = _counting(module.Handler, server, api)
    listener = _Listener(("127.0.0.1", 0), handler)
    server.url = f"http://127.0.0.1:{listener.server_port}{BASE}"
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


class _Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a server that breaks is what the kit has to see."""


@contextlib.contextmanager
def _registered(module: ModuleType) -> Iterator[None]:
    # A dataclass looks its module up by name.
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        del sys.modules[module.__name__]


def _noting(answer: Callable[..., Any], server: Server) -> Callable[..., Any]:
    def noting(method: str, path: str, headers: Any, raw: bytes) -> Any:
        answered = answer(method, path, headers, raw)
        with contextlib.suppress(ValueError, TypeError, LookupError):
            if answered[0] == 200:
                server.bodies.append(json.loads(raw or b"{}"))
        return answered

    return noting


def _counting(handler: Any, server: Server, api: Any) -> Any:
    class Counting(handler):  # type: ignore[misc]
        def parse_request(self) -> bool:
            understood: bool = super().parse_request()
            if understood:
                server.requests.append((self.command, self.path))
            return understood

        def send_response(self, code: int, message: str | None = None) -> None:
            server.answers.append((self.command or "", getattr(self, "path", ""), code))
            super().send_response(code, message)

    Counting.api = api
    return Counting
