"""Malformed requests on raw sockets, many of them: no 500, no growth, no hang, and no end."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED = int(os.environ.get("MALFORMED_SEED", "5"))
PATIENCE = 20.0
"""Seconds after which a request that is not answered counts as one that hangs."""
MOST_GROWTH = 16 * 2**20
"""Bytes that the process may have more at the end than when it was warm."""
BASE = "/api/external/v1/conversation"
ACTIONS = ["assign-agent", "send-text-message", "send-file-message", "request-review"]
_AT_ONCE = struct.pack("ii", 1, 0)


class Server(NamedTuple):
    """A mock in a process of its own."""

    process: subprocess.Popen[str]
    place: tuple[str, int]
    token: str
    conversation: str
    errors: Path

    def resident(self) -> int:
        """Return the memory of the process in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) * 1024


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A mock whose every line of stderr is kept."""
    errors = tmp_path / "stderr"
    command = [sys.executable, "-m", "blinger_mock", "--port", "0", "--json"]
    with (
        errors.open("w") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            url = urlsplit(told["url"])
            place = (url.hostname or "", url.port or 0)
            yield Server(process, place, told["token"], told["conversations"][0], errors)
        finally:
            process.kill()


class Malformed:
    """Requests with something wrong, each drawn from one seed."""

    def __init__(self, server: Server, seed: int) -> None:
        self._draw = random.Random(seed)  # noqa: S311 - drawn to be drawn again
        self._server = server
        self.kinds: tuple[Callable[[], bytes], ...] = (
            self.random_bytes,
            self.mutated,
            self.cut,
            self.bad_chunks,
            self.wild_headers,
            self.huge_head,
            self.invalid_path,
            self.wrong_length,
            self.bad_body,
            self.bad_fault,
            self.pipelined,
        )

    def next(self) -> tuple[str, bytes]:
        """Return a kind, and the bytes of one."""
        kind = self._draw.choice(self.kinds)
        return kind.__name__, kind()

    def random_bytes(self) -> bytes:
        return self._draw.randbytes(self._draw.randint(1, 500))

    def mutated(self) -> bytes:
        whole = bytearray(self._whole(b'{"uuid": "x", "text": "y"}'))
        for _ in range(self._draw.randint(1, 8)):
            whole[self._draw.randrange(len(whole))] = self._draw.randrange(256)
        return bytes(whole)

    def cut(self) -> bytes:
        whole = self._whole(b'{"uuid": "x", "text": "y"}')
        return whole[: self._draw.randrange(1, len(whole))]

    def bad_chunks(self) -> bytes:
        head = self._head("Transfer-Encoding: chunked")
        size = self._draw.choice([b"zz", b"-1", b"ffffffffffffffffffff", b"", b"5;x=y", b"5", b"0"])
        end = self._draw.choice([b"\r\n", b"\n", b"", b"\r\nX: y\r\n\r\n", b"\0"])
        return head + size + self._draw.choice([b"\r\n", b"\n", b" "]) + b"hello" + end

    def wild_headers(self) -> bytes:
        draw = self._draw
        if draw.random() < 0.3:
            lines = [draw.randbytes(draw.randint(0, 20)) + b": " + draw.randbytes(9)]
        else:
            # What a header may hold at all, so that it reaches what looks at it.
            names = ["Authorization", "Content-Type", "Content-Encoding", "Host", "X-Mock-Fault"]
            names += ["Expect", "Connection", "Upgrade", "Content-Length", "Transfer-Encoding"]
            kept = bytes(byte for byte in draw.randbytes(30) if byte >= 0x20 and byte != 0x7F)
            values = [kept, kept * 100, b"", b"100-continue", b"upgrade", b"websocket", b"gzip"]
            lines = [
                name.encode() + b": " + draw.choice(values) for name in draw.choices(names, k=3)
            ]
        return self._head().removesuffix(b"\r\n") + b"\r\n".join(lines) + b"\r\n\r\n"

    def huge_head(self) -> bytes:
        size = self._draw.choice([10_000, 60_000, 70_000, 300_000])
        if self._draw.random() < 0.3:
            return b"POST /" + b"a" * size + b" HTTP/1.1\r\n\r\n"
        if self._draw.random() < 0.5:
            return self._head("X: " + "a" * size)
        return self._head(*["a: b"] * (size // 6))

    def invalid_path(self) -> bytes:
        draw = self._draw
        wild = "".join(f"%{byte:02x}" for byte in draw.randbytes(draw.randint(1, 40)))
        path = draw.choice(
            [
                "",
                "*",
                "//",
                "/%",
                "/%zz",
                "http://x/" + wild,
                f"{BASE}/{wild}/request-review",
                f"{BASE}/{wild}/{wild}",
                f"{BASE}/../../{wild}",
                f"{BASE}/{self._server.conversation}/request-review/{wild}?{wild}#{wild}",
                "/" + "../" * 1000,
            ]
        )
        method = draw.choice(["POST", "GET", "HEAD", "OPTIONS", "CONNECT", "BREW", "post"])
        return self._head(first=f"{method} {path} HTTP/1.1")

    def wrong_length(self) -> bytes:
        body = self._draw.randbytes(self._draw.randint(0, 200))
        length = self._draw.choice(
            ["0", "1", "-1", "9" * 30, "x", "1e3", str(len(body) + 5), "1\r\nContent-Length: 2"]
        )
        more = self._draw.choice([(), ("Transfer-Encoding: chunked",)])
        return self._head(f"Content-Length: {length}", *more) + body

    def bad_body(self) -> bytes:
        draw = self._draw
        key = '"7c9e6679-7425-40de-944b-e07fc1f90ae7"'
        body = draw.choice(
            [
                draw.randbytes(draw.randint(1, 300)),
                b"[" * draw.randint(1, 50_000),
                b'{"a":' * draw.randint(1, 5_000),
                b'{"uuid": "x"}',
                f'{{"uuid": {key}, "text": {draw.randint(0, 9) * "9" or 0}}}'.encode(),
                f'{{"uuid": {key}, "text": "\\ud800"}}'.encode(),
                f'{{"uuid": {key}, "file": "http://{draw.random()}:99999/"}}'.encode(),
                f'{{"uuid": {key}, "uuid": 1, "text": ""}}'.encode(),
                b"\xef\xbb\xbf{}",
                b"NaN",
                b" " * draw.randint(1, 100_000),
            ]
        )
        return self._whole(body)

    def bad_fault(self) -> bytes:
        text = self._draw.choice(
            ["status=", "delay=-1", "hang; x", "reset=1", ";;;", "status=9" * 99]
        )
        raw = bytes(byte for byte in self._draw.randbytes(20) if byte >= 0x20 and byte != 0x7F)
        return self._head("Content-Length: 0").replace(
            b"\r\n\r\n", b"\r\nX-Mock-Fault: " + text.encode() + raw + b"\r\n\r\n"
        )

    def pipelined(self) -> bytes:
        return b"".join(self.next()[1] for _ in range(self._draw.randint(2, 4)))

    def _first(self) -> bytes:
        action = self._draw.choice(ACTIONS[:3])
        return f"POST {BASE}/{self._server.conversation}/{action} HTTP/1.1\r\n".encode()

    def _head(self, *lines: str, first: str | None = None) -> bytes:
        start = self._first() if first is None else first.encode() + b"\r\n"
        token = f"Authorization: {self._server.token}"
        always = ("Host: x", "Content-Type: application/json", token)
        return start + "\r\n".join((*always, *lines, "", "")).encode()

    def _whole(self, body: bytes) -> bytes:
        return self._head(f"Content-Length: {len(body)}", "Connection: close") + body


def _ask(server: Server, raw: bytes, *, waits: bool) -> int:
    """Send *raw*, and return the status of what comes: 0 for nothing.

    Where *waits*, the answer is awaited before this side closes; otherwise it says that nothing
    more comes, and the server has to close.
    """
    with socket.create_connection(server.place, timeout=PATIENCE) as one:
        # Reset when done: otherwise the ports run out.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        got = b""
        try:
            one.sendall(raw)
            if waits:
                got = one.recv(65536)
            one.shutdown(socket.SHUT_WR)
            while len(got) < 2**20 and (chunk := one.recv(65536)):
                got += chunk
        except TimeoutError:
            pytest.fail(f"no answer, and no end, to {raw[:200]!r}")
        except OSError:
            # The server has cut it off already.
            pass
    statuses = [int(part[:3]) for part in got.split(b"HTTP/1.1 ")[1:]]
    assert max(statuses, default=0) < 500, raw[:200]
    return statuses[-1] if statuses else 0


ANSWERED = {"huge_head", "bad_body", "bad_fault"}
"""The kinds that are whole, so that an answer must come."""


def _run(server: Server, count: int, warm: int) -> None:
    malformed = Malformed(server, SEED)
    seen: Counter[tuple[str, int]] = Counter()
    before = 0
    begin = time.monotonic()
    for number in range(count):
        if number == warm:
            before = server.resident()
        kind, raw = malformed.next()
        seen[kind, _ask(server, raw, waits=kind in ANSWERED)] += 1
        if number % 1000 == 0:
            _is_alive(server)
    took = time.monotonic() - begin
    growth = server.resident() - before
    print(f"\n{count} in {took:.0f} s; {before >> 20} MiB when warm, {growth / 2**20:+.1f} MiB")
    for (kind, status), times in sorted(seen.items()):
        print(f"  {kind:14} {status or 'closed'}  {times}")

    _is_alive(server)
    assert growth < MOST_GROWTH
    assert server.errors.read_text("utf-8") == ""


def _is_alive(server: Server) -> None:
    """Fail unless an honest request is answered."""
    host, port = server.place
    answer = httpx.post(
        f"http://{host}:{port}{BASE}/{server.conversation}/request-review",
        headers={"Authorization": server.token},
        timeout=PATIENCE,
        trust_env=False,
    )
    assert answer.status_code == 200
    assert server.process.poll() is None


def test_two_thousand(server: Server) -> None:
    """Two thousand malformed requests do no harm."""
    _run(server, 2_000, warm=1_000)


@pytest.mark.soak
def test_a_hundred_thousand(server: Server) -> None:
    """A hundred thousand malformed requests do no harm, and nothing of them stays."""
    _run(server, 100_000, warm=20_000)


@pytest.mark.soak
def test_slow_loris(server: Server) -> None:
    """Two hundred connections that drip their headers are all cut off in time."""
    with contextlib.ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(server.place, timeout=PATIENCE))
            for _ in range(200)
        ]
        begin = time.monotonic()
        for one in slow:
            one.sendall(b"POST / HTTP/1.1\r\n")
        while time.monotonic() - begin < 9:
            for one in slow:
                one.sendall(b"X: y\r\n")
            _is_alive(server)
            time.sleep(0.5)
        answers = [one.recv(100) for one in slow]

    assert time.monotonic() - begin < 15
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    _is_alive(server)
