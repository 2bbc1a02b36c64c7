"""A client library for accessing Blinger Widget API"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)

if not TYPE_CHECKING:
    _NAMES = {
        "AuthenticatedClient": "client",
        "Client": "client",
    }
    _MODULES = {*_NAMES.values(), "errors", "types"}

    def __getattr__(name):
        if name in _NAMES:
            value = getattr(import_module(f".{_NAMES[name]}", __name__), name)
        elif name in _MODULES:
            value = import_module(f".{name}", __name__)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *_NAMES, *_MODULES})
