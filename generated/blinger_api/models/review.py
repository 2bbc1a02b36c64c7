from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.agent import Agent
    from ..models.end_user import EndUser


T = TypeVar("T", bound="Review")


@_attrs_define
class Review:
    """A review that was asked for, and what the end user answered."""

    id: str
    """ ID of the review; a UUID in the sample. """
    agent: Agent | None
    """ The agent who is reviewed; null when none is assigned (assumption review_needs_agent). """
    end_user: EndUser
    """ The visitor of the website. """
    mark: int
    """ The mark; 0 while it is not given (inferred). Its scale is not documented. """
    confirmed: bool
    """ Whether the end user submitted the review. """
    text: str
    """ What the end user wrote; empty while nothing is. """
    created_at: int
    """ When it was made, in Unix seconds. """
    updated_at: int
    """ When it last changed, in Unix seconds. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.agent import Agent  # noqa: PLC0415

        id = self.id

        agent: dict[str, Any] | None
        if isinstance(self.agent, Agent):
            agent = self.agent.to_dict()
        else:
            agent = self.agent

        end_user = self.end_user.to_dict()

        mark = self.mark

        confirmed = self.confirmed

        text = self.text

        created_at = self.created_at

        updated_at = self.updated_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "agent": agent,
                "endUser": end_user,
                "mark": mark,
                "confirmed": confirmed,
                "text": text,
                "createdAt": created_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.agent import Agent  # noqa: PLC0415
        from ..models.end_user import EndUser  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        def _parse_agent(data: object) -> Agent | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError(f"agent must be Agent or None, got {type(data).__name__}")
            agent_type_0 = Agent.from_dict(data)

            return agent_type_0

        agent = _parse_agent(d.pop("agent"))

        end_user = EndUser.from_dict(d.pop("endUser"))

        mark = d.pop("mark")

        confirmed = d.pop("confirmed")

        text = d.pop("text")

        created_at = d.pop("createdAt")

        updated_at = d.pop("updatedAt")

        review = cls(
            id=id,
            agent=agent,
            end_user=end_user,
            mark=mark,
            confirmed=confirmed,
            text=text,
            created_at=created_at,
            updated_at=updated_at,
        )

        review.additional_properties = d
        return review

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
