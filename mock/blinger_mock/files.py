"""What the server makes of the URL of a file: its name, kind, size and where it keeps it."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from blinger_mock.model import File

if TYPE_CHECKING:
    from blinger_mock.steps import Fetched

_MIME_TYPES = {
    "avif": "image/avif",
    "bmp": "image/bmp",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gif": "image/gif",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
_UNKNOWN = "application/octet-stream"
_EXT = re.compile(r"[A-Za-z0-9]{1,10}")
_LONGEST_NAME = 255
_PRETENDED_SIZES = 1 << 20
_PRETENDED_PIXELS = (1920, 1080)


def derive(identifier: str, url: str, created_at: int, fetched: Fetched | None = None) -> File:
    """Return the file that *url* leads to.

    Args:
        identifier: The id of the file.
        url: Where it is.
        created_at: Unix seconds.
        fetched: What its host said. Without it the URL decides, and the size is made up from it.
    """
    name, ext = _name(url)
    digest = blake2b(f"{identifier} {url}".encode(), digest_size=35).hexdigest()
    mime_type = _MIME_TYPES.get(ext, _UNKNOWN)
    size = 1 + int(digest[:8], 16) % _PRETENDED_SIZES
    if fetched is not None:
        mime_type, size = fetched.mime_type or mime_type, fetched.size
    kind = _kind(mime_type)
    width, height = _PRETENDED_PIXELS if kind == "image" else (0, 0)
    return File(
        id=identifier,
        kind=kind,
        mime_type=mime_type,
        name=name,
        ext=ext,
        size=size,
        path=_path(digest, ext),
        width=width,
        height=height,
        created_at=created_at,
    )


def _kind(mime_type: str) -> str:
    # Only `image` is seen in a sample; the others keep clients honest about an open enumeration.
    major = mime_type.partition("/")[0]
    return major if major in {"image", "video", "audio"} else "file"


def _name(url: str) -> tuple[str, str]:
    last = unquote(urlsplit(url).path).rpartition("/")[2]
    name, dot, ext = last.rpartition(".")
    if not dot or not _EXT.fullmatch(ext):
        return (last[:_LONGEST_NAME] or "file", "")
    return (name[:_LONGEST_NAME] or "file", ext.lower())


def _path(digest: str, ext: str) -> str:
    folders, name = (digest[:2], digest[2:4], digest[4:6]), digest[6:]
    return "/" + "/".join((*folders, f"{name}.{ext}" if ext else name))
