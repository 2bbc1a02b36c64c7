"""The two clients are one: the same names, signatures and words, with and without `await`."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from tests.unit.wrapper.faces import (
    CONVERSATION,
    EVERY_FACE,
    OPERATIONS,
    TOKEN,
    Face,
    is_async,
)
from tests.unit.wrapper.samples import ok
from tests.unit.wrapper.scripted import Answer, Server

import blinger
from blinger import (
    AsyncBlinger,
    AsyncConversationClient,
    Blinger,
    ConfigurationError,
    ConversationClient,
    ServerError,
    Timeout,
)

if TYPE_CHECKING:
    from types import FunctionType

PAIRS = [(Blinger, AsyncBlinger), (ConversationClient, AsyncConversationClient)]
MAGIC = {"__enter__": "__aenter__", "__exit__": "__aexit__"}
BLOCKING = {"__init__", "__repr__", "conversation", "with_options"}
"""What neither face awaits."""
OF_ONE_FACE = {"sender"}
"""The argument that only AsyncBlinger has: who blocks has one sender."""


def members(kind: type) -> dict[str, FunctionType]:
    """Return the functions of *kind* that people call, however they call them."""
    return {
        name: member
        for name, member in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_") or name in {"__init__", "__repr__", *MAGIC, *MAGIC.values()}
    }


@pytest.mark.parametrize(("sync", "other"), PAIRS)
def test_the_same_names(sync: type, other: type) -> None:
    """What one face has the other has."""
    assert {MAGIC.get(name, name) for name in members(sync)} == set(members(other))


def test_what_they_have() -> None:
    """The public names are those that were promised."""
    assert {"conversation", "with_options", "close"} == public(Blinger)
    assert set(OPERATIONS) == public(ConversationClient)


def public(kind: type) -> set[str]:
    """Return the names of *kind* that are no magic."""
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize(("sync", "other"), PAIRS)
def test_the_same_signatures(sync: type, other: type) -> None:
    """The arguments, their order, defaults and types are the same; what is returned is too."""
    for name, member in members(sync).items():
        ours = inspect.signature(member)
        theirs = inspect.signature(members(other)[MAGIC.get(name, name)])
        parameters = {k: v for k, v in theirs.parameters.items() if k not in OF_ONE_FACE}

        assert list(ours.parameters) == list(parameters)
        for one, another in zip(ours.parameters.values(), parameters.values(), strict=True):
            assert (one.kind, one.default) == (another.kind, another.default)
            assert one.annotation == without_async(another.annotation)
        assert ours.return_annotation == without_async(theirs.return_annotation)


def without_async(annotation: Any) -> Any:
    """Return *annotation* as the other face has it."""
    return annotation.replace("Async", "") if isinstance(annotation, str) else annotation


@pytest.mark.parametrize(("sync", "other"), PAIRS)
def test_the_same_words(sync: type, other: type) -> None:
    """Each function is documented, in the same words."""
    for name, member in members(sync).items():
        words = inspect.getdoc(member)
        assert words
        theirs = inspect.getdoc(members(other)[MAGIC.get(name, name)]) or ""
        for argument in OF_ONE_FACE:
            theirs = re.sub(rf"    {argument}: .*\n(        .*\n)*", "", theirs)
        assert words == theirs
    for kind in (sync, other):
        assert kind.__doc__


@pytest.mark.parametrize(("sync", "other"), PAIRS)
def test_what_sends_or_closes_is_awaited(sync: type, other: type) -> None:
    """One face awaits nothing; the other all that does I/O."""
    assert not [name for name, member in members(sync).items() if is_async(member)]
    for name, member in members(other).items():
        assert (name not in BLOCKING) == is_async(member)


def test_the_constructor_is_as_promised() -> None:
    """The arguments of the clients, with their defaults."""
    parameters = dict(inspect.signature(Blinger).parameters)
    token = parameters.pop("token")

    assert (token.default, token.kind) == (None, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    assert {inspect.Parameter.KEYWORD_ONLY} == {p.kind for p in parameters.values()}
    assert {
        "base_url": None,
        "timeout": Timeout(connect=5, read=30, write=30, pool=10),
        "deadline": 60,
        "retries": 2,
        "profile": None,
        "on_retry": None,
        "http_client": None,
        "strict": False,
    } == {name: parameter.default for name, parameter in parameters.items()}
    assert [
        name for name in inspect.signature(Blinger.with_options).parameters if name != "self"
    ] == ["timeout", "deadline", "retries", "headers", "on_retry"]
    assert inspect.signature(AsyncBlinger).parameters["sender"].default == "httpx"


def test_an_option_that_is_not_given_reads_well() -> None:
    """The signature says that an option of a view may be left as it is."""
    assert "retries: 'int | NotGiven' = NOT_GIVEN" in str(inspect.signature(Blinger.with_options))


def test_all_is_sorted_complete_and_there() -> None:
    """`__all__` names what the package offers, each once, in order."""
    named = blinger.__all__
    offered = [name for names in blinger._PLACES.values() for name in names.split()]

    assert sorted(named) == list(named)
    assert sorted([*offered, "__version__"]) == named
    assert set(named) <= set(dir(blinger))
    for name in named:
        assert name == "__version__" or getattr(blinger, name).__doc__
    for place, names in blinger._PLACES.items():
        assert all(
            getattr(blinger, name) is getattr(sys.modules[place], name) for name in names.split()
        )
    with pytest.raises(AttributeError, match="module 'blinger' has no attribute 'Client'"):
        _ = blinger.Client


def test_type_checkers_see_what_is_there() -> None:
    """What they read under `TYPE_CHECKING`, each name from its place, is what is imported."""
    tree = ast.parse(Path(blinger.__file__).read_text())
    checked = next(one for one in tree.body if isinstance(one, ast.If))
    read = {
        one.module: [name.name for name in one.names]
        for one in checked.body
        if isinstance(one, ast.ImportFrom) and one.module != "typing"
    }

    assert read == {place: names.split() for place, names in blinger._PLACES.items()}


_LATER = """
import sys
{program}
print([name for name in {heavy} if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("program", "loaded"),
    [
        ("import blinger", []),
        ("import blinger; blinger.BlingerError", []),
        ("import blinger; blinger.Message", ["attrs"]),
        ("import blinger; blinger.Blinger('t')", ["attrs", "httpx"]),
        ("import blinger; blinger.AsyncBlinger('t')", ["attrs", "httpx"]),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(program: str, loaded: list[str]) -> None:
    """`import blinger` costs next to nothing, and a client imports what it needs to send."""
    heavy = ["aiohttp", "asyncio", "attrs", "httpx", "tenacity", "blinger_api.models.message"]
    done = subprocess.run(
        # Without the packages that httpx and httpcore look for, which import some of these.
        [
            sys.executable,
            "-c",
            "import sys; sys.modules.update(trio=None, rich=None)"
            + _LATER.format(program=program, heavy=heavy),
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"{loaded}\n"


def test_the_version() -> None:
    """The version is one that an installer understands."""
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|a\d+|b\d+|rc\d+)?", blinger.__version__)


# --- views ----------------------------------------------------------------------------------------


def test_a_view_leaves_the_client_as_it_is(face: Face, server: Server) -> None:
    """Options of a view are its own, and another view of it keeps those that it does not name."""
    client = face(base_url=server.url)
    before = client.client._options

    view = client.with_options(
        timeout=1, deadline=2, retries=7, headers={"X-A": "1"}, on_retry=print
    )
    second = view.with_options(retries=0)

    assert before is client.client._options
    assert (2, 7, {"X-A": "1"}, print) == (
        view.client._options.deadline,
        view.client._options.retries,
        view.client._options.headers,
        view.client._options.on_retry,
    )
    assert attrs.evolve(view.client._options, retries=0) == second.client._options
    assert type(client.client) is type(view.client) is type(second.client)
    assert view.client is not client.client
    assert client.with_options().client._options == before


def test_an_option_of_a_view_can_be_taken_back(face: Face, server: Server) -> None:
    """None is a value: no deadline, no callback."""
    view = face(base_url=server.url, on_retry=print).with_options(deadline=None, on_retry=None)

    assert view.client._options.deadline is None
    assert view.client._options.on_retry is None


def test_a_view_shares_the_connections(face: Face, server: Server) -> None:
    """What the client and its views send goes over one connection, as long as it is idle."""
    server.play(ok("send_text"))
    client = face(base_url=server.url)
    view = client.with_options(retries=0)

    for handle in (client, view, client, view.with_options(timeout=3)):
        handle.call("send_text")

    assert len(server.requests) == 4
    assert server.connections == 1


def test_closing_a_view_closes_nothing(face: Face, server: Server) -> None:
    """Only the client itself closes the connections, and then its views are closed as well."""
    server.play(ok("send_text"))
    client = face(base_url=server.url)
    view = client.with_options(retries=0)
    client.call("send_text")

    view.close()
    view.close()
    client.call("send_text")
    view.call("send_text")
    assert server.connections == 1

    client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        view.call("send_text")


def test_a_view_as_a_context_closes_nothing(face: Face, server: Server) -> None:
    """So it is when a view is left as a context."""
    server.play(ok("send_text"))
    client = face(base_url=server.url)

    with_context(face, client.client.with_options(retries=0))

    client.call("send_text")


def with_context(face: Face, client: Any) -> None:
    """Enter and leave *client* as a context."""
    if face.is_sync:
        with client as entered:
            assert entered is client
    else:

        async def enter() -> None:
            async with client as entered:
                assert entered is client

        face.run(enter)


def test_a_context_closes_the_client(face: Face, server: Server) -> None:
    """A client that was left as a context is closed."""
    client = face(base_url=server.url)

    with_context(face, client.client)

    with pytest.raises(ConfigurationError, match="closed"):
        client.call("send_text")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_closed_client_says_so(face: Face, server: Server, operation: str) -> None:
    """A closed client sends nothing, and says what to do; closing it again does no harm."""
    server.play(ok(operation))
    client = face(base_url=server.url)
    client.call(operation)
    client.close()
    client.close()

    with pytest.raises(ConfigurationError, match="the client is closed: make another") as caught:
        client.call(operation)

    assert (operation, 0) == (caught.value.operation, caught.value.attempts)
    assert caught.value.outcome == "not_sent"
    assert len(server.requests) == 1


def test_a_client_that_never_sent_can_be_closed(face: Face, server: Server) -> None:
    """Closing needs no call before it."""
    face(base_url=server.url).close()

    assert server.connections == 0


def test_a_failed_call_leaves_the_client_usable(face: Face, server: Server) -> None:
    """After an error the next call is like any other."""
    server.play(Answer(500), Answer(500), Answer(500), ok("send_text"))
    client = face(base_url=server.url)

    with pytest.raises(ServerError):
        client.call("send_text")

    assert client.call("send_text").meta.attempts == 1


# --- the environment ------------------------------------------------------------------------------


def test_the_environment(face: Face, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Token and base URL come from the environment, where no argument says otherwise."""
    server.play(ok("send_text"))
    monkeypatch.setenv("BLINGER_TOKEN", "of-the-environment")
    monkeypatch.setenv("BLINGER_BASE_URL", f"{server.origin}/elsewhere/")

    face(None).call("send_text")  # type: ignore[arg-type]
    face(TOKEN, base_url=server.url).call("send_text")

    assert [r.headers["authorization"] for r in server.requests] == ["of-the-environment", TOKEN]
    assert server.requests[0].target.startswith("/elsewhere/conversation/")
    assert server.requests[1].target.startswith("/api/external/v1/conversation/")


def test_the_environment_is_read_when_a_client_is_made(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of the environment reaches the next client, and no earlier one."""
    server.play(ok("send_text"))
    monkeypatch.setenv("BLINGER_TOKEN", "first")
    first = face(None, base_url=server.url)  # type: ignore[arg-type]
    monkeypatch.setenv("BLINGER_TOKEN", "second")
    second = face(None, base_url=server.url)  # type: ignore[arg-type]

    first.call("send_text")
    second.call("send_text")

    assert [r.headers["authorization"] for r in server.requests] == ["first", "second"]


def test_the_default_is_production(face: Face) -> None:
    """Without an argument and a variable it is production."""
    assert "base_url='https://widget.blinger.io/api/external/v1'" in repr(face().client)


@pytest.mark.parametrize("face", EVERY_FACE, indirect=True)
def test_the_four_operations(face: Face, server: Server) -> None:
    """All four work on each face, in each event loop, on one client and one connection."""
    client = face(base_url=server.url)
    server.play(*(ok(name) for name in OPERATIONS))

    ids = [client.call(name).id for name in OPERATIONS]

    assert ids[0] == CONVERSATION
    assert 4 == len(set(ids)) == len(server.requests)
    assert server.connections == 1
