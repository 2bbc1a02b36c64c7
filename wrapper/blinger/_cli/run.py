"""The one way in which a command becomes a call, and the call a report."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from attrs import evolve

from blinger._cli.input import find_token
from blinger._cli.output import show
from blinger._cli.report import Interrupted, Report, attempts, exit_status
from blinger._profile import read_profile
from blinger._scrub import Scrubber
from blinger.errors import BlingerError, InvalidResponse

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from blinger._cli.options import Options
    from blinger._conversation import ConversationClient
    from blinger.models import Conversation, Message


def run(
    options: Options,
    operation: str,
    conversation: str,
    act: Callable[[ConversationClient], Message | Conversation],
    uuid: UUID | None = None,
) -> int:
    """Make the client, *act* in the *conversation*, show what came of it, return the status.

    *uuid* is the message's: known here before the call, so that Ctrl-C cannot lose it.
    """
    options.start_logging()
    token, knows_again, began = "", True, None
    answer: Message | Conversation | BlingerError
    try:
        token = find_token()
        knows_again = read_profile(options.profile).uuid_dedupe == "same_message"
        with options.client(token) as client:
            chat = client.conversation(conversation)
            began = time.monotonic()
            answer = act(chat)
    except BlingerError as error:
        answer = error
    except KeyboardInterrupt:
        answer = Interrupted("interrupted")
    report = Report(
        operation=operation,
        uuid=None if uuid is None else str(uuid),
        knows_again=knows_again,
        elapsed=0.0 if began is None else time.monotonic() - began,
        answer=answer,
    )
    return _finish(report, Scrubber((token,)), as_json=options.as_json)


def _finish(report: Report, scrub: Scrubber, *, as_json: bool) -> int:
    try:
        show(report, scrub, as_json=as_json)
    except RecursionError:
        error = InvalidResponse("the answer is nested too deep to be written")
        error.attempts = attempts(report.answer) or 0
        report = evolve(report, answer=error)
        show(report, scrub, as_json=as_json)
    return exit_status(report.answer)
