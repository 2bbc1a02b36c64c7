"""Taking secrets out of text: none is left, and nothing else is touched."""

from __future__ import annotations

import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from blinger._scrub import ALL_REDACTED, REDACTED, Scrubber

WORDS = st.text(st.characters(codec="utf-8"), min_size=1)
LONG = st.text(st.characters(codec="utf-8"), min_size=8)


@given(LONG, WORDS, WORDS)
@example("CANARY-token", "a", "b")
@example("aaaaaaaa", "a", "a")
@example("[redacted]", "[", "]")
@example(" \n\t\n \n\t\n", " ", " ")
def test_no_secret_is_left(secret: str, before: str, after: str) -> None:
    """A secret in a text, as it is or as JSON, is gone, unless it is the sign for one."""
    assume(secret not in REDACTED and secret not in ALL_REDACTED)
    scrub = Scrubber([secret])

    for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        assert form not in scrub.text(f"{before}{form}{after}").replace(REDACTED, "\0")


@given(st.from_regex(r"[a-z .,:;<>/\"']*", fullmatch=True))
def test_what_is_no_secret_stays(text: str) -> None:
    """A text without secrets is as it was."""
    assert Scrubber(["CANARY-TOKEN", "", "CANARY 1"]).text(text) == text
    assert Scrubber([]).text(text) == text


SECRET = 'CANARY "é"/<a>\n& b'
FORMS = {
    "as it is": SECRET,
    "JSON": json.dumps(SECRET)[1:-1],
    "JSON in UTF-8": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "HTML": html.escape(SECRET),
    "a part of a URL": quote(SECRET, safe=""),
    "a path": quote(SECRET),
    "a form": quote_plus(SECRET),
    "on one line": " ".join(SECRET.split()),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_what_stands_around_a_secret_stays(form: str) -> None:
    """A secret is taken out to its last character, and no other goes with it."""
    assert Scrubber([SECRET]).text(f"1{form}2") == f"1{REDACTED}2"


@pytest.mark.parametrize("secrets", [["abcdef", "abcdefgh"], ["abcdefgh", "abcdef"]])
def test_a_secret_that_begins_with_another(secrets: list[str]) -> None:
    """The longer of two is taken out whole."""
    assert Scrubber(secrets).text("abcdefgh abcdef") == f"{REDACTED} {REDACTED}"


@pytest.mark.parametrize(
    ("secret", "text", "scrubbed"),
    [
        ("a", "a cat, a hat", "[redacted] cat, [redacted] hat"),
        ("ok", "token ok? okay", "token [redacted]? okay"),
        ("да", "да, когда?", "[redacted], когда?"),
        ("!", "what!", "what!"),
        ("Hello", "Hello, HelloWorld", "[redacted], [redacted]World"),
        ("a.b.c.d", "a.b.c.d axbxcxd", "[redacted] axbxcxd"),
        ("one two", "ONE TWO", "ONE TWO"),
        ("abc", "xabcx", "xabcx"),
        ("abcd", "xabcdx", "x[redacted]x"),
    ],
)
def test_short_secrets(secret: str, text: str, scrubbed: str) -> None:
    """What is short is a secret only where it stands alone; nothing in one is a pattern."""
    assert Scrubber([secret]).text(text) == scrubbed


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ('{"websocketToken": "abc.d-e_f"', '{"websocketToken": "[redacted]"'),
        ("websocketToken=abc&x=1", "websocketToken=[redacted]&x=1"),
        ("WebSocketToken : abc", "WebSocketToken : [redacted]"),
        ("websocketToken%3Dabc", "websocketToken%3D[redacted]"),
        (
            "&quot;websocketToken&quot;:&quot;abc&quot;",
            "&quot;websocketToken&quot;:&quot;[redacted]&quot;",
        ),
        ('\\"websocketToken\\":\\"abc\\"', '\\"websocketToken\\":\\"[redacted]\\"'),
        ("websocketToken is missing", "websocketToken is missing"),
        ("data.endUser.websocketToken", "data.endUser.websocketToken"),
        ("a eyJhbGciOiJI.eyJzdWIi.c2ln b", "a [redacted] b"),
        ("eyJhbGciOiJI", "[redacted]"),
        ("eyJ", "eyJ"),
    ],
)
def test_the_visitors_token(text: str, scrubbed: str) -> None:
    """A `websocketToken` is found by its name, and a JWT by its look."""
    assert Scrubber([]).text(text) == scrubbed


def test_a_secret_in_an_encoding_that_nobody_listed() -> None:
    """Where letters and digits give a secret away, nothing of the text is kept."""
    scrub = Scrubber(["a secret, with ünusual signs"])

    for encoded in (
        "a_secret__with_ünusual_signs",
        "a&#32;secret&comma;&#x20;with&nbsp;&uuml;nusual&#32;signs",
        "a%2520secret%252C%2520with%2520%25C3%25BCnusual%2520signs",
        "a \\u0073ecret, with \\\\u00fcnusual\\\\nsigns",
    ):
        assert scrub.text(f"it says {encoded} here") == ALL_REDACTED


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("abc \n<>"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
)


@given(JSON)
def test_json_keeps_its_shape(value: object) -> None:
    """JSON without secrets is as it was, in shape and in values."""
    assert Scrubber(["CANARY-TOKEN"]).json(value) == value


def test_json() -> None:
    """Keys and values are scrubbed; what a `websocketToken` holds is gone, whatever it is."""
    scrubbed = Scrubber(["CANARY"]).json(
        {"CANARY": ["CANARY", 1], "websocketToken": {"a": [1]}, "WEBSOCKETTOKEN": None, "n": 5}
    )

    assert scrubbed == {
        REDACTED: [REDACTED, 1],
        "websocketToken": REDACTED,
        "WEBSOCKETTOKEN": REDACTED,
        "n": 5,
    }


def test_headers() -> None:
    """Values are scrubbed, and what sets a cookie is a secret as it is."""
    scrubbed = Scrubber(["CANARY"]).headers({"x": "a CANARY b", "set-cookie": "s=1", "y": "z"})

    assert scrubbed == {"x": "a [redacted] b", "set-cookie": REDACTED, "y": "z"}
