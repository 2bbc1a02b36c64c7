"""Clean environments: just what `pip install` of something brings, and nothing that changes it.

httpx imports its command line where rich is installed, and httpcore imports trio where that is. A
checkout's environment has both, and few of its users' have either. So each candidate runs in a
virtual environment of its own, which holds links to the distributions that its root requires.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import venv
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
# A checkout is installed by a path, so its packages are named here.
_OURS = (ROOT / "wrapper/blinger", ROOT / "generated/blinger_api")
# By name: what is installed into it. The generated client alone needs no more than these two.
_WANTED = {
    "httpx": ("httpx", "attrs"),
    "blinger": ("blinger",),
    "aiohttp": ("blinger", "aiohttp"),
    "others": ("requests", "openai"),
}


class Environments:
    """Makes each environment when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def python(self, name: str) -> str:
        """Return the interpreter of an environment."""
        folder = self._folder / name
        program = folder / "bin" / "python"
        if not program.exists():
            venv.create(folder, symlinks=True, with_pip=False)
            _fill(next(folder.glob("lib/python*/site-packages")), _WANTED[name])
        return str(program)

    def command(self, name: str, module: str, *arguments: object) -> list[str]:
        """Return the command that runs a module of this folder there, untouched by PYTHON*."""
        return [self.python(name), "-I", "-m", f"benchmarks.{module}", *map(str, arguments)]


@contextlib.contextmanager
def environments() -> Iterator[Environments]:
    with tempfile.TemporaryDirectory() as folder:
        yield Environments(Path(folder))


def environ(**more: str) -> dict[str, str]:
    """Return the variables to run with: none that tells a client where to send, or through what."""
    unwanted = ("proxy", "blinger_", "ssl_cert")
    kept = {key: it for key, it in os.environ.items() if not key.lower().startswith(unwanted)}
    return {key: it for key, it in kept.items() if not key.lower().endswith("_proxy")} | more


def _fill(site: Path, roots: tuple[str, ...]) -> None:
    (site / "benchmarks").symlink_to(ROOT / "benchmarks")
    for path in _OURS if "blinger" in roots else _OURS[-1:]:
        (site / path.name).symlink_to(path)
    for distribution in _closure(roots):
        for top in _tops(distribution):
            if not (site / top).exists():
                (site / top).symlink_to(Path(str(distribution.locate_file(top))))


def _closure(roots: tuple[str, ...]) -> list[metadata.Distribution]:
    found: dict[str, metadata.Distribution] = {}
    waiting = list(roots)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        found[name] = metadata.distribution(name)
        for text in found[name].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return list(found.values())


def _tops(distribution: metadata.Distribution) -> set[str]:
    files = [file for file in distribution.files or () if file.parts[0] != ".."]
    return {
        file.parts[0] for file in files if len(file.parts) > 1 or file.suffix in {".py", ".so"}
    } - {"__pycache__"}
