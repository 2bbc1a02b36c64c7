from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="EndUser")


@_attrs_define
class EndUser:
    """The visitor of the website."""

    id: str
    """ ID of the end user; a UUID in the samples. """
    websocket_token: str
    """ A live credential of the visitor (a JWT that does not expire). Never log or show it. """
    created_at: int
    """ When it was made, in Unix seconds. """
    updated_at: int
    """ When it last changed, in Unix seconds. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        websocket_token = self.websocket_token

        created_at = self.created_at

        updated_at = self.updated_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "websocketToken": websocket_token,
                "createdAt": created_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        websocket_token = d.pop("websocketToken")

        created_at = d.pop("createdAt")

        updated_at = d.pop("updatedAt")

        end_user = cls(
            id=id,
            websocket_token=websocket_token,
            created_at=created_at,
            updated_at=updated_at,
        )

        end_user.additional_properties = d
        return end_user

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
