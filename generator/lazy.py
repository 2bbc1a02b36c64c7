"""Make the endpoint modules of a raw client import httpx, client, errors and models when needed.

Usage: python generator/lazy.py, in the folder of the package. config.yaml runs it as a hook.

Whoever only builds requests needs none of them. A name becomes an attribute of a package that
imports it when it is asked for it (templates/lazy.jinja): there type checkers and the code find it,
and so does `typing.get_type_hints`, which would not find a name under `if TYPE_CHECKING`.

It is a step of ours because a template would have to be a copy of the stock ones for endpoints, for
their arguments and for the types of each kind of property. Where a later generator uses a name in a
way that this step does not know, the name is undefined in the output, and mypy says so.
"""

import ast
from pathlib import Path

HEAD = b"from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
# Only private functions, `_parse_response` and `_build_response`, have it in their hints.
TAIL = b"if TYPE_CHECKING:\n    import httpx\n"
ERRORS = b"from ... import errors  # noqa: PLC0415\n\n"


def lazy(source: bytes, package: str) -> bytes:
    """Return the text of an endpoint module of *package* with its imports put off.

    The imports come out neither sorted nor rid of what is not used: that is left to ruff.
    """
    tree = ast.parse(source)
    lines = source.splitlines(keepends=True)
    homes: dict[str, str] = {}
    last = 0
    for node in tree.body:
        match node:
            case ast.Import(names=[ast.alias(name="httpx")]):
                lines[node.lineno - 1] = b""
            case ast.ImportFrom(level=3, module=None, names=[ast.alias(name="errors")]):
                lines[node.lineno - 1] = b""
            case ast.ImportFrom(level=3, module="client", names=aliases):
                homes |= {alias.name: package for alias in aliases}
                lines[node.lineno - 1] = f"import {package}\n".encode()
            case ast.ImportFrom(level=3, module=str(module), names=aliases) if module != "types":
                homes |= {alias.name: "models" for alias in aliases}
                lines[node.lineno - 1] = b"from ... import models\n"
            case ast.Import() | ast.ImportFrom():
                pass
            case _:
                break
        last = node.lineno - 1
    lines[last] += TAIL

    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in homes]
    for name in sorted(names, key=lambda name: name.col_offset, reverse=True):
        line, column = lines[name.lineno - 1], name.col_offset
        lines[name.lineno - 1] = line[:column] + f"{homes[name.id]}.".encode() + line[column:]
    for part in ast.walk(tree):
        match part:
            case ast.Raise(exc=ast.Call(func=ast.Attribute(value=ast.Name(id="errors")))):
                indented = b" " * part.col_offset + ERRORS
                lines[part.lineno - 1] = indented + lines[part.lineno - 1]
    return HEAD + b"".join(lines)


def main() -> None:
    """Rewrite the endpoint modules of the package in the working folder."""
    package = Path.cwd()
    for path in package.glob("api/*/*.py"):
        if path.name != "__init__.py":
            path.write_bytes(lazy(path.read_bytes(), package.name))


if __name__ == "__main__":
    main()
