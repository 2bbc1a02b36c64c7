"""The credential of an end user, in the shape that the samples show."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from blinger_mock.model import EndUser

_HEADER = b'{"typ":"JWT","alg":"HS256"}'
# Not a secret: whoever has the mock has its key.
_KEY = b"blinger-mock"


def end_user(identifier: str, created_at: int) -> EndUser:
    """Return the end user *identifier*, with a token that names them and never expires."""
    return EndUser(identifier, websocket_token(identifier), created_at)


def websocket_token(identifier: str) -> str:
    """Return a JWT (HS256) with the one claim `sub`, as the samples have it."""
    payload = b'{"sub":"%s"}' % identifier.encode()
    signed = _segment(_HEADER) + b"." + _segment(payload)
    signature = _segment(hmac.digest(_KEY, signed, hashlib.sha256))
    return (signed + b"." + signature).decode()


def _segment(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")
