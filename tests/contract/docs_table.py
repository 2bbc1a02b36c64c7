"""The table in docs/contract.md of what is observed: `make docs` writes it, a test holds it."""

from __future__ import annotations

import re
from pathlib import Path

from blinger_contract.observable import rows

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"
_TABLE = re.compile(r"^\| assumption \|.*\n(?:\|.*\n)*", re.MULTILINE)


def text() -> str:
    """Return the page with the table as it must be."""
    table = "".join(f"{row}\n" for row in rows())
    page, count = _TABLE.subn(lambda _: table, PAGE.read_text(encoding="utf-8"))
    if count != 1:
        raise LookupError(f"{PAGE.name} holds {count} tables of the assumptions, and one is due")
    return page


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
