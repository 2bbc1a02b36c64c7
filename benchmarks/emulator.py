"""How fast the mock is: next to Prism, as its state grows, and in memory per message.

    python -m benchmarks.emulator [--seconds 6] [--repeats 3] [--warm 10] [--json FILE] [WHAT ...]

Needs wrk (apt-get install wrk) and node_modules (make setup). Every server is started anew, all of
them are warmed, and the rounds go through them in turn, so that whatever else the machine does hits
all of them alike. `busy` is the cores that neither the server nor wrk kept busy.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import machine

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).parents[1]
_SCRIPT = Path(__file__).with_name("send_text.lua")
_CONNECTIONS = 16
_CONVERSATIONS = 100
_START_SECONDS = 60
# Messages before the early ones, before the late ones, and of either: enough of them that SQLite
# moves its log to the file several times. They come in slices, which hold whole turns of the loop.
_GROWTH = (10_000, 950_000, 50_000)
_SLICE = 400
BARS = (
    ("memory / Prism", "memory", "prism", 8.0),
    ("memory / quiet Prism", "memory", "prism-quiet", 5.0),
    ("SQLite / Prism", "sqlite", "prism", 3.0),
)


class Server:
    """A server under load: its process, and how it is spoken to."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], port: int, base: str) -> None:
        self.name = name
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.base = base
        self.runs = 0

    def load(self, conversations: list[str], seconds: float) -> dict[str, float]:
        """Send texts for that long; say how many went a second, and how long they took."""
        self.runs += 1
        environment = {
            **os.environ,
            "BASE_PATH": self.base,
            "CONVERSATIONS": " ".join(conversations),
            "RUN": str(self.runs),
            "TOKEN": "mock-token",
        }
        command = [
            "wrk",
            "-t1",
            f"-c{_CONNECTIONS}",
            f"-d{seconds:g}s",
            "-s",
            str(_SCRIPT),
            self.url,
        ]
        begin, own = machine.busy_seconds(), machine.used_seconds(self.process.pid)
        children = os.times().children_user + os.times().children_system
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        line = next(it for it in done.stdout.splitlines() if it.startswith("RESULT "))
        found = json.loads(line.removeprefix("RESULT "))
        assert found["refused"] == found["lost"] == 0, found
        took = found["microseconds"] / 1e6
        own = machine.used_seconds(self.process.pid) - own
        wrk = os.times().children_user + os.times().children_system - children
        return {
            "requests_per_second": found["requests"] / took,
            "p50_ms": found["p50"] / 1000,
            "p99_ms": found["p99"] / 1000,
            "cpu_us": own / found["requests"] * 1e6,
            "busy": (machine.busy_seconds() - begin - own - wrk) / took,
        }


@contextlib.contextmanager
def mock(name: str, conversations: list[str], folder: Path) -> Iterator[Server]:
    """Run the mock: `memory` or `sqlite`."""
    data = folder / "data.yaml"
    data.write_text(json.dumps({"conversations": [{"id": one} for one in conversations]}))
    port = _free_port()
    command = [sys.executable, "-m", "blinger_mock", "--port", str(port), "--data", str(data)]
    if name == "sqlite":
        command += ["--db", str(folder / "state.db")]
    with _running(command, folder / f"{name}.log", {}) as process:
        yield _reached(Server(name, process, port, "/api/external/v1"), port)


@contextlib.contextmanager
def prism(name: str, folder: Path) -> Iterator[Server]:
    """Run Prism on the contract: as it is by default, or `prism-quiet`."""
    tool = _ROOT / "node_modules" / ".bin" / "prism"
    port = _free_port()
    command = [str(tool), "mock", str(_ROOT / "openapi.yaml"), "--port", str(port)]
    quiet = name == "prism-quiet"
    command += ["--host", "127.0.0.1", *(["-v", "silent"] if quiet else [])]
    more = {"NODE_ENV": "production"} if quiet else {}
    with _running(command, folder / f"{name}.log", more) as process:
        yield _reached(Server(name, process, port, ""), port)


@contextlib.contextmanager
def _running(
    command: list[str], log: Path, more: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, env={**os.environ, **more}, stdout=output, stderr=output, cwd=log.parent
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _reached(server: Server, port: int) -> Server:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return server
        time.sleep(0.05)
    raise SystemExit(f"{server.name} did not start")


def throughput(options: argparse.Namespace) -> dict[str, Any]:
    """Measure each server in turn, and say how they compare."""
    conversations = [str(uuid.UUID(int=place + 1, version=4)) for place in range(_CONVERSATIONS)]
    rows: dict[str, list[dict[str, float]]] = {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = [
            *(
                stack.enter_context(mock(name, conversations, folder))
                for name in ("memory", "sqlite")
            ),
            *(stack.enter_context(prism(name, folder)) for name in ("prism", "prism-quiet")),
        ]
        for server in servers:
            server.load(conversations, options.warm)
        for place in range(options.repeats):
            for server in servers[:: 1 if place % 2 == 0 else -1]:
                row = server.load(conversations, options.seconds)
                rows.setdefault(server.name, []).append(row)
                print(f"  {server.name:12} {_shown(row)}", flush=True)
    medians = {
        name: {key: statistics.median(row[key] for row in several) for key in several[0]}
        for name, several in rows.items()
    }
    print(f"\nmedians of {options.repeats}, {_CONNECTIONS} connections")
    for name, row in medians.items():
        print(f"  {name:12} {_shown(row)}")
    ratios = {
        text: medians[ours]["requests_per_second"] / medians[theirs]["requests_per_second"]
        for text, ours, theirs, _ in BARS
    }
    for text, _, _, bar in BARS:
        print(f"  {text:22} {ratios[text]:5.1f}x   bar {bar:g}x   {_kept(ratios[text] >= bar)}")
    p99 = medians["memory"]["p99_ms"] / medians["prism"]["p99_ms"]
    print(f"  {'p99 memory / Prism':22} {p99:5.2f}    bar 0.25   {_kept(p99 <= 0.25)}")
    return {"rows": rows, "medians": medians, "ratios": ratios, "p99_ratio": p99}


def _shown(row: dict[str, float]) -> str:
    return (
        f"{row['requests_per_second']:9,.0f}/s  p50 {row['p50_ms']:6.2f} ms  "
        f"p99 {row['p99_ms']:7.2f} ms  {row['cpu_us']:6.1f} us CPU  busy {row['busy']:.2f}"
    )


def _kept(held: bool) -> str:  # noqa: FBT001
    return "kept" if held else "MISSED"


class _Filled:
    """A store in a process of its own, and what it said about the messages it got."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def send(self, messages: int) -> dict[str, float]:
        """Send so many messages; say what they took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{messages}\n")
        self._process.stdin.flush()
        found: dict[str, float] = json.loads(self._process.stdout.readline())
        return found


@contextlib.contextmanager
def _filled(name: str) -> Iterator[_Filled]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.growth", name, folder]
        with subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            yield _Filled(process)


def growth(_: argparse.Namespace) -> dict[str, Any]:
    """Measure what a message costs early and late, and what it takes to keep one.

    A store with few messages and one with many stand side by side, and take their next ones in
    turn: a shared machine is seldom as fast a minute later.
    """
    found = {}
    early, late, measured = _GROWTH
    for name in ("memory", "sqlite"):
        with _filled(name) as young, _filled(name) as old:
            young.send(early)
            first = old.send(early)
            old.send(late - early)
            spent: dict[_Filled, list[float]] = {young: [], old: []}
            for place in range(measured // _SLICE):
                for one in (young, old)[:: 1 if place % 2 == 0 else -1]:
                    spent[one].append(one.send(_SLICE)["seconds"] / _SLICE * 1e6)
            last = old.send(0)
        row = found[name] = {
            "early_us": statistics.fmean(spent[young]),
            "late_us": statistics.fmean(spent[old]),
            "resident_per_message": (last["resident"] - first["resident"])
            / (late + measured - early),
            "file_per_message": last["file"] / (late + measured),
        }
        ratio = row["late_us"] / row["early_us"]
        print(
            f"  {name:7} {row['early_us']:6.1f} us each after {early:,}, "
            f"{row['late_us']:6.1f} us after {late:,}: {ratio:.2f}   "
            f"bar 1.20   {_kept(ratio <= 1.2)}; {row['resident_per_message']:,.0f} bytes of memory"
            f" and {row['file_per_message']:,.0f} of file a message",
            flush=True,
        )
    return found


def main() -> None:
    """Run what is asked for, print it, and write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.emulator")
    parser.add_argument("what", nargs="*", help="throughput, growth (default: both)")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--warm", type=float, default=10)
    parser.add_argument("--json", type=Path, default=Path("benchmarks/emulator.json"))
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: apt-get install wrk")
    facts: dict[str, Any] = {
        "machine": machine.described("uvicorn", "uvloop", "httptools", "msgspec", "jsonschema-rs"),
        "wrk": machine.version_of("wrk", "-v"),
        "prism": machine.version_of(str(_ROOT / "node_modules/.bin/prism"), "--version"),
    }
    print(json.dumps(facts, indent=2))
    for measure in (throughput, growth):
        if not options.what or measure.__name__ in options.what:
            print(f"\n{measure.__name__}")
            facts[measure.__name__] = measure(options)
    options.json.write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()
