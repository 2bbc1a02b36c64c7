from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.file_info import FileInfo
    from ..models.file_meta import FileMeta
    from ..models.file_urls import FileUrls


T = TypeVar("T", bound="File")


@_attrs_define
class File:
    """A file that the server holds."""

    id: str
    """ ID of the file; a UUID in the samples. """
    type_: str
    """ Kind of the file. """
    meta: FileMeta
    """ What is known of the content; of an image its size, of other kinds nothing is documented. """
    info: FileInfo
    """ The file as the server stored it. """
    url: FileUrls
    """ Where the file can be fetched, by size. Keys seen are 120x120, 520x400 and default. """
    created_at: int
    """ When it was made, in Unix seconds. """
    updated_at: int
    """ When it last changed, in Unix seconds. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        type_ = self.type_

        meta = self.meta.to_dict()

        info = self.info.to_dict()

        url = self.url.to_dict()

        created_at = self.created_at

        updated_at = self.updated_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "type": type_,
                "meta": meta,
                "info": info,
                "url": url,
                "createdAt": created_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.file_info import FileInfo  # noqa: PLC0415
        from ..models.file_meta import FileMeta  # noqa: PLC0415
        from ..models.file_urls import FileUrls  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        type_ = d.pop("type")

        meta = FileMeta.from_dict(d.pop("meta"))

        info = FileInfo.from_dict(d.pop("info"))

        url = FileUrls.from_dict(d.pop("url"))

        created_at = d.pop("createdAt")

        updated_at = d.pop("updatedAt")

        file = cls(
            id=id,
            type_=type_,
            meta=meta,
            info=info,
            url=url,
            created_at=created_at,
            updated_at=updated_at,
        )

        file.additional_properties = d
        return file

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
