"""The base of every value here: immutable, cheap to hold, and silent about what it holds."""

from __future__ import annotations

from typing import Any

import msgspec


# gc=False: a record never refers back to what refers to it, so the collector need not walk what is
# stored; with many messages that walk is what makes the slowest answers slow.
class Record(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A frozen struct whose repr names its class alone.

    Records hold tokens, message texts and visitors' credentials; a repr ends up in logs and in
    assertion messages.
    """

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []
