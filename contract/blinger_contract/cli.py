"""The command line: `blinger-contract URL`."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile

_EXIT_USAGE = 2
_DESCRIPTION = "Test a deployment of the Blinger Widget API against its contract."
_EPILOG = """\
The token is read from the environment variable BLINGER_TOKEN, and from nowhere else.
Exit status: 0 kept, 1 broken, 2 wrong usage or incomplete, 3 unreachable or refused,
130 interrupted."""


def main(argv: list[str] | None = None) -> int:
    """Run the command with *argv* and return its exit status."""
    arguments = _parser().parse_args(argv)
    # requests would send what ~/.netrc says of the host, in place of the token.
    os.environ["NETRC"] = os.devnull
    with tempfile.TemporaryDirectory(prefix="blinger-contract-") as scratch:
        # Hypothesis keeps tables on disk, by default in the folder that the command was called in.
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", scratch)
        return _execute(arguments)


def _execute(arguments: argparse.Namespace) -> int:
    try:
        from blinger_contract import command  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("blinger"):
            raise
        sys.stderr.write(
            f"blinger-contract: {error.name} is not installed: pip install 'blinger[contract]'\n"
        )
        return _EXIT_USAGE
    return command.execute(arguments, os.environ)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="blinger-contract",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("url", metavar="URL", help="the base URL, which ends in /api/external/v1")
    add(
        "--mode",
        choices=("careful", "full"),
        default="careful",
        help="careful (the default) writes to the given conversation only, slowly, within a budget;"
        " full sends whatever finds faults: for a mock or a server of your own",
    )
    add("--conversation", metavar="ID", help="a conversation that may be written to")
    add(
        "--agent",
        metavar="ID",
        action="append",
        default=[],
        help="an agent that may be assigned; repeat it for more",
    )
    add("--locked", metavar="ID", help="a conversation that is locked; two sends to it are tried")
    add("--profile", metavar="FILE", help="TOML, name = value: what holds for this deployment")
    add("--write-profile", metavar="FILE", help="write the profile that was observed")
    add(
        "--probe",
        metavar="NAME",
        action="append",
        default=[],
        help="ask about an assumption though it has a cost (docs/contract.md); repeat it for more",
    )
    add("--strict", action="store_true", help="let a broken assumption fail a careful run too")
    add(
        "--max-response-time",
        metavar="SECONDS",
        help="an answer that takes longer is a finding (full: 2; careful: no limit)",
    )
    add("--budget", metavar="N", type=int, help="requests at most, careful mode (250)")
    add("--rate", metavar="N/s", help="how fast: 2/s, 30/m (careful: 2/s; full: no limit)")
    add(
        "--seed",
        metavar="N",
        type=int,
        default=random.SystemRandom().getrandbits(32),
        help="repeat the cases of an earlier run",
    )
    add("--plan", action="store_true", help="count what would be sent, and send nothing")
    add(
        "--report",
        metavar="DIR",
        help="write report.html, report.json, junit.xml and run.har to this folder",
    )
    add(
        "--annotations",
        action="store_true",
        help="print annotations, as is done where GITHUB_ACTIONS=true",
    )
    add(
        "--replay",
        metavar="FINDING",
        help="send one finding of DIR/report.json (--report DIR) again, and say if it still fails",
    )
    return parser
