from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.file import File


T = TypeVar("T", bound="Agent")


@_attrs_define
class Agent:
    """A person who answers visitors."""

    id: str
    """ ID of the agent; a UUID in the samples. """
    service_user_id: str
    """ ID of the agent in the integrator's own system (inferred); neither unique nor stable. """
    name: str
    """ Name of the agent. """
    status: str
    """ Whether the agent is there. """
    avatar: File | None
    """ Picture of the agent; null when there is none (inferred). """
    active: bool
    """ Whether the agent's account is in use. """
    created_at: int
    """ When it was made, in Unix seconds. """
    updated_at: int
    """ When it last changed, in Unix seconds. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.file import File  # noqa: PLC0415

        id = self.id

        service_user_id = self.service_user_id

        name = self.name

        status = self.status

        avatar: dict[str, Any] | None
        if isinstance(self.avatar, File):
            avatar = self.avatar.to_dict()
        else:
            avatar = self.avatar

        active = self.active

        created_at = self.created_at

        updated_at = self.updated_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "serviceUserId": service_user_id,
                "name": name,
                "status": status,
                "avatar": avatar,
                "active": active,
                "createdAt": created_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.file import File  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        service_user_id = d.pop("serviceUserId")

        name = d.pop("name")

        status = d.pop("status")

        def _parse_avatar(data: object) -> File | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError(f"avatar must be File or None, got {type(data).__name__}")
            avatar_type_0 = File.from_dict(data)

            return avatar_type_0

        avatar = _parse_avatar(d.pop("avatar"))

        active = d.pop("active")

        created_at = d.pop("createdAt")

        updated_at = d.pop("updatedAt")

        agent = cls(
            id=id,
            service_user_id=service_user_id,
            name=name,
            status=status,
            avatar=avatar,
            active=active,
            created_at=created_at,
            updated_at=updated_at,
        )

        agent.additional_properties = d
        return agent

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
