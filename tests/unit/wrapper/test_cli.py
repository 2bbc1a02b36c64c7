from __future__ import annotations

import getpass
import inspect
import io
import json
import logging
import os
import runpy
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.wrapper.samples import ok, sample
from tests.unit.wrapper.scripted import Answer, Raw, Server

from blinger import Blinger, Timeout, __version__, _cli
from blinger._cli import app, output
from blinger._cli.input import find_token, read_text, shield
from blinger._cli.options import Options
from blinger._cli.report import Interrupted, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

KEY = "6e3f1d0e-2b6a-5b52-9d0c-0f4bb8a2f1b7"
TOKEN = "canary-token"
COMMANDS = {
    "send_text": ["send-text", "c", "canary text"],
    "send_file": ["send-file", "c", "https://example.com/canary.pdf"],
    "assign_agent": ["assign-agent", "c", "a"],
    "request_review": ["request-review", "c"],
}


@pytest.fixture(autouse=True)
def environment(
    bare_environment: None, monkeypatch: pytest.MonkeyPatch, server: Server
) -> Iterator[None]:
    """The token and the server come from the environment; what is logged ends with the test."""
    monkeypatch.setenv("BLINGER_TOKEN", TOKEN)
    monkeypatch.setenv("BLINGER_BASE_URL", server.url)
    logger = logging.getLogger("blinger")
    yield
    logger.setLevel(logging.NOTSET)
    for handler in [one for one in logger.handlers if type(one) is logging.StreamHandler]:
        logger.removeHandler(handler)


class Shell:
    """Runs a command here, and gives back its status, output and errors."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        status = app.execute(arguments)
        output, errors = self._capsys.readouterr()
        assert TOKEN not in output + errors
        assert "eyJ" not in output + errors
        return status, output, errors


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """What runs a command."""
    return Shell(capsys)


@pytest.mark.parametrize("operation", COMMANDS)
def test_accepted(operation: str, shell: Shell, server: Server) -> None:
    """Each command makes its one request, prints a line for each fact, and ends with 0."""
    server.play(ok(operation))
    status, output, errors = shell(*COMMANDS[operation])
    names = [line.split(maxsplit=1)[0] for line in output.splitlines()]

    assert (status, errors) == (0, "")
    assert [request.target.rpartition("/")[2] for request in server.requests] == [
        {
            "send_text": "send-text-message",
            "send_file": "send-file-message",
            "assign_agent": "assign-agent",
            "request_review": "request-review",
        }[operation]
    ]
    assert names[0] == ("conversation" if operation == "assign_agent" else "message")
    assert ("uuid" in names) is operation.startswith("send")
    assert server.requests[0].headers["authorization"] == TOKEN
    assert "canary" not in output


@pytest.mark.parametrize("operation", COMMANDS)
def test_json(operation: str, shell: Shell, server: Server) -> None:
    """With --json, standard output is one document, with the answer in it."""
    server.play(ok(operation))
    status, output, errors = shell(*COMMANDS[operation], "--json")
    facts = json.loads(output)

    assert (status, errors, output.count("\n")) == (0, "", 1)
    assert facts["operation"] == operation
    assert facts["result"]["id"] == sample(operation)["data"]["id"]


@pytest.mark.parametrize("operation", ["send_text", "send_file"])
def test_uuid(operation: str, shell: Shell, server: Server) -> None:
    """The uuid that is given is sent; one that is made is the one that is shown."""
    server.play(ok(operation))
    shell(*COMMANDS[operation], "--uuid", KEY)
    made = json.loads(shell(*COMMANDS[operation], "--json")[1])["uuid"]

    assert [str(request.uuid) for request in server.requests] == [KEY, made]


@pytest.mark.parametrize(
    ("steps", "arguments", "expected"),
    [
        ([Answer(404, {"status": 404, "error": "no canary text"})], [], (1, "rejected")),
        ([Raw(), Answer(404)], [], (4, "unknown")),
        ([Answer(503)], ["--retries", "1"], (4, "unknown")),
        ([Answer(200, b"<html>canary text")], [], (5, "accepted")),
        ([Answer(429, headers={"Retry-After": "90"})], [], (1, "rejected")),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_outcomes(
    steps: Sequence[Any],
    arguments: list[str],
    expected: tuple[int, str],
    as_json: bool,
    shell: Shell,
    server: Server,
) -> None:
    """What went wrong is one line on standard error, or JSON on standard output, with the uuid."""
    server.play(*steps)
    flags = ["--uuid", KEY, *arguments, *(["--json"] if as_json else [])]
    status, output, errors = shell(*COMMANDS["send_text"], *flags)

    assert status == expected[0]
    assert "canary" not in output + errors
    if as_json:
        facts = json.loads(output)
        assert errors == ""
        assert (facts["outcome"], facts["uuid"], facts["result"]) == (expected[1], KEY, None)
        assert facts["attempts"] == server.attempts
    else:
        assert output == ""
        assert errors.startswith("blinger: ")
        assert errors.count("\n") == 1
        assert KEY in errors


def test_not_sent(shell: Shell, server: Server) -> None:
    """Where nobody listens, nothing was sent, and the status is 3."""
    server.refuse()
    status, output, errors = shell(*COMMANDS["request_review"], "--retries", "0")

    assert (status, output) == (3, "")
    assert "(request_review, 1 attempt, nothing was sent)" in errors


@pytest.mark.parametrize(
    ("dedupe", "advice"),
    [
        ("same_message", f"repeat it with --uuid {KEY}"),
        ("conflict", f"look before you repeat it, uuid {KEY}"),
        ("second_message", f"look before you repeat it, uuid {KEY}"),
    ],
)
def test_profile(dedupe: str, advice: str, shell: Shell, server: Server, tmp_path: Path) -> None:
    """Where a uuid is not known again, no second message is sent, nor advised."""
    profile = tmp_path / "profile.toml"
    profile.write_text(f'uuid_dedupe = "{dedupe}"\n', encoding="utf-8")
    server.play(Answer(503))
    flags = ["--uuid", KEY, "--retries", "1", "--profile", str(profile)]
    status, _, errors = shell(*COMMANDS["send_text"], *flags)

    assert status == 4
    assert advice in errors
    assert server.attempts == (2 if dedupe == "same_message" else 1)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--retries", "-1"], "retries is -1"),
        (["--timeout", "0"], "timeout is 0"),
        (["--deadline", "nan"], "deadline is nan"),
        (["--base-url", "http://example.com"], "BLINGER_ALLOW_HTTP=1"),
        (["--profile", "/nowhere.toml"], "cannot read the profile"),
    ],
)
def test_configuration(flags: list[str], message: str, shell: Shell, server: Server) -> None:
    """What an option cannot be is status 2, and nothing is sent."""
    status, output, errors = shell(*COMMANDS["send_text"], *flags)

    assert (status, output, server.attempts) == (2, "", 0)
    assert message in errors
    assert errors.count("\n") == 1


def test_interrupted(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the answer is awaited is unknown, and the uuid is not lost."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Options, "client", interrupt)

    assert shell(*COMMANDS["send_text"], "--uuid", KEY) == (
        130,
        "",
        (
            "blinger: interrupted "
            f"(send_text, it may have taken effect: repeat it with --uuid {KEY})\n"
        ),
    )


def test_nested_too_deep(shell: Shell, server: Server) -> None:
    """An answer that cannot be written is accepted but unreadable, and no traceback."""
    answer = sample("send_text")
    depth = sys.getrecursionlimit() // 2
    deep = "[" * depth + "]" * depth
    body = json.dumps(answer).replace('"data": {', f'"data": {{"new": {deep}, ', 1).encode()
    server.play(Answer(200, body))
    status, output, _ = shell(*COMMANDS["send_text"], "--json")

    assert status == 5
    assert json.loads(output)["error"]["type"] == "InvalidResponse"
    assert json.loads(output)["attempts"] == 1


def test_verbose(shell: Shell, server: Server) -> None:
    """Each attempt is a line on standard error, with its status and no secret."""
    server.play(Answer(503), ok("send_text"))
    status, output, errors = shell(*COMMANDS["send_text"], "--verbose", "--json")

    assert status == 0
    json.loads(output)
    assert "send_text: attempt 1" in errors
    assert "status 503" in errors
    assert "canary" not in errors


def test_verbose__one_line() -> None:
    """A record of any kind is one printable line."""
    stream = io.StringIO()
    Options(verbose=True).start_logging()
    logger = logging.getLogger("blinger")
    [handler] = [one for one in logger.handlers if type(one) is logging.StreamHandler]
    handler.setStream(stream)
    logger.info("two\nlines\x1b[2J")
    logger.info("timed", extra={"elapsed": 0.5, "status": None})

    assert stream.getvalue() == (
        "blinger: INFO: two\ufffdlines\ufffd[2J\nblinger: INFO: timed (elapsed 0.500 s)\n"
    )


def test_help_and_version(shell: Shell) -> None:
    """They end with 0; the help shows each command, examples and the exit statuses."""
    status, output, errors = shell("--help")

    assert (status, errors) == (0, "")
    for word in ("send-text", "request-review", "BLINGER_TOKEN", '"Hello"', "  130  interrupted"):
        assert word in output
    assert shell("--version") == (0, f"blinger {__version__}\n", "")
    assert shell()[:2] == (0, output)


def test_help__defaults(shell: Shell) -> None:
    """The defaults that the help tells are the SDK's."""
    output = " ".join(shell("send-text", "--help")[1].replace("│", " ").split())
    parameters = inspect.signature(Blinger).parameters
    timeout = Timeout()

    assert f"retries included ({parameters['deadline'].default})" in output
    assert f"where safe ({parameters['retries'].default})" in output
    assert f"connect {timeout.connect}, read {timeout.read}, write {timeout.write}" in output


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_completion(shell_name: str, shell: Shell) -> None:
    """The script names each command and option."""
    status, output, errors = shell("completion", shell_name)

    assert (status, errors) == (0, "")
    for word in ("send-text", "send-file", "assign-agent", "request-review", "base-url", "zsh"):
        assert word in output


# --- token and text -------------------------------------------------------------------------------


class Terminal(io.StringIO):
    """A stream with a person behind it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLINGER_TOKEN", "")
    monkeypatch.setattr(sys, "stdin", io.StringIO())


@pytest.mark.usefixtures("_no_token")
def test_token__nobody_there(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no token and no terminal it is one line and status 2."""
    line = "blinger: no token: set BLINGER_TOKEN, or run this on a terminal to be asked\n"

    assert shell(*COMMANDS["send_text"]) == (2, "", line)
    monkeypatch.setattr(sys, "stdin", None)
    assert shell(*COMMANDS["send_text"]) == (2, "", line)


@pytest.mark.usefixtures("_no_token")
def test_token__asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the token is asked for; blanks around it, as a paste has them, are dropped."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda _: f" {TOKEN}\n")

    assert find_token() == TOKEN


def _raise(error: BaseException) -> Any:
    def ask(_: str) -> str:
        raise error

    return ask


def _warn(_: str) -> str:
    warnings.warn("it would be shown", getpass.GetPassWarning, stacklevel=1)
    return TOKEN


@pytest.mark.usefixtures("_no_token")
@pytest.mark.parametrize("ask", [_raise(EOFError()), _warn, lambda _: "  "])
def test_token__not_given(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An end of input, a blank line, or a terminal that would show the token gives none."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", ask)

    with pytest.raises(UsageError):
        find_token()


@pytest.mark.usefixtures("_no_token")
def test_token__interrupted(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at the prompt says that nothing was sent."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", _raise(KeyboardInterrupt()))

    status, _, errors = shell(*COMMANDS["request_review"])
    assert (status, errors) == (
        130,
        "blinger: interrupted (request_review, nothing was sent)\n",
    )


class Bytes(io.TextIOWrapper):
    """Standard input that holds *data*, whatever its own idea of an encoding."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="ascii")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"Hello", "Hello"),
        (b"Hello\n", "Hello"),
        (b"Hello\r\n", "Hello"),
        (b"Hello\n\n", "Hello\n"),
        (b"two\nlines\n", "two\nlines"),
        (b"Hello\r", "Hello\r"),
        (b" Hello ", " Hello "),
        (b"", ""),
        (b"\n", ""),
        ("Grüße, 世界 👋\n".encode(), "Grüße, 世界 👋"),
    ],
)
def test_text__standard_input(data: bytes, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that is - is what standard input holds, as UTF-8, less one line break at the end."""
    monkeypatch.setattr(sys, "stdin", Bytes(data))

    assert read_text(*shield(["-"])) == expected


@pytest.mark.parametrize("text", ["Hello", "--", "", "Hello\n", "-5"])
def test_text__argument(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other text is itself, and standard input is left alone."""
    monkeypatch.setattr(sys, "stdin", None)

    assert read_text(*shield([text])) == text


@pytest.mark.parametrize(
    ("stdin", "message"),
    [
        (Bytes(b"canary \xff"), "standard input is not UTF-8: see its byte 8"),
        (Bytes("canary".encode("utf-16")), "standard input is not UTF-8: see its byte 1"),
        (None, "standard input is closed, and the text - asks for it"),
    ],
)
def test_text__unusable(
    stdin: Bytes | None,
    message: str,
    shell: Shell,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is not UTF-8 is not guessed at: it is status 2, and nothing is sent."""
    monkeypatch.setattr(sys, "stdin", stdin)

    assert shell("send-text", "c", "-") == (2, "", f"blinger: {message}\n")
    assert server.attempts == 0


def test_text__interrupted(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C instead of a text says that nothing was sent."""

    class Pressed(io.BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Pressed()))

    with pytest.raises(Interrupted):
        read_text(*shield(["-"]))
    assert json.loads(shell("send-text", "c", "-", "--json")[1])["outcome"] == "not_sent"


# --- output and the way in ------------------------------------------------------------------------


def test_broken_pipe(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that went away is not spoken of, and the status stays that of the call."""
    server.play(ok("send_text"))
    for arguments in (COMMANDS["send_text"], ["--help"], ["completion", "bash"]):
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "w", encoding="utf-8") as stdout:
            monkeypatch.setattr(sys, "stdout", stdout)
            assert app.execute(arguments) == 0
            stdout.write("what is written later goes nowhere")


def test_full_disk(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Output that cannot be written is said on standard error; what was sent was sent."""
    server.play(ok("send_text"))
    with open("/dev/full", "w", encoding="utf-8") as stdout:  # noqa: PTH123 - no file, a device
        monkeypatch.setattr(sys, "stdout", stdout)
        assert app.execute(COMMANDS["send_text"]) == 0
    assert capsys.readouterr().err == (
        "blinger: the output cannot be written: No space left on device\n"
    )


def test_closed_streams(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no standard output and no standard error the status still tells."""
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    server.play(ok("send_text"))

    assert app.execute(COMMANDS["send_text"]) == 0
    assert app.execute(["send-text"]) == 2


def test_encoding(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that the terminal's encoding lacks is written as an escape."""
    answer = sample("assign_agent")
    answer["data"]["assignedAgent"]["name"] = "Zoë 世"
    server.play(Answer(200, answer))
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))

    assert app.execute(COMMANDS["assign_agent"]) == 0
    assert b"Zo\\xeb \\u4e16, online\n" in raw.getvalue()


def test_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the facts stand in a frame, in colour unless NO_COLOR is set."""
    monkeypatch.setattr(sys, "stdout", Terminal())
    for name, value in (("TERM", "xterm-256color"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = output.card([("agent", "[bold]Vadim[/]")])
    monkeypatch.setenv("NO_COLOR", "1")
    plain = output.card([("agent", "[bold]Vadim[/]")])

    assert "\x1b[32m" in coloured
    assert "[32m" not in plain
    assert "[bold]Vadim[/]" in plain
    assert "accepted" in plain


def test_main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It takes the arguments of the process."""
    monkeypatch.setattr(sys, "argv", ["blinger", "--version"])

    assert _cli.main() == 0
    assert capsys.readouterr().out == f"blinger {__version__}\n"


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (
            ModuleNotFoundError("no", name="rich.text"),
            2,
            "blinger: rich is not installed; run: pip install 'blinger[cli]'\n",
        ),
        (KeyboardInterrupt(), 130, "blinger: interrupted\n"),
    ],
)
def test_main__stopped(
    error: BaseException,
    status: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A missing extra and Ctrl-C are one line each."""
    monkeypatch.setattr(app, "execute", _raise(error))

    assert _cli.main() == status
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize("name", [None, "blinger._gone", "blinger_api.gone"])
def test_main__broken(name: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of our own that is missing is a fault, and no extra would mend it."""
    monkeypatch.setattr(app, "execute", _raise(ModuleNotFoundError("no", name=name)))

    with pytest.raises(ModuleNotFoundError):
        _cli.main()


def test_the_module_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m blinger` is `blinger`."""
    monkeypatch.setattr("sys.argv", ["blinger", "--version"])

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("blinger", run_name="__main__")

    assert not ended.value.code
    assert __version__ in capsys.readouterr().out
