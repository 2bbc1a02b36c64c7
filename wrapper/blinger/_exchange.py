"""Writing a request and reading an answer: pure functions between an operation and bytes."""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from blinger import _forks, errors
from blinger._answers import MismatchError
from blinger._json import NOT_JSON, as_integer, compose, is_list, is_object, parse
from blinger._options import split_url
from blinger._retries import parse_retry_after
from blinger._sender import Reply, Request
from blinger._strict import check_strictly
from blinger._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from blinger._operations import Operation
    from blinger._options import Options
    from blinger._scrub import Scrubber
    from blinger.models import Meta

T = TypeVar("T")

_CLASSES: dict[int, type[errors.APIError]] = {
    400: errors.BadRequest,
    401: errors.AuthenticationFailed,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    409: errors.Conflict,
    422: errors.BadRequest,
    429: errors.RateLimited,
}
_REQUEST_TIMEOUT = 408
_LONGEST_MESSAGE = 200
"""Characters of the server's own words that an error's line repeats."""
_LARGEST_BODY = 65_536
"""Bytes of a body that an error looks at: an error page of megabytes is not worth the time."""
_LONGEST_BODY = 10_000
"""Characters that an error keeps of a body that is not JSON."""


def write(operation: Operation[Any], options: Options) -> Request:
    """Return the request that *operation* is; an attempt changes only its time limits."""
    profile = options.profile
    scheme = "Bearer " if profile.auth_scheme == "bearer" else ""
    ours = {"User-Agent": f"blinger-python/{__version__}", "Accept": "application/json"}
    given = {name.lower() for name in options.headers}
    headers = {
        **{name: value for name, value in ours.items() if name.lower() not in given},
        **options.headers,
        "Authorization": scheme + options.token,
    }
    body = b""
    if operation.body is not None and profile.body_encoding == "form":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(operation.body).encode()
    elif operation.body is not None:
        headers["Content-Type"] = "application/json"
        body = compose(operation.body)
    return Request(
        method="POST",
        url=options.base_url + operation.path,
        headers=headers,
        body=body,
        timeout=options.timeout,
        deadline=None,
    )


def read(
    reply: Reply,
    operation: Operation[T],
    options: Options,
    meta: Callable[[object], Meta],
    now: float,
) -> T:
    """Return what *reply* says, as *operation* reads it.

    *meta* takes the answer's JSON; *now*, in Unix seconds, is for a `Retry-After` that is a date.

    Raises:
        APIError: The status, HTTP's or the envelope's, is not a success.
        InvalidResponse: It is a success, but not what the contract promises.
    """
    if not _is_success(reply.status):
        raise _refusal(reply, reply.status, _scrubber(operation, options), now)
    try:
        envelope, status = _open(reply)
        if not _is_success(status):
            raise _refusal(reply, status, _scrubber(operation, options), now)
        _check_envelope(envelope, reply.status)
        result = operation.read(envelope["data"], meta(envelope))
        if options.strict:
            check_strictly(result, reply.status)
    except MismatchError as error:
        mismatch = error  # it may quote the answer: not even a context of what is raised
    else:
        return result
    scrub = _scrubber(operation, options)
    path, problem = scrub.text(mismatch.path), scrub.text(mismatch.problem)
    raise errors.InvalidResponse(
        _one_line(f"{_title(reply.status)}, but {path} {problem}"),
        status=reply.status,
        body=_body(reply, scrub),
        headers=scrub.headers(reply.headers),
        path=path,
    )


def _scrubber(operation: Operation[Any], options: Options) -> Scrubber:
    with _forks.LOCK:
        from blinger._scrub import Scrubber  # noqa: PLC0415 - only errors need it

    return Scrubber((options.token, *operation.content))


def _is_success(status: int) -> bool:
    return 200 <= status <= 299  # noqa: PLR2004 - the class of statuses


def _open(reply: Reply) -> tuple[dict[str, Any], int]:
    """Return the envelope and the status in it."""
    envelope = parse(reply.body)
    if envelope is NOT_JSON:
        kind = reply.headers.get("content-type", "of no media type")
        raise MismatchError("the body", f"is not JSON: {len(reply.body)} bytes {kind}")
    if not is_object(envelope):
        raise MismatchError("the body", "is not a JSON object")
    status = as_integer(envelope.get("status"))
    if status is None or not 100 <= status <= 599:  # noqa: PLR2004 - the range of statuses
        raise MismatchError("status", "is missing, or not the status of an answer")
    return envelope, status


def _check_envelope(envelope: dict[str, Any], status: int) -> None:
    if envelope["status"] != status:
        raise MismatchError("status", f"is {envelope['status']} under HTTP {status}")
    if "data" not in envelope:
        raise MismatchError("data", "is missing")


def _refusal(reply: Reply, status: int, scrub: Scrubber, now: float) -> errors.APIError:
    fallback = errors.ServerError if status >= 500 else errors.APIError  # noqa: PLR2004
    body = _body(reply, scrub)
    message = _message(body)
    if 300 <= reply.status <= 399:  # noqa: PLR2004 - the class of statuses
        message = _redirection(reply)
    error = _CLASSES.get(status, fallback)(
        _one_line(f"{_title(status)}: {message}" if message else _title(status)),
        status=status,
        body=body,
        headers=scrub.headers(reply.headers),
        message=message,
        retry_after=parse_retry_after(reply.headers, now),
    )
    if status < 400 or status == _REQUEST_TIMEOUT:  # noqa: PLR2004 - a 3xx
        error.outcome = errors.Outcome.UNKNOWN
    return error


def _redirection(reply: Reply) -> str:
    """Return what to do about a redirect, which could lead the token away and is not followed."""
    target = split_url(reply.headers.get("location", ""))
    to = "" if target is None else f" to {target.hostname}"
    return f"it redirects{to}, which is not followed: set base_url to where the API is"


def _title(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _body(reply: Reply, scrub: Scrubber) -> Any:
    if not reply.body:
        return None
    value = parse(reply.body) if len(reply.body) <= _LARGEST_BODY else NOT_JSON
    if value is not NOT_JSON:
        with contextlib.suppress(RecursionError):
            return scrub.json(value)
    return scrub.text(reply.body[:_LARGEST_BODY].decode(errors="replace"))[:_LONGEST_BODY]


def _message(body: Any) -> str:
    """Return what the server says went wrong, wherever servers of this kind say it."""
    if not is_object(body):
        return ""
    said = (body[key] for key in ("error", "message", "detail") if body.get(key))
    return _one_line(_flat(next(said, "")))


def _flat(value: Any) -> str:
    if is_object(value):
        return "; ".join(f"{name}: {_flat(item)}" for name, item in value.items())
    if is_list(value):
        return "; ".join(map(_flat, value))
    return value if isinstance(value, str) else ""


def _one_line(text: str) -> str:
    line = " ".join(text.encode(errors="replace").decode().split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"
