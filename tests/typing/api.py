"""The public API as a type checker sees it: checked by mypy and pyright in strict mode, never run.

A wrong use is marked with the error that it must give: an unneeded mark is an error too.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
# ruff: noqa: D103 - the names say it

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_type
from uuid import UUID, uuid4

import httpx

from blinger import (
    Agent,
    AgentStatus,
    APIError,
    AsyncBlinger,
    AsyncConversationClient,
    AuthenticationFailed,
    BadRequest,
    Blinger,
    BlingerError,
    Bot,
    ConfigurationError,
    Conflict,
    ConnectionFailed,
    ConnectionLost,
    Conversation,
    ConversationClient,
    EndUser,
    File,
    FileInfo,
    FileMeta,
    FileType,
    InvalidResponse,
    Message,
    MessageStatus,
    MessageType,
    Meta,
    NotFound,
    Outcome,
    PermissionDenied,
    RateLimited,
    RetryEvent,
    Review,
    ServerError,
    TimedOut,
    Timeout,
    TransportError,
    __version__,
)

version: str = __version__


# --- the two faces --------------------------------------------------------------------------------


def calling() -> None:
    with Blinger() as client:
        assert_type(client, Blinger)
        chat = client.conversation("id")
        assert_type(chat, ConversationClient)
        assert_type(client.conversation(uuid4()), ConversationClient)
        assert_type(chat.id, str)
        assert_type(chat.assign_agent("id"), Conversation)
        assert_type(chat.assign_agent(uuid4()), Conversation)
        assert_type(chat.send_text("Hello"), Message)
        assert_type(chat.send_text("Hello", uuid=uuid4()), Message)
        assert_type(chat.send_text("Hello", uuid="id"), Message)
        assert_type(chat.send_text("Hello", uuid=None), Message)
        assert_type(chat.send_file("https://example.com"), Message)
        assert_type(chat.send_file("https://example.com", uuid=uuid4()), Message)
        assert_type(chat.request_review(), Message)
    client.close()


async def awaiting() -> None:
    async with AsyncBlinger() as client:
        assert_type(client, AsyncBlinger)
        chat = client.conversation("id")
        assert_type(chat, AsyncConversationClient)
        assert_type(client.conversation(uuid4()), AsyncConversationClient)
        assert_type(chat.id, str)
        assert_type(await chat.assign_agent("id"), Conversation)
        assert_type(await chat.assign_agent(uuid4()), Conversation)
        assert_type(await chat.send_text("Hello"), Message)
        assert_type(await chat.send_text("Hello", uuid=uuid4()), Message)
        assert_type(await chat.send_text("Hello", uuid="id"), Message)
        assert_type(await chat.send_text("Hello", uuid=None), Message)
        assert_type(await chat.send_file("https://example.com"), Message)
        assert_type(await chat.send_file("https://example.com", uuid=uuid4()), Message)
        assert_type(await chat.request_review(), Message)
    await client.close()


# --- options --------------------------------------------------------------------------------------


def tell(event: RetryEvent) -> None:
    assert_type(event.operation, str)
    assert_type(event.attempt, int)
    assert_type(event.wait, float)
    assert_type(event.error, BlingerError)
    assert_type(event.uuid, UUID | None)


def options(http_client: httpx.Client, async_http_client: httpx.AsyncClient) -> None:
    timeout = Timeout(connect=5, read=30.5, write=None, pool=10)
    assert_type(timeout.connect, float | None)
    assert_type(timeout.read, float | None)
    assert_type(timeout.write, float | None)
    assert_type(timeout.pool, float | None)

    client = Blinger(
        "token",
        base_url="https://example.com",
        timeout=timeout,
        deadline=None,
        retries=0,
        profile={"uuid_dedupe": "conflict"},
        on_retry=tell,
        http_client=http_client,
        strict=True,
    )
    Blinger(token="token", timeout=5, deadline=5, profile="staging.toml", on_retry=None)
    Blinger(None, base_url=None, profile=None, http_client=None)
    AsyncBlinger(
        "token",
        base_url="https://example.com",
        timeout=timeout,
        deadline=None,
        retries=0,
        profile={"uuid_dedupe": "conflict"},
        on_retry=tell,
        http_client=async_http_client,
        sender="httpx",
        strict=True,
    )

    assert_type(client.with_options(), Blinger)
    assert_type(client.with_options(timeout=5).conversation("id"), ConversationClient)
    assert_type(
        AsyncBlinger().with_options(
            timeout=timeout, deadline=None, retries=5, headers={"X-Tag": "1"}, on_retry=tell
        ),
        AsyncBlinger,
    )
    client.with_options(on_retry=None, deadline=2.5)


# --- models ---------------------------------------------------------------------------------------


def fields_of_conversation(it: Conversation) -> None:
    assert_type(it.id, str)
    assert_type(it.assigned_agent, Agent | None)
    assert_type(it.locked, bool)
    assert_type(it.created_at, datetime)
    assert_type(it.updated_at, datetime)
    assert_type(it.extra, Mapping[str, Any])
    assert_type(it.meta, Meta)
    assert_type(it.to_dict(), dict[str, Any])


def fields_of_message(it: Message) -> None:
    assert_type(it.id, str)
    assert_type(it.status, MessageStatus | str)
    assert_type(it.type, MessageType | str)
    assert_type(it.body, str | None)
    assert_type(it.text, str | None)
    assert_type(it.file, File | None)
    assert_type(it.review, Review | None)
    assert_type(it.bot, Bot | None)
    assert_type(it.agent, Agent | None)
    assert_type(it.end_user, EndUser | None)
    assert_type(it.author, Agent | Bot | EndUser | None)
    assert_type(it.microseconds, int)
    assert_type(it.created_at, datetime)
    assert_type(it.updated_at, datetime)
    assert_type(it.extra, Mapping[str, Any])
    assert_type(it.meta, Meta)
    assert_type(it.to_dict(), dict[str, Any])


def fields_of_meta(it: Meta) -> None:
    assert_type(it.status, int)
    assert_type(it.headers, Mapping[str, str])
    assert_type(it.attempts, int)
    assert_type(it.elapsed, float)
    assert_type(it.uuid, UUID | None)


def fields_of_agent(it: Agent) -> None:
    assert_type(it.id, str)
    assert_type(it.service_user_id, str)
    assert_type(it.name, str)
    assert_type(it.status, AgentStatus | str)
    assert_type(it.avatar, File | None)
    assert_type(it.active, bool)
    assert_type(it.created_at, datetime)
    assert_type(it.updated_at, datetime)
    assert_type(it.extra, Mapping[str, Any])


def fields_of_file(it: File) -> None:
    assert_type(it.id, str)
    assert_type(it.type, FileType | str)
    assert_type(it.meta, FileMeta)
    assert_type(it.meta.width, int | None)
    assert_type(it.meta.height, int | None)
    assert_type(it.meta.extra, Mapping[str, Any])
    assert_type(it.info, FileInfo)
    assert_type(it.info.name, str)
    assert_type(it.info.ext, str)
    assert_type(it.info.mime_type, str)
    assert_type(it.info.size, int)
    assert_type(it.info.path, str)
    assert_type(it.info.extra, Mapping[str, Any])
    assert_type(it.urls, Mapping[str, str])
    assert_type(it.created_at, datetime)
    assert_type(it.updated_at, datetime)
    assert_type(it.extra, Mapping[str, Any])


def fields_of_review(it: Review) -> None:
    assert_type(it.id, str)
    assert_type(it.agent, Agent | None)
    assert_type(it.end_user, EndUser)
    assert_type(it.mark, int)
    assert_type(it.confirmed, bool)
    assert_type(it.text, str)
    assert_type(it.created_at, datetime)
    assert_type(it.updated_at, datetime)
    assert_type(it.extra, Mapping[str, Any])


def fields_of_bot(it: Bot) -> None:
    assert_type(it.id, str)
    assert_type(it.name, str)
    assert_type(it.created_at, datetime)
    assert_type(it.updated_at, datetime)
    assert_type(it.extra, Mapping[str, Any])


def fields_of_end_user(it: EndUser) -> None:
    assert_type(it.id, str)
    assert_type(it.websocket_token, str)
    assert_type(it.created_at, datetime)
    assert_type(it.updated_at, datetime)
    assert_type(it.extra, Mapping[str, Any])


# --- open enumerations: each can be matched, and a value nobody knows yet is a str ---------------


def kind_of_message(message: Message) -> str:
    match message.type:
        case MessageType.TEXT:
            return "a text"
        case MessageType.FILE:
            return "a file"
        case MessageType.REVIEW:
            return "a review"
        case str() as unknown:
            return unknown


def kind_of_message__no_longer_all(message: Message) -> str:  # type: ignore[return]
    match message.type:  # pyright: ignore[reportMatchNotExhaustive]
        case MessageType.TEXT:
            return "a text"
        case MessageType.FILE:
            return "a file"
        case MessageType.REVIEW:
            return "a review"


def status_of_message(message: Message) -> str:
    match message.status:
        case MessageStatus.DELIVERED:
            return "delivered"
        case str() as unknown:
            return unknown


def author_of_message(message: Message) -> str:
    match message.author:
        case Agent(name=name) | Bot(name=name):
            return name
        case EndUser(id=id):
            return id
        case None:
            return "nobody"


def outcome_of_call(error: BlingerError) -> str:
    match error.outcome:
        case Outcome.NOT_SENT | Outcome.REJECTED:
            return "no"
        case Outcome.ACCEPTED:
            return "yes"
        case Outcome.UNKNOWN:
            return "who knows"


# --- errors ---------------------------------------------------------------------------------------


def attributes_of_errors(
    error: BlingerError, api_error: APIError, invalid: InvalidResponse
) -> None:
    assert_type(error.outcome, Outcome)
    assert_type(error.operation, str | None)
    assert_type(error.attempts, int)
    assert_type(error.uuid, UUID | None)
    assert_type(api_error.status, int)
    assert_type(api_error.message, str)
    assert_type(api_error.headers, Mapping[str, str])
    assert_type(api_error.request_id, str | None)
    assert_type(api_error.retry_after, float | None)
    assert_type(invalid.status, int)
    assert_type(invalid.headers, Mapping[str, str])
    assert_type(invalid.path, str | None)


def tree_of_errors(chat: ConversationClient) -> None:
    refused: type[APIError]
    for refused in (AuthenticationFailed, BadRequest, Conflict, NotFound, PermissionDenied):
        print(refused)
    for refused in (RateLimited, ServerError):
        print(refused)
    unread: type[TransportError]
    for unread in (ConnectionFailed, ConnectionLost, TimedOut):
        print(unread)
    try:
        chat.send_text("Hello")
    except (ConfigurationError, InvalidResponse) as error:
        assert_type(error, ConfigurationError | InvalidResponse)
        assert_type(error.outcome, Outcome)
    except RateLimited as error:
        assert_type(error.retry_after, float | None)


# --- wrong uses -----------------------------------------------------------------------------------


def wrong_calls(client: Blinger, chat: ConversationClient, message: Message) -> None:
    chat.send_text(5)  # type: ignore[arg-type]
    chat.send_text(None)  # type: ignore[arg-type]
    chat.send_text()  # type: ignore[call-arg]
    chat.send_text("Hello", uuid4())  # type: ignore[call-arg]
    chat.send_text("Hello", uuid=5)  # type: ignore[arg-type]
    chat.send_file(b"content")  # type: ignore[arg-type]
    chat.request_review("mark")  # type: ignore[call-arg]
    chat.assign_agent(agent="id")  # type: ignore[call-arg]
    client.conversation(5)  # type: ignore[arg-type]
    client.send_text("Hello")  # type: ignore[attr-defined]
    client.with_options(token="another")  # type: ignore[call-arg]
    client.with_options(retries=None)  # type: ignore[arg-type]
    client.with_options(headers=None)  # type: ignore[arg-type]
    Blinger("token", "https://example.com")  # type: ignore[call-arg]
    Blinger(http_client=httpx.AsyncClient())  # type: ignore[arg-type]
    AsyncBlinger(http_client=httpx.Client())  # type: ignore[arg-type]
    AsyncBlinger(sender="aiohttp")
    AsyncBlinger(sender="requests")  # type: ignore[arg-type]
    Blinger(sender="aiohttp")  # type: ignore[call-arg]
    Blinger(on_retry=lambda: None)  # type: ignore[arg-type, misc]
    Blinger(timeout=None)  # type: ignore[arg-type]
    message.extra["more"] = 1  # type: ignore[index]
    message.body.upper()  # type: ignore[union-attr]
    message.file.info  # type: ignore[union-attr]  # noqa: B018
    message.websocket_token  # type: ignore[attr-defined]  # noqa: B018
    message.body = "Bye"  # type: ignore[misc]


async def wrong_awaits(client: Blinger, async_client: AsyncBlinger) -> None:
    await client.conversation("id").send_text("Hello")  # type: ignore[misc]
    async_client.conversation("id").send_text("Hello").id  # type: ignore[attr-defined]  # noqa: B018
    async_client.conversation("id").send_text("Hello")  # type: ignore[unused-coroutine]
    with async_client:  # type: ignore[attr-defined]
        pass
    async with client:  # type: ignore[attr-defined]
        pass
