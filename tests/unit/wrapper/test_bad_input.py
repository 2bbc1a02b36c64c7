"""What cannot be used is refused before any I/O, in words that say what to do."""

from __future__ import annotations

import math
import traceback
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.unit.wrapper.faces import AGENT, CONVERSATION, TOKEN, Face
from tests.unit.wrapper.samples import ok

from blinger import BlingerError, ConfigurationError, Outcome, Timeout
from blinger._operations import assign_agent, send_file, send_text
from blinger._options import DEFAULT_BASE_URL, given_options, resolve_base_url, resolve_token
from blinger._profile import read_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.wrapper.scripted import Server

URL = "http://127.0.0.1:9/api/external/v1"


@pytest.fixture(autouse=True)
def no_io(server: Server) -> Iterator[None]:
    """Nobody is ever connected to."""
    server.play(ok("send_text"))
    yield
    assert server.connections == 0


def refusal(error: BlingerError) -> str:
    """Return the message of a refusal, once it is seen to be one."""
    message = str(error)
    assert type(error) is ConfigurationError
    assert Outcome.NOT_SENT is error.outcome
    assert error.attempts == 0
    assert message
    assert "\n" not in message
    assert TOKEN not in "".join(traceback.format_exception(error))
    return message


# --- the token ------------------------------------------------------------------------------------

TOKENS: dict[str, Any] = {
    "empty": "",
    "a blank in it": f"{TOKEN} x",
    "a scheme before it": f"Bearer {TOKEN}",
    "a newline at its end": f"{TOKEN}\n",
    "a newline in it": f"{TOKEN}\r\nX-Evil: 1",
    "a tab": f"{TOKEN}\t",
    "NUL": f"{TOKEN}\0",
    "DEL": f"{TOKEN}\x7f",
    "outside ASCII": f"{TOKEN}é",
    "a lone surrogate": f"{TOKEN}\ud800",
    "only blanks": "  ",
    "bytes": TOKEN.encode(),
    "a number": 5,
    "nothing but false": False,
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_token_that_is_none(face: Face, server: Server, token: Any) -> None:
    """A token is visible ASCII; the message never shows what was given."""
    with pytest.raises(ConfigurationError) as caught:
        face(token, base_url=server.url)

    message = refusal(caught.value)
    assert "token" in message
    assert ("pass token=… or set BLINGER_TOKEN" in message) or ("bare token" in message)


def test_no_token(face: Face) -> None:
    """Without an argument and a variable the message names both."""
    with pytest.raises(ConfigurationError, match=r"pass token=… or set BLINGER_TOKEN") as caught:
        face.client_type()

    refusal(caught.value)


@pytest.mark.parametrize("value", ["", f"{TOKEN}\n", f"Bearer {TOKEN}", f"{TOKEN}é"])
def test_a_variable_that_is_no_token(
    face: Face, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """The message says that it was the variable."""
    monkeypatch.setenv("BLINGER_TOKEN", value)

    with pytest.raises(ConfigurationError, match="BLINGER_TOKEN") as caught:
        face.client_type()

    refusal(caught.value)


# --- the base URL ---------------------------------------------------------------------------------

BASE_URLS: dict[str, Any] = {
    "empty": "",
    "a blank": " ",
    "blanks around": " https://widget.example/api ",
    "a newline": "https://widget.example/api\n",
    "a blank in it": "https://widget.example/a b",
    "no scheme": "widget.example/api",
    "a host and a port": "widget.example:443",
    "a path": "/api/external/v1",
    "no host": "https://",
    "no host but a path": "https:///api",
    "a port alone": "https://:443/api",
    "one slash": "https:/widget.example",
    "another scheme": "ftp://widget.example/api",
    "a file": "file:///etc/passwd",
    "a websocket": "wss://widget.example",
    "script": "javascript:alert(1)",
    "a port too high": "https://widget.example:99999",
    "a port that is a word": "https://widget.example:https",
    "a port below zero": "https://widget.example:-1",
    "a user": "https://user@widget.example",
    "a user and a password": "https://user:password@widget.example",
    "an empty user": "https://@widget.example",
    "a query": "https://widget.example/api?x=1",
    "an empty query": "https://widget.example/api?",
    "a fragment": "https://widget.example/api#x",
    "an empty fragment": "https://widget.example/api#",
    "a broken IPv6 address": "https://[::1/api",
    "an IPv6 address that is none": "https://[zz]/api",
    "a host outside ASCII": "https://wídget.example",
    "a lone surrogate": "https://widget.example/\ud800",
    "a backslash": "https://widget.example\\evil.example",
    "angle brackets": "https://<widget.example>",
    "a percent in the host": "https://widget%2eexample",
    "empty labels": "https://widget..example",
    "bytes": b"https://widget.example",
    "a number": 5,
    "false": False,
}


@pytest.mark.parametrize("base_url", BASE_URLS.values(), ids=BASE_URLS)
def test_a_base_url_that_is_none(face: Face, base_url: Any) -> None:
    """The message shows what a base URL looks like."""
    with pytest.raises(ConfigurationError, match=r"base_url .*https://") as caught:
        face(base_url=base_url)

    refusal(caught.value)


@pytest.mark.parametrize(
    "value", ["", "widget.example", "ftp://widget.example", "http://h.example"]
)
def test_a_variable_that_is_no_base_url(
    face: Face, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """A variable is checked as an argument is."""
    monkeypatch.setenv("BLINGER_BASE_URL", value)

    with pytest.raises(ConfigurationError, match="base_url") as caught:
        face()

    refusal(caught.value)


PUBLIC = (
    "http://widget.example/api",
    "HTTP://widget.example/api",
    "http://10.0.0.1",
    "http://192.168.1.1:8080",
    "http://0.0.0.0:8080",
    "http://[2001:db8::1]",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://notlocalhost",
)


@pytest.mark.parametrize("base_url", PUBLIC)
def test_plain_http_to_a_public_host(
    face: Face, monkeypatch: pytest.MonkeyPatch, base_url: str
) -> None:
    """The token does not go over a network in the clear, unless one says that it may."""
    for value in (None, "0", "true"):
        if value is not None:
            monkeypatch.setenv("BLINGER_ALLOW_HTTP", value)
        with pytest.raises(ConfigurationError, match="BLINGER_ALLOW_HTTP=1") as caught:
            face(base_url=base_url)
        refusal(caught.value)
    monkeypatch.setenv("BLINGER_ALLOW_HTTP", "1")

    assert face(base_url=base_url).client._options.base_url == base_url


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:8080",
        "http://127.1.2.3",
        "http://localhost",
        "http://LOCALHOST:80",
        "http://blinger.localhost",
        "http://[::1]:8080",
    ],
)
def test_plain_http_to_this_machine(face: Face, base_url: str) -> None:
    """This machine needs no TLS."""
    assert face(base_url=base_url).client._options.base_url == base_url


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, DEFAULT_BASE_URL),
        ("https://widget.example", "https://widget.example"),
        ("https://widget.example/", "https://widget.example"),
        ("https://widget.example/X/", "https://widget.example/X"),
        ("https://widget.example/X", "https://widget.example/X"),
        ("https://widget.example:8443/api//", "https://widget.example:8443/api"),
        ("https://xn--bcher-kva.example/api", "https://xn--bcher-kva.example/api"),
        ("https://[2001:db8::1]:443/api", "https://[2001:db8::1]:443/api"),
        ("https://widget_1.example./v1", "https://widget_1.example./v1"),
    ],
)
def test_a_base_url(given: str | None, used: str) -> None:
    """Slashes at the end do not matter."""
    assert used == resolve_base_url(given)


# --- options --------------------------------------------------------------------------------------

SECONDS: dict[str, Any] = {
    "zero": 0,
    "below zero": -1,
    "endless": math.inf,
    "not a number": math.nan,
    "true": True,
    "text": "5",
    "a list": [5],
}
OPTIONS: dict[str, dict[str, Any]] = {
    **{f"timeout: {name}": {"timeout": value} for name, value in SECONDS.items()},
    **{f"deadline: {name}": {"deadline": value} for name, value in SECONDS.items()},
    "timeout: None": {"timeout": None},
    "timeout: a pair": {"timeout": (5, 30)},
    **{
        f"retries: {value!r}": {"retries": value}
        for value in (-1, 1.0, 2.5, True, "2", None, math.inf)
    },
    "on_retry: a number": {"on_retry": 5},
    "on_retry: text": {"on_retry": "print"},
}
HEADERS: dict[str, Any] = {
    "None": None,
    "text": "X-Trace: 1",
    "a number": 5,
    "pairs": [("X-Trace", "1")],
    "a name that is empty": {"": "1"},
    "a name with a blank": {"X Trace": "1"},
    "a name with a colon": {"X-Trace:": "1"},
    "a name with a newline": {"X-Trace\r\nX": "1"},
    "a name outside ASCII": {"X-Träce": "1"},
    "a name that is a number": {5: "1"},
    "a value with a newline": {"X-Trace": "1\r\nX-Evil: 2"},
    "a value outside ASCII": {"X-Trace": "é"},
    "a value that is a number": {"X-Trace": 1},
    "a value that is bytes": {"X-Trace": b"1"},
    "a value that is None": {"X-Trace": None},
    "the token": {"Authorization": TOKEN},
    "the token, in lower case": {"authorization": TOKEN},
    "the length": {"Content-Length": "0"},
    "the type": {"CONTENT-TYPE": "text/plain"},
    "the host": {"Host": "evil.example"},
    "the transfer encoding": {"Transfer-Encoding": "chunked"},
}
OPTIONS |= {f"headers: {name}": {"headers": value} for name, value in HEADERS.items()}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_an_option_with_a_value_that_it_cannot_have(face: Face, options: Any) -> None:
    """A view and, where it takes the option, a client refuse it, and name it."""
    client = face(base_url=URL)
    (name,) = options
    with pytest.raises(ConfigurationError, match=name) as caught:
        client.with_options(**options)
    refusal(caught.value)
    if name != "headers":
        with pytest.raises(ConfigurationError, match=name) as caught:
            face(base_url=URL, **options)
        refusal(caught.value)


@pytest.mark.parametrize("phase", ["connect", "read", "write", "pool"])
@pytest.mark.parametrize("value", SECONDS.values(), ids=SECONDS)
def test_a_timeout_of_nonsense(phase: str, value: Any) -> None:
    """Each phase takes seconds above zero, or None."""
    with pytest.raises(ConfigurationError, match=rf"timeout\.{phase}") as caught:
        Timeout(**{phase: value})

    refusal(caught.value)


def test_a_timeout_is_one_for_all_or_one_for_each(face: Face) -> None:
    """A number stands for each phase; None in a phase is no limit."""
    client = face(base_url=URL, timeout=7).client
    patient = Timeout(read=None)

    assert Timeout(connect=7, read=7, write=7, pool=7) == client._options.timeout
    assert patient == client.with_options(timeout=patient)._options.timeout
    assert Timeout(5, 30, 30, 10) == face(base_url=URL).client._options.timeout
    assert Timeout(connect=2, read=2, write=2, pool=2) == Timeout(read=None).clipped(2)
    assert Timeout(connect=5, read=30, write=30, pool=10) == Timeout().clipped(50)


PROFILES: dict[str, Any] = {
    "another scheme": {"auth_scheme": "basic"},
    "another encoding": {"body_encoding": "xml"},
    "another dedupe": {"uuid_dedupe": "maybe"},
    "a value that is None": {"auth_scheme": None},
    "a value that is a list": {"auth_scheme": ["raw"]},
    "a number": 5,
    "a list": [("auth_scheme", "raw")],
    "true": True,
    "bytes": b"profile.toml",
    "no such file": "no-such-profile.toml",
    "a folder": "/",
    "an impossible path": "a\0b",
}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_profile_that_is_none(face: Face, profile: Any) -> None:
    """A profile is a mapping of values that exist, or the path of a file that holds one."""
    with pytest.raises(ConfigurationError, match="profile") as caught:
        face(base_url=URL, profile=profile)

    refusal(caught.value)


@pytest.mark.parametrize("content", [b"auth_scheme", b"\xff", b"auth_scheme = 'basic'"])
def test_a_profile_that_cannot_be_read(face: Face, tmp_path: Path, content: bytes) -> None:
    """A file that is no TOML, or says what does not exist, is refused."""
    path = tmp_path / "profile.toml"
    path.write_bytes(content)

    for given in (path, str(path)):
        with pytest.raises(ConfigurationError, match="profile") as caught:
            face(base_url=URL, profile=given)
        refusal(caught.value)


@pytest.mark.parametrize("given", [5, "httpx", object()], ids=["5", "text", "object"])
def test_an_http_client_that_is_none(face: Face, given: Any) -> None:
    """Only a client of httpx, of the kind that the face needs, can be given."""
    with pytest.raises(ConfigurationError, match="http_client") as caught:
        face(base_url=URL, http_client=given)

    refusal(caught.value)


# --- arguments ------------------------------------------------------------------------------------

IDS: dict[str, Any] = {
    "empty": "",
    "a dot": ".",
    "two dots": "..",
    "a slash": "a/b",
    "a slash at its start": "/a",
    "a backslash": "a\\b",
    "a blank": "a b",
    "a newline": "a\n",
    "a newline alone": "\n",
    "a tab": "\ta",
    "a no-break space": "a\u00a0b",
    "a line separator": "a\u2028",
    "NUL": "a\0",
    "an escape": "a\x1b",
    "DEL": "a\x7f",
    "a query": "a?b",
    "a fragment": "a#b",
    "a lone surrogate": "a\ud800",
    "None": None,
    "a number": 5,
    "bytes": b"a",
    "false": False,
    "a list": ["a"],
}


@pytest.mark.parametrize("value", IDS.values(), ids=IDS)
def test_an_id_that_is_none(face: Face, server: Server, value: Any) -> None:
    """An id makes one segment of a path: the conversation's and the agent's alike."""
    client = face(base_url=server.url)

    with pytest.raises(ConfigurationError, match="conversation's id") as caught:
        client.client.conversation(value)
    refusal(caught.value)
    with pytest.raises(ConfigurationError, match="agent_id") as caught:
        client.call("assign_agent", value)
    refusal(caught.value)


TEXTS: dict[str, Any] = {
    "empty": "",
    "a lone surrogate": "Hello \ud83d",
    "None": None,
    "a number": 5,
    "bytes": b"Hello",
    "a list": ["Hello"],
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_that_is_none(face: Face, server: Server, text: Any) -> None:
    """A text is a string that UTF-8 can carry, of at least one character."""
    with pytest.raises(ConfigurationError, match="text") as caught:
        face(base_url=server.url).call("send_text", text)

    refusal(caught.value)


FILES: dict[str, Any] = {
    "empty": "",
    "a path": "/tmp/invoice.pdf",  # noqa: S108 - a path that is refused
    "a name": "invoice.pdf",
    "no scheme": "example.com/invoice.pdf",
    "no scheme but slashes": "//example.com/invoice.pdf",
    "ftp": "ftp://example.com/invoice.pdf",
    "file": "file:///etc/passwd",
    "data": "data:text/plain,Hello",
    "script": "javascript:alert(1)",
    "a scheme that begins like http": "httpx://example.com/x",
    "one slash": "http:/example.com/x",
    "no slashes": "http:example.com",
    "no host": "https://",
    "no host but a path": "https:///invoice.pdf",
    "a port alone": "https://:443/x",
    "a user alone": "https://user@/x",
    "a query for a host": "https://?x=1",
    "a fragment for a host": "https://#x",
    "a port that is a word": "https://example.com:port/x",
    "a port too high": "https://example.com:99999/x",
    "a broken IPv6 address": "https://[::1/x",
    "a blank": "https://example.com/an invoice.pdf",
    "a blank before it": " https://example.com/x",
    "a newline after it": "https://example.com/x\n",
    "a NUL": "https://example.com/\0",
    "not percent-encoded": "https://example.com/счёт.pdf",
    "a host outside ASCII": "https://exämple.com/x",
    "a lone surrogate": "https://example.com/\ud800",
    "None": None,
    "a number": 5,
    "bytes": b"https://example.com/x",
}


@pytest.mark.parametrize("url", FILES.values(), ids=FILES)
def test_a_file_that_is_no_url(face: Face, server: Server, url: Any) -> None:
    """A file is named by a URL that the server can fetch."""
    with pytest.raises(ConfigurationError, match="url") as caught:
        face(base_url=server.url).call("send_file", url)

    refusal(caught.value)


UUIDS: dict[str, Any] = {
    "empty": "",
    "a word": "order-17",
    "a digit short": CONVERSATION[:-1],
    "a digit long": CONVERSATION + "0",
    "not hexadecimal": "g" * 32,
    "a newline": CONVERSATION + "\n",
    "a number": 5,
    "bytes": UUID(CONVERSATION).bytes,
    "false": False,
}


@pytest.mark.parametrize("value", UUIDS.values(), ids=UUIDS)
@pytest.mark.parametrize("operation", ["send_text", "send_file"])
def test_a_uuid_that_is_none(face: Face, server: Server, operation: str, value: Any) -> None:
    """A uuid is a UUID, and the message says how to come by one."""
    with pytest.raises(ConfigurationError, match="uuid5") as caught:
        face(base_url=server.url).call(operation, "https://example.com/x", uuid=value)

    refusal(caught.value)


def test_the_message_does_not_show_what_was_to_be_sent(face: Face, server: Server) -> None:
    """Neither the error nor what it came from holds the text."""
    with pytest.raises(ConfigurationError) as caught:
        face(base_url=server.url).call("send_text", "A-PRIVATE-TEXT \ud800")

    error: BaseException | None = caught.value
    while error is not None:
        assert "A-PRIVATE-TEXT" not in repr((error, error.args, vars(error)))
        error = error.__cause__ or error.__context__


def test_an_agent_may_be_given_as_a_uuid(face: Face) -> None:
    """A `UUID` is an id as good as its text."""
    client = face(base_url=URL).client

    assert client.conversation(UUID(AGENT)).id == AGENT
    assert f"{AGENT}>" in repr(client.conversation(AGENT))


# --- the words ------------------------------------------------------------------------------------

BARE = (
    "has a blank, a line break or a character outside ASCII in it: "
    "give the bare token; a scheme such as Bearer is set by the profile (auth_scheme)"
)
EXAMPLE = "give one such as https://widget.blinger.io/api/external/v1"
PLAIN = (
    "base_url is plain http:// to widget.example, which would show the token to the network: "
    "use https://, or set BLINGER_ALLOW_HTTP=1 if you mean it"
)
NO_ID = "is not an ID: it may have no slash, blank, ? or # in it, nor be all dots"
NO_URL = "url is not an http(s) URL with a host, percent-encoded: the server fetches the file"
NO_UUID = (
    "uuid is not a UUID: leave it out and one is made, "
    "or derive one from a key of yours with uuid.uuid5"
)


async def _tell(_: object) -> None: ...


WORDS: list[tuple[Callable[[], object], str]] = [
    (lambda: resolve_token(""), "no token: pass token=… or set BLINGER_TOKEN"),
    (lambda: resolve_token("a b"), f"the token {BARE}"),
    (lambda: resolve_token(None), f"BLINGER_TOKEN {BARE}"),
    (
        lambda: resolve_base_url("http://widget.example"),
        PLAIN,
    ),
    (lambda: resolve_base_url("a b"), f"base_url is not a URL: {EXAMPLE}"),
    (lambda: resolve_base_url("a"), f"base_url is not an http(s) URL with a host: {EXAMPLE}"),
    (
        lambda: resolve_base_url("https://a?b"),
        f"base_url has a user, a query or a fragment, which it cannot have: {EXAMPLE}",
    ),
    (
        lambda: given_options(timeout=None),
        "timeout is None: give seconds, or a Timeout with None for the phases without limit",
    ),
    (
        lambda: given_options(timeout=0),
        "timeout is 0: give seconds above zero, or None for no limit",
    ),
    (
        lambda: given_options(deadline="5"),
        "deadline is '5': give seconds above zero, or None for no limit",
    ),
    (
        lambda: Timeout(pool=-1),
        "timeout.pool is -1: give seconds above zero, or None for no limit",
    ),
    (lambda: given_options(retries=2.5), "retries is 2.5: give a whole number from 0 on"),
    (lambda: given_options(on_retry=5), "on_retry is a int: give a function, or None"),
    (
        lambda: given_options(on_retry=_tell),
        "on_retry is a coroutine function, and nobody awaits it: use def",
    ),
    (
        lambda: given_options(headers=[]),
        "headers is a list: give a mapping of names to values",
    ),
    (lambda: given_options(headers={"a b": ""}), "headers: 'a b' is not a header's name"),
    (
        lambda: given_options(headers={"Host": "a"}),
        "headers: Host is set by the client; the token goes into token=…",
    ),
    (
        lambda: given_options(headers={"X-A": "\n"}),
        "headers: the value of X-A is not text that fits into a header",
    ),
    (lambda: read_profile(5), "profile is a int: give a mapping, or the path of a TOML file"),  # type: ignore[arg-type]
    (
        lambda: read_profile({"uuid_dedupe": 1}),
        "the profile's uuid_dedupe is 1: give one of same_message, conflict, second_message",
    ),
    (
        lambda: read_profile("/no/such"),
        "cannot read the profile '/no/such': [Errno 2] No such file or directory: '/no/such'",
    ),
    (
        lambda: read_profile({"uuid_dedup": "conflict"}),
        "the profile has 'uuid_dedup': did you mean uuid_dedupe?",
    ),
    (lambda: assign_agent("a", "b c"), f"agent_id {NO_ID}"),
    (lambda: assign_agent("a", 5), "agent_id should be a string and is int"),  # type: ignore[arg-type]
    (lambda: send_text("a", "", None), "text is empty"),
    (
        lambda: send_text("a", "ab\ud800", None),
        "text has a lone surrogate at character 2, which UTF-8 cannot carry",
    ),
    (lambda: send_text("a", "b", "c"), NO_UUID),
    (lambda: send_file("a", "", None), "url is empty"),
    (lambda: send_file("a", "b", None), NO_URL),
    (lambda: send_file("a", "https://b", "c"), NO_UUID),
]
"""A refusal by each check, and its words."""


@pytest.mark.parametrize(("refused", "words"), WORDS, ids=[words for _, words in WORDS])
def test_the_words(
    monkeypatch: pytest.MonkeyPatch, refused: Callable[[], object], words: str
) -> None:
    """What a person reads: which argument it is, what is wrong with it, and what to do."""
    monkeypatch.setenv("BLINGER_TOKEN", "a b")

    with pytest.raises(ConfigurationError) as caught:
        refused()

    assert words == refusal(caught.value)
