"""The wheel, installed alone: what a user gets from `pip install blinger`, and nothing more.

The dependencies are not fetched but copied from the environment that runs the tests, which was made
from the hashed lock: the versions are the locked ones, and the tests need no network. Which
distributions those are follows from the metadata of the wheel; pip checks that none is missing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

import blinger_mock.testing

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

_DIRECT = {"attrs", "httpx", "sniffio", "tenacity"}
_ALL = _DIRECT | {"anyio", "certifi", "h11", "httpcore", "idna"}
# anyio needs it on Pythons that lack what it backports.
_BACKPORTS = {"typing-extensions"}
_PACKAGES = {
    "blinger": "wrapper",
    "blinger_api": "generated",
    "blinger_contract": "contract",
    "blinger_mock": "mock",
    "blinger_spec": "spec",
}


def _wheel(folder: Path) -> Path:
    [wheel] = folder.glob("*.whl")
    return wheel


def _entries(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _metadata(wheel: Path) -> Message:
    [name] = [one for one in _entries(wheel) if one.endswith(".dist-info/METADATA")]
    return Parser().parsestr(_entries(wheel)[name].decode())


def _closure(requirements: list[str]) -> set[str]:
    """Return the names of the distributions that *requirements* bring, without extras."""
    names: set[str] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = requirement.name.lower().replace("_", "-")
        if name in names or (
            requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})
        ):
            continue
        names.add(name)
        waiting.extend(Requirement(text) for text in distribution(name).requires or ())
    return names


@pytest.fixture(scope="session")
def alone(once: Callable[[str, Callable[[Path], None]], Path], distributions: Path) -> Path:
    """The Python of an empty environment that the wheel was installed in, with what it asks for."""

    def make(folder: Path) -> None:
        venv.create(folder, symlinks=True)
        python = folder / "bin" / "python"
        library = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
        requirements = _metadata(_wheel(distributions)).get_all("Requires-Dist", [])
        for name in _closure(requirements):
            _copy(name, library)
        pip = [sys.executable, "-m", "pip", "--python", str(python), "--quiet", "install"]
        wheel = str(_wheel(distributions))
        subprocess.run([*pip, "--no-deps", "--no-index", "--no-compile", wheel], check=True)

    return once("alone", make) / "bin" / "python"


def _copy(name: str, library: Path) -> None:
    installed = distribution(name)
    for file in installed.files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            target = library / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(installed.locate_file(file)), target)


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "PATH", "TMPDIR")}
    return {**kept, **more}


def _run(*command: str | Path, cwd: Path | None = None, **environment: str) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=_environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_same_wheel(root: Path, distributions: Path, tmp_path: Path) -> None:
    """The wheel made of the sdist is, byte for byte, the one made of the checkout."""
    _run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path, cwd=root)
    assert _wheel(tmp_path).name == _wheel(distributions).name
    assert _entries(_wheel(tmp_path)) == _entries(_wheel(distributions))


def test_contents(root: Path, distributions: Path) -> None:
    """The wheel holds the five packages and the contract, and neither tests nor tools."""
    entries = _entries(_wheel(distributions))
    expected = {
        path.relative_to(root / folder).as_posix(): path.read_bytes()
        for package, folder in _PACKAGES.items()
        for path in (root / folder / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected["blinger_spec/openapi.yaml"] = (root / "openapi.yaml").read_bytes()
    assert expected == {name: data for name, data in entries.items() if ".dist-info/" not in name}
    assert {f"{package}/py.typed" for package in _PACKAGES} <= set(expected)
    [licence] = [name for name in entries if name.endswith(".dist-info/licenses/LICENSE")]
    assert entries[licence] == (root / "LICENSE").read_bytes()


def test_sdist(distributions: Path) -> None:
    """The sdist holds what the wheel is made of, and no more folders than that."""
    [sdist] = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2].partition("/")[0] for name in archive.getnames()}
    assert names - {""} == {
        *_PACKAGES.values(),
        *(".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md"),
        *("openapi.yaml", "pyproject.toml"),
    }


def test_requirements(distributions: Path) -> None:
    """Without extras four distributions are asked for, each below its next breaking version."""
    metadata = _metadata(_wheel(distributions))
    required = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    plain = [one for one in required if "extra" not in str(one.marker)]
    assert {one.name for one in plain} == _DIRECT
    for one in plain:
        assert re.search(r"<\d", str(one.specifier)), one
    assert set(metadata.get_all("Provides-Extra", [])) == {"aiohttp", "mock", "contract", "cli"}
    assert metadata["Requires-Python"] == ">=3.11"


def test_installed(alone: Path) -> None:
    """The environment holds the wheel and what it brings, and pip finds nothing missing."""
    code = "from importlib.metadata import distributions as d; print(*(one.name for one in d()))"
    names = {name.lower().replace("_", "-") for name in _run(alone, "-c", code).split()}
    assert names - _BACKPORTS == {"blinger", *_ALL}
    pip = [sys.executable, "-m", "pip", "--python", str(alone), "check"]
    assert _run(*pip) == "No broken requirements found."


def test_import(alone: Path) -> None:
    """Both packages import from the environment alone, without a warning, and are typed."""
    code = """
import blinger, blinger_api, importlib.resources as r, sys
print(blinger.__version__)
print(*(r.files(one).joinpath("py.typed").is_file() for one in (blinger, blinger_api)))
print(*(one.__file__.startswith(sys.prefix) for one in (blinger, blinger_api)))
"""
    lines = _run(alone, "-W", "error", "-c", code).splitlines()
    assert lines[1:] == ["True True", "True True"]
    assert lines[0] == distribution("blinger").version


def test_walk(alone: Path) -> None:
    """With no more than that, both clients walk the four operations over a real socket."""
    code = """
import asyncio, sys
from blinger import AsyncBlinger, Blinger

def walk():
    with Blinger() as client:
        chat = client.conversation(sys.argv[1])
        yield chat.assign_agent(sys.argv[2]).assigned_agent.id
        yield chat.send_text("Hello").type
        yield chat.send_file("https://example.com/invoice.pdf").type
        yield chat.request_review().type

async def walk_async():
    async with AsyncBlinger() as client:
        chat = client.conversation(sys.argv[1])
        yield (await chat.assign_agent(sys.argv[2])).assigned_agent.id
        yield (await chat.send_text("Hello")).type
        yield (await chat.send_file("https://example.com/invoice.pdf")).type
        yield (await chat.request_review()).type

async def collect():
    return [one async for one in walk_async()]

print(*walk())
print(*asyncio.run(collect()))
"""
    with blinger_mock.testing.serve() as mock:
        printed = _run(
            *(alone, "-W", "error", "-c", code, mock.conversation, mock.agent),
            BLINGER_TOKEN=mock.token,
            BLINGER_BASE_URL=mock.url,
        )
        assert len(mock.messages()) == 6
        assert mock.violations == 0
    assert printed.splitlines() == [f"{mock.agent} text file review"] * 2


@pytest.mark.parametrize(
    ("command", "extra"), [("blinger-mock", "mock"), ("blinger-contract", "contract")]
)
def test_missing_extra(alone: Path, command: str, extra: str) -> None:
    """A command whose extra is not installed says in one line what to type, and exits with 2."""
    arguments = ["http://127.0.0.1:1/api/external/v1"] if extra == "contract" else ["--port", "0"]
    by_module = [alone, "-m", f"blinger_{extra}"]
    for start in ([alone.with_name(command)], by_module):
        done = subprocess.run(
            [*start, *arguments],
            env=_environment(BLINGER_TOKEN="made-up"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert done.stderr.startswith(f"{command}: ")
        assert f"pip install 'blinger[{extra}]'" in done.stderr


@pytest.mark.parametrize("command", ["blinger-mock", "blinger-contract"])
def test_help(alone: Path, command: str) -> None:
    """The help of a command needs no extra."""
    assert _run(alone.with_name(command), "--help").startswith(f"usage: {command} ")


_RIGHT = """\
from blinger import Blinger, BlingerError, Message, MessageType, Outcome


def greet(conversation: str, name: str) -> Message | None:
    with Blinger(token="made-up", retries=3).with_options(deadline=5) as client:
        try:
            message = client.conversation(conversation).send_text(f"Hello {name}")
        except BlingerError as error:
            print(error.uuid if error.outcome is Outcome.UNKNOWN else error)
            return None
        return message if message.type is MessageType.TEXT else None
"""
_WRONG = """\
from blinger import AsyncBlinger, Blinger

chat = Blinger(token="made-up").conversation("id")
chat.send_text(5)  # arg-type
chat.send_text("Hello", "uuid")  # call-arg
chat.send_text("Hello").body.upper()  # union-attr
chat.send_text("Hello").body = "Bye"  # misc
chat.request_reviews()  # attr-defined
Blinger(token="made-up", retry=2)  # call-arg
number: int = chat.assign_agent("id").created_at  # assignment


async def wait() -> str:
    return (await AsyncBlinger().conversation("id").send_text("Hello")).id + chat.id


async def forgets_to_wait() -> None:
    print(AsyncBlinger().conversation("id").send_text("Hello").id)  # attr-defined
"""


def test_types(alone: Path, tmp_path: Path) -> None:
    """A user's ten lines pass mypy --strict against the installed wheel; each misuse is found."""
    (tmp_path / "right.py").write_text(_RIGHT, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(_WRONG, encoding="utf-8")
    options = ["--strict", "--config-file=", "--no-error-summary", "--hide-error-context"]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            *options,
            "--python-executable",
            alone,
            "right.py",
            "wrong.py",
        ],
        cwd=tmp_path,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^wrong\.py:(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.MULTILINE)
    expected = [
        (str(number), line.rpartition("# ")[2])
        for number, line in enumerate(_WRONG.splitlines(), 1)
        if "  # " in line
    ]
    assert found == expected, done.stdout + done.stderr
    assert "right.py" not in done.stdout
