from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define

T = TypeVar("T", bound="SendFileMessageRequest")


@_attrs_define
class SendFileMessageRequest:
    """A file to send, by its URL."""

    uuid: UUID
    """ Unique generated ID of the message. Keep it when you repeat a request. """
    file: str
    """ URL of the file. """

    def to_dict(self) -> dict[str, Any]:
        uuid = str(self.uuid)

        file = self.file

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "uuid": uuid,
                "file": file,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        uuid = UUID(d.pop("uuid"))

        file = d.pop("file")

        send_file_message_request = cls(
            uuid=uuid,
            file=file,
        )

        return send_file_message_request
