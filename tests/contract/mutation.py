"""Prove that the kit finds faults: `make contract-mutation` (`python -m tests.contract.mutation`).

Each seeded fault (`faults.py`), and each mechanical mutant of the healthy server (`mutants.py`),
runs as a server in a process of its own, and the kit against it in another. A run ends with its
first finding, so that its requests and CPU seconds are what finding it took. Requests are counted
at the server. A fault is found if the command ends with 1 (broken) or 3 (unreachable or refused);
2 is no verdict, and counts as not found.

`found.txt` and `killed.txt` hold what was found: what is found no more fails the run.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import importlib
import io
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.contract import faulty
from tests.contract.faults import FAULTS
from tests.contract.mutants import Mutant, mutants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

HERE = Path(__file__).parent
FOUND, KILLED = HERE / "found.txt", HERE / "killed.txt"
OPENAPI = HERE.parents[1] / "openapi.yaml"
SECONDS, REQUESTS, BUDGET = 10, 500, 250
_LIMIT = 120
_FORK = multiprocessing.get_context("fork")
BROKEN, INCOMPLETE, UNREACHABLE, STUCK = 1, 2, 3, -1


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended, and what it took."""

    code: int
    seconds: float
    """CPU seconds of the kit, without the start of Python and its imports."""
    requests: int
    """How many requests the server counted; -1 where it could no longer say."""
    elsewhere: int
    """How many of them were accepted for another conversation than the one given."""
    output: str

    @property
    def found(self) -> bool:
        """Return whether the run failed for a reason that it names."""
        return self.code in {BROKEN, UNREACHABLE}


def careful(server: faulty.Server, seed: int) -> int:
    """Run the careful mode, strictly, within its budget."""
    return _command(server, "--strict", "--rate", "10000/s", "--seed", str(seed))


def full(server: faulty.Server, seed: int) -> int:
    """Run the full mode."""
    return _command(server, "--mode", "full", "--seed", str(seed))


def stock(server: faulty.Server, seed: int) -> int:
    """Run schemathesis as it comes: the contract, the token, and no ids."""
    from schemathesis.cli import schemathesis

    header = f"Authorization: {faulty.TOKEN}"
    arguments = ["--url", server.url, "--header", header, "--seed", str(seed), "--no-color"]
    try:
        schemathesis(["run", str(OPENAPI), *arguments, "--max-failures", "1"])
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


RUNS: dict[str, Callable[[faulty.Server, int], int]] = {
    "full": full,
    "careful": careful,
    "stock": stock,
}


def _command(server: faulty.Server, *arguments: str) -> int:
    from blinger_contract.cli import main

    os.environ["BLINGER_TOKEN"] = faulty.TOKEN
    agents = (f"--agent={agent}" for agent in (faulty.AGENT, faulty.OTHER_AGENT))
    rooms = ("--conversation", faulty.CONVERSATION, "--locked", faulty.LOCKED_CONVERSATION)
    return main([server.url, *rooms, *agents, *arguments])


class _First(BaseException):
    """A finding was made: the run need not go on."""


def stop_at_first() -> None:
    """Let a run of the kit, in this process, end with its first finding that breaks a promise."""
    from blinger_contract.findings import Collector

    def stopping(method: Callable[..., None]) -> Callable[..., None]:
        def stop(self: Collector, *arguments: Any, **options: Any) -> None:
            method(self, *arguments, **options)
            for finding in self.result.findings:
                if not finding.advisory:
                    raise _First(f"{finding.operation}: {finding.title}")

        return stop

    for name in ("take", "breach"):
        setattr(Collector, name, stopping(getattr(Collector, name)))


def run(source: str, mode: str, seed: int = 1, *, first: bool = True) -> Outcome:
    """Run *mode* against a server of *source*, each in a process of its own."""
    with _process(_serve, source) as (server, _), _process(_drive, mode, seed, first) as (kit, _2):
        url = _receive(server, 10)
        kit.send(url)
        ended = _receive(kit, _LIMIT) if url else None
        with contextlib.suppress(OSError):
            server.send("stop")
        counted = _receive(server, 5)
    code, seconds, output = ended or (STUCK if url else UNREACHABLE, 0.0, "")
    requests, elsewhere = counted or (-1, 0)
    return Outcome(code, seconds, requests, elsewhere, output)


@contextlib.contextmanager
def _process(target: Callable[..., None], *arguments: Any) -> Iterator[tuple[Connection, Any]]:
    ours, theirs = _FORK.Pipe()
    process = _FORK.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours, process
    finally:
        process.kill()
        process.join()
        ours.close()


def _receive(connection: Connection, seconds: float) -> Any:
    try:
        return connection.recv() if connection.poll(seconds) else None
    except (EOFError, OSError):
        return None


def _serve(connection: Connection, source: str) -> None:
    _silence()
    with faulty.serve(source=source) as server:
        connection.send(server.url)
        connection.recv()
        elsewhere = sum(it != faulty.CONVERSATION for it in server.written)
        connection.send((len(server.requests), elsewhere))
        os._exit(0)


def _drive(connection: Connection, mode: str, seed: int, first: bool) -> None:
    url = connection.recv()
    _silence()
    said = io.StringIO()
    code = INCOMPLETE
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            if first:
                stop_at_first()
            try:
                code = RUNS[mode](faulty.Server(url), seed)
            except _First as finding:
                code = BROKEN
                said.write(str(finding))
            except BaseException:  # noqa: BLE001 - whatever it is, it is no verdict
                said.write(traceback.format_exc())
        os.chdir("/")
    used = resource.getrusage(resource.RUSAGE_SELF)
    connection.send((code, used.ru_utime + used.ru_stime, said.getvalue()))
    os._exit(0)


def _silence() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _prepare() -> None:
    # What each run would import and fill its caches with is there before it is forked.
    importlib.import_module("schemathesis.cli")
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(io.StringIO()),
        faulty.serve() as server,
    ):
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        careful(server, 1)


def _job(name: str, source: str, mode: str, seed: int) -> tuple[str, str, Outcome]:
    return name, mode, run(source, mode, seed)


def run_all(jobs: list[tuple[str, str, str]]) -> Iterator[tuple[str, str, Outcome]]:
    """Run *jobs* (name, source, mode) and yield how each ended, as they end."""
    with concurrent.futures.ProcessPoolExecutor(SETTINGS.workers, _FORK, _prepare) as pool:
        waiting = [pool.submit(_job, *job, SETTINGS.seed) for job in jobs]
        for done in concurrent.futures.as_completed(waiting):
            yield done.result()


def faults(modes: list[str], names: list[str]) -> bool:
    """Run the seeded faults, print the table, and return whether all that was found still is."""
    jobs = [(name, faulty.source_with(name), mode) for mode in modes for name in names]
    ended = _collect(jobs)
    print(_table(modes, names, ended))
    for mode in modes:
        missed = [name for name in names if not ended[name, mode].found]
        if mode != "stock":
            print(f"\nNot found by {mode} ({len(missed)}):")
            for name in missed:
                it, fault = ended[name, mode], FAULTS[name]
                print(f"  {name:28} {fault.standing:10} exit {it.code}  {fault.law}")
        heavy = [(name, ended[name, mode]) for name in names if ended[name, mode].found]
        limit = BUDGET if mode == "careful" else REQUESTS
        heavy = [(name, it) for name, it in heavy if it.seconds > SECONDS or it.requests > limit]
        if mode != "stock":
            for name, it in heavy:
                print(f"  {mode}: {name} took {it.seconds:.1f} s CPU and {it.requests} requests")
            print(f"  {mode}: {_spread([ended[name, mode] for name in names])}")
    elsewhere = [key for key, it in ended.items() if it.elsewhere and key[1] == "careful"]
    print(f"Careful runs that wrote into another conversation: {elsewhere or 'none'}")
    return _keep(FOUND, modes, names, {key for key, it in ended.items() if it.found})


def mechanical(names: list[str], listed: list[Mutant]) -> bool:
    """Run the mutants in full mode, print the survivors, and compare with what was killed."""
    chosen = [it for it in listed if it.name in names]
    ended = _collect([(it.name, it.source, "full") for it in chosen])
    survivors = [it for it in chosen if not ended[it.name, "full"].found]
    print(
        f"\n{len(chosen)} mutants: {len(chosen) - len(survivors)} killed, {len(survivors)} survived"
    )
    for it in survivors:
        code = ended[it.name, "full"].code
        print(f"  {it.name}  exit {code}  line {it.line}: {it.before}  ->  {it.after}")
    print(f"  {_spread([ended[it.name, 'full'] for it in chosen])}")
    return _keep(KILLED, ["full"], names, {key for key, it in ended.items() if it.found})


def _collect(jobs: list[tuple[str, str, str]]) -> dict[tuple[str, str], Outcome]:
    ended: dict[tuple[str, str], Outcome] = {}
    started = time.monotonic()
    for name, mode, outcome in run_all(jobs):
        ended[name, mode] = outcome
        if SETTINGS.log:
            with SETTINGS.log.open("a", encoding="utf-8") as log:
                log.write(
                    f"{mode}\t{name}\t{outcome.code}\t{outcome.seconds:.2f}\t{outcome.requests}\n"
                )
        if sys.stderr.isatty() or len(ended) % 50 == 0:
            sys.stderr.write(f"\r{len(ended)}/{len(jobs)} {time.monotonic() - started:.0f} s ")
        if "which is a bug" in outcome.output or "Traceback (most" in outcome.output[:200]:
            print(f"\nthe kit broke: {mode} {name}\n{outcome.output[-1500:]}")
    sys.stderr.write("\n")
    return ended


def _table(modes: list[str], names: list[str], ended: dict[tuple[str, str], Outcome]) -> str:
    categories = list(dict.fromkeys(FAULTS[name].category for name in names))
    lines = [f"{'category':12}{'faults':>7}" + "".join(f"{mode:>16}" for mode in modes)]
    for category in [*categories, "all"]:
        chosen = [it for it in names if category in {"all", FAULTS[it].category}]
        cells = [sum(ended[it, mode].found for it in chosen) for mode in modes]
        shown = "".join(f"{cell:>8} {100 * cell / len(chosen):>5.1f} %" for cell in cells)
        lines.append(f"{category:12}{len(chosen):>7}{shown}")
    return "\n".join(lines)


def _spread(outcomes: list[Outcome]) -> str:
    found = [it for it in outcomes if it.found]
    if not found:
        return "nothing was found"
    seconds = sorted(it.seconds for it in found)
    requests = sorted(it.requests for it in found)
    middle, late = len(found) // 2, int(len(found) * 0.95)
    return (
        f"until found: CPU {seconds[middle]:.1f} s, "
        f"95 % {seconds[late]:.1f} s, most {seconds[-1]:.1f} s; "
        f"requests {requests[middle]}, 95 % {requests[late]}, most {requests[-1]}"
    )


def _keep(file: Path, modes: list[str], names: list[str], found: set[tuple[str, str]]) -> bool:
    before = set(file.read_text(encoding="utf-8").split("\n")) - {""} if file.exists() else set()
    now = {f"{mode} {name}" for name, mode in found if mode != "stock"}
    asked = {f"{mode} {name}" for mode in modes for name in names}
    lost = sorted(before & asked - now)
    if lost:
        print("\nFound once, and found no more:", *lost, sep="\n  ")
    if new := sorted(now - before):
        print(f"\n{len(new)} are found that {file.name} does not hold yet; --write writes it")
    if SETTINGS.write and not lost:
        file.write_text("".join(f"{it}\n" for it in sorted(before | now)), encoding="utf-8")
    return not lost


@dataclass
class Settings:
    """What the command line asks of each part."""

    workers: int = 2
    seed: int = 1
    write: bool = False
    log: Path | None = None


SETTINGS = Settings()


def show(names: list[str], modes: list[str], sources: dict[str, str]) -> None:
    """Print what the kit says of some faults or mutants, or of `healthy`, run to the end."""
    for name in names:
        source = sources.get(name) or faulty.source_with(None if name == "healthy" else name)
        for mode in modes:
            it = run(source, mode, SETTINGS.seed, first=False)
            print(
                f"== {name} {mode}: exit {it.code}, {it.requests} requests, {it.seconds:.1f} s CPU"
            )
            print(it.output)


def main(argv: list[str] | None = None) -> int:
    """Run what *argv* asks for and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("what", choices=("faults", "mutants", "show"))
    add("names", nargs="*", help="which; all by default")
    add("--mode", action="append", choices=list(RUNS), help="all three by default")
    add("--step", type=int, default=1, help="only each N-th of them")
    add("--offset", type=int, default=0, help="the first of those")
    add("--workers", type=int, default=2)
    add("--seed", type=int, default=1)
    add("--log", type=Path, help="write how each run ended, as it ends")
    add("--write", action="store_true", help="add what is found to the list")
    arguments = parser.parse_args(argv)
    for name in ("workers", "seed", "write", "log"):
        setattr(SETTINGS, name, getattr(arguments, name))
    modes = arguments.mode or list(RUNS)
    sources = {}
    listed: list[Mutant] = []
    if arguments.what != "faults":
        listed = mutants(faulty.SOURCE)
        sources = {it.name: it.source for it in listed}
    if arguments.what == "show":
        show(arguments.names, modes, sources)
        return 0
    names = (arguments.names or list(sources or FAULTS))[arguments.offset :: arguments.step]
    kept = mechanical(names, listed) if sources else faults(modes, names)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
