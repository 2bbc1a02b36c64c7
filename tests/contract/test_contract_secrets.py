"""No credential leaves a run: not on its streams, not in a file, however a server tries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from blinger_contract.redact import MARK, Redactor

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from tests.contract.conftest import Command

TOKEN = 'canary/"token"+é'


def test_no_output_and_no_file_holds_a_credential(
    process: Command, faulty: ModuleType, tmp_path: Path
) -> None:
    """A full run against a server that takes and repeats any token: all is covered, all is tidy.

    `test_reports.py` reads each form of the report of a careful run for the same.
    """
    source = faulty.source_with("auth_ignored", "error_in_plain_text")
    with faulty.serve(source=source) as server:
        done = process(
            *(server.url, "--mode", "full", "--strict", "--seed", "4"),
            *("--conversation", faulty.CONVERSATION, "--agent", faulty.AGENT),
            token=faulty.TOKEN,
        )
    assert done.returncode == 1, done.stdout
    assert MARK in done.stdout
    assert "canary" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_bug_of_the_kit_shows_no_token(process: Command, tmp_path: Path) -> None:
    """A traceback passes the same filter."""
    raises = "import os; raise RuntimeError('I hold ' + os.environ['BLINGER_TOKEN'])\n"
    (tmp_path / "sitecustomize.py").write_text(
        f"import blinger_contract.preflight as it\ndef ask(suite):\n    {raises}it.ask = ask\n"
    )
    done = process("http://127.0.0.1:1/api/external/v1", token="canary", PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert f"RuntimeError: I hold {MARK}" in done.stderr
    assert "canary" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "body",
    [
        TOKEN.encode(),
        json.dumps({"error": TOKEN}).encode(),
        json.dumps({"error": TOKEN}, ensure_ascii=False).encode(),
        b"<a href='?t=canary%2F%22token%22%2B%C3%A9'>",
        json.dumps({"data": [{"websocketToken": "canary"}], "also": "canary"}).encode(),
        b'{"websocketToken": "canary',
        b'{"websocketToken": "canary", and no JSON',
        b'{"websocket\\u0054oken": "c\\u0061nary"}',
        b"\xff\xfe eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.canary \x00",
    ],
)
def test_a_body_is_stored_without_credentials(body: bytes) -> None:
    """Raw, escaped, quoted for a URL, cut short, and in bytes that are no text."""
    clean = Redactor(TOKEN).body(body)
    assert b"canary" not in clean
    assert b"nary" not in clean
    assert MARK.encode() in clean


def test_a_body_without_credentials_is_kept_byte_for_byte() -> None:
    """What a check looks at is what came."""
    body = b'{"websocketToken": null, "a": "\xc3\xa9\xff", "n": NaN}'
    assert Redactor(TOKEN).body(body) == body


def test_what_was_learned_from_a_body_is_covered_in_text() -> None:
    """A websocketToken that an error repeats later is known by then."""
    redactor = Redactor(TOKEN)
    redactor.body(b'{"websocketToken": "opaque-canary"}')
    assert redactor.text("bad token opaque-canary") == f"bad token {MARK}"
