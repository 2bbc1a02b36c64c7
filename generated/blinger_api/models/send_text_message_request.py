from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define

T = TypeVar("T", bound="SendTextMessageRequest")


@_attrs_define
class SendTextMessageRequest:
    """A text to send."""

    uuid: UUID
    """ Unique generated ID of the message. Keep it when you repeat a request. """
    text: str
    """ Text of the message; the length is counted in characters (code points). """

    def to_dict(self) -> dict[str, Any]:
        uuid = str(self.uuid)

        text = self.text

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "uuid": uuid,
                "text": text,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        uuid = UUID(d.pop("uuid"))

        text = d.pop("text")

        send_text_message_request = cls(
            uuid=uuid,
            text=text,
        )

        return send_text_message_request
