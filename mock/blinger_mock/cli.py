"""The command `blinger-mock`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from blinger_mock.engine import Engine

_USAGE = 2
_TOKEN = "mock-token"  # noqa: S105 - a made-up one
_OWN = ("blinger_mock", "blinger_spec")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with *arguments*, by default those of the process.

    Returns:
        The exit status: 0 when it was told to stop, 2 when it could not start.
    """
    options = _parser().parse_args(arguments)
    try:
        return _serve(options)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(_OWN):
            raise
        return _fail(f"{error.name} is not installed; run: pip install 'blinger[mock]'")


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
        "--seed", type=int, default=0, help="what the ids follow from (default %(default)s)"
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
    parser.add_argument("--json", action="store_true", help="print one line of JSON when started")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:  # noqa: PLR2004 - the last port
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _token(text: str) -> str:
    if not text.isascii() or not text.isprintable() or not text or text != text.strip():
        # argparse would repeat a ValueError's argument.
        raise argparse.ArgumentTypeError("a token is visible ASCII, as a header can carry it")
    return text


def _serve(options: argparse.Namespace) -> int:
    from blinger_mock import server  # noqa: PLC0415
    from blinger_mock.app import App  # noqa: PLC0415
    from blinger_mock.engine import Engine  # noqa: PLC0415
    from blinger_spec import Profile, ProfileError  # noqa: PLC0415 - so that a missing extra is one line

    try:
        profile = Profile.read(options.profile) if options.profile else Profile()
        profile = profile.with_assignments(options.assume)
    except ProfileError as error:
        return _fail(str(error))
    engine = Engine(profile, seed=options.seed)
    for number, token in enumerate(options.tokens or [_TOKEN], 1):
        engine.add_tenant(token, str(number))
    try:
        listener = server.listen(options.host, options.port)
    except OSError as error:
        return _fail(f"cannot listen at {options.host} port {options.port}: {error.strerror}")
    started = _report(engine, listener, options)
    server.Server(App(engine), lambda: _say(started)).serve_on(listener)
    return 0


def _report(engine: Engine, listener: socket.socket, options: argparse.Namespace) -> str:
    from blinger_mock.check import BASE  # noqa: PLC0415
    from blinger_mock.server import address  # noqa: PLC0415

    facts: dict[str, Any] = {
        "url": f"http://{address(listener)}{BASE}",
        # A token that was given is not repeated: output ends up in logs.
        "token": None if options.tokens else _TOKEN,
        "conversations": engine.seed.open_conversations,
        "locked_conversation": engine.seed.locked_conversation,
        "agents": [agent.id for agent in engine.seed.agents],
        "assumptions": {name: engine.profile[name] for name in sorted(engine.profile.given)},
    }
    return json.dumps(facts) if options.json else _for_people(facts)


def _for_people(facts: dict[str, Any]) -> str:
    first, second = facts["conversations"]
    lines = [
        "blinger-mock serves the Blinger API. Ctrl+C stops it.",
        "",
        f"  url            {facts['url']}",
        f"  token          {facts['token'] or 'as given'}",
        f"  conversations  {first}",
        f"                 {second}",
        f"                 {facts['locked_conversation']} (locked)",
        *(
            f"  {'agents' if number == 0 else '':13}  {agent}"
            for number, agent in enumerate(facts["agents"])
        ),
        *(f"  assumed        {name} = {value}" for name, value in facts["assumptions"].items()),
    ]
    return "\n".join(lines)


def _fail(message: str) -> int:
    sys.stderr.write(f"blinger-mock: {message}\n")
    return _USAGE


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
