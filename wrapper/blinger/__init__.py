"""The Blinger Widget API in Python: assign an agent, send a text, send a file, ask for a review.

    from blinger import Blinger

    with Blinger(token="…") as client:
        chat = client.conversation("e1d247c8-5cd8-4f93-b9d7-15fd3259ac22")
        message = chat.send_text("Hello")

`AsyncBlinger` is the same with `await`. Every error is a `BlingerError` and says in `outcome` what
became of the call.
"""

from blinger._client import AsyncBlinger, Blinger
from blinger._conversation import AsyncConversationClient, ConversationClient
from blinger._options import Timeout
from blinger._retries import RetryEvent
from blinger._version import __version__
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
