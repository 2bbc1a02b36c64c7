"""The command `blinger` as it is installed: a process, a terminal, a shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.terminal import Terminal
from tests.unit.wrapper.scripted import Answer, Hang, Raw, Server

from blinger_mock.testing import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger_mock.testing import Mock

BLINGER = str(Path(sys.executable).with_name("blinger"))
TOKEN = "canary-0f6c1f0a5b"
TEXT = "canary: dear Grüße 世界"
KEY = "6e3f1d0e-2b6a-5b52-9d0c-0f4bb8a2f1b7"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    """A server for all; its token is a word that must be seen nowhere."""
    with serve(token=TOKEN) as running:
        yield running


@pytest.fixture
def env(tmp_path: Path, mock: Mock) -> dict[str, str]:
    """All of the environment: nothing of the machine's own comes through."""
    return {
        "PATH": os.pathsep.join([str(Path(BLINGER).parent), os.defpath]),
        "HOME": str(tmp_path),
        "PYTHONWARNINGS": "error",
        "BLINGER_TOKEN": TOKEN,
        "BLINGER_BASE_URL": mock.url,
    }


def run(env: dict[str, str], *arguments: str, stdin: bytes | None = None) -> tuple[int, str, str]:
    """Run it with no terminal, and hold that no secret is in what it says."""
    done = subprocess.run(
        [BLINGER, *arguments],
        env=env,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        check=False,
        timeout=30,
        start_new_session=True,
    )
    output, errors = done.stdout.decode(), done.stderr.decode()
    assert TOKEN not in output + errors
    assert "eyJ" not in output + errors
    assert "Traceback" not in errors
    return done.returncode, output, errors


def commands(mock: Mock) -> list[list[str]]:
    """Return one line of each command."""
    return [
        ["send-text", mock.conversation, TEXT],
        ["send-file", mock.conversation, "https://example.com/canary.pdf"],
        ["assign-agent", mock.conversation, mock.agent],
        ["request-review", mock.conversation],
    ]


@pytest.mark.parametrize("number", range(4))
def test_accepted(number: int, mock: Mock, env: dict[str, str]) -> None:
    """Each command, for a person, for a program, and with its log: 0, and no secret anywhere."""
    arguments = commands(mock)[number]
    before = len(mock.requests())
    status, output, errors = run(env, *arguments, "--verbose")
    as_json = run(env, *arguments, "--json", "--verbose")
    facts = json.loads(as_json[1])

    assert (status, as_json[0]) == (0, 0)
    assert len(mock.requests()) - before == 2
    assert re.search(r"^created       \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$", output, re.MULTILINE)
    assert "canary: dear" not in output + errors + as_json[2]
    assert facts["operation"] == arguments[0].replace("-", "_")
    assert (facts["outcome"], facts["attempts"], facts["error"]) == ("accepted", 1, None)
    if number == 0:
        assert facts["result"]["body"] == TEXT
        assert facts["result"]["endUser"]["websocketToken"] == "[redacted]"


def test_standard_input(mock: Mock, env: dict[str, str]) -> None:
    """Standard input is UTF-8 whatever the locale, and loses one line break; the rest is kept."""
    posix = {**env, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    text = f"{TEXT}\n\n  second paragraph 👋"
    status, _, errors = run(posix, "send-text", mock.conversation, "-", stdin=f"{text}\n".encode())

    assert (status, errors) == (0, "")
    assert mock.messages()[-1]["body"] == text


def test_standard_input__not_utf8(mock: Mock, env: dict[str, str]) -> None:
    """Another encoding is refused before anything is sent."""
    before = len(mock.requests())
    status, output, errors = run(env, "send-text", mock.conversation, "-", stdin=b"canary \xe9\n")

    assert (status, output) == (2, "")
    assert errors == "blinger: standard input is not UTF-8: see its byte 8\n"
    assert len(mock.requests()) == before


@pytest.mark.parametrize(
    "text", ["--", "-5 degrees", "@home", "-", "--json", "  ", "=", "[b]x[/b]"]
)
def test_any_text(text: str, mock: Mock, env: dict[str, str]) -> None:
    """After -- any text is sent as it is; - alone still is standard input."""
    status, _, _ = run(
        env, "send-text", mock.conversation, "--", text, stdin=b"from standard input"
    )

    assert status == 0
    assert mock.messages()[-1]["body"] == ("from standard input" if text == "-" else text)


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("steps", "status", "words"),
    [
        ([Answer(404, {"status": 404, "error": f"{TEXT} {TOKEN}"})], 1, "nothing was changed"),
        ([], 3, "nothing was sent"),
        ([Raw()], 4, f"it may have taken effect: repeat it with --uuid {KEY}"),
        ([Raw(), Answer(404)], 4, f"it may have taken effect: repeat it with --uuid {KEY}"),
        ([Answer(200, f"<p>{TEXT} {TOKEN}</p>".encode())], 5, "do not repeat it"),
    ],
)
def test_exit_status(
    steps: list[Answer | Raw], status: int, words: str, as_json: bool, env: dict[str, str]
) -> None:
    """What went wrong on a real socket is a status, one line or one document, and the uuid."""
    with Server(*steps) as server:
        if not steps:
            server.refuse()
        env["BLINGER_BASE_URL"] = server.url
        flags = ["--uuid", KEY, "--retries", "1", *(["--json"] if as_json else [])]
        done, output, errors = run(env, "send-text", "c", TEXT, *flags)

    assert done == status
    assert "dear" not in output + errors
    if as_json:
        facts = json.loads(output)
        assert (errors, facts["uuid"], facts["result"]) == ("", KEY, None)
        assert facts["error"]["message"].isprintable()
    else:
        assert (output, errors.count("\n")) == ("", 1)
        assert words in errors
        assert KEY in errors


def test_unknown_is_repeated_with_its_uuid(mock: Mock, env: dict[str, str]) -> None:
    """A script that repeats an unknown send with the uuid it was told sends one message."""
    with Server(Raw()) as server:
        arguments = ["send-text", mock.conversation, TEXT, "--json", "--retries", "0"]
        status, output, _ = run({**env, "BLINGER_BASE_URL": server.url}, *arguments)
    key = json.loads(output)["uuid"]
    ids = {json.loads(run(env, *arguments, "--uuid", key)[1])["result"]["id"] for _ in range(2)}

    assert status == 4
    assert len(ids) == 1


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_interrupted(flags: list[str], env: dict[str, str]) -> None:
    """Ctrl-C while an answer is awaited is 130, one line, and the uuid that was sent."""
    with Server(Hang()) as server:
        with subprocess.Popen(
            [BLINGER, "send-text", "c", TEXT, *flags],
            env={**env, "BLINGER_BASE_URL": server.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            server.wait_for_a_request()
            # Python sees a signal that comes just before it blocks only when it returns from that.
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=10)
        [request] = server.requests

    assert process.returncode == 130
    assert str(request.uuid) in output + errors
    assert TOKEN not in output + errors
    if flags:
        assert (json.loads(output)["outcome"], errors) == ("unknown", "")
    else:
        assert output == ""
        assert errors == (
            "blinger: interrupted (send_text, it may have taken effect: "
            f"repeat it with --uuid {request.uuid})\n"
        )


def test_no_token(env: dict[str, str]) -> None:
    """With no token and no terminal nobody waits for one: one line, 2."""
    del env["BLINGER_TOKEN"]

    assert run(env, "request-review", "c") == (
        2,
        "",
        "blinger: no token: set BLINGER_TOKEN, or run this on a terminal to be asked\n",
    )


def test_terminal(mock: Mock, env: dict[str, str]) -> None:
    """A person is asked for the token, which is not shown, and gets a card in colour."""
    del env["BLINGER_TOKEN"]
    env.update(TERM="xterm-256color", COLUMNS="80")
    with Terminal([BLINGER, "send-text", mock.conversation, TEXT], env) as terminal:
        terminal.wait_for("Blinger token (not shown): ")
        words = Path(f"/proc/{terminal.pid}/cmdline").read_text(encoding="utf-8").split("\0")
        terminal.type(f"{TOKEN}\n")
        status = terminal.end()

    assert status == 0
    assert BLINGER in words
    assert TOKEN not in " ".join(words)
    assert TOKEN not in terminal.screen
    assert "\x1b[32m╭─" in terminal.screen
    assert "accepted" in terminal.screen
    assert mock.messages()[-1]["id"] in terminal.screen


def test_terminal__text_from_a_pipe(mock: Mock, env: dict[str, str]) -> None:
    """The text comes through a pipe, and the token from the terminal."""
    del env["BLINGER_TOKEN"]
    line = f"printf 'from a pipe' | blinger send-text {mock.conversation} -"
    with Terminal(["sh", "-c", line], env) as terminal:
        terminal.wait_for("(not shown): ")
        terminal.type(f"{TOKEN}\n")
        assert terminal.end() == 0

    assert TOKEN not in terminal.screen
    assert mock.messages()[-1]["body"] == "from a pipe"


def test_terminal__no_color(mock: Mock, env: dict[str, str]) -> None:
    """NO_COLOR keeps the frame and drops the colours."""
    env.update(TERM="xterm-256color", NO_COLOR="1")
    with Terminal([BLINGER, "request-review", mock.conversation], env) as terminal:
        assert terminal.end() == 0

    assert "╭─ accepted" in terminal.screen
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", terminal.screen)


def test_terminal__interrupted_prompt(mock: Mock, env: dict[str, str]) -> None:
    """Ctrl-C at the prompt sends nothing, and says so."""
    del env["BLINGER_TOKEN"]
    before = len(mock.requests())
    with Terminal([BLINGER, "request-review", mock.conversation], env) as terminal:
        terminal.wait_for("(not shown): ")
        terminal.type("\x03")
        assert terminal.end() == 130

    assert terminal.screen.endswith("blinger: interrupted (request_review, nothing was sent)\n")
    assert len(mock.requests()) == before


def test_token_is_in_no_argument(env: dict[str, str]) -> None:
    """A list of processes does not show it while the call is under way."""
    with (
        Server(Hang()) as server,
        subprocess.Popen(
            [BLINGER, "send-text", "c", TEXT], env={**env, "BLINGER_BASE_URL": server.url}
        ) as process,
    ):
        server.wait_for_a_request()
        lines = [
            one.read_bytes()
            for one in Path("/proc").glob("[0-9]*/cmdline")
            if one.parent.name in {str(process.pid), "self"}
        ]
        process.kill()

    assert server.requests[0].headers["authorization"] == TOKEN
    assert any(b"send-text" in line for line in lines)
    assert not any(TOKEN.encode() in line for line in lines)


@pytest.mark.parametrize("arguments", ["--help", "completion bash", "send-text {} {}", "--version"])
def test_broken_pipe(arguments: str, mock: Mock, env: dict[str, str]) -> None:
    """A reader that went away is no error: nothing on standard error, and the status is kept."""
    line = arguments.format(mock.conversation, "Hello")
    done = subprocess.run(
        ["bash", "-c", f"sleep 0.1 | blinger {line} | true; echo ${{PIPESTATUS[1]}}"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )

    assert (done.stdout, done.stderr) == ("0\n", "")


@pytest.mark.parametrize("missing", ["cyclopts", "rich"])
def test_missing_extra(missing: str, env: dict[str, str]) -> None:
    """Without the extra it is one line that says what to type, and 2."""
    program = (
        f"import sys; sys.modules[{missing!r}] = None; "
        "from blinger._cli import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"blinger: {missing} is not installed; run: pip install 'blinger[cli]'\n"
    )


def test_import_is_light(env: dict[str, str]) -> None:
    """The clients import no module of the command line, nor what only that stands on."""
    program = """if True:
        import sys
        import httpx  # which has a command line of its own, and brings rich where it is there
        before = set(sys.modules)
        import blinger
        _ = blinger.Blinger, blinger.AsyncBlinger
        print(*set(sys.modules) - before)
    """
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    )
    brought = done.stdout.split()

    assert "blinger._client" in brought
    assert not [one for one in brought if one.startswith(("blinger._cli.", "cyclopts", "rich"))]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("blinger ", "send-text send-file assign-agent request-review completion"),
        ("blinger send-", "send-text send-file"),
        ("blinger send-text c hello --re", "--retries"),
        ("blinger assign-agent --uu", ""),
        ("blinger completion z", "zsh"),
    ],
)
def test_completion__bash(words: str, expected: str, env: dict[str, str]) -> None:
    """In bash the tab key completes commands, options and choices."""
    script = f"""
        source <(blinger completion bash)
        COMP_WORDS=({words}{"''" if words.endswith(" ") else ""})
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _blinger
        echo "${{COMPREPLY[*]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script], env=env, capture_output=True, text=True, check=True
    )

    assert (done.stdout.rstrip("\n"), done.stderr) == (expected, "")


def test_completion__zsh(env: dict[str, str]) -> None:
    """The script is zsh's, names each command and option, and is read by zsh where there is one."""
    _, script, _ = run(env, "completion", "zsh")

    assert script.startswith("#compdef blinger\n")
    for word in ("send-text", "send-file", "assign-agent", "request-review", "--uuid", "--json"):
        assert word in script
    if zsh := shutil.which("zsh"):
        subprocess.run([zsh, "-n"], input=script, text=True, check=True)
