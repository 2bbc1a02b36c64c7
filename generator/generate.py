"""Write the raw client `blinger_api` from openapi.yaml, or say how the committed one differs.

Usage: python generator/generate.py [--check] [--spec FILE] [--output FOLDER]

The output is a function of the contract, of this folder and of two tools: those must be the pinned
ones.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

GENERATOR = Path(__file__).resolve().parent
ROOT = GENERATOR.parent
PINS = ROOT / "requirements" / "dev.in"
PINNED = ("openapi-python-client", "ruff")


def tools() -> Path:
    """Return the folder of the running Python's tools, or exit if they are not the pinned ones."""
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", PINS.read_text("utf-8"), re.MULTILINE))
    for name in PINNED:
        if (installed := version(name)) != pins[name]:
            sys.exit(f"{name} {installed} is installed, {pins[name]} is pinned: run `make setup`")
    folder = Path(sys.executable).parent
    if not shutil.which("ruff", path=str(folder)):
        sys.exit(f"no ruff beside {sys.executable}: run `make setup`")
    return folder


def generate(spec: Path, output: Path) -> None:
    """Write the package made from `spec` to the new folder `output`, or exit if that fails."""
    # The hooks run whatever python and ruff are first on PATH.
    path = f"{tools()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    command += ["--path", str(spec), "--output-path", str(output), "--meta", "none"]
    command += ["--config", str(GENERATOR / "config.yaml")]
    command += ["--custom-template-path", str(GENERATOR / "templates")]
    done = subprocess.run(
        command,
        env={**os.environ, "PATH": path, "GENERATOR": str(GENERATOR)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nopenapi-python-client failed ({done.returncode})")
    (output / "py.typed").touch()


def files(folder: Path) -> dict[Path, bytes]:
    """Return the content of every file below `folder`, by relative path, without bytecode."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def differences(expected: dict[Path, bytes], found: dict[Path, bytes]) -> Iterator[str]:
    """Yield a line for each file that differs, is missing, or is stale (no longer made)."""
    for path in sorted(expected.keys() | found.keys()):
        if path not in found:
            yield f"missing: {path.as_posix()}"
        elif path not in expected:
            yield f"stale: {path.as_posix()}"
        elif expected[path] != found[path]:
            yield f"differs: {path.as_posix()}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status: 1 if `--check` found a difference."""
    parser = argparse.ArgumentParser(description="Write the raw client from the contract.")
    parser.add_argument("--check", action="store_true", help="write nothing, name what differs")
    parser.add_argument("--spec", type=Path, default=ROOT / "openapi.yaml", help="the contract")
    parser.add_argument("--output", type=Path, default=ROOT / "generated" / "blinger_api")
    options = parser.parse_args(arguments)

    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "blinger_api"
        generate(options.spec, fresh)
        if options.check:
            lines = list(differences(files(fresh), files(options.output)))
            print(*lines, sep="\n", end="\n" if lines else "")
            return 1 if lines else 0
        shutil.rmtree(options.output, ignore_errors=True)
        shutil.copytree(fresh, options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
