from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="FileInfo")


@_attrs_define
class FileInfo:
    """The file as the server stored it."""

    name: str
    """ Name of the file, without its extension. """
    ext: str
    """ Extension, without the dot. """
    mime_type: str
    """ Media type. """
    size: int
    """ Size in bytes. """
    path: str
    """ Path on the file host. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        ext = self.ext

        mime_type = self.mime_type

        size = self.size

        path = self.path

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "ext": ext,
                "mimeType": mime_type,
                "size": size,
                "path": path,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        ext = d.pop("ext")

        mime_type = d.pop("mimeType")

        size = d.pop("size")

        path = d.pop("path")

        file_info = cls(
            name=name,
            ext=ext,
            mime_type=mime_type,
            size=size,
            path=path,
        )

        file_info.additional_properties = d
        return file_info

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
