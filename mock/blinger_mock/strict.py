"""YAML, which JSON is too, as a person wrote it: a mistake in it is told with its line."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import yaml
from yaml.constructor import SafeConstructor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class DataError(ValueError):
    """What a person wrote is not as it must be; the message says where and why in one line."""


def load(path: Path) -> yaml.Node | None:
    """Return what the file at *path* says; None if that is nothing.

    Raises:
        DataError: It cannot be read, is no YAML, or has a key twice.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8") from None
    return compose(text, str(path))


def compose(text: str, name: str) -> yaml.Node | None:
    """Return what *text*, of the file *name*, says; None if that is nothing.

    Raises:
        DataError: It is no YAML, or has a key twice.
    """
    with _told(name):
        return yaml.compose(text, _Loader)


def value(node: yaml.Node | None, name: str) -> Any:
    """Return the value of *node*, which is all of the file *name*.

    Raises:
        DataError: A part of it has no value that YAML knows.
    """
    with _told(name):
        return None if node is None else SafeConstructor().construct_document(node)


def place(name: str, node: yaml.Node | None) -> str:
    """Return where *node* of the file *name* is, to stand before what is said of it."""
    # What was no file has no lines, and an empty one no node.
    return f"{name}:{node.start_mark.line + 1}:" if node and node.start_mark else f"{name}:"


class _TwiceError(yaml.MarkedYAMLError):
    pass


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice: whoever reads the mapping would see one of them."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        names = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in names:
                    problem = f"the key {key.value[:40]!r} is there twice"
                    raise _TwiceError(problem=problem, problem_mark=key.start_mark)
                names.add(key.value)
        return node


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """Tell in one line what is wrong with the file *name*."""
    none = "this is neither YAML nor JSON"
    try:
        yield
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = error.problem if isinstance(error, _TwiceError) else f"{none}: {error.problem}"
        raise DataError(f"{name}:{line}: {what}") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise DataError(f"{name}: {none}") from None
