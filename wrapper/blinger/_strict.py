"""What a strict client refuses although it could be read: the rest of what the contract says."""

from __future__ import annotations

from blinger._answers import CONTENTS, MismatchError
from blinger.models import Agent, Conversation, File, FileType, Message

_OK = 200
_AUTHORS = {"bot": "bot", "agent": "agent", "end_user": "endUser"}


def check_strictly(result: object, status: int) -> None:
    """Refuse what `openapi.yaml` does not allow in the answer that *result* was read from.

    Raises:
        MismatchError: Content that does not go with the type, no author or several, an image
            without its size, a size below zero, or a *status* (HTTP) that is not documented.
    """
    if status != _OK:
        raise MismatchError("status", f"is {status}, and 200 is the one success in the contract")
    if isinstance(result, Conversation):
        _check_agent(result.assigned_agent, "data.assignedAgent")
    if isinstance(result, Message):
        _check_message(result)


def _check_message(message: Message) -> None:
    if message.type in CONTENTS:
        for kind, content in CONTENTS.items():
            if kind != message.type and getattr(message, content) is not None:
                raise MismatchError(
                    f"data.{content}", f"is set in a message of type {message.type}"
                )
    authors = [key for name, key in _AUTHORS.items() if getattr(message, name) is not None]
    if len(authors) != 1:
        named = " and ".join(authors) or "none of bot, agent and endUser"
        raise MismatchError("data", f"should have one author and has {named}")
    _check_file(message.file, "data.file")
    _check_agent(message.agent, "data.agent")
    if message.review is not None:
        _check_agent(message.review.agent, "data.review.agent")


def _check_agent(agent: Agent | None, at: str) -> None:
    if agent is not None:
        _check_file(agent.avatar, f"{at}.avatar")


def _check_file(file: File | None, at: str) -> None:
    if file is None:
        return
    sizes = {
        "meta.width": file.meta.width,
        "meta.height": file.meta.height,
        "info.size": file.info.size,
    }
    for key, size in sizes.items():
        if size is None and file.type == FileType.IMAGE:
            raise MismatchError(f"{at}.{key}", "is missing in an image")
        if size is not None and size < 0:
            raise MismatchError(f"{at}.{key}", "is below zero")
