"""A request as a line for a shell, which puts the token in by itself."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

_OF_THE_CLIENT = {
    *("accept", "accept-encoding", "connection", "content-length", "host", "user-agent"),
    "x-schemathesis-testcaseid",
}
_FILTERED = "[Filtered]"


_OTHER = "[a token that is not yours]"


def curl(request: requests.PreparedRequest, authorization: str) -> str:
    """Return the `curl` line that sends *request* again, with a mark where *authorization* was."""
    words = ["curl", "-X", str(request.method)]
    for name, value in request.headers.items():
        if name.lower() not in _OF_THE_CLIENT:
            shown = value.decode("latin-1") if isinstance(value, bytes) else str(value)
            if name.lower() == "authorization":
                scheme = "Bearer " if shown.startswith("Bearer ") else ""
                shown = scheme + (_FILTERED if shown == authorization else _OTHER)
            words += ["-H", shlex.quote(f"{name}: {shown}")]
    body = request.body
    if body:
        text = body.decode("utf-8", "backslashreplace") if isinstance(body, bytes) else str(body)
        words += ["-d", shlex.quote(text)]
    return " ".join([*words, shlex.quote(str(request.url))])


def with_token(line: str) -> str:
    """Return *line*, a `curl` line, with `$BLINGER_TOKEN` where the token was covered."""
    for scheme in ("", "Bearer "):
        line = line.replace(
            f"'Authorization: {scheme}{_FILTERED}'", f'"Authorization: {scheme}$BLINGER_TOKEN"'
        )
    return line
