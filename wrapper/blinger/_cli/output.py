"""Writing on the terminal, or into what stands in its place."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from blinger._cli.report import Report, document, error_line, printable, rows
from blinger.errors import BlingerError

if TYPE_CHECKING:
    from blinger._scrub import Scrubber


class QuietConsole(Console):
    """A console that leaves a broken pipe to its caller."""

    def on_broken_pipe(self) -> None:
        """Raise it again."""
        raise BrokenPipeError


def show(report: Report, scrub: Scrubber, *, as_json: bool) -> None:
    """Write *report*: as JSON on stdout, or a card there and errors on stderr.

    Raises:
        RecursionError: An answer is nested so deeply that it cannot be written.
    """
    answer = report.answer
    if as_json:
        write(sys.stdout, document(report, scrub))
    elif isinstance(answer, BlingerError):
        write(sys.stderr, "blinger: " + printable(scrub.text(error_line(report, answer))))
    else:
        facts = [(name, printable(scrub.text(value))) for name, value in rows(report, answer)]
        write(sys.stdout, card(facts))


def card(facts: list[tuple[str, str]]) -> str:
    """Return a framed card on a terminal, and elsewhere a line for each of *facts*."""
    console = Console()
    if not console.is_terminal:
        return "\n".join(f"{name:<12}  {value}" for name, value in facts)
    grid = Table.grid(padding=(0, 2))
    for name, value in facts:
        grid.add_row(Text(name, style="cyan"), Text(value, overflow="fold"))
    with console.capture() as capture:
        console.print(Panel.fit(grid, title="accepted", title_align="left", border_style="green"))
    return capture.get().rstrip("\n")


def write(stream: TextIO | None, line: str) -> None:
    """Write *line*; whoever no longer listens changes nothing in what is reported."""
    if stream is None:
        return
    try:
        stream.write(line + "\n")
        stream.flush()
    except OSError as error:
        abandon(stream)
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            write(sys.stderr, f"blinger: the output cannot be written: {error.strerror}")


def abandon(stream: TextIO) -> None:
    """Let what is still written to *stream* go nowhere, so that the end is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def survive_any_locale() -> None:
    """Write a character that the terminal's encoding lacks as an escape, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
