from __future__ import annotations

import json

import cyclopts
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blinger._cli import app
from blinger._cli.usage import explain

AFTER_DASHES = "what begins with a dash and is none stands after --"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["sendtext"], "there is no such command (did you mean send-text?); see: blinger --help"),
        (["canary"], "there is no such command; see: blinger --help"),
        (["send-text"], "CONVERSATION is missing; see: blinger send-text --help"),
        (["send-text", "c"], "TEXT is missing; see: blinger send-text --help"),
        (["send-file", "c"], "URL is missing; see: blinger send-file --help"),
        (["assign-agent", "c"], "AGENT is missing; see: blinger assign-agent --help"),
        (["completion"], "SHELL is missing; see: blinger completion --help"),
        (
            ["completion", "canary"],
            "SHELL has a value that it cannot have; see: blinger completion --help",
        ),
        (
            ["send-text", "c", "canary", "canary"],
            (
                "there are too many arguments: a text with blanks stands in quotes; "
                "see: blinger send-text --help"
            ),
        ),
        (
            ["send-text", "c", "--canary=canary"],
            f"there is no such option; {AFTER_DASHES}; see: blinger send-text --help",
        ),
        (
            ["send-text", "c", "-canary dry"],
            f"there is no such option; {AFTER_DASHES}; see: blinger send-text --help",
        ),
        (
            ["send-text", "c", "canary", "--retires", "3"],
            (
                f"there is no such option (did you mean --retries?); {AFTER_DASHES}; "
                "see: blinger send-text --help"
            ),
        ),
        (
            ["send-text", "c", "canary", "--token", "canary"],
            (
                "there is no --token, which a list of processes would show: "
                "set BLINGER_TOKEN, or leave it out to be asked; see: blinger send-text --help"
            ),
        ),
        (
            ["request-review", "c", "--uuid", "canary"],
            f"there is no such option; {AFTER_DASHES}; see: blinger request-review --help",
        ),
        (
            ["send-text", "c", "canary", "--uuid", "canary"],
            "--uuid is not a UUID; see: blinger send-text --help",
        ),
        (
            ["send-text", "c", "canary", "--uuid", ""],
            "--uuid is not a UUID; see: blinger send-text --help",
        ),
        (
            ["send-text", "c", "canary", "--retries", "2.5"],
            "--retries is not a whole number; see: blinger send-text --help",
        ),
        (
            ["send-text", "c", "canary", "--timeout", "canary"],
            "--timeout is not a number; see: blinger send-text --help",
        ),
        (
            ["send-text", "c", "canary", "--verbose=canary"],
            "--verbose takes no value; see: blinger send-text --help",
        ),
        (
            ["send-text", "c", "canary", "--deadline"],
            "--deadline has no value; see: blinger send-text --help",
        ),
        (
            ["send-text", "c", "canary", "--retries", "1", "--retries", "1"],
            "--retries is given twice; see: blinger send-text --help",
        ),
    ],
)
def test_usage(arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says what is wrong and where help is, and nothing of what was typed is in it."""
    assert app.execute(arguments) == 2
    assert capsys.readouterr() == ("", f"blinger: {expected}\n")


def test_usage__unforeseen() -> None:
    """An error of a kind that is not known here repeats nothing either."""
    error = cyclopts.CycloptsError(msg="canary")
    nameless = cyclopts.MissingArgumentError()

    assert explain(error, []) == "the arguments cannot be understood; see: blinger --help"
    assert explain(nameless, []) == "an argument is missing; see: blinger --help"
    assert explain(cyclopts.CoercionError(), []).startswith("an argument has a value")


@pytest.mark.parametrize("flag", ["--json", "--json=canary"])
def test_usage__json(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A program that asked for JSON gets JSON, even for an error of its own."""
    assert app.execute(["send-text", "c", "canary", flag, "--canary"]) == 2
    output, errors = capsys.readouterr()
    facts = json.loads(output)

    assert errors == ""
    assert (facts["outcome"], facts["error"]["type"]) == ("not_sent", "UsageError")
    assert "canary" not in output


def test_usage__json_is_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    """After -- it is no option."""
    assert app.execute(["send-text", "c", "x", "--", "--json"]) == 2
    assert capsys.readouterr().out == ""


@pytest.fixture
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no call be made, whatever the arguments."""
    monkeypatch.setattr(app, "run", lambda *_: 0)
    monkeypatch.setattr(app, "read_text", lambda text: text)


@pytest.mark.usefixtures("_no_token")
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["send-text", "send-file", "assign-agent", "request-review", "completion"]),
    st.lists(
        st.sampled_from(
            ["", "-", "--", "-c", "--retries", "--json", "--uuid", "--no-json", "--profile", "1"]
        )
        | st.text(alphabet="-=ab'\" \n[]{}", max_size=6).map(lambda text: f"{text}canary{text}")
        | st.just("--json=canary")
    ),
)
def test_usage__law(capsys: pytest.CaptureFixture[str], command: str, words: list[str]) -> None:
    """Whatever stands on the command line, none of it is repeated, and no traceback is seen."""
    status = app.execute([command, *words])
    output, errors = capsys.readouterr()

    assert status in {0, 2}
    assert "canary" not in output + errors
    assert errors.count("\n") == (status == 2 and not output)
