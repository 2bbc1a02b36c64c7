"""What a run is asked to do: checked values, before anything is sent."""

from __future__ import annotations

import ipaddress
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from blinger_spec import Profile, assumptions

if TYPE_CHECKING:
    from collections.abc import Mapping

Mode = Literal["careful", "full"]

BASE_PATH = "/api/external/v1"
CAREFUL_BUDGET = 250
CAREFUL_RATE = "2/s"
FULL_RESPONSE_SECONDS = 2.0


class UsageError(ValueError):
    """The run cannot start: an option, or the environment, is not as it must be."""


@dataclass(frozen=True, slots=True)
class Options:
    """One run: where, how hard, and with which ids that exist there."""

    url: str
    """The base URL, which ends in `/api/external/v1`."""
    token: str = field(repr=False)
    """The token, as it stands in BLINGER_TOKEN."""
    mode: Mode = "careful"
    conversation: str | None = None
    """A conversation that may be written to. Without one no operation can be proven."""
    locked: str | None = None
    """A conversation that is locked; one text is sent to it."""
    agents: tuple[str, ...] = ()
    """Agents that may be assigned."""
    seed: int = 0
    budget: int | None = None
    """How many requests may be sent at most; None is no limit."""
    rate: str | None = None
    """How fast, such as `2/s`; None is as fast as it goes."""
    strict: bool = False
    """Whether a broken assumption fails a careful run; in full mode it always does."""
    profile: Profile = field(default_factory=Profile)
    max_response_time: float | None = None
    """From how many seconds on an answer is a finding; None is never."""
    probes: tuple[str, ...] = ()
    """Assumptions that may be asked about though it has a cost."""

    @property
    def careful(self) -> bool:
        """Return whether the run spares the deployment."""
        return self.mode == "careful"

    @property
    def authorization(self) -> str:
        """Return the value of the Authorization header (assumption auth_scheme)."""
        return f"Bearer {self.token}" if self.profile["auth_scheme"] == "bearer" else self.token


def check_url(url: str, environ: Mapping[str, str]) -> str:
    """Return *url* without its last slash.

    Raises:
        UsageError: It is no base URL of the API, or the token would travel in the clear.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise UsageError(f"{url!r} is no URL: {error}") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise UsageError(f"{url!r} is no URL: give http:// or https:// and a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(
            "the URL may hold no user, query or fragment; the token is read from BLINGER_TOKEN"
        )
    if not parts.path.rstrip("/").endswith(BASE_PATH):
        raise UsageError(f"{url!r} is not the base URL: it ends in {BASE_PATH}")
    if (
        parts.scheme == "http"
        and not is_loopback(host)
        and environ.get("BLINGER_ALLOW_HTTP") != "1"
    ):
        raise UsageError(
            f"{url!r} would send the token in the clear: use https://, or set BLINGER_ALLOW_HTTP=1"
        )
    return url.rstrip("/")


def check_token(environ: Mapping[str, str]) -> str:
    """Return the token of the environment.

    Raises:
        UsageError: There is none, or no HTTP header can carry it.
    """
    token = environ.get("BLINGER_TOKEN", "")
    if not token:
        raise UsageError("set BLINGER_TOKEN to the token; it is read from the environment only")
    if not re.fullmatch(r"[!-~]+", token):
        raise UsageError(
            "BLINGER_TOKEN holds a character that no token has (a space or a newline, perhaps)"
        )
    return token


def check_id(value: str) -> str:
    """Return *value*, the id of a conversation or an agent.

    Raises:
        UsageError: It cannot be one: it would change the path of a URL.
    """
    if not re.fullmatch(r"[\w~.-]+", value, re.ASCII) or not value.strip("."):
        raise UsageError(f"{value!r} is no id: letters, digits, '-', '_', '.' and '~' are allowed")
    return value


def check_rate(value: str) -> str:
    """Return *value*, a number of requests for each second, minute or hour.

    Raises:
        UsageError: It is not written as `2/s`, `30/m` or `500/h`.
    """
    if not re.fullmatch(r"[1-9][0-9]*/[smh]", value):
        raise UsageError(f"{value!r} is no rate: write 2/s, 30/m or 500/h")
    return value


def check_seconds(value: str) -> float:
    """Return *value*, a number of seconds.

    Raises:
        UsageError: It is none, or not more than zero.
    """
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise UsageError(f"{value!r} is no number of seconds: write 2 or 0.5")
    return seconds


def check_probe(value: str) -> str:
    """Return *value*, the name of an assumption.

    Raises:
        UsageError: There is none of that name.
    """
    if value not in assumptions():
        raise UsageError(f"there is no assumption {value!r}: there are {', '.join(assumptions())}")
    return value


def is_loopback(host: str) -> bool:
    """Return whether *host* is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
