from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.agent import Agent
    from ..models.bot import Bot
    from ..models.end_user import EndUser
    from ..models.file import File
    from ..models.review import Review


T = TypeVar("T", bound="Message")


@_attrs_define
class Message:
    """A message of a conversation. Exactly one of body, file and review is set, as type says; exactly one of bot, agent
    and endUser is set, and is its author.

    """

    id: str
    """ ID of the message; a UUID in the samples. """
    status: str
    """ How far the message got. """
    type_: str
    """ What the message holds. """
    body: None | str
    """ The text of a text message. """
    file: File | None
    """ The file of a file message. """
    review: None | Review
    """ The review that a review message asks for. """
    bot: Bot | None
    """ The author, when a bot wrote it. """
    agent: Agent | None
    """ The author, when an agent wrote it; null in all samples. """
    end_user: EndUser | None
    """ The author, when the end user wrote it. """
    microseconds: int
    """ When it was made, in Unix microseconds; whole seconds of it equal createdAt. """
    created_at: int
    """ When it was made, in Unix seconds. """
    updated_at: int
    """ When it last changed, in Unix seconds. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.agent import Agent  # noqa: PLC0415
        from ..models.bot import Bot  # noqa: PLC0415
        from ..models.end_user import EndUser  # noqa: PLC0415
        from ..models.file import File  # noqa: PLC0415
        from ..models.review import Review  # noqa: PLC0415

        id = self.id

        status = self.status

        type_ = self.type_

        body: None | str
        body = self.body

        file: dict[str, Any] | None
        if isinstance(self.file, File):
            file = self.file.to_dict()
        else:
            file = self.file

        review: dict[str, Any] | None
        if isinstance(self.review, Review):
            review = self.review.to_dict()
        else:
            review = self.review

        bot: dict[str, Any] | None
        if isinstance(self.bot, Bot):
            bot = self.bot.to_dict()
        else:
            bot = self.bot

        agent: dict[str, Any] | None
        if isinstance(self.agent, Agent):
            agent = self.agent.to_dict()
        else:
            agent = self.agent

        end_user: dict[str, Any] | None
        if isinstance(self.end_user, EndUser):
            end_user = self.end_user.to_dict()
        else:
            end_user = self.end_user

        microseconds = self.microseconds

        created_at = self.created_at

        updated_at = self.updated_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "status": status,
                "type": type_,
                "body": body,
                "file": file,
                "review": review,
                "bot": bot,
                "agent": agent,
                "endUser": end_user,
                "microseconds": microseconds,
                "createdAt": created_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.agent import Agent  # noqa: PLC0415
        from ..models.bot import Bot  # noqa: PLC0415
        from ..models.end_user import EndUser  # noqa: PLC0415
        from ..models.file import File  # noqa: PLC0415
        from ..models.review import Review  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        status = d.pop("status")

        type_ = d.pop("type")

        def _parse_body(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        body = _parse_body(d.pop("body"))

        def _parse_file(data: object) -> File | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError(f"file must be File or None, got {type(data).__name__}")
            file_type_0 = File.from_dict(data)

            return file_type_0

        file = _parse_file(d.pop("file"))

        def _parse_review(data: object) -> None | Review:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError(f"review must be Review or None, got {type(data).__name__}")
            review_type_0 = Review.from_dict(data)

            return review_type_0

        review = _parse_review(d.pop("review"))

        def _parse_bot(data: object) -> Bot | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError(f"bot must be Bot or None, got {type(data).__name__}")
            bot_type_0 = Bot.from_dict(data)

            return bot_type_0

        bot = _parse_bot(d.pop("bot"))

        def _parse_agent(data: object) -> Agent | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError(f"agent must be Agent or None, got {type(data).__name__}")
            agent_type_0 = Agent.from_dict(data)

            return agent_type_0

        agent = _parse_agent(d.pop("agent"))

        def _parse_end_user(data: object) -> EndUser | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError(f"end_user must be EndUser or None, got {type(data).__name__}")
            end_user_type_0 = EndUser.from_dict(data)

            return end_user_type_0

        end_user = _parse_end_user(d.pop("endUser"))

        microseconds = d.pop("microseconds")

        created_at = d.pop("createdAt")

        updated_at = d.pop("updatedAt")

        message = cls(
            id=id,
            status=status,
            type_=type_,
            body=body,
            file=file,
            review=review,
            bot=bot,
            agent=agent,
            end_user=end_user,
            microseconds=microseconds,
            created_at=created_at,
            updated_at=updated_at,
        )

        message.additional_properties = d
        return message

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
