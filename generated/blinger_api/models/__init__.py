"""Contains all the data models used in inputs/outputs"""

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
