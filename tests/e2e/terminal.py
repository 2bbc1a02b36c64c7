"""A terminal with a program at it, as a person sees and uses it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TAKE_OVER = "import os, sys; os.login_tty(0); os.execvp(sys.argv[1], sys.argv[1:])"
_SECONDS = 20


class Terminal:
    """Runs *command* on a terminal of its own; leaving the block ends the program."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Start it, with no other environment than *env*."""
        self.screen = ""
        """All that was shown until now."""
        self._ours, theirs = os.openpty()
        self._program = subprocess.Popen(
            [sys.executable, "-c", _TAKE_OVER, *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=dict(env),
        )
        os.close(theirs)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._program.pid

    def wait_for(self, text: str) -> None:
        """Return when *text* has been shown."""
        while text not in self.screen:
            assert self._read(), f"it ended without {text!r}: {self.screen!r}"

    def type(self, text: str) -> None:
        """Type *text*."""
        os.write(self._ours, text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C, whatever the program has made of that key."""
        os.killpg(self.pid, signal.SIGINT)

    def end(self) -> int:
        """Return the exit status, once the program has ended."""
        while self._read():
            pass
        return self._program.wait(_SECONDS)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the program."""
        self._program.kill()
        self._program.wait()
        os.close(self._ours)

    def _read(self) -> bool:
        begin = time.monotonic()
        ready, _, _ = select.select([self._ours], [], [], _SECONDS)
        assert ready, f"nothing for {time.monotonic() - begin:.0f} s after {self.screen!r}"
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # the other end is closed
            return False
        self.screen += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)
