"""The Blinger Widget API in Python: assign an agent, send a text, send a file, ask for a review.

    from blinger import Blinger

    with Blinger(token="…") as client:
        chat = client.conversation("e1d247c8-5cd8-4f93-b9d7-15fd3259ac22")
        message = chat.send_text("Hello")

`AsyncBlinger` is the same with `await`. Every error is a `BlingerError` and says in `outcome` what
became of the call.
"""

from importlib import import_module

from blinger._version import __version__

TYPE_CHECKING = False  # as that of typing, whose import costs more than all of this
if TYPE_CHECKING:
    from typing import Any

    from blinger._client import AsyncBlinger, Blinger
    from blinger._conversation import AsyncConversationClient, ConversationClient
    from blinger._options import Timeout
    from blinger._retries import RetryEvent
    from blinger.errors import (
        APIError,
        AuthenticationFailed,
        BadRequest,
        BlingerError,
        ConfigurationError,
        Conflict,
        ConnectionFailed,
        ConnectionLost,
        InvalidResponse,
        NotFound,
        Outcome,
        PermissionDenied,
        RateLimited,
        ServerError,
        TimedOut,
        TransportError,
    )
    from blinger.models import (
        Agent,
        AgentStatus,
        Bot,
        Conversation,
        EndUser,
        File,
        FileInfo,
        FileMeta,
        FileType,
        Message,
        MessageStatus,
        MessageType,
        Meta,
        Review,
    )

__all__ = [
    "APIError",
    "Agent",
    "AgentStatus",
    "AsyncBlinger",
    "AsyncConversationClient",
    "AuthenticationFailed",
    "BadRequest",
    "Blinger",
    "BlingerError",
    "Bot",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "ConnectionLost",
    "Conversation",
    "ConversationClient",
    "EndUser",
    "File",
    "FileInfo",
    "FileMeta",
    "FileType",
    "InvalidResponse",
    "Message",
    "MessageStatus",
    "MessageType",
    "Meta",
    "NotFound",
    "Outcome",
    "PermissionDenied",
    "RateLimited",
    "RetryEvent",
    "Review",
    "ServerError",
    "TimedOut",
    "Timeout",
    "TransportError",
    "__version__",
]

_PLACES = {
    "blinger._client": "AsyncBlinger Blinger",
    "blinger._conversation": "AsyncConversationClient ConversationClient",
    "blinger._options": "Timeout",
    "blinger._retries": "RetryEvent",
    "blinger.errors": (
        "APIError AuthenticationFailed BadRequest BlingerError ConfigurationError "
        "Conflict ConnectionFailed ConnectionLost InvalidResponse NotFound Outcome "
        "PermissionDenied RateLimited ServerError TimedOut TransportError"
    ),
    "blinger.models": (
        "Agent AgentStatus Bot Conversation EndUser File FileInfo FileMeta FileType "
        "Message MessageStatus MessageType Meta Review"
    ),
}
"""Which module has which names; it is imported when one of them is asked for."""


def __getattr__(name: str) -> "Any":
    """Import what is asked for (PEP 562)."""
    for place, names in _PLACES.items():
        if name in names.split():
            found = globals()[name] = getattr(import_module(place), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what can be asked for, imported or not."""
    return sorted({*globals(), *__all__})
