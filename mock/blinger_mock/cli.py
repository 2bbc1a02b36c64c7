"""The command `blinger-mock`."""

from __future__ import annotations

import argparse
import errno
import gc
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from blinger_mock import arguments
from blinger_mock.version import version

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from blinger_mock.app import App
    from blinger_mock.clock import Start

A = TypeVar("A")
T = TypeVar("T")

_USAGE = 2
_STDERR = 2
_TOKEN = "mock-token"  # noqa: S105 - a made-up one
_GARBAGE = 20_000
"""How many objects more than there were make the collector look; 700 are usual."""
_OWN = ("blinger_mock", "blinger_spec")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with *argv*, by default the arguments of the process.

    Returns:
        The exit status: 0 when it was told to stop, 2 when it could not start.
    """
    _occupy_standard_streams()
    try:
        return _serve(_parser().parse_args(argv))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(_OWN):
            raise
        return _fail(
            f"{error.name.partition('.')[0]} is not installed; run: pip install 'blinger[mock]'"
        )


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line; the usage is what `--help` is for."""

    def error(self, message: str) -> NoReturn:
        sys.exit(_fail(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="blinger-mock",
        description="Serve the Blinger API on this machine, with state, held to openapi.yaml.",
        epilog="The assumptions and their values are listed under x-assumptions in openapi.yaml.",
    )
    parser.add_argument(
        "command", nargs="?", choices=["serve"], default="serve", help="serve (the default)"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address to listen at (default %(default)s)"
    )
    parser.add_argument(
        "--allow-host",
        type=_host,
        action="append",
        default=[],
        dest="hosts",
        metavar="NAME",
        help="a name beside those of loopback by which /_mock may be called, such as that of a "
        "service of Docker Compose; repeat it for more",
    )
    parser.add_argument(
        "--port", type=_port, default=8787, help="the port, 0 for a free one (default %(default)s)"
    )
    parser.add_argument(
        "--token",
        type=_token,
        action="append",
        dest="tokens",
        metavar="TOKEN",
        help=f"a token to let in; each is a tenant; repeat it for more (default {_TOKEN})",
    )
    parser.add_argument(
        "--seed", type=_seed, default=0, help="what the ids follow from (default %(default)s)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="what each tenant starts with, in YAML: bot, agents, conversations, messages",
    )
    parser.add_argument(
        "--db",
        type=Path,
        metavar="FILE",
        help="keep the state in this SQLite file, and go on with what it holds (default: memory)",
    )
    parser.add_argument(
        "--clock",
        type=_clock,
        default="real",
        metavar="real | frozen[=TIME] | step=SECONDS[,TIME]",
        help="the time: of the machine, standing still, or going on by SECONDS with each message; "
        "from TIME, such as 2026-01-01T09:00:00Z, or from now (default %(default)s)",
    )
    parser.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what holds of the API, such as uuid_dedupe=second_message; repeat it for more",
    )
    parser.add_argument(
        "--profile", metavar="FILE", help="a TOML file of assumptions, NAME = VALUE"
    )
    parser.add_argument(
        "--faults", metavar="FILE", help="a YAML or JSON file of faults, see docs/faults.md"
    )
    parser.add_argument(
        "--no-header-faults",
        action="store_false",
        dest="header_faults",
        help="do not look at the header X-Mock-Fault",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON when started")
    parser.add_argument("--version", action="version", version=f"blinger-mock {version()}")
    return parser


def _of(check: Callable[[A], T], given: A) -> T:
    try:
        return check(given)
    except (TypeError, ValueError) as error:
        # argparse would say less, and repeat what was given.
        raise argparse.ArgumentTypeError(str(error)) from None


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?\d{1,19}", text, re.ASCII) else text


def _port(text: str) -> int:
    return _of(arguments.port, _number(text))


def _seed(text: str) -> int:
    return _of(arguments.seed, _number(text))


def _host(text: str) -> str:
    # An IPv6 address has no dots and no name has two colons; one colon would begin a port.
    if not re.fullmatch(r"[A-Za-z0-9_.-]+|[A-Fa-f0-9.]*(:[A-Fa-f0-9.]*){2,}", text):
        allowed = "a host is a name or an address, without http:// and without a port"
        raise argparse.ArgumentTypeError(allowed)
    return text


def _token(text: str) -> str:
    return _of(arguments.token, text)


def _clock(text: str) -> tuple[str, Start]:
    from blinger_mock import clock  # noqa: PLC0415 - so that a missing extra is one line

    return text, _of(clock.parse, text)


def _serve(options: argparse.Namespace) -> int:
    from blinger_mock import banner, faults, server  # noqa: PLC0415
    from blinger_mock.admin import admin  # noqa: PLC0415
    from blinger_mock.app import App  # noqa: PLC0415
    from blinger_mock.data import load  # noqa: PLC0415
    from blinger_mock.engine import Engine  # noqa: PLC0415
    from blinger_mock.schema import DatabaseError  # noqa: PLC0415
    from blinger_mock.sqlite import SqliteStore  # noqa: PLC0415
    from blinger_mock.strict import DataError  # noqa: PLC0415
    from blinger_spec import Profile, ProfileError  # noqa: PLC0415 - so that a missing extra is one line

    tokens = options.tokens or [_TOKEN]
    if len(set(tokens)) < len(tokens):
        return _fail("argument --token: a token is given twice, but each is a tenant of its own")
    try:
        profile = Profile.read(options.profile) if options.profile else Profile()
        profile = profile.with_assignments(options.assume)
        rules = faults.load(Path(options.faults)) if options.faults else []
    except (ProfileError, ValueError) as error:
        return _fail(str(error))
    try:
        start = None if options.data is None else load(options.data, options.seed)
        store = None if options.db is None else SqliteStore(options.seed, options.db)
    except (DataError, DatabaseError) as error:
        return _fail(str(error))
    engine = Engine(
        profile,
        seed=options.seed,
        store=store,
        start=start,
        faults=rules,
        header_faults=options.header_faults,
        time=options.clock[1],
    )
    try:
        for number, token in enumerate(tokens, 1):
            engine.add_tenant(token, str(number))
        try:
            listener = server.listen(options.host, options.port)
        except OSError as error:
            return _fail(_cannot_listen(options, error))
        facts = banner.facts(
            engine,
            server.address(listener),
            # A token that was given is not repeated: output ends up in logs.
            token=None if options.tokens else _TOKEN,
            db=options.db,
            faults=options.faults,
            clock=options.clock[0],
        )
        started = banner.in_json(facts) if options.json else banner.in_words(facts)
        # What is there by now stays, and what a request leaves behind holds no cycles: the
        # collector has little to find, and what it stops for is felt in the slowest answers.
        gc.freeze()
        gc.set_threshold(_GARBAGE)
        hosts = (options.host, *options.hosts)
        return _run(App(engine, admin(engine, hosts)), listener, started)
    except DatabaseError as error:
        return _fail(str(error))
    finally:
        engine.store.close()


def _run(app: App, listener: socket.socket, started: str) -> int:
    """Serve until told to stop, once *started* is said; without that nobody would know where."""
    from blinger_mock.server import Server  # noqa: PLC0415

    status = 0

    def say() -> None:
        nonlocal status
        status = _say(started)
        if status:
            serving.stop()

    serving = Server(app, say)
    serving.serve_on(listener)
    return status


def _cannot_listen(options: argparse.Namespace, error: OSError) -> str:
    text = f"cannot listen at {options.host} port {options.port}: {error.strerror}"
    taken = error.errno == errno.EADDRINUSE
    return f"{text}; take another with --port, 0 for a free one" if taken else text


def _occupy_standard_streams() -> None:
    """Let a standard stream that is closed lead nowhere: a socket would take its number.

    libuv aborts where it is to close one of these numbers.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        pass
    os.close(number)


def _fail(message: str) -> int:
    if sys.stderr is not None:
        sys.stderr.write(f"blinger-mock: {message}\n")
    return _USAGE


def _say(text: str) -> int:
    if sys.stdout is None:
        return _fail("the output cannot be written: it is closed")
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError as error:
        # What could not be written is tried again at the end, and would be told a second time.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return _fail(f"the output cannot be written: {error.strerror}")
    return 0
