"""The two stores: one behaviour, whichever keeps the state."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec import structs
from msgspec.json import encode

from blinger_mock import schema, snapshot
from blinger_mock.bodies import parse
from blinger_mock.check import BASE
from blinger_mock.clock import Held
from blinger_mock.engine import Engine
from blinger_mock.memory import MemoryStore
from blinger_mock.schema import DatabaseError
from blinger_mock.seed import AGENT, CONVERSATION, seed
from blinger_mock.snapshot import SnapshotError
from blinger_mock.sqlite import SqliteStore
from blinger_mock.state import NotKeptError
from blinger_mock.steps import (
    Act,
    AssignAgent,
    Caller,
    EndUserText,
    GiveReview,
    Refusal,
    Request,
    RequestReview,
    SendFile,
    SendText,
)
from blinger_spec import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from blinger_mock.state import Store

    Open = Callable[[], Store]

KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
OTHER = "0b9a7f3e-6a0e-4f44-8f41-7d0f2a3f6f10"
CALLER = Caller("1", "", CONVERSATION)
ODD = {"uuid_echo": "yes", "uuid_reuse": "second_message", "uuid_dedupe": "second_message"}


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store with nothing in it."""
    made: Store = (
        MemoryStore(0) if request.param == "memory" else SqliteStore(0, tmp_path / "state.db")
    )
    yield made
    made.close()


def _engine(store: Store, **assume: object) -> Engine:
    engine = Engine(Profile(assume), store=store, clock=Held())
    engine.add_tenant("token", "1")
    return engine


def _fill(engine: Engine) -> None:
    """Let one of everything happen."""
    for act in (
        AssignAgent(CALLER, AGENT),
        SendText(CALLER, KEY, "Hello \u202e\U0001f600\0"),
        SendFile(CALLER, OTHER.upper(), "https://example.com/a.png"),
        RequestReview(CALLER),
        EndUserText(CALLER, "Hi"),
    ):
        assert not isinstance(engine.act(act), Refusal)
    asked = engine.state("1").messages(CONVERSATION)[2]
    engine.act(GiveReview(CALLER, asked.id, 5, "Thanks"))


@pytest.mark.parametrize("assume", [{}, ODD, {"end_user_stable": "no", "text_echo": "trimmed"}])
def test_snapshot__round_trip(store: Store, assume: dict[str, str]) -> None:
    """What was exported and imported into either store is the same again, and goes on the same."""
    engine = _engine(store, **assume)
    _fill(engine)
    before = engine.state("1").snapshot()
    document = snapshot.write(before)
    with tempfile.TemporaryDirectory() as folder:
        for other in (MemoryStore(0), SqliteStore(0, Path(folder) / "other.db")):
            copy = _engine(other, **assume)
            copy.reset("1", snapshot.read(document))
            assert copy.state("1").snapshot() == before
            assert copy.state("1").next_id() == MemoryStore.tenant(_same(before), "1").next_id()
            other.close()
    engine.reset("1", before)

    assert engine.state("1").snapshot() == before


def test_snapshot__round_trip__of_a_uuid_that_is_none(store: Store) -> None:
    """What the assumptions let pass as a uuid, and as a message's id, is exported and imported."""
    engine = _engine(store, uuid_format="accepted", uuid_echo="yes")
    for uuid in ("nope", "", "\u202e\0", "A" * 300):
        engine.act(SendText(CALLER, uuid, "Hello"))
    before = engine.state("1").snapshot()
    engine.reset("1", snapshot.read(snapshot.write(before)))

    assert len(before.messages) == 4
    assert engine.state("1").snapshot() == before


def _same(start: Any) -> MemoryStore:
    store = MemoryStore(0)
    store.add("1", start)
    return store


def test_tenants__are_apart(store: Store) -> None:
    """One tenant has nothing of another's, and is forgotten alone."""
    engine = _engine(store)
    engine.add_tenant("other", "2")
    _fill(engine)
    there = structs.replace(CALLER, tenant="2")
    engine.act(SendText(there, KEY, "there"))

    assert [one.sent for one in store.tenant("2").messages(CONVERSATION)] == ["there"]
    engine.remove_tenant("token")
    assert (store.has("1"), store.has("2")) == (False, True)
    with pytest.raises(KeyError):
        store.tenant("1")
    assert len(store.tenant("2").messages(CONVERSATION)) == 1


def test_message__by_id(store: Store) -> None:
    """A message is found by its id in any case, where it is; the last, if there are two."""
    engine = _engine(store, **ODD)
    engine.act(SendText(CALLER, KEY.upper(), "a"))
    engine.act(SendText(CALLER, KEY, "b"))
    state = store.tenant("1")
    found = state.message(CONVERSATION.upper(), KEY.upper())
    second = engine.seed.conversations[1].id

    assert found is not None
    assert (found.sent, found.id) == ("b", KEY)
    assert [one.id for one in state.messages(CONVERSATION)] == [KEY.upper(), KEY]
    assert [one.sent for one in state.sent_with(CONVERSATION, KEY)] == ["a", "b"]
    assert state.message(second, KEY) is None
    assert state.message("no such", KEY) is None
    with pytest.raises(LookupError):
        state.replace(structs.replace(found, id=OTHER))


def test_messages__last(store: Store) -> None:
    """The last so many are the newest, in their order."""
    engine = _engine(store)
    for text in "abc":
        engine.act(EndUserText(CALLER, text))
    state = store.tenant("1")

    assert [one.sent for one in state.messages(CONVERSATION, last=2)] == ["b", "c"]
    assert [one.sent for one in state.messages(CONVERSATION, last=9)] == ["a", "b", "c"]
    assert not state.messages(CONVERSATION, last=0)
    with pytest.raises(KeyError):
        state.messages(OTHER)


def test_reset(store: Store) -> None:
    """A reset leaves nothing but the seed, and ids begin anew."""
    engine = _engine(store)
    start = engine.state("1").snapshot()
    first = engine.state("1").next_id()
    _fill(engine)
    engine.reset("1")

    assert engine.state("1").snapshot() == start
    assert engine.state("1").next_id() == first


# A restart


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Open]:
    """Close the store on a file and open it again."""
    opened: list[SqliteStore] = []

    def again() -> SqliteStore:
        for one in opened:
            one.close()
        opened[:] = [SqliteStore(0, tmp_path / "state.db")]
        return opened[0]

    yield again
    for one in opened:
        one.close()


@pytest.mark.parametrize("assume", [{}, ODD, {"end_user_stable": "no"}])
def test_restart(reopen: Open, assume: dict[str, str]) -> None:
    """A restart keeps everything: messages and their order, uuids, ids, conversations."""
    engine = _engine(reopen(), **assume)
    _fill(engine)
    before = engine.state("1").snapshot()
    engine = _engine(reopen(), **assume)
    sent = engine.state("1").sent_with(CONVERSATION, KEY)[0]

    assert engine.state("1").snapshot() == before
    if not assume:
        assert engine.act(SendText(CALLER, KEY, sent.sent)) == sent
    known = {one.message.id for one in before.messages}
    engine.act(EndUserText(CALLER, "after"))
    messages = engine.state("1").messages(CONVERSATION)
    assert messages[-1].sent == "after"
    assert messages[-1].id not in known
    assert all(a.microseconds < b.microseconds for a, b in itertools.pairwise(messages))


# Commits


def test_committed__waits_for_the_turn(tmp_path: Path) -> None:
    """Changes of one turn of the loop are one transaction; who waits goes on when it is kept."""
    store = SqliteStore(0, tmp_path / "state.db")
    engine = _engine(store)

    async def turn() -> None:
        assert store.committed() is None
        engine.act(EndUserText(CALLER, "a"))
        engine.act(EndUserText(CALLER, "b"))
        first, second = store.committed(), store.committed()
        assert first is not None
        assert second is not None
        assert not first.done()
        first.cancel()
        await second
        assert store.committed() is None

    asyncio.run(turn())
    assert not store._database.in_transaction
    store.close()


@pytest.mark.parametrize("way", ["commit", "full", "bug"])
def test_committed__fails(tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be kept is not acknowledged, is gone, and what follows works."""
    store = SqliteStore(0, tmp_path / "state.db")
    engine = _engine(store)
    _fill(engine)
    before = engine.state("1").snapshot()

    async def turn() -> None:
        engine.act(EndUserText(CALLER, "lost"))
        if way == "commit":
            store._database.set_authorizer(
                lambda action, what, *_: (
                    sqlite3.SQLITE_DENY
                    if (action, what) == (sqlite3.SQLITE_TRANSACTION, "COMMIT")
                    else sqlite3.SQLITE_OK
                )
            )
        elif way == "full":
            store._database.execute("ROLLBACK")
        else:
            monkeypatch.setattr(store.tenant("1")._ids, "count", 2**63)
        future = store.committed()
        assert future is not None
        with pytest.raises(OverflowError if way == "bug" else NotKeptError):
            await future
        store._database.set_authorizer(None)

    asyncio.run(turn())
    assert engine.state("1").snapshot() == before
    engine.act(EndUserText(CALLER, "kept"))
    assert store.tenant("1").messages(CONVERSATION)[-1].sent == "kept"
    store.close()


def test_change__fails(tmp_path: Path) -> None:
    """A change that fails half-way leaves nothing, and its turn is not acknowledged."""
    store = SqliteStore(0, tmp_path / "state.db")
    engine = _engine(store)
    before = engine.state("1").snapshot()
    twice = structs.replace(before, conversations=before.conversations * 2)

    async def turn() -> None:
        engine.act(EndUserText(CALLER, "lost"))
        with pytest.raises(sqlite3.IntegrityError):
            store.add("2", twice)
        future = store.committed()
        assert future is not None
        with pytest.raises(sqlite3.IntegrityError):
            await future

    asyncio.run(turn())
    assert (store.has("2"), engine.state("1").snapshot()) == (False, before)
    store.close()


def test_change__from_another_thread(tmp_path: Path) -> None:
    """A thread without a loop changes the state while a loop does, and both are kept."""
    store = SqliteStore(0, tmp_path / "state.db")
    engine = _engine(store)

    async def turn() -> None:
        for text in "abc":
            engine.act(EndUserText(CALLER, text))
            await asyncio.to_thread(engine.act, EndUserText(CALLER, text.upper()))
            future = store.committed()
            if future is not None:
                await future

    asyncio.run(turn())
    store.close()
    kept = SqliteStore(0, tmp_path / "state.db")
    assert "".join(one.sent for one in kept.tenant("1").messages(CONVERSATION)) == "aAbBcC"
    kept.close()


# The file


def test_lookups__read_no_table_from_end_to_end(tmp_path: Path) -> None:
    """Each statement that looks for something does it by an index, by as much as it is given."""
    database = schema.connect(tmp_path / "state.db")
    plans = {}
    for query in schema.LOOKUPS:
        values = (1,) * query.count("?")
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {query}", values)]
        # A chain is the messages that are asked for; the other is one row.
        read = {step for step in plan if step.startswith("SCAN")}
        assert read <= {"SCAN chain", "SCAN sent_whole"}, (query, plan)
        plans[query] = plan
    assert plans[schema.PLACES] == ["SEARCH sent USING PRIMARY KEY (hash=?)"]
    by_place = "SEARCH message USING INTEGER PRIMARY KEY (rowid=?)"
    assert plans[schema.AT_WITH] == [by_place]
    for query in (schema.LAST, schema.PLACE):
        # From the newest back, as far as is asked for, with nothing to sort.
        steps = ["SETUP", by_place, "RECURSIVE STEP", "SCAN chain", by_place, "SCAN chain"]
        assert plans[query] == ["CO-ROUTINE chain", *steps]
    database.close()


def test_open__journal(tmp_path: Path) -> None:
    """The file is in WAL mode with synchronous=NORMAL, its tables are strict, nobody else reads it.

    SQLite gives the log the mode of the file.
    """
    database = schema.connect(tmp_path / "state.db")
    assert {one.name: oct(one.stat().st_mode & 0o777) for one in tmp_path.iterdir()} == {
        "state.db": "0o600",
        "state.db-wal": "0o600",
    }
    asked = ("journal_mode", "synchronous", "user_version")

    assert [database.execute(f"PRAGMA {name}").fetchone()[0] for name in asked] == ["wal", 1, 2]
    strict = database.execute("SELECT name, strict FROM pragma_table_list WHERE type = 'table'")
    assert {name: it for name, it in strict if not name.startswith("sqlite_")} == dict.fromkeys(
        ("tenant", "person", "conversation", "message", "sent", "sent_whole"), 1
    )
    database.close()


def _another_program(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE a (b)")
    database.close()


def _another_version(path: Path) -> None:
    schema.connect(path).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 7")
    database.close()


def _overwritten(path: Path) -> None:
    store = SqliteStore(0, path)
    _fill(_engine(store))
    store.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"no page of a table" * 300 + content[9496:])


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (_overwritten, "is damaged: take a copy of it from before, or another file"),
        (Path.mkdir, "cannot be opened: it is a directory"),
        (lambda path: path.write_text("no database " * 99), "it is no SQLite database"),
        (_another_program, "is a database, but none of blinger-mock"),
        (
            _another_version,
            "has version 7 of the tables; this blinger-mock reads 2: take another file",
        ),
    ],
)
def test_open__refused(tmp_path: Path, make: Callable[[Path], object], text: str) -> None:
    """A file that is something else is named in one line, and left as it is."""
    path = tmp_path / "state.db"
    make(path)
    content = path.read_bytes() if path.is_file() else b""
    with pytest.raises(DatabaseError) as caught:
        SqliteStore(0, path)

    assert str(path) in str(caught.value)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert content == (path.read_bytes() if path.is_file() else b"")


def test_tenant__damaged(tmp_path: Path) -> None:
    """What SQLite can read, but nobody wrote, is a damaged file too."""
    SqliteStore(0, tmp_path / "state.db").close()
    store = SqliteStore(0, tmp_path / "state.db")
    _engine(store)
    store._database.execute("UPDATE tenant SET agents = x'c7c7'")
    store._tenants.clear()

    with pytest.raises(DatabaseError, match=r"state\.db is damaged: take a copy of it"):
        store.tenant("1")
    store.close()


def test_open__in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that a mock has open is not opened again."""
    monkeypatch.setattr(schema, "_BUSY_SECONDS", 0.05)
    store = SqliteStore(0, tmp_path / "state.db")
    with pytest.raises(DatabaseError, match="another process has it open"):
        SqliteStore(0, tmp_path / "state.db")
    store.close()


def test_open__no_directory(tmp_path: Path) -> None:
    """Where the directory is missing, the line names the directory."""
    with pytest.raises(DatabaseError, match="there is no directory"):
        SqliteStore(0, tmp_path / "none" / "state.db")


def test_repr(store: Store) -> None:
    """No repr shows what the store holds."""
    _fill(_engine(store))

    assert "Hello" not in f"{store!r} {store.tenant('1')!r} {store.tenant('1').snapshot()!r}"


# Export and import


def _exported() -> Any:
    engine = _engine(MemoryStore(0))
    _fill(engine)
    return parse(snapshot.write(engine.state("1").snapshot()), "application/json")


def _changed(path: Sequence[str | int], value: object) -> bytes:
    document = _exported()
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return snapshot._encode(document)


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (b"{", "this is no JSON"),
        (b"\xff", "this is no JSON"),
        (b'{"more":' + b"[" * 100_000, "this is no JSON"),
        (b"[]", "it is an object of agents, bot, "),
        (b"{}", "version is missing; it is a whole number"),
        (b'{"version": 2}', "version: is 2, and only 1 can be read"),
        (_changed(("bot",), None), "bot is missing; it is an object"),
        (_changed(("more",), 1), "it has a name that is unknown; known are agents, bot, "),
        (_changed(("ids",), -1), "ids is a whole number from 0 to 1000000000000000"),
        (_changed(("ids",), 2**63 - 1), "ids is a whole number from 0 to 1000000000000000"),
        (_changed(("agents",), []), "agents: there must be at least one"),
        (
            _changed(("messages", 0, "message", "microseconds"), "x"),
            "messages[0].message.microseconds is a whole number",
        ),
        *(
            (_changed(("messages", 0, "message", "microseconds"), at), "a whole number from -2534")
            for at in (2**63, 2**63 - 1, -(2**63))
        ),
        (_changed(("agents", 0, "id"), "nope"), "agents[0].id is a UUID"),
        (_changed(("agents", 0, "id"), f"{AGENT}\n"), "agents[0].id is a UUID"),
        (_changed(("messages", 1, "message", "file", "id"), ""), "[1].message.file.id is a UUID"),
        (_changed(("messages", 0, "more"), 1), "messages[0] has a name that is unknown; known"),
        (
            _changed(("messages", 0, "message", "more"), 1),
            "messages[0].message has a name that is unknown; known are id, conversation, ",
        ),
        (
            _changed(("messages", 1, "message", "file", "size"), -1),
            "messages[1].message.file.size is a whole number from 0 to 1000000000000000",
        ),
        (
            _changed(("messages", 2, "message", "review", "mark"), 99),
            "messages[2].message.review.mark is a whole number from 0 to 5",
        ),
        (_changed(("agents", 0, "avatar", "width"), -1), "agents[0].avatar.width is a whole"),
        (_changed(("agents", 0, "created_at"), 10**12), "agents[0].created_at is a whole number"),
        (
            _changed(("messages", 1, "message", "conversation"), OTHER),
            "messages[1].message.conversation: there is no such conversation",
        ),
        (
            _changed(("messages", 0, "message", "kind"), "file"),
            "messages[0].message: a file has file and nothing else",
        ),
        (_changed(("conversations", 0, "messages"), 9), "conversations[0].messages: must be 4"),
        (_changed(("conversations", 1, "id"), CONVERSATION), "is there 2 times"),
        (_changed(("conversations", 1, "id"), OTHER.upper()), "must be in lower case"),
        (_changed(("conversations", 0, "updated_at"), -1), "updated_at is a whole number from 0"),
    ],
)
def test_import__refused(document: bytes, text: str) -> None:
    """A document that is no snapshot is refused with what is wrong, and where, in one line."""
    with pytest.raises(SnapshotError) as caught:
        snapshot.read(document)

    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def _places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each value in a document that holds no other."""
    pairs: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    inner = [found for step, one in pairs for found in _places(one, (*path, step))]
    yield from inner or [path]


def _first_of_each(document: object) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of the first value of each name, below whatever names."""
    names = set()
    for path in _places(document):
        name = tuple(step for step in path if isinstance(step, str))
        if name not in names:
            names.add(name)
            yield path


_ALTERED: tuple[object, ...] = (
    *(-1, 6, 2**53, 253_402_300_799, 253_402_300_800, 2**63 - 1, 2**63, -(2**63), 0.5, None),
    *("", "nope", "\0", "x" * 20_000, OTHER, True, [], {}),
)


@pytest.mark.parametrize("path", tuple(_first_of_each(_exported())), ids=lambda path: path[-1])
def test_import__altered(store: Store, path: tuple[str | int, ...]) -> None:
    """An export with a value altered is refused, or makes answers as the contract has them.

    What is taken in is exported again as it came, and all that the API offers goes on from there.
    """
    engine = _engine(store)
    for value in _ALTERED:
        try:
            start = snapshot.read(_changed(path, value))
        except SnapshotError:
            continue
        engine.reset("1", start)
        assert engine.state("1").snapshot() == start
        for room in start.conversations[:1]:
            for name, body in (
                ("send-text-message", {"text": "Hello", "uuid": KEY}),
                ("send-file-message", {"url": "https://example.com/a.png", "uuid": OTHER}),
                ("send-text-message", {"text": "Hello"}),
                ("request-review", {}),
                ("assign-agent", {"agentId": start.agents[0].id}),
            ):
                target = f"{BASE}/conversation/{room.id}/{name}"
                kind = "application/json"
                sent = Request("POST", target, ("token",), kind, None, None, encode(body))
                closed = engine.close(engine.open(sent))
                assert closed.answer.status < 500, (path, value, name)
        engine.state("1").snapshot()


# Both together

_uuids = st.sampled_from([KEY, KEY.upper(), OTHER])
_texts = st.sampled_from(["a", " b ", "<i>c</i>", "\U0001f600"]) | st.text(
    st.characters(codec="utf-8"), min_size=1, max_size=20
)
_callers = st.sampled_from(
    [CALLER, Caller("1", "", CONVERSATION.upper()), Caller("2", "", CONVERSATION)]
    + [Caller("1", "", one.id) for one in seed(0).conversations[1:]]
    + [Caller("1", "", OTHER)]
)
_acts: st.SearchStrategy[Any] = st.one_of(
    st.builds(AssignAgent, _callers, st.sampled_from([AGENT, seed(0).agents[1].id, OTHER])),
    st.builds(SendText, _callers, _uuids | st.uuids(version=4).map(str), _texts),
    st.builds(SendFile, _callers, _uuids, st.just("https://example.com/a.png")),
    st.builds(RequestReview, _callers),
    st.builds(EndUserText, _callers, _texts),
    st.builds(lambda caller, place: (caller, place), _callers, st.integers(0, 5)),
    st.sampled_from(["reset", "reopen", "import"]),
)


@given(
    acts=st.lists(_acts, max_size=25),
    assume=st.sampled_from(
        [
            {},
            ODD,
            {"end_user_stable": "no", "message_author": "agent", "time_order": "no"},
            {"text_echo": "sanitised", "review_repeat": "no", "uuid_dedupe": "conflict"},
        ]
    ),
)
@settings(max_examples=60, deadline=None)
def test_stores__agree(acts: list[Any], assume: dict[str, str]) -> None:
    """Whatever happens, in whatever order: both stores answer the same, and hold the same."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        engines = [_both(MemoryStore(0), assume), _both(SqliteStore(0, path), assume)]
        for act in acts:
            if act == "reopen":
                engines[1].store.close()
                engines[1] = _both(SqliteStore(0, path), assume)
            else:
                first, second = [_do(engine, act) for engine in engines]
                assert first == second
        for name in ("1", "2"):
            first, second = [engine.state(name).snapshot() for engine in engines]
            assert first == second
        engines[1].store.close()


def _both(store: Store, assume: dict[str, str]) -> Engine:
    engine = _engine(store, **assume)
    engine.add_tenant("other", "2")
    return engine


def _do(engine: Engine, act: Any) -> object:
    if act == "reset":
        engine.reset("1")
        return None
    if act == "import":
        engine.reset("2", engine.state("1").snapshot())
        return None
    if isinstance(act, tuple):
        caller, place = act
        state = engine.state(caller.tenant)
        known = state.conversation(caller.conversation)
        messages = list(state.messages(known.id)) if known else []
        asked = messages[place].id if place < len(messages) else OTHER
        return engine.act(GiveReview(caller, asked, 3, "so so"))
    found: Act = act
    return engine.act(found)
