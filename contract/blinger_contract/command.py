"""What the command does with its arguments: options from them, a run, an exit status."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from blinger_contract.options import (
    CAREFUL_BUDGET,
    CAREFUL_RATE,
    FULL_RESPONSE_SECONDS,
    Options,
    UsageError,
    check_id,
    check_probe,
    check_rate,
    check_seconds,
    check_token,
    check_url,
)
from blinger_contract.outputs import Outputs
from blinger_contract.plan import plan
from blinger_contract.redact import Redactor
from blinger_contract.replay import replay
from blinger_contract.run import run
from blinger_contract.verdict import INCOMPLETE, INTERRUPTED
from blinger_spec import Profile, ProfileError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


def execute(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Do what *arguments* ask for and return the exit status; the token comes from *environ*."""
    try:
        options = options_from(arguments, environ)
        if arguments.plan:
            return plan(options, _show)
        if arguments.replay is not None:
            return replay(options, _folder(arguments), arguments.replay, _show)
        outputs = Outputs(
            report=Path(arguments.report) if arguments.report else None,
            profile=Path(arguments.write_profile) if arguments.write_profile else None,
            annotate=arguments.annotations or environ.get("GITHUB_ACTIONS") == "true",
        )
        outputs.prepare()
        return run(options, _show, outputs)
    except (UsageError, ProfileError) as error:
        _complain(f"blinger-contract: {error}", environ)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - a traceback may show the token
        _complain(f"blinger-contract failed, which is a bug:\n{traceback.format_exc()}", environ)
    return INCOMPLETE


def options_from(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Options:
    """Return the options that *arguments* and *environ* ask for.

    Raises:
        UsageError: One is not as it must be.
        ProfileError: The profile cannot be read.
    """
    careful = arguments.mode == "careful"
    if arguments.budget is not None and not careful:
        raise UsageError("--budget belongs to the careful mode; a full run takes what it needs")
    if arguments.budget is not None and arguments.budget < 1:
        raise UsageError("--budget is a number of requests, from 1")
    url = check_url(arguments.url, environ)
    if arguments.plan and arguments.replay is not None:
        raise UsageError("--plan sends nothing and --replay sends a case again: give one of them")
    limit = arguments.max_response_time
    seconds = check_seconds(limit) if limit else None if careful else FULL_RESPONSE_SECONDS
    rate = check_rate(arguments.rate) if arguments.rate else CAREFUL_RATE if careful else None
    return Options(
        url=url,
        token=check_token(environ),
        mode=arguments.mode,
        conversation=check_id(arguments.conversation)
        if arguments.conversation is not None
        else None,
        locked=check_id(arguments.locked) if arguments.locked is not None else None,
        agents=tuple(check_id(agent) for agent in arguments.agent),
        seed=arguments.seed,
        budget=(arguments.budget or CAREFUL_BUDGET) if careful else None,
        rate=rate,
        strict=arguments.strict,
        profile=Profile.read(arguments.profile) if arguments.profile is not None else Profile(),
        max_response_time=seconds,
        probes=tuple(check_probe(name) for name in arguments.probe),
    )


def _folder(arguments: argparse.Namespace) -> Path:
    if not arguments.report:
        raise UsageError("--replay takes a finding of report.json: say where with --report DIR")
    return Path(arguments.report)


def _show(text: str) -> None:
    # What came back may hold what a terminal's encoding does not.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stdout.flush()


def _complain(text: str, environ: Mapping[str, str]) -> None:
    token = environ.get("BLINGER_TOKEN")
    sys.stderr.write((Redactor(token).text(text) if token else text) + "\n")
