"""A layer imports only what lies under it: import-linter holds that, and would find a breach."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

_FOLDERS = {
    "blinger": "wrapper",
    "blinger_api": "generated",
    "blinger_contract": "contract",
    "blinger_mock": "mock",
    "blinger_spec": "spec",
}
_ARROWS = {
    ("blinger", "blinger_api"),
    ("blinger_mock", "blinger_spec"),
    ("blinger_contract", "blinger_spec"),
}
_FORBIDDEN = sorted({*itertools.permutations(_FOLDERS, 2)} - _ARROWS)


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the packages of the tree *root*."""
    path = os.pathsep.join(str(root / folder) for folder in _FOLDERS.values())
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_contracts(root: Path) -> None:
    """The contracts forbid each import between two packages but the three arrows, and no other."""
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    assert sorted(_FOLDERS) == settings["root_packages"]
    forbidden = {
        (source, target)
        for contract in settings["contracts"]
        for source in contract["source_modules"]
        for target in contract["forbidden_modules"]
    }
    assert sorted(forbidden) == _FORBIDDEN
    for contract in settings["contracts"]:
        assert contract["type"] == "forbidden"
        assert not {"ignore_imports", "allow_indirect_imports"} & set(contract)


def test_kept(root: Path) -> None:
    """The packages keep to their layers."""
    done = _lint(root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Contracts: 5 kept, 0 broken." in done.stdout


def test_broken(root: Path, tmp_path: Path) -> None:
    """Each forbidden import, planted in a copy, is found and named; an allowed one is not."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    for package, folder in _FOLDERS.items():
        (tmp_path / folder / package).mkdir(parents=True)
        (tmp_path / folder / package / "__init__.py").touch()
        imports = (f"import {other}\n" for other in _FOLDERS if other != package)
        (tmp_path / folder / package / "planted.py").write_text("".join(imports), "utf-8")
    done = _lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Contracts: 0 kept, 5 broken." in done.stdout
    found = re.findall(r"^-\s+(\w+)\.planted -> (\w+) \(l\.\d+\)$", done.stdout, re.MULTILINE)
    assert sorted(set(found)) == _FORBIDDEN


_IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith(".__main__"):
        importlib.import_module(module.name)
print(*sorted({name.partition(".")[0] for name in sys.modules if name.startswith("blinger")}))
"""


@pytest.mark.parametrize("package", _FOLDERS)
def test_at_run_time(package: str) -> None:
    """With every module of a package imported, only packages that it may use are there."""
    allowed = {target for source, target in _ARROWS if source == package}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _IMPORT_ALL, package],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == sorted({package, *allowed})
