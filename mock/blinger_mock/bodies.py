"""Read the body of a request: its media type, then its syntax. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec

FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 1000
_decode_json = msgspec.json.Decoder().decode


class SyntaxProblem(ValueError):
    """A body is not what its media type says; the message repeats nothing of it."""


def accepts(content_type: str | None, media_type: str) -> bool:
    """Return whether *content_type* names *media_type*, in UTF-8 if it names a charset."""
    if content_type == media_type:
        return True
    if content_type is None:
        return False
    essence, *parameters = content_type.split(";")
    if essence.strip().lower() != media_type:
        return False
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower() in {"utf-8", "utf8"}
    return True


def parse(body: bytes, media_type: str) -> Any:
    """Return what *body* holds.

    Raises:
        SyntaxProblem: It is not of *media_type*.
    """
    if media_type == FORM and body:
        return _parse_form(body)
    try:
        return _decode_json(body)
    except (ValueError, RecursionError) as error:
        raise SyntaxProblem(problem(body, error)) from None


def problem(body: bytes, error: Exception) -> str:
    """Return in words why *body*, which was to be JSON, met *error*."""
    if not body:
        return "the body is missing"
    if isinstance(error, RecursionError):
        return "the body is nested too deeply"
    if isinstance(error, msgspec.ValidationError):
        return "a number in the body is too large"
    return f"the body is not {'UTF-8' if isinstance(error, UnicodeDecodeError) else 'JSON'}"


def _parse_form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except UnicodeDecodeError:
        raise SyntaxProblem("the body is not UTF-8") from None
    except ValueError:
        raise SyntaxProblem("the body is not a form, or has too many fields") from None
    return dict(pairs)
