"""The first step, without a socket: which refusal is due, and which comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from blinger_mock.check import Checker
from blinger_mock.contract import Contract
from blinger_mock.steps import Command, Refusal, Request, SendText
from blinger_mock.violations import PATTERNS
from blinger_spec import Profile, contract

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
BASE = "/api/external/v1/conversation/e1d247c8-5cd8-4f93-b9d7-15fd3259ac22"
TOKEN = "made-up"
GOOD = Request(
    method="POST",
    path=BASE + "/send-text-message",
    authorization=(TOKEN,),
    content_type="application/json",
    body=b'{"uuid": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "text": "Hello"}',
)

# What can be wrong with a request, in the order in which it is looked at.
FAULTS: list[tuple[int, dict[str, Any]]] = [
    (404, {"path": BASE + "/send-text"}),
    (405, {"method": "PUT"}),
    (401, {"authorization": ("wrong",)}),
    (429, {"wait": 3}),
    (413, {"too_large": True}),
    (415, {"content_type": "text/plain"}),
    (400, {"body": b"{"}),
]


def _decide(request: Request, wait: int = 0, **assume: object) -> Command | Refusal:
    profile = Profile(assume)
    checker = Checker(profile, Contract(profile), {TOKEN: "1"})
    found = checker.identify(request)
    if isinstance(found, Refusal):
        return found
    return checker.check(request, *found, wait)


def _status(request: Request, wait: int = 0, **assume: object) -> int:
    decided = _decide(request, wait, **assume)
    return decided.status if isinstance(decided, Refusal) else 200


@pytest.mark.parametrize("first", range(len(FAULTS)))
def test_order(first: int) -> None:
    """Of all that is wrong with a request, the first in the order decides the status."""
    changes = {name: value for _, fault in FAULTS[first:] for name, value in fault.items()}
    wait = changes.pop("wait", 0)

    assert FAULTS[first][0] == _status(msgspec.structs.replace(GOOD, **changes), wait)


def test_good() -> None:
    """A request with nothing wrong becomes a command that holds what was sent."""
    command = _decide(GOOD)

    assert isinstance(command, SendText)
    assert (command.text, command.caller.tenant) == ("Hello", "1")


@pytest.mark.parametrize(
    ("expected", "path"),
    [
        (200, BASE + "/send-text-message"),
        (200, BASE.replace("e1", "%651") + "/send-text-message"),
        (404, BASE + "/send-text-message/"),
        (404, BASE + "//send-text-message"),
        (404, BASE + "/Send-Text-Message"),
        (404, "/api/external/v1/conversation//send-text-message"),
        (404, "/api/external/v1"),
        (404, "/api/external/v2/conversation/1/send-text-message"),
        (404, "/conversation/1/send-text-message"),
        (404, "/"),
        (404, ""),
        (404, "*"),
    ],
)
def test_path(expected: int, path: str) -> None:
    """A path is the API's as it is written, letter by letter."""
    assert expected == _status(msgspec.structs.replace(GOOD, path=path))


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post"])
def test_method(method: str) -> None:
    """Another method is refused before the token is looked at, and Allow names the right one."""
    decided = _decide(msgspec.structs.replace(GOOD, method=method, authorization=()))

    assert isinstance(decided, Refusal)
    assert (decided.status, dict(decided.headers)) == (405, {"allow": "POST"})


@pytest.mark.parametrize(
    ("scheme", "authorization"),
    [
        ("raw", ()),
        ("raw", ("",)),
        ("raw", (TOKEN.upper(),)),
        ("raw", (f"Bearer {TOKEN}",)),
        ("raw", (TOKEN, TOKEN)),
        ("bearer", ()),
        ("bearer", ("Bearer",)),
        ("bearer", ("Bearer ",)),
        ("bearer", (f"Basic {TOKEN}",)),
        ("bearer", (TOKEN,)),
    ],
)
def test_token(scheme: str, authorization: tuple[str, ...]) -> None:
    """What is not exactly one registered token is refused, with a challenge, and not repeated."""
    request = msgspec.structs.replace(GOOD, authorization=authorization)
    decided = _decide(request, auth_scheme=scheme)

    assert isinstance(decided, Refusal)
    assert decided.status == 401
    assert dict(decided.headers)["www-authenticate"].split()[0] in {"Token", "Bearer"}
    assert TOKEN not in decided.violations[0].text


@pytest.mark.parametrize(
    ("expected", "content_type"),
    [
        (200, "application/json"),
        (200, "Application/JSON ; charset=UTF-8"),
        (200, 'application/json;charset="utf-8"'),
        (200, "application/json; profile=x"),
        (415, "application/json; charset=latin-1"),
        (415, "application/json; charset="),
        (415, "application/jsonp"),
        (415, "application/problem+json"),
        (415, "text/json"),
        (415, ""),
        (415, None),
    ],
)
def test_media_type(expected: int, content_type: str | None) -> None:
    """The media type is compared as media types are: case and parameters aside, in UTF-8 only."""
    assert expected == _status(msgspec.structs.replace(GOOD, content_type=content_type))


def test_compressed() -> None:
    """A compressed body is refused as a media type is: nothing here reads it."""
    assert _status(msgspec.structs.replace(GOOD, content_encoding="gzip")) == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{}x",
        b"\xef\xbb\xbf{}",
        b'{"uuid": NaN}',
        b'{"uuid": 1e999}',
        b'{"text": "\\ud800"}',
        b'{"text": "\xff"}',
        b'{"text": "\xed\xa0\x80"}',
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"1" * 10_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_syntax(body: bytes) -> None:
    """What is no JSON, or more than JSON should be, is a 400 and repeats nothing."""
    assert _status(msgspec.structs.replace(GOOD, body=body)) == 400


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "the body is missing"),
        (b"{", "the body is not JSON"),
        (b'{"text": "\xff"}', "the body is not UTF-8"),
        (b'{"uuid": 1e999}', "a number in the body is too large"),
        (b'{"uuid": -' + b"9" * 5000 + b"}", "a number in the body is too large"),
        (b"[" * 100_000, "the body is nested too deeply"),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_syntax__in_words(body: bytes, text: str) -> None:
    """What is wrong is said as it is: some of it is JSON by the grammar."""
    decided = _decide(msgspec.structs.replace(GOOD, body=body))

    assert isinstance(decided, Refusal)
    assert [one.text for one in decided.violations] == [text]


@pytest.mark.parametrize("depth", [10, 200, 300, 500, 900])
def test_nesting(depth: int) -> None:
    """Nesting that the parser takes and the validator may not is a 400 all the same."""
    body = b'{"a":' * depth + b"1" + b"}" * depth

    assert _status(msgspec.structs.replace(GOOD, body=body)) == 400


@pytest.mark.parametrize(
    ("body", "violations"),
    [
        (b"[]", [("", "type")]),
        (b"null", [("", "type")]),
        (b"{}", [("/uuid", "required"), ("/text", "required")]),
        (b'{"uuid": 1, "text": "a"}', [("/uuid", "type")]),
        (b'{"uuid": "a", "text": ""}', [("/uuid", "format"), ("/text", "minLength")]),
        (GOOD.body.replace(b"}", b', "x": 1}'), [("", "additionalProperties")]),
    ],
)
def test_schema(body: bytes, violations: list[tuple[str, str]]) -> None:
    """Each thing that the contract forbids is named by where it is and which rule it breaks."""
    decided = _decide(msgspec.structs.replace(GOOD, body=body))

    assert isinstance(decided, Refusal)
    assert decided.status == 400
    assert sorted(violations) == sorted((one.pointer, one.keyword) for one in decided.violations)


@pytest.mark.parametrize(
    ("action", "fields", "texts"),
    [
        ("assign-agent", {}, ["is required"]),
        ("assign-agent", {"agentId": "a", "b": 1}, ["known are agentId"]),
        ("send-text-message", {"uuid": KEY, "text": "", "b": 1}, ["not be empty", "uuid, text"]),
        ("send-file-message", {"uuid": KEY, "file": "ftp://a"}, ["begin with http:// or https://"]),
        ("request-review", {"b": 1}, ["it knows none here"]),
    ],
)
def test_schema__in_words(action: str, fields: dict[str, object], texts: list[str]) -> None:
    """A refusal says what is allowed, in words that need no schema, and not what was sent."""
    path = GOOD.path.replace("send-text-message", action)
    decided = _decide(msgspec.structs.replace(GOOD, path=path, body=msgspec.json.encode(fields)))

    assert isinstance(decided, Refusal)
    said = "\n".join(one.text for one in decided.violations)
    assert [one for one in texts if one not in said] == []
    assert ("^" in said, "ftp" in said) == (False, False)


@pytest.mark.parametrize("schemes", ["http_https", "https"])
def test_patterns__have_words(schemes: str) -> None:
    """Each pattern of the contract is said in words: a regular expression is for programs."""

    def found(part: object) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("pattern"), str):
                yield part["pattern"]
            part = list(part.values())
        for one in part if isinstance(part, list) else ():
            yield from found(one)

    patterns = set(found(contract(Profile({"file_schemes": schemes}))))
    assert patterns
    assert patterns <= set(PATTERNS)


def test_duplicate_keys() -> None:
    """Of a key that is there twice, the last counts, as in most readers of JSON."""
    body = GOOD.body.replace(b"{", b'{"text": 1, ')

    assert _status(msgspec.structs.replace(GOOD, body=body)) == 200


@pytest.mark.parametrize(
    ("expected", "body", "content_type"),
    [
        (200, b"", None),
        (200, b"", "text/plain"),
        (200, b"{}", "application/json"),
        (415, b"{}", None),
        (400, b" ", "application/json"),
        (400, b"null", "application/json"),
        (400, b'{"a": 1}', "application/json"),
    ],
)
def test_request_review_body(expected: int, body: bytes, content_type: str | None) -> None:
    """A review is asked for with no body or with an empty object; no body has no media type."""
    request = msgspec.structs.replace(
        GOOD, path=BASE + "/request-review", body=body, content_type=content_type
    )

    assert expected == _status(request)


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        (200, b"uuid=7c9e6679-7425-40de-944b-e07fc1f90ae7&text=a+b%26"),
        (400, b""),
        (400, b"uuid=7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        (400, b"uuid=7c9e6679-7425-40de-944b-e07fc1f90ae7&text="),
        (400, b"uuid=7c9e6679-7425-40de-944b-e07fc1f90ae7&text=%ff"),
        (400, b"uuid=7c9e6679-7425-40de-944b-e07fc1f90ae7&text=\xff"),
        (400, b"&".join(b"a%d=1" % number for number in range(2000))),
    ],
    ids=range(7),
)
def test_form(expected: int, body: bytes) -> None:
    """A form is read strictly: UTF-8, bounded, and by the same schema."""
    request = msgspec.structs.replace(
        GOOD, body=body, content_type="application/x-www-form-urlencoded"
    )

    assert expected == _status(request, body_encoding="form")
