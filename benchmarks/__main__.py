"""Measure all of the project's speed, next to what people would use instead: `make bench`.

    python -m benchmarks [SECTION ...] [--rounds 15] [--quick] [--json FILE]

Needs nginx, openssl and wrk (apt-get install nginx-light openssl wrk), and for the emulator
node_modules (make setup). What is printed is written to the JSON file too, from which
`benchmarks.page` makes the page and `benchmarks.compare` tells two runs apart.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import calls, concurrency, machine, probes, servers, shown, starts
from benchmarks.context import Context
from benchmarks.environments import environments
from benchmarks.upstream import nginx

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.figures import Section

SECTIONS: dict[str, Callable[[Context], Section]] = {
    "sync": calls.sync,
    "async": calls.asynchronous,
    "burst": calls.burst,
    "import": starts.imports,
    "cold": starts.cold,
    "clients": probes.clients,
    "threads": probes.threads,
    "growth": concurrency.growth,
    "profile": probes.profile,
    "contract": servers.contract,
    "emulator": servers.emulator,
}
_DISTRIBUTIONS = ("httpx", "httpcore", "h11", "anyio", "requests", "aiohttp", "openai")


def main() -> None:
    """Run what is asked for, print it, and write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument(
        "sections",
        nargs="*",
        metavar="SECTION",
        help=f"{', '.join(SECTIONS)}; `sdk` is all but the last two (default: all)",
    )
    parser.add_argument("--rounds", type=int, default=15, help="blocks of each candidate (15)")
    parser.add_argument("--quick", action="store_true", help="see that it works; not for figures")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results.json"))
    options = parser.parse_args()
    asked = options.sections or list(SECTIONS)
    if "sdk" in asked:
        asked = [*asked, *list(SECTIONS)[:-2]]
    if unknown := set(asked) - {*SECTIONS, "sdk"}:
        parser.error(f"no section is named {', '.join(sorted(unknown))}")
    # Ten thousand calls at once may want as many sockets.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    about = machine.described(*_DISTRIBUTIONS)
    found: list[Section] = []
    with contextlib.ExitStack() as stack:
        made, url = stack.enter_context(environments()), stack.enter_context(nginx())
        context = Context(made, url, 3 if options.quick else options.rounds, options.quick)
        for name in (name for name in SECTIONS if name in asked):
            print(f"\n## {name}", flush=True)
            found.append(_measured(SECTIONS[name], context))
            _print(found[-1])
            data = {"machine": about, "sections": [section.as_json() for section in found]}
            options.json.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    if any(section.bars for section in found):
        print(f"\n{shown.bars(found)}")
    print(f"\nwritten to {options.json}")


def _measured(measure: Callable[[Context], Section], context: Context) -> Section:
    """Measure; say how long it took, and how many cores others kept busy meanwhile."""
    begin, others = time.monotonic(), machine.busy_seconds() - machine.own_seconds()
    section = measure(context)
    seconds = time.monotonic() - begin
    others = machine.busy_seconds() - machine.own_seconds() - others
    return replace(section, seconds=seconds, busy=max(others / seconds, 0))


def _print(section: Section) -> None:
    for table in section.tables:
        print(f"\n{table.title}\n\n{shown.table(table)}")
    print(f"\n{section.seconds:.0f} s, {section.busy:.1f} cores busy with other work", flush=True)


if __name__ == "__main__":
    main()
