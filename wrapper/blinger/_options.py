"""What a client is told once, and a view may change: everything is checked here, before any I/O."""

from __future__ import annotations

import inspect
import math
import os
import re
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urlsplit

from attrs import field, frozen

from blinger._profile import is_mapping
from blinger.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ipaddress import IPv4Address, IPv6Address

    from blinger._profile import Profile
    from blinger._retries import RetryEvent

DEFAULT_BASE_URL = "https://widget.blinger.io/api/external/v1"

_VISIBLE_ASCII = re.compile(r"[!-~]+\Z")
_HOST_NAME = re.compile(r"[\w-]+(\.[\w-]+)*\.?\Z", re.ASCII)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_HEADER_VALUE = re.compile(r"[ -~\t]*\Z")
_OURS = frozenset({"authorization", "content-length", "content-type", "host", "transfer-encoding"})


class NotGiven(Enum):
    """The type of an option that is left as it is."""

    NOT_GIVEN = "not given"

    def __repr__(self) -> str:
        """Read well in a signature."""
        return "NOT_GIVEN"


NOT_GIVEN: Final = NotGiven.NOT_GIVEN


@frozen
class Timeout:
    """How long one attempt may take in each of its phases, in seconds; None is no limit."""

    connect: float | None = 5
    """To connect, TLS included."""
    read: float | None = 30
    """Between two pieces of the answer."""
    write: float | None = 30
    """Between two pieces of the request."""
    pool: float | None = 10
    """To get a connection of the pool."""

    def __attrs_post_init__(self) -> None:
        """Refuse what is not a number of seconds."""
        for name in ("connect", "read", "write", "pool"):
            _as_seconds(f"timeout.{name}", getattr(self, name))

    def clipped(self, left: float) -> Timeout:
        """Return the timeouts, none longer than *left* seconds."""
        limits = (self.connect, self.read, self.write, self.pool)
        if all(limit is not None and limit <= left for limit in limits):
            return self
        return Timeout(*(left if limit is None else min(limit, left) for limit in limits))


@frozen(kw_only=True)
class Options:
    """The options of a client or a view."""

    token: str = field(repr=False)
    base_url: str
    timeout: Timeout
    deadline: float | None
    retries: int
    profile: Profile
    on_retry: Callable[[RetryEvent], object] | None
    strict: bool
    headers: Mapping[str, str] = field(repr=False, factory=lambda: MappingProxyType({}))


def resolve_token(token: object) -> str:
    """Return *token*, or that of the environment; it must be one that fits into a header."""
    source = "the token"
    if token is None:
        token, source = os.environ.get("BLINGER_TOKEN", ""), "BLINGER_TOKEN"
    if not token:
        message = "no token: pass token=… or set BLINGER_TOKEN"
        raise ConfigurationError(message)
    if not isinstance(token, str) or not _VISIBLE_ASCII.match(token):
        message = (
            f"{source} has a blank, a line break or a character outside ASCII in it: "
            "give the bare token; a scheme such as Bearer is set by the profile (auth_scheme)"
        )
        raise ConfigurationError(message)
    return token


def resolve_base_url(base_url: str | None) -> str:
    """Return *base_url*, or that of the environment, or production's, with no slash at its end."""
    if base_url is None:
        base_url = os.environ.get("BLINGER_BASE_URL", DEFAULT_BASE_URL)
    host, scheme = _host_and_scheme(base_url)
    if scheme == "http" and not _is_loopback(host) and os.environ.get("BLINGER_ALLOW_HTTP") != "1":
        message = (
            f"base_url is plain http:// to {host}, which would show the token to the network: "
            "use https://, or set BLINGER_ALLOW_HTTP=1 if you mean it"
        )
        raise ConfigurationError(message)
    return base_url.rstrip("/")


def _host_and_scheme(base_url: object) -> tuple[str, str]:
    example = f"give one such as {DEFAULT_BASE_URL}"
    if not isinstance(base_url, str) or not _VISIBLE_ASCII.match(base_url):
        message = f"base_url is not a URL: {example}"
        raise ConfigurationError(message)
    parts = split_url(base_url)
    host = parts and parts.hostname
    if not parts or not host or parts.scheme not in ("http", "https") or not _is_host(host):
        message = f"base_url is not an http(s) URL with a host: {example}"
        raise ConfigurationError(message)
    if parts.username is not None or "?" in base_url or "#" in base_url:
        message = f"base_url has a user, a query or a fragment, which it cannot have: {example}"
        raise ConfigurationError(message)
    return host, parts.scheme


def split_url(url: str) -> SplitResult | None:
    """Return the parts of *url*; None if it has no host, or a port or IPv6 address that is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname else None


def _is_host(host: str) -> bool:
    return bool(_HOST_NAME.match(host)) or _address(host) is not None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    from ipaddress import ip_address  # noqa: PLC0415 - production's host is a name

    try:
        return ip_address(host)
    except ValueError:
        return None


def given_options(**options: Any) -> dict[str, Any]:
    """Return those of *options* that were given, each checked and as `Options` holds it."""
    return {
        name: _CHECKS[name](name, value)
        for name, value in options.items()
        if value is not NOT_GIVEN
    }


def _as_timeout(name: str, value: Any) -> Timeout:
    if isinstance(value, Timeout):
        return value
    if value is None:
        message = (
            f"{name} is None: give seconds, or a Timeout with None for the phases without limit"
        )
        raise ConfigurationError(message)
    seconds = _as_seconds(name, value)
    return Timeout(connect=seconds, read=seconds, write=seconds, pool=seconds)


def _as_seconds(name: str, value: Any) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value < math.inf:
        message = f"{name} is {value!r}: give seconds above zero, or None for no limit"
        raise ConfigurationError(message)
    seconds: float = value
    return seconds


def _as_retries(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        message = f"{name} is {value!r}: give a whole number from 0 on"
        raise ConfigurationError(message)
    return value


def _as_callback(name: str, value: Any) -> Any:
    if value is not None and not callable(value):
        message = f"{name} is a {type(value).__name__}: give a function, or None"
        raise ConfigurationError(message)
    if inspect.iscoroutinefunction(value):
        raise ConfigurationError(f"{name} is a coroutine function, and nobody awaits it: use def")
    return value


def _as_headers(_: str, headers: Any) -> Mapping[str, str]:
    if not is_mapping(headers):
        message = f"headers is a {type(headers).__name__}: give a mapping of names to values"
        raise ConfigurationError(message)
    for name, value in headers.items():
        if not isinstance(name, str) or not _HEADER_NAME.match(name):
            message = f"headers: {name!r} is not a header's name"
            raise ConfigurationError(message)
        if name.lower() in _OURS:
            message = f"headers: {name} is set by the client; the token goes into token=…"
            raise ConfigurationError(message)
        if not isinstance(value, str) or not _HEADER_VALUE.match(value):
            message = f"headers: the value of {name} is not text that fits into a header"
            raise ConfigurationError(message)
    return MappingProxyType(dict(headers))


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "timeout": _as_timeout,
    "deadline": _as_seconds,
    "retries": _as_retries,
    "headers": _as_headers,
    "on_retry": _as_callback,
}

DEFAULT_TIMEOUT = Timeout()
"""What an attempt may take where nothing else is said."""
