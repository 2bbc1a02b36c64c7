"""A server that is not the bottleneck: nginx, which answers every request with what the API would.

Needs nginx (apt-get install nginx-light). It listens on 127.0.0.1, and ends with the context.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import certifi

if TYPE_CHECKING:
    from collections.abc import Iterator

CONVERSATION = "e1d247c8-5cd8-4f93-b9d7-15fd3259ac22"
BASE = "/api/external/v1"
_SAMPLES = Path(__file__).parents[1] / "tests" / "samples"
_START_SECONDS = 10
_CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
worker_rlimit_nofile 40000;
events {{ worker_connections 20000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 100000000;
    keepalive_timeout 600s;
    default_type application/json;
    server {{
        listen 127.0.0.1:{port} backlog=16384 reuseport{tls};
        {locations}
    }}
}}
"""


@contextlib.contextmanager
def nginx(certificates: Path | None = None) -> Iterator[str]:
    """Run it, over TLS if it is given the folder of its certificate; give the base URL."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        raise SystemExit("nginx is not installed: apt-get install nginx-light")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "nginx.conf"
        tls = (
            f" ssl; ssl_certificate {certificates}/certificate.pem;"
            f" ssl_certificate_key {certificates}/key.pem"
        )
        configuration = _CONFIGURATION.format(
            folder=folder,
            port=port,
            tls=tls if certificates else "",
            locations="\n".join(_locations()),
        )
        file.write_text(configuration)
        with subprocess.Popen([program, "-p", folder, "-c", str(file)]) as process:
            try:
                _wait(process, port)
                yield f"http{'s' if certificates else ''}://127.0.0.1:{port}{BASE}"
            finally:
                process.terminate()


def certify(folder: Path) -> Path:
    """Make a certificate of 127.0.0.1 and its key there; return a file of whom to trust."""
    own, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", own),
        ],
        check=True,
        capture_output=True,
    )
    # As many authorities as usual: what a client pays for them is part of what it costs.
    trusted = folder / "trusted.pem"
    trusted.write_text(certifi.contents() + own.read_text())
    return trusted


def answer(operation: str) -> str:
    """Return the sample of an operation (`send_text_message`), as a server would write it."""
    sample = json.loads((_SAMPLES / f"conversation_{operation}.200.json").read_text())
    return json.dumps(sample, separators=(",", ":"))


def _locations() -> Iterator[str]:
    for operation in ("assign_agent", "request_review", "send_file_message", "send_text_message"):
        path = f"{BASE}/conversation/{CONVERSATION}/{operation.replace('_', '-')}"
        yield f"location = {path} {{ return 200 '{answer(operation)}'; }}"
    # Where a library for another API is pointed here: its own path, and an answer of its kind.
    yield f"""location = {BASE}/embeddings {{ return 200 '{json.dumps(_EMBEDDING)}'; }}"""


_EMBEDDING = {
    "object": "list",
    "model": "small",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5] * 40}],
    "usage": {"prompt_tokens": 1, "total_tokens": 1},
}


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise SystemExit("nginx did not start")
