"""The commands of `blinger`."""

import sys
from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID, uuid4

from cyclopts import App, CycloptsError, Parameter

from blinger._cli.input import read_text, shield
from blinger._cli.options import Options
from blinger._cli.output import QuietConsole, abandon, show, survive_any_locale, write
from blinger._cli.report import Report, UsageError, exit_status
from blinger._cli.run import run
from blinger._cli.usage import explain
from blinger._scrub import Scrubber
from blinger._version import __version__
from blinger.errors import BlingerError

_EPILOGUE = """\
Examples:

  blinger send-text e1d247c8-5cd8-4f93-b9d7-15fd3259ac22 "Hello"
  blinger send-text e1d247c8-5cd8-4f93-b9d7-15fd3259ac22 - < letter.txt
  blinger request-review e1d247c8-5cd8-4f93-b9d7-15fd3259ac22 --json

The token comes from BLINGER_TOKEN, or is asked for on the terminal.

Exit status:

  0    accepted
  1    rejected: nothing was changed
  2    wrong usage or configuration: nothing was sent
  3    not sent
  4    unknown: it may have taken effect
  5    accepted, but the answer cannot be read
  130  interrupted
"""

app = App(
    name="blinger",
    help="Act in a live-chat conversation of the Blinger Widget API.",
    help_epilogue=_EPILOGUE,
    help_format="plaintext",
    version=f"blinger {__version__}",
    version_format="plaintext",
    default_parameter=Parameter(negative=()),
    suppress_keyboard_interrupt=False,
    result_action="return_value",
)
ConversationId = Annotated[str, Parameter(help="ID of the conversation.")]
Uuid = Annotated[
    UUID | None,
    Parameter(help="The message's unique ID: give that of an unknown send to repeat it safely."),
]
_DEFAULTS = Options()


@app.command
def send_text(
    conversation: ConversationId,
    text: Annotated[str, Parameter(help="The text; - reads it from standard input, as UTF-8.")],
    /,
    *,
    uuid: Uuid = None,
    options: Options = _DEFAULTS,
) -> int:
    """Post a text into a conversation.

    A text that begins with a dash stands after --.
    """
    key = uuid4() if uuid is None else uuid
    words = read_text(text)
    return run(
        options, "send_text", conversation, lambda chat: chat.send_text(words, uuid=key), key
    )


@app.command
def send_file(
    conversation: ConversationId,
    url: Annotated[str, Parameter(help="Where the server finds the file.")],
    /,
    *,
    uuid: Uuid = None,
    options: Options = _DEFAULTS,
) -> int:
    """Post a file into a conversation, by its URL."""
    key = uuid4() if uuid is None else uuid
    return run(options, "send_file", conversation, lambda chat: chat.send_file(url, uuid=key), key)


@app.command
def assign_agent(
    conversation: ConversationId,
    agent: Annotated[str, Parameter(help="ID of the agent.")],
    /,
    *,
    options: Options = _DEFAULTS,
) -> int:
    """Make an agent the one who answers in a conversation."""
    return run(options, "assign_agent", conversation, lambda chat: chat.assign_agent(agent))


@app.command
def request_review(conversation: ConversationId, /, *, options: Options = _DEFAULTS) -> int:
    """Ask the end user to rate a conversation."""
    return run(options, "request_review", conversation, lambda chat: chat.request_review())


@app.command
def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish"],
        Parameter(help="The shell."),
    ],
    /,
) -> int:
    """Print the script that completes the words of this command in a shell."""
    write(sys.stdout, app.generate_completion(shell=shell).rstrip())
    return 0


def execute(arguments: Sequence[str]) -> int:
    """Run the command that *arguments* name, and return the exit status."""
    survive_any_locale()
    try:
        words, console = shield(arguments), QuietConsole()
        return app(words, console=console, exit_on_error=False, print_error=False) or 0
    except CycloptsError as error:
        problem: BlingerError = UsageError(explain(error, app.resolved_commands()))
    except BlingerError as error:
        problem = error
    except BrokenPipeError:
        abandon(sys.stdout)
        return 0
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    as_json = any(option.partition("=")[0] == "--json" for option in options)
    show(Report(answer=problem), Scrubber(()), as_json=as_json)
    return exit_status(problem)
