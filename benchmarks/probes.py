"""Clients beside the first, threads on one client, and where the time of a call goes."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.environments import environ
from benchmarks.figures import Bar, Row, Section, Spread, Table
from benchmarks.rounds import Candidate
from benchmarks.upstream import certify, nginx
from tests.contract.hermetic import mock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.context import Context

_THREADS = 50
_KIB = 1024


def clients(context: Context) -> Section:
    """CPU time and memory of clients over TLS, which hold what they need to verify a server."""
    kinds = {"httpx": ("httpx.Client()", 20), "blinger": ("Blinger(…)", 200)}
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        trusted = certify(Path(folder))
        with nginx(Path(folder)) as url:
            for _ in range(context.number(5)):
                for kind, (_, number) in kinds.items():
                    own = _probe(context, kind, "clients", kind, url, number, trusted=trusted)
                    found[kind].append(own)
    rows: list[Row] = []
    used: list[Row] = []
    for kind, (name, _) in kinds.items():
        for several, prefix in ((rows, ""), (used, "sent_")):
            pairs = [
                (own[f"{prefix}cpu"], its[f"{prefix}cpu"])
                for own, its in zip(found[kind], found["httpx"], strict=True)
            ]
            figures = {
                "µs CPU": Spread.of(own * 1e6 for own, _ in pairs),
                "ratio": Spread.of(own / its for own, its in pairs),
                "KiB": Spread.of(own[f"{prefix}bytes"] / _KIB for own in found[kind]),
            }
            several.append(Row(name, figures, kind == "blinger"))
    ours = rows[1].figures
    return Section(
        "clients",
        [
            Table("clients", "A client after the first one", rows),
            Table("clients-used", "The same, each with a first request over TLS", used),
        ],
        [
            Bar("second client / httpx.Client()", ours["ratio"].median, 0.02),
            Bar("second client, memory", ours["KiB"].median, 30, unit="KiB"),
        ],
    )


def threads(context: Context) -> Section:
    """Fifty threads that share a client, each of which looks whether its own text came back."""
    calls = context.number(10_000, 1_000)
    with mock() as server:
        place = (server["url"], server["token"], server["conversations"][0])
        found = _probe(context, "blinger", "threads", *place, _THREADS, calls)
    figures = {
        "µs CPU": Spread.of([found["cpu"] / found["calls"] * 1e6]),
        "calls a second": Spread.of([found["calls"] / found["wall"]]),
        "failed or wrong": Spread.of([found["wrong"]]),
    }
    note = "; ".join(found["errors"])
    table = Table(
        "threads",
        f"{_THREADS} threads on one client, {found['calls']:,} calls, with the mock as the server",
        [Row("blinger", figures, ours=True, note=note)],
    )
    return Section("threads", [table], [Bar("errors, wrong answers", found["wrong"], 0, unit="")])


def profile(context: Context) -> Section:
    """The share of each layer in the time of a call, under a profiler."""
    sync = [
        Candidate("httpx", "httpx", "httpx"),
        Candidate("generated client", "httpx", "generated"),
        Candidate("blinger", "blinger", "blinger"),
    ]
    of_async = [
        *(replace(one, key=f"{one.key}.async") for one in sync),
        Candidate('blinger, sender="aiohttp"', "aiohttp", "blinger.async.aiohttp"),
    ]
    tables = [
        _shares(context, ("profile", "Sync, one call after another"), sync, 1),
        _shares(context, ("profile-async", "Async, 16 in flight"), of_async, 16),
    ]
    return Section("profile", tables)


def _shares(
    context: Context, table: tuple[str, str], candidates: Sequence[Candidate], at_once: int
) -> Table:
    calls = context.number(480, 96)
    found: dict[str, dict[str, float]] = {}
    for one in candidates:
        arguments = ("profile", one.key, context.url, calls, at_once)
        shares = _probe(context, one.environment, *arguments)
        if shares:
            found[one.name] = shares
    rows = [
        Row(layer, {f"% of {name}": Spread.of([own[layer] * 100]) for name, own in found.items()})
        for layer in found["httpx"]
        if any(own[layer] for own in found.values())
    ]
    return Table(*table, rows)


def _probe(
    context: Context, environment: str, *arguments: object, trusted: Path | None = None
) -> dict[str, Any]:
    done = subprocess.run(
        context.environments.command(environment, "probe", *arguments),
        stdout=subprocess.PIPE,
        check=True,
        env=environ(**({"SSL_CERT_FILE": str(trusted)} if trusted else {})),
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
