"""Canaries: the token, a visitor's websocketToken, a text and the query of a file's URL.

They are sent to servers that send them back in every way they know, and looked for wherever an
error, a log record or a repr could show them.
"""

from __future__ import annotations

import html
import json
import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import pytest
from tests.unit.wrapper.faces import AGENT, CONVERSATION, FACES, Face, Handle
from tests.unit.wrapper.samples import get, ok, paths, sample
from tests.unit.wrapper.scripted import Answer, Drip, Hang, Raw, Reply, Reset, Server, Step

from blinger import (
    APIError,
    BlingerError,
    ConfigurationError,
    ConnectionFailed,
    InvalidResponse,
    RetryEvent,
    TransportError,
    errors,
)
from blinger import _operations as operations
from blinger._exchange import write
from blinger._sender import Reply as SenderReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.wrapper.scripted import Recorded

CANARY = "CANARY"
"""In each of the secrets, and nowhere else."""
TOKEN = "CANARY-token-7f3a9c"
TEXT = "CANARY \"text\" 'of' <a> & /b\\\n  Привет, мир 👋"
URL = "https://files.example/invoice.pdf?n=1&sig=CANARY%2Fq-17&x"
_JWT_HEAD = "eyJDQU5BUlkCANARY"  # apart, since no JWT but the sample stands in the repository
JWT = f"{_JWT_HEAD}.eyJzdWIiCANARY.c2lnCANARY_-"
SOCKET = "CANARY-socket-17"

CALLS: dict[str, tuple[str, ...]] = {
    "assign_agent": (AGENT,),
    "send_text": (TEXT,),
    "send_file": (URL,),
    "request_review": (),
}

Echo = tuple[str, str]
"""What a server was told: the token, and the text or the URL."""


def told(request: Recorded) -> Echo:
    """Return what *request* told the server."""
    body = request.json if request.body else {}
    return request.headers["authorization"], body.get("text") or body.get("file") or ""


def fields(echo: Echo) -> dict[str, Any]:
    """Return an answer that holds all of it, with something harmless at the end."""
    token, content = echo
    return {
        "error": f"cannot use {token}: {content}",
        token: content,
        "list": [token, [content], {"of": content}],
        "data": {"endUser": {"websocketToken": SOCKET, "id": JWT}, "websockettoken": [SOCKET]},
        "what": f"websocketToken={SOCKET}, {JWT} and {content}",
        "harmless": "the end" * 20,
    }


def php(value: object) -> str:
    """Return JSON as PHP writes it."""
    return json.dumps(value).replace("/", "\\/")


FORMS: dict[str, Callable[[Echo], str]] = {
    "JSON": lambda echo: json.dumps(fields(echo)),
    "JSON with words for fields": lambda echo: json.dumps({"error": {echo[0]: echo[1], "x": JWT}}),
    "JSON in JSON": lambda echo: json.dumps({"error": json.dumps(fields(echo))}),
    "truncated JSON": lambda echo: json.dumps(fields(echo))[:-20],
    "truncated JSON in UTF-8": lambda echo: json.dumps(fields(echo), ensure_ascii=False)[:-20],
    "truncated JSON of PHP": lambda echo: php(fields(echo))[:-20],
    "truncated JSON, indented": lambda echo: json.dumps(fields(echo), indent=2)[:-20],
    "truncated JSON in JSON": lambda echo: json.dumps({"e": json.dumps(fields(echo))})[:-20],
    "HTML": lambda echo: f"<p>{html.escape(echo[0])}</p><pre>{html.escape(echo[1])}</pre>",
    "HTML of PHP": lambda echo: f"<p>{html.escape(echo[1]).replace('&#x27;', '&#039;')}</p>",
    "HTML with plain quotes": lambda echo: f"<p>{html.escape(echo[1], quote=False)}</p>",
    "HTML with JSON in it": lambda echo: f"<pre>{html.escape(json.dumps(fields(echo)))}</pre>",
    "plain text": lambda echo: f"{echo[0]}\n{echo[1]}\nwebsocketToken: {SOCKET}\n{JWT}",
    "text on one line": lambda echo: f"{echo[0]} " + " ".join(echo[1].split()),
    "a line of the text": lambda echo: f"{echo[0]} near: " + echo[1].split("\n")[0],
    "a form": lambda echo: urlencode({"token": echo[0], "text": echo[1], "websocketToken": SOCKET}),
    "a Python repr": lambda echo: repr({"token": echo[0], "text": echo[1], "websocketToken": JWT}),
    "the query alone": lambda echo: f"{echo[0]} GET /invoice.pdf?{urlsplit(echo[1]).query}",
    "a value of the query": lambda echo: f"{echo[0]}" + " CANARY/q-17" * ("?" in echo[1]),
    "the URL within a URL": lambda echo: f"{echo[0]} /fetch?url={quote_plus(echo[1])}",
}


def answering(status: int, form: Callable[[Echo], str]) -> Step:
    """Return a step that sends back what it was told, in *form*."""
    return Reply(lambda request: Answer(status, form(told(request)).encode("utf-8", "replace")))


# --- where a canary could be ----------------------------------------------------------------------


def strings(value: object, seen: set[int]) -> Iterator[str]:
    """Yield all text that can be reached from *value*, its repr and its attributes included."""
    if isinstance(value, str):
        yield value
    if isinstance(value, str | int | float | type) or value is None or id(value) in seen:
        return
    seen.add(id(value))
    if callable(value):
        return
    if isinstance(value, bytes | bytearray):
        yield value.decode("utf-8", "replace")
        return
    yield from (str(value), repr(value))
    if isinstance(value, dict):
        for item in (*value.keys(), *value.values()):
            yield from strings(item, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from strings(item, seen)
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    for name in (*getattr(value, "__dict__", ()), *slots):
        yield from strings(getattr(value, name, None), seen)


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and all that it came from, hidden or not."""
    queue: list[BaseException | None] = [error]
    seen: set[int] = set()
    while queue:
        link = queue.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            yield link
            queue += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]


def assert_clean(*values: object) -> None:
    """Assert that no canary can be reached from *values*."""
    seen: set[int] = set()
    for value in values:
        for text in strings(value, seen):
            assert CANARY not in text


def assert_error_is_clean(error: BlingerError) -> None:
    """Assert that *error* shows no canary, however it is looked at."""
    for link in chain(error):
        assert_clean(link, link.args, getattr(link, "doc", ""), getattr(link, "object", ""))
    assert_clean("".join(traceback.format_exception(error)))
    assert_clean(getattr(error, "__notes__", []))
    for protocol in (0, pickle.HIGHEST_PROTOCOL):
        pickled = pickle.dumps(error, protocol)
        assert CANARY.encode() not in pickled
        assert_clean(pickle.loads(pickled))  # noqa: S301 - ours
    for name in dir(error):
        assert CANARY not in repr(getattr(error, name))


@pytest.mark.parametrize("place", ["args", "attribute", "note", "cause", "request", "bytes", "key"])
def test_the_search_finds_one(place: str) -> None:
    """What finds nothing below would find a canary, wherever it sat."""
    error = BlingerError("why")
    if place == "args":
        error = BlingerError(f"why {CANARY}")
    elif place == "attribute":
        error.uuid = [{"a": (CANARY,)}]  # type: ignore[assignment]
    elif place == "note":
        error.add_note(CANARY)
    elif place == "cause":
        error.__context__ = json.JSONDecodeError("no", CANARY, 0)
    elif place == "request":
        request = httpx.Request("POST", "http://127.0.0.1", headers={"Authorization": CANARY})
        error.__cause__ = httpx.ReadError("no", request=request)
    elif place == "bytes":
        error.operation = CANARY.encode()  # type: ignore[assignment]
    else:
        error.operation = {CANARY: 1}  # type: ignore[assignment]

    with pytest.raises(AssertionError):
        assert_error_is_clean(error)


def assert_logs_are_clean(caplog: pytest.LogCaptureFixture, *passed_over: str) -> None:
    """Assert that no log record shows a canary, but for those of the loggers *passed_over*."""
    for record in caplog.records:
        if record.name.split(".")[0] not in passed_over:
            assert_clean(record.getMessage(), record.args, vars(record))


@pytest.fixture(autouse=True)
def everything_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Log all that anybody has to say."""
    caplog.set_level(logging.DEBUG)


@pytest.fixture
def events() -> list[RetryEvent]:
    """What `on_retry` was told."""
    return []


@pytest.fixture
def client(face: Face, server: Server, events: list[RetryEvent]) -> Handle:
    """A client whose token is a canary."""
    return face(TOKEN, base_url=server.url, on_retry=events.append, retries=1)


def failing(client: Handle, name: str) -> BlingerError:
    """Return the error of a call with canaries."""
    with pytest.raises(BlingerError) as caught:
        client.call(name, *CALLS[name])
    return caught.value


# --- servers that send it back --------------------------------------------------------------------

STATUSES = (200, 301, 400, 401, 403, 404, 409, 429, 500)
"""One for each class of error that an answer can be."""


@pytest.mark.parametrize("form", FORMS)
def test_a_body_that_sends_it_back(
    client: Handle,
    server: Server,
    events: list[RetryEvent],
    caplog: pytest.LogCaptureFixture,
    form: str,
) -> None:
    """Whatever status it comes under, what a body sends back is not shown."""
    seen: set[type[BlingerError]] = set()
    for status in STATUSES:
        for name in ("send_text", "send_file"):
            server.play(answering(status, FORMS[form]))
            error = failing(client, name)
            assert_error_is_clean(error)
            seen.add(type(error))

    assert_clean(events)
    assert_logs_are_clean(caplog)
    assert {
        errors.APIError,
        errors.BadRequest,
        errors.AuthenticationFailed,
        errors.PermissionDenied,
        errors.NotFound,
        errors.Conflict,
        errors.RateLimited,
        errors.ServerError,
        errors.InvalidResponse,
    } == seen


def test_the_rest_of_the_body_is_shown(client: Handle, server: Server) -> None:
    """What is no secret stays, so that an error can be understood."""
    server.play(answering(400, FORMS["JSON"]))

    error = failing(client, "send_text")

    assert isinstance(error, APIError)
    assert error.message == "cannot use [redacted]: [redacted]"
    assert error.body["harmless"] == "the end" * 20
    assert error.body["data"]["endUser"] == {"websocketToken": "[redacted]", "id": "[redacted]"}
    assert error.body["list"][2] == {"of": "[redacted]"}


HEADER_LINES: dict[str, Callable[[Echo], bytes]] = {
    "a header": lambda echo: f"X-Echo: {echo[0]}".encode(),
    "a header with an id": lambda echo: f"X-Request-Id: {echo[0]} {JWT}".encode(),
    "a cookie": lambda _: f"Set-Cookie: session={SOCKET}; Secure".encode(),
    "the media type": lambda echo: f"Content-Type: text/{echo[0]}".encode(),
    "the realm": lambda echo: f'WWW-Authenticate: Token realm="{echo[0]}"'.encode(),
    "the place to go": lambda echo: f"Location: /?url={quote_plus(echo[1])}&{JWT}".encode(),
    "a header with websocketToken": lambda _: f"X-User: websocketToken={SOCKET}".encode(),
}


@pytest.mark.parametrize("line", HEADER_LINES)
@pytest.mark.parametrize("status", [200, 302, 404, 503])
def test_headers_that_send_it_back(
    client: Handle, server: Server, caplog: pytest.LogCaptureFixture, status: int, line: str
) -> None:
    """Nor is what a header sends back; httpcore, at DEBUG, logs answers as they are."""

    def answer(request: Recorded) -> Raw:
        head = HEADER_LINES[line](told(request))
        return Raw(f"HTTP/1.1 {status} X\r\nContent-Length: 2\r\n".encode() + head + b"\r\n\r\n<>")

    for name in ("send_text", "send_file"):
        server.play(Reply(answer))
        assert_error_is_clean(failing(client, name))
    assert_logs_are_clean(caplog, "httpcore")


BROKEN: dict[str, Callable[[Echo], bytes]] = {
    "a status line": lambda echo: f"HTTP/9 {echo[0]} {JWT}\r\n\r\n".encode(),
    "a header line": lambda echo: f"HTTP/1.1 200 OK\r\n{echo[0]} {JWT}\r\n\r\n".encode(),
    "a header's name": lambda echo: f"HTTP/1.1 200 OK\r\nX {echo[0]}: 1\r\n\r\n".encode(),
    "a length": lambda echo: f"HTTP/1.1 200 OK\r\nContent-Length: {echo[0]}\r\n\r\n".encode(),
    "a chunk": lambda echo: (
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{echo[0]}\r\n".encode()
    ),
    "a coding": lambda echo: f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {echo[0]}\r\n\r\n".encode(),
    "no HTTP": lambda echo: f"{echo[0]} {JWT}\r\n\r\n".encode(),
}


@pytest.mark.parametrize("part", BROKEN)
def test_broken_http_that_sends_it_back(
    client: Handle, server: Server, caplog: pytest.LogCaptureFixture, part: str
) -> None:
    """Nor does the error quote an answer that is no HTTP, as the parser's own words would."""
    server.play(Reply(lambda request: Raw(BROKEN[part](told(request)))))

    error = failing(client, "send_text")

    assert isinstance(error, TransportError)
    assert error.__cause__ is not None
    assert_error_is_clean(error)
    assert_logs_are_clean(caplog, "httpcore")


def test_an_answer_of_secrets_that_cannot_be_read(client: Handle, server: Server) -> None:
    """An answer with a fault holds a visitor's token beside it: it is not in the error."""
    for name in CALLS:
        for path, value in paths(sample(name)["data"], ("data",)):
            if isinstance(value, dict) or path[-1] in {"width", "height"} or "url" in path:
                continue
            answer = with_canaries(name)
            if name == "request_review":  # its text is the visitor's, and was not sent
                answer["data"]["review"]["text"] = ""
            del get(answer, path[:-1])[path[-1]]
            server.play(Answer(200, answer))
            error = failing(client, name)
            assert isinstance(error, InvalidResponse)
            assert_error_is_clean(error)


def test_a_path_that_is_a_secret(client: Handle, server: Server) -> None:
    """A key of the answer that holds a secret is not in the error's path."""
    answer = sample("send_file")
    answer["data"]["file"]["url"] = {TOKEN: 5}
    server.play(Answer(200, answer))

    error = failing(client, "send_file")

    assert isinstance(error, InvalidResponse)
    assert error.path == "data.file.url.[redacted]"
    assert_error_is_clean(error)


def with_canaries(name: str) -> dict[str, Any]:
    """Return the sample of *name* with canaries for what people wrote and may not be shown."""
    answer = sample(name)
    for path, _ in list(paths(answer)):
        if path[-1] == "websocketToken":
            get(answer, path[:-1])[path[-1]] = SOCKET
        if path[-1] in {"body", "text"} and get(answer, path) is not None:
            get(answer, path[:-1])[path[-1]] = TEXT
    return answer


# --- connections that fail ------------------------------------------------------------------------

LOST: dict[str, Step] = {
    "reset": Reset(),
    "closed": Raw(),
    "closed within the body": Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
    "silence": Hang(),
    "a drip": Drip(b" ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("step", LOST.values(), ids=LOST)
def test_a_connection_that_fails(
    client: Handle,
    server: Server,
    events: list[RetryEvent],
    caplog: pytest.LogCaptureFixture,
    step: Step,
    name: str,
) -> None:
    """The causes of a broken call hold no request: nothing in them knows the token."""
    server.play(step)

    error = failing(client.with_options(timeout=0.05, deadline=0.15), name)

    assert isinstance(error, TransportError)
    assert_error_is_clean(error)
    assert_clean(events)
    assert_logs_are_clean(caplog)


def test_nobody_there(face: Face, caplog: pytest.LogCaptureFixture) -> None:
    """Nor do those of a call that was never sent."""
    server = Server()
    client = face(TOKEN, base_url=server.url, retries=1)
    for name in CALLS:
        error = failing(client, name)
        assert isinstance(error, ConnectionFailed)
        assert_error_is_clean(error)
    server.stop()

    assert_logs_are_clean(caplog)


def test_a_proxy_that_refuses(
    face: Face,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A proxy is asked for a connection without the token, and its refusal does not show it."""
    monkeypatch.setenv("HTTPS_PROXY", server.origin)
    server.play(Answer(407))

    error = failing(face(TOKEN, base_url="https://widget.example", retries=0), "send_text")

    assert isinstance(error, ConnectionFailed)
    assert server.requests[0].method == "CONNECT"
    assert_clean(server.requests)
    assert_error_is_clean(error)
    assert_logs_are_clean(caplog)


# --- what is refused before it is sent ------------------------------------------------------------


def test_arguments_that_are_refused(face: Face, server: Server) -> None:
    """An argument that cannot be sent is not shown in the error about it."""
    client = face(TOKEN, base_url=server.url)
    calls: list[tuple[str, tuple[object, ...], dict[str, Any]]] = [
        ("send_text", (f"{TEXT}\ud800",), {}),
        ("send_text", (TEXT,), {"uuid": SOCKET}),
        ("send_file", (f"{URL} ",), {}),
        ("send_file", (f"{URL}\udfff",), {}),
        ("send_file", (f"ftp://{TOKEN}",), {}),
        ("assign_agent", (f"{TOKEN}/",), {}),
        ("assign_agent", (f"{TOKEN}\ud800",), {}),
    ]
    for name, arguments, options in calls:
        with pytest.raises(ConfigurationError) as caught:
            client.call(name, *arguments, **options)
        assert_error_is_clean(caught.value)


def test_what_of_a_url_is_a_secret() -> None:
    """A signed URL has its key in a value of its query: those of eight characters and more."""
    url = "https://files.example/a?short=1234567&long=12345678&x=%C3%A9%C3%A9"

    content = operations.send_file(CONVERSATION, url, None).content

    assert content == (url, "short=1234567&long=12345678&x=%C3%A9%C3%A9", "12345678")


@pytest.mark.parametrize("token", [f"{TOKEN}\n", f"{TOKEN} ", f"Bearer {TOKEN}", f"{TOKEN}\ud800"])
def test_a_token_that_is_refused(face: Face, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    """Nor is a token, wherever it was given."""
    with pytest.raises(ConfigurationError) as caught:
        face(token)
    assert_error_is_clean(caught.value)
    if token.isascii():
        monkeypatch.setenv("BLINGER_TOKEN", token)
        with pytest.raises(ConfigurationError) as caught:
            face.client_type()
        assert_error_is_clean(caught.value)


def test_options_that_are_refused(face: Face, server: Server) -> None:
    """Nor is a header that carries it, or a URL."""
    client = face(TOKEN, base_url=server.url)
    for headers in (
        {"Authorization": TOKEN},
        {"X-Key": f"{TOKEN}\n"},
        {"X-Key": TOKEN.encode()},
    ):
        with pytest.raises(ConfigurationError) as caught:
            client.with_options(headers=headers)
        assert_error_is_clean(caught.value)
    for base_url in (
        f"https://{TOKEN}@widget.example",
        f"https://u:{TOKEN}@widget.example",
        f"https://widget.example?{TOKEN}",
        f"https://widget.example#{TOKEN}",
        f"https://widget.example/{TOKEN} ",
    ):
        with pytest.raises(ConfigurationError) as caught:
            face(TOKEN, base_url=base_url)
        assert_error_is_clean(caught.value)


# --- reprs ----------------------------------------------------------------------------------------


def test_models_do_not_show_it(
    client: Handle, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """What a visitor may not see, and what people wrote, is in no repr of a model."""
    for name, arguments in CALLS.items():
        server.play(Answer(200, with_canaries(name), {"X-Echo": TOKEN}))
        result = client.call(name, *arguments)
        for shown in (result, result.meta, [result], {"result": result}):
            assert CANARY not in repr(shown)
            assert CANARY not in str(shown)
            assert CANARY not in f"{shown}"
        assert type(result).__name__ in repr(result)
        assert result.id in repr(result)
    assert_logs_are_clean(caplog, "httpcore")


def test_clients_do_not_show_it(client: Handle, server: Server) -> None:
    """Nor is the token in one of a client, a view, a conversation or their options."""
    view = client.with_options(headers={"X-Key": TOKEN})
    for handle in (client, view):
        for shown in (
            handle.client,
            handle.client._options,
            handle.client._driver,
            handle.client.conversation(CONVERSATION),
        ):
            assert CANARY not in repr(shown)
            assert CANARY not in str(shown)
    assert server.url in repr(client.client)


@pytest.mark.parametrize("face", FACES[:1], indirect=True)
def test_the_inside_does_not_show_it(client: Handle) -> None:
    """Nor does what a debugger or a crash reporter would show of the inside."""
    for operation in (
        operations.send_text(CONVERSATION, TEXT, None),
        operations.send_file(CONVERSATION, URL, None),
    ):
        request = write(operation, client.client._options)
        reply = SenderReply(status=200, headers={"x": TOKEN}, body=TEXT.encode())
        for shown in (operation, request, reply):
            assert CANARY not in repr(shown)
            assert CANARY not in str(shown)
        assert request.headers["Authorization"] == TOKEN


def test_a_call_that_works_logs_none(
    face: Face, client: Handle, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """From what the SDK and what it sends through log at DEBUG no secret can be learnt."""
    for name, arguments in CALLS.items():
        server.play(ok(name))
        client.call(name, *arguments)

    through = {"asyncio"} if face.name == "aiohttp" else {"httpcore"}
    assert {"blinger", *through} <= {r.name.split(".")[0] for r in caplog.records}
    assert_logs_are_clean(caplog)
