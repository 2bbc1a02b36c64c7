"""A file on this machine, for a deployment that fetches what it is sent (file_fetch)."""

from __future__ import annotations

import base64
import http.server
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from blinger_contract.options import is_loopback

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class FileHost:
    """Serves one picture under every path; it starts when its URL is asked for."""

    def __init__(self, url: str) -> None:
        """Serve a deployment at *url*."""
        self.reachable = is_loopback(urlsplit(url).hostname or "")
        """Whether the deployment runs on this machine, and so can come here."""
        self.visits = 0
        self._server: http.server.ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Return where it is, without a slash at the end."""
        if self._server is None:
            self._server = _listen(self)
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def _listen(host: FileHost) -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = 5

        def setup(self) -> None:
            host.visits += 1
            super().setup()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(_PNG)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(_PNG)

        do_HEAD = do_GET  # noqa: N815 - as do_GET

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server
