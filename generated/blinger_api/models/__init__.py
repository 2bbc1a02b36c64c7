"""Contains all the data models used in inputs/outputs"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .agent import Agent
    from .assign_agent_request import AssignAgentRequest
    from .bot import Bot
    from .conversation import Conversation
    from .conversation_envelope import ConversationEnvelope
    from .end_user import EndUser
    from .file import File
    from .file_info import FileInfo
    from .file_meta import FileMeta
    from .file_urls import FileUrls
    from .message import Message
    from .message_envelope import MessageEnvelope
    from .request_review_request import RequestReviewRequest
    from .review import Review
    from .send_file_message_request import SendFileMessageRequest
    from .send_text_message_request import SendTextMessageRequest

__all__ = (
    "Agent",
    "AssignAgentRequest",
    "Bot",
    "Conversation",
    "ConversationEnvelope",
    "EndUser",
    "File",
    "FileInfo",
    "FileMeta",
    "FileUrls",
    "Message",
    "MessageEnvelope",
    "RequestReviewRequest",
    "Review",
    "SendFileMessageRequest",
    "SendTextMessageRequest",
)

if not TYPE_CHECKING:
    _NAMES = {
        "Agent": "agent",
        "AssignAgentRequest": "assign_agent_request",
        "Bot": "bot",
        "Conversation": "conversation",
        "ConversationEnvelope": "conversation_envelope",
        "EndUser": "end_user",
        "File": "file",
        "FileInfo": "file_info",
        "FileMeta": "file_meta",
        "FileUrls": "file_urls",
        "Message": "message",
        "MessageEnvelope": "message_envelope",
        "RequestReviewRequest": "request_review_request",
        "Review": "review",
        "SendFileMessageRequest": "send_file_message_request",
        "SendTextMessageRequest": "send_text_message_request",
    }
    _MODULES = {*_NAMES.values()}

    def __getattr__(name):
        if name in _NAMES:
            value = getattr(import_module(f".{_NAMES[name]}", __name__), name)
        elif name in _MODULES:
            value = import_module(f".{name}", __name__)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *_NAMES, *_MODULES})
