"""A client that nobody here wrote, made of `openapi.yaml` alone, is understood by the mock."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import blinger_mock.testing

if TYPE_CHECKING:
    from collections.abc import Callable

_PROGRAM = Path(__file__).parent / "openapi_fetch"


def _run(*command: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_openapi_fetch(root: Path, node_tool: Callable[[str], list[str]], tmp_path: Path) -> None:
    """A TypeScript program, typed by the contract, walks the four operations on the mock."""
    for source in ("walk.ts", "tsconfig.json"):
        shutil.copy(_PROGRAM / source, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    contract = str(root / "openapi.yaml")
    _run(*node_tool("openapi-typescript"), contract, "--output", "api.d.ts", cwd=tmp_path)
    _run(*node_tool("tsc"), "--project", ".", cwd=tmp_path)

    with blinger_mock.testing.serve() as mock:
        printed = _run(
            *(*node_tool("node"), "out/walk.js", mock.url, mock.conversation, mock.agent),
            cwd=tmp_path,
            BLINGER_TOKEN=mock.token,
        )
        text, file, review, again = mock.messages()
        assert mock.violations == 0
    walked = json.loads(printed)
    assert walked["unknown"].pop("error")
    name = review["review"]["agent"]["name"]
    assert walked == {
        "assigned": {"name": name, "id": mock.conversation, "status": 200},
        "text": {
            "status": 200,
            "type": "text",
            "body": "Hello",
            "author": text["endUser"]["id"],
        },
        "file": {"type": "file", "ext": "pdf", "url": file["file"]["url"]["default"]},
        "review": {"type": "review", "about": name, "author": review["bot"]["name"]},
        "again": again["type"],
        "unknown": {"status": 404, "data": None},
    }
