"""The second step: what a command does to the state, by the rules that the profile sets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import structs

from blinger_mock import files, visitor
from blinger_mock.clock import SECOND
from blinger_mock.ids import looks_like_uuid
from blinger_mock.model import Agent, Bot, Conversation, EndUser, Kind, Message, Review
from blinger_mock.steps import (
    Act,
    AssignAgent,
    EndUserText,
    GiveReview,
    Refusal,
    RequestReview,
    Result,
    SendFile,
    SendText,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blinger_mock.clock import Clock
    from blinger_mock.state import Tenant
    from blinger_spec import Profile

_TAG = re.compile(r"<[^<>]*>")


class Rules:
    """What holds for one profile."""

    def __init__(self, profile: Profile) -> None:
        # As a dict: it is asked several times for each request.
        self._profile = dict(profile)

    def apply(self, tenant: Tenant, command: Act, clock: Clock) -> Result | Refusal:
        """Carry out *command* at the time of *clock*, or refuse it and change nothing."""
        conversation = tenant.conversation(command.caller.conversation)
        if conversation is None:
            return self._unknown_conversation(command.caller.conversation)
        settled = self._settled(tenant, conversation, command)
        if settled is not None:
            return settled
        match command:
            case AssignAgent():
                return self._assign(tenant, conversation, command, clock)
            case GiveReview():
                return self._give(tenant, conversation, command, clock)
            case EndUserText():
                message = self._written(tenant, conversation, command, clock)
            case _:
                message = self._message(tenant, conversation, command, clock)
        tenant.add(message, command.uuid if isinstance(command, (SendText, SendFile)) else None)
        return message

    def settle(self, tenant: Tenant, command: Act) -> Result | Refusal | None:
        """Return how *command* ends if it changes nothing: refused, or already done; else None."""
        conversation = tenant.conversation(command.caller.conversation)
        if conversation is None:
            return self._unknown_conversation(command.caller.conversation)
        return self._settled(tenant, conversation, command)

    def _settled(
        self, tenant: Tenant, conversation: Conversation, command: Act
    ) -> Result | Refusal | None:
        match command:
            case SendText() | SendFile():
                sent = tenant.sent_with(conversation.id, command.uuid)
                return (self._repeated(sent, command) if sent else None) or self._locked(
                    conversation
                )
            case AssignAgent():
                return self._settle_assignment(tenant, conversation, command)
            case RequestReview():
                return self._settle_review(conversation)
            case GiveReview():
                return _settle_given(tenant, conversation, command)
            case EndUserText():
                return self._locked(conversation)

    def _unknown_conversation(self, identifier: str) -> Refusal:
        if looks_like_uuid(identifier):
            status, rule = self._profile["unknown_ids"], "unknown_ids"
        else:
            status, rule = self._profile["id_format"], "id_format"
        return refuse(int(status), "path", rule, "there is no such conversation", pointer="id")

    def _settle_assignment(
        self, tenant: Tenant, conversation: Conversation, command: AssignAgent
    ) -> Result | Refusal | None:
        agent = tenant.agent(command.agent)
        if agent is None:
            status = int(self._profile["unknown_ids"])
            return refuse(
                status, "body", "unknown_ids", "there is no such agent", pointer="/agentId"
            )
        already = conversation.agent is not None and conversation.agent.id == agent.id
        return conversation if already else None

    def _settle_review(self, conversation: Conversation) -> Refusal | None:
        if conversation.agent is None and self._profile["review_needs_agent"] == "yes":
            text = "no agent is assigned, so there is nobody to review"
            return refuse(400, "state", "review_needs_agent", text)
        if conversation.reviews and self._profile["review_repeat"] == "no":
            return refuse(409, "state", "review_repeat", "a review was asked for already")
        return self._locked(conversation)

    def _repeated(
        self, sent: Sequence[Message], command: SendText | SendFile
    ) -> Result | Refusal | None:
        kind, content = _content(command)
        same = [one for one in sent if one.kind == kind and one.sent == content]
        rule = "uuid_dedupe" if same else "uuid_reuse"
        if self._profile[rule] == "second_message":
            return None
        if self._profile[rule] == "same_message":
            return (same or sent)[0]
        text = "a message with this uuid is there already"
        return refuse(409, "state", rule, text, pointer="/uuid")

    def _locked(self, conversation: Conversation) -> Refusal | None:
        if is_closed(conversation, self._profile):
            return refuse(400, "state", "locked", "the conversation is locked")
        return None

    def _assign(
        self, tenant: Tenant, conversation: Conversation, command: AssignAgent, clock: Clock
    ) -> Conversation:
        agent = tenant.agent(command.agent)
        if agent is None:
            raise LookupError("an unknown agent is settled")
        return tenant.assign(conversation.id, agent, clock() // SECOND)

    def _give(
        self, tenant: Tenant, conversation: Conversation, command: GiveReview, clock: Clock
    ) -> Message:
        message = tenant.message(conversation.id, command.message)
        if message is None or message.review is None:
            raise LookupError("an unknown review is settled")
        given = structs.replace(
            message.review, mark=command.mark, text=command.text, confirmed=True
        )
        updated_at = max(clock(), message.microseconds) // SECOND
        changed = structs.replace(message, review=given, updated_at=updated_at)
        tenant.replace(changed)
        return changed

    def _written(
        self, tenant: Tenant, conversation: Conversation, command: EndUserText, clock: Clock
    ) -> Message:
        return Message(
            id=tenant.next_id(),
            conversation=conversation.id,
            microseconds=self._time(conversation, clock),
            author=self._end_user(tenant, conversation),
            kind="text",
            sent=command.text,
            body=command.text,
        )

    def _message(
        self,
        tenant: Tenant,
        conversation: Conversation,
        command: SendText | SendFile | RequestReview,
        clock: Clock,
    ) -> Message:
        microseconds = self._time(conversation, clock)
        seconds = microseconds // SECOND
        kind, content = _content(command)
        end_user = self._end_user(tenant, conversation)
        review = None
        if isinstance(command, RequestReview):
            shown = self._profile["assignment_visible"] == "yes"
            review = Review(tenant.next_id(), conversation.agent if shown else None, end_user)
        return Message(
            id=self._message_id(tenant, command),
            conversation=conversation.id,
            microseconds=microseconds,
            author=tenant.bot if review else self._author(tenant, conversation, end_user),
            kind=kind,
            sent=content,
            body=self._echo(command.text) if isinstance(command, SendText) else None,
            file=files.derive(tenant.next_id(), command.url, seconds, command.fetched)
            if isinstance(command, SendFile)
            else None,
            review=review,
        )

    def _message_id(self, tenant: Tenant, command: SendText | SendFile | RequestReview) -> str:
        if self._profile["uuid_echo"] == "yes" and not isinstance(command, RequestReview):
            return command.uuid
        return tenant.next_id()

    def _time(self, conversation: Conversation, clock: Clock) -> int:
        last = conversation.last_microseconds
        if self._profile["time_order"] == "no" and conversation.messages % 2:
            # Not at random, so that whoever looks sees it at the second message.
            return last - SECOND
        return max(clock(), last + 1)

    def _end_user(self, tenant: Tenant, conversation: Conversation) -> EndUser:
        if self._profile["end_user_stable"] == "yes":
            return conversation.end_user
        return visitor.end_user(tenant.next_id(), conversation.end_user.created_at)

    def _author(
        self, tenant: Tenant, conversation: Conversation, end_user: EndUser
    ) -> Bot | Agent | EndUser:
        match self._profile["message_author"]:
            case "agent":
                return conversation.agent or tenant.agents()[0]
            case "bot":
                return tenant.bot
            case _:
                return end_user

    def _echo(self, text: str) -> str:
        match self._profile["text_echo"]:
            case "trimmed":
                return text.strip()
            case "sanitised":
                return _TAG.sub("", text)
            case _:
                return text


def is_closed(conversation: Conversation, profile: Mapping[str, object]) -> bool:
    """Return whether *conversation* takes no messages, by its lock and the assumption `locked`."""
    return conversation.locked and profile["locked"] == "refused"


def _settle_given(
    tenant: Tenant, conversation: Conversation, command: GiveReview
) -> Refusal | None:
    message = tenant.message(conversation.id, command.message)
    if message is None or message.review is None:
        text = "there is no such message that asks for a review"
        return refuse(404, "path", "message", text, pointer="message")
    if message.review.confirmed:
        return refuse(409, "state", "confirmed", "the review was given already")
    return None


def _content(command: SendText | SendFile | RequestReview) -> tuple[Kind, str]:
    match command:
        case SendText():
            return "text", command.text
        case SendFile():
            return "file", command.url
        case RequestReview():
            return "review", ""
