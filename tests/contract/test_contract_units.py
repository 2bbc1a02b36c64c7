"""The decisions of the kit that need no server: URLs, the ledger, which findings weigh."""

from __future__ import annotations

import pytest
from requests import Request

from blinger_contract.ledger import OPERATIONS, Ledger
from blinger_contract.options import Options, UsageError, check_url
from blinger_contract.sent import Sent, read
from blinger_contract.settings import settings
from blinger_contract.standing import is_advisory
from blinger_spec import Profile

URL = "https://staging.example/api/external/v1"


@pytest.mark.parametrize(
    "url",
    [URL, f"{URL}/", "http://localhost:8787/api/external/v1", "http://[::1]/x/api/external/v1"],
)
def test_a_base_url_is_taken(url: str) -> None:
    """With a slash at its end or without, in the clear on this machine only."""
    assert check_url(url, {}) == url.rstrip("/")


def test_plain_http_to_another_machine_must_be_allowed() -> None:
    """BLINGER_ALLOW_HTTP=1 is the way."""
    url = "http://staging.example/api/external/v1"
    assert check_url(url, {"BLINGER_ALLOW_HTTP": "1"}) == url
    with pytest.raises(UsageError, match="in the clear"):
        check_url(url, {"BLINGER_ALLOW_HTTP": "yes"})


def test_an_operation_owes_what_it_never_answered() -> None:
    """200, 401 and the status of an unknown id, each once at least."""
    ledger = Ledger()
    for operation in OPERATIONS.values():
        for status in (200, 401, 404):
            ledger.record(operation, status)
    assert ledger.missing(404) == {}
    assert ledger.missing(400) == {key: [400] for key in OPERATIONS.values()}
    assert Ledger().missing(404) == {key: [200, 401, 404] for key in OPERATIONS.values()}


def options(**given: object) -> Options:
    """Return options with what is *given*."""
    return Options(url=URL, token="token-of-options", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "given", "advises"),
    [
        (None, {}, False),
        ("text_echo", {}, True),
        ("text_echo", {"strict": True}, False),
        ("text_echo", {"mode": "full"}, False),
        ("text_echo", {"profile": Profile({"text_echo": "verbatim"})}, False),
        ("text_echo", {"profile": Profile({"uuid_echo": "no"})}, True),
        ("limits and formats of what is sent", {}, True),
        ("limits and formats of what is sent", {"profile": Profile({"text_max": 9})}, False),
    ],
)
def test_what_a_broken_promise_weighs(
    name: str | None, given: dict[str, object], advises: bool
) -> None:
    """A documented one always fails; an assumption only where it is pinned, or strictly."""
    assert is_advisory(name, options(**given)) is advises


def test_options_do_not_show_the_token() -> None:
    """Their repr may stand in a traceback."""
    assert "token-of-options" not in repr(options())


def test_a_careful_run_is_configured_to_spare_the_deployment() -> None:
    """Nothing is retried, shrunk, walked or fuzzed with what is wrong, and nothing is stored."""
    made = settings(options(rate="2/s"))
    assert made["rate-limit"] == "2/s"
    assert (made["request-retries"], made["max-redirects"], made["workers"]) == (0, 0, 1)
    assert made["generation"]["no-shrink"] is True
    assert made["phases"]["stateful"] == {"enabled": False}
    assert made["phases"]["fuzzing"] == {"generation": {"mode": "positive"}}
    assert made["phases"]["coverage"]["unexpected-methods"] == ["OPTIONS"]
    assert made["cache"] == {"enabled": False}
    assert made["generation"]["database"] == "none"


@pytest.mark.parametrize(
    ("method", "path", "conversation"),
    [
        ("POST", "/conversation/a/send-text-message", "a"),
        ("POST", "/conversation/a%2Fb/send-text-message?x=1", "a/b"),
        ("POST", "/conversation//send-text-message", ""),
        ("GET", "/conversation/a/send-text-message", None),
        ("POST", "/conversation/a/b/send-text-message", None),
        ("POST", "/conversation/a/close", None),
        ("POST", "", None),
    ],
)
def test_a_request_is_read_as_it_went_out(method: str, path: str, conversation: str | None) -> None:
    """The operation and the ids come from the wire, not from what was meant."""
    request = Request(method, URL + path, json={"text": "é"}, headers={"Authorization": "t"})
    asked = read(request.prepare(), URL)
    if conversation is None:
        assert asked is None
    else:
        assert asked == Sent("sendTextMessage", conversation, "t", {"text": "é"})
