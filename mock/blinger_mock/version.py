"""Which version this is."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """Return the version of the distribution that this is part of."""
    try:
        return metadata.version("blinger")
    except metadata.PackageNotFoundError:
        return "0"
