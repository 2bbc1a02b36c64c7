"""The locks hold every version and every hash, and name no host: any mirror serves."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from pathlib import Path

# Whatever configures or starts an install.
_INSTALL = re.compile(
    r"""(^|/)(
        requirements/.* | .*requirements.*\.(txt|in) | constraints.*\.txt
        | package(-lock)?\.json | npm-shrinkwrap\.json | \.npmrc | \.yarnrc(\.yml)? | yarn\.lock
        | pip\.(conf|ini) | uv\.(lock|toml) | poetry\.lock | pylock.*\.toml | \.pypirc
        | Makefile | \.ci/.*
    )$""",
    re.VERBOSE,
)
_INDEX_OPTIONS = re.compile(
    r"--(extra-)?index(-url)?\b|--find-links|--trusted-host|--registry\b|\bregistry\s*="
    r"|\b(PIP_|UV_)\w*INDEX\w*|npm_config_registry"
)
# The compiler of the locks is told to leave the hosts out: that is the one mention.
_FORGETS_THE_HOST = "--no-emit-index-url"


def _requirements(text: str) -> list[str]:
    """Return the requirements of a lock, each with its continued lines."""
    lines = (line for line in text.splitlines() if line and not line.lstrip().startswith("#"))
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def _pins(text: str) -> dict[str, str]:
    """Return the versions that a file pins exactly, by canonical name."""
    pinned = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pinned}


def _lock_of_npm(root: Path) -> dict[str, Any]:
    lock: dict[str, Any] = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    return lock


def test_no_host(tracked: dict[str, str]) -> None:
    """No file that configures an install holds a URL, or names where packages come from."""
    configuring = {name: text for name, text in tracked.items() if _INSTALL.search(name)}
    assert {
        *(".npmrc", ".ci/run", "Makefile", "package-lock.json", "package.json"),
        *("requirements/dev.in", "requirements/dev.txt", "requirements/node.txt"),
    } <= set(configuring)
    for name, text in configuring.items():
        assert "://" not in text, name
        assert not _INDEX_OPTIONS.search(text.replace(_FORGETS_THE_HOST, "")), name


def test_no_host__pyproject(root: Path) -> None:
    """The project's own file names a host at most as a link for people."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    project["project"].pop("urls", None)
    assert "://" not in json.dumps(project)
    assert not {"uv", "pip", "poetry", "pdm"} & set(project["tool"])


def test_npm(root: Path) -> None:
    """Every package of npm's lock has its hash, and none says where it was fetched."""
    packages = _lock_of_npm(root)["packages"]
    fetched = {path: entry for path, entry in packages.items() if path}
    assert fetched
    for path, entry in fetched.items():
        assert re.match(r"sha512-", entry["integrity"]), path
        assert not {"resolved", "link"} & set(entry), path


def test_npm__pinned_exactly(root: Path) -> None:
    """Each tool of npm is pinned exactly, and the lock has that version."""
    manifest = json.loads((root / "package.json").read_text(encoding="utf-8"))
    packages = _lock_of_npm(root)["packages"]
    assert packages[""]["devDependencies"] == manifest["devDependencies"]
    for name, version in manifest["devDependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert packages[f"node_modules/{name}"]["version"] == version


def test_npm__settings(root: Path) -> None:
    """Npm runs no scripts of packages, asks nothing about them, and writes no addresses."""
    lines = (root / ".npmrc").read_text(encoding="utf-8").splitlines()
    assert {"ignore-scripts=true", "audit=false", "omit-lockfile-registry-resolved=true"} <= {
        *lines
    }


@pytest.mark.parametrize("name", ["bench", "dev", "node"])
def test_hashed(root: Path, name: str) -> None:
    """Every requirement is pinned exactly and has a hash."""
    requirements = _requirements((root / "requirements" / f"{name}.txt").read_text("utf-8"))
    assert requirements
    for requirement in requirements:
        assert re.match(
            r"[\w.-]+(\[[\w,-]+\])?==\S+( ; [^\\]+?)?(\s+--hash=sha256:[0-9a-f]{64})+$", requirement
        ), requirement


@pytest.mark.parametrize("name", ["bench", "dev", "node"])
def test_pins(root: Path, name: str) -> None:
    """Each tool is pinned exactly where it is asked for, and the lock has that version."""
    asked = (root / "requirements" / f"{name}.in").read_text(encoding="utf-8")
    lines = [line.split("#")[0].strip() for line in asked.splitlines()]
    pins = _pins("\n".join(lines))
    assert len(pins) == len([line for line in lines if line])
    locked = _pins((root / "requirements" / f"{name}.txt").read_text(encoding="utf-8"))
    assert pins.items() <= locked.items()


def test_bench_agrees_with_dev(root: Path) -> None:
    """One environment holds both locks, so each package has one version in both."""
    bench, dev = (
        _pins((root / "requirements" / f"{name}.txt").read_text(encoding="utf-8"))
        for name in ("bench", "dev")
    )
    assert {name: dev[name] for name in bench if name in dev} == {
        name: version for name, version in bench.items() if name in dev
    }


def test_locked_versions_fit(root: Path) -> None:
    """What the package and its extras ask for, the lock has, in a version that fits."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = _pins((root / "requirements" / "dev.txt").read_text(encoding="utf-8"))
    extras = project["optional-dependencies"].values()
    for text in [*project["dependencies"], *(one for extra in extras for one in extra)]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), text


def test_build_backend_is_locked(root: Path) -> None:
    """The build runs without isolation, so its backend is locked too, in the version asked for."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    locked = _pins((root / "requirements" / "dev.txt").read_text(encoding="utf-8"))
    for text in project["build-system"]["requires"]:
        requirement = Requirement(text)
        assert f"=={locked[canonicalize_name(requirement.name)]}" == str(requirement.specifier)
