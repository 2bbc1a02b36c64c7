"""Where a statement stands in `openapi.yaml`: the line of a pointer."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import yaml

from blinger_spec import _load

if TYPE_CHECKING:
    from collections.abc import Iterable


def line(pointer: Iterable[str | int]) -> int:
    """Return the line, from 1, where what *pointer* names begins in `openapi.yaml`.

    *pointer* is a path of keys from the top; it may lead through a `$ref`. Where its end does not
    exist, as in a document that a profile changed, the line of the last part that does is returned.
    """
    node, found = _root(), 1
    for part in pointer:
        step = _step(node, str(part))
        if step is None:
            break
        node, found = step
    return found


@cache
def _root() -> yaml.Node:
    with _load.path().open(encoding="utf-8") as file:
        root = yaml.compose(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    if root is None:
        raise ValueError("openapi.yaml is empty")
    return root


def _step(node: yaml.Node, part: str) -> tuple[yaml.Node, int] | None:
    """Return what *part* of *node* is, and its line; a `$ref` is followed."""
    if isinstance(node, yaml.SequenceNode):
        inside = part.isdigit() and int(part) < len(node.value)
        return (
            (node.value[int(part)], node.value[int(part)].start_mark.line + 1) if inside else None
        )
    if not isinstance(node, yaml.MappingNode):
        return None
    members = {key.value: (value, key.start_mark.line + 1) for key, value in node.value}
    if part in members or "$ref" not in members:
        return members.get(part)
    target: tuple[yaml.Node, int] | None = (_root(), 1)
    for name in (*members["$ref"][0].value.removeprefix("#/").split("/"), part):
        target = _step(target[0], name) if target else None
    return target
