from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.agent import Agent


T = TypeVar("T", bound="Conversation")


@_attrs_define
class Conversation:
    """A conversation between the visitor of a website and those who answer."""

    id: str
    """ ID of the conversation; a UUID in the sample. """
    assigned_agent: Agent | None
    """ The agent who answers here; null before the first assignment (inferred). """
    locked: bool
    """ Whether the conversation takes messages (its meaning is an assumption). """
    created_at: int
    """ When it was made, in Unix seconds. """
    updated_at: int
    """ When it last changed, in Unix seconds. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.agent import Agent  # noqa: PLC0415

        id = self.id

        assigned_agent: dict[str, Any] | None
        if isinstance(self.assigned_agent, Agent):
            assigned_agent = self.assigned_agent.to_dict()
        else:
            assigned_agent = self.assigned_agent

        locked = self.locked

        created_at = self.created_at

        updated_at = self.updated_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "assignedAgent": assigned_agent,
                "locked": locked,
                "createdAt": created_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.agent import Agent  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        def _parse_assigned_agent(data: object) -> Agent | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError(f"assigned_agent must be Agent or None, got {type(data).__name__}")
            assigned_agent_type_0 = Agent.from_dict(data)

            return assigned_agent_type_0

        assigned_agent = _parse_assigned_agent(d.pop("assignedAgent"))

        locked = d.pop("locked")

        created_at = d.pop("createdAt")

        updated_at = d.pop("updatedAt")

        conversation = cls(
            id=id,
            assigned_agent=assigned_agent,
            locked=locked,
            created_at=created_at,
            updated_at=updated_at,
        )

        conversation.additional_properties = d
        return conversation

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
