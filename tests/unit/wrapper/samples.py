"""The four samples of the API page, and walks over them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.unit.wrapper.scripted import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[2] / "samples"

FILES = {
    "assign_agent": "conversation_assign_agent.200.json",
    "send_text": "conversation_send_text_message.200.json",
    "send_file": "conversation_send_file_message.200.json",
    "request_review": "conversation_request_review.200.json",
}
TEXTS = {name: (FOLDER / file).read_bytes() for name, file in FILES.items()}
_SAMPLES = {name: json.loads(text) for name, text in TEXTS.items()}

Path_ = tuple[str, ...]
"""Keys from the top of an answer down to a value."""


def sample(operation: str) -> dict[str, Any]:
    """Return a copy of the sample answer of *operation*."""
    return copy.deepcopy(_SAMPLES[operation])


def ok(operation: str) -> Answer:
    """Return the sample answer of *operation*, byte for byte, as a step of a script."""
    return Answer(200, TEXTS[operation], {"Content-Type": "application/json"})


def paths(value: Any, at: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Yield each key path of *value*, with what is there."""
    if at:
        yield at, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*at, key))


ALL_PATHS = [(name, path) for name in FILES for path, _ in paths(sample(name))]
"""Each key path of each sample."""


def get(value: Any, path: Path_) -> Any:
    """Return what is at *path*."""
    for key in path:
        value = value[key]
    return value


def replaced(operation: str, path: Path_, value: object) -> dict[str, Any]:
    """Return the sample with *value* at *path*."""
    changed = sample(operation)
    get(changed, path[:-1])[path[-1]] = value
    return changed


def without(operation: str, path: Path_) -> dict[str, Any]:
    """Return the sample without the key at *path*."""
    changed = sample(operation)
    del get(changed, path[:-1])[path[-1]]
    return changed
