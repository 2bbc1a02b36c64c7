"""Find and read `openapi.yaml`."""

from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

_HERE = Path(__file__).resolve().parent


def path() -> Path:
    """Return where the document is: inside the installed package, or at the top of a checkout."""
    packaged = _HERE / "openapi.yaml"
    return packaged if packaged.is_file() else _HERE.parents[1] / "openapi.yaml"


@cache
def raw() -> dict[str, Any]:
    """Return the document as it is written. Shared: copy it before you change it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path().open(encoding="utf-8") as file:
        return cast("dict[str, Any]", yaml.load(file, Loader=loader))  # noqa: S506 - a safe loader
