"""The command `blinger`: the way in, which needs no extra to say that one is missing."""

from __future__ import annotations

import sys

USAGE = 2
INTERRUPTED = 130
_OWN = ("blinger", "blinger_api")


def main() -> int:
    """Run the command with the arguments of the process, and return its exit status.

    Returns:
        0 accepted, 1 rejected, 2 wrong usage or configuration, 3 not sent, 4 unknown, 5 accepted
        but unreadable, 130 interrupted.
    """
    try:
        from blinger._cli import app  # noqa: PLC0415 - what it stands on may be missing

        return app.execute(sys.argv[1:])
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", *_OWN):
            raise
        return _stop(f"{package} is not installed; run: pip install 'blinger[cli]'", USAGE)
    except KeyboardInterrupt:
        return _stop("interrupted", INTERRUPTED)


def _stop(message: str, status: int) -> int:
    sys.stderr.write(f"blinger: {message}\n")
    return status
