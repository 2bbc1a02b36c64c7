"""The uuids of a file: none is missing, whatever happened, and a late one costs no more."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import uuid
from collections import defaultdict
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from blinger_mock import schema, uuid_index
from blinger_mock.clock import Held
from blinger_mock.engine import Engine
from blinger_mock.model import Message
from blinger_mock.seed import CONVERSATION, seed
from blinger_mock.sqlite import SqliteStore
from blinger_mock.state import NotKeptError
from blinger_mock.steps import Caller, SendText
from blinger_mock.uuid_index import UuidIndex
from blinger_spec import Profile

_ROOMS = seed(0).open_conversations


def _engine(path: Path) -> Engine:
    engine = Engine(Profile(), store=SqliteStore(0, path), clock=Held())
    engine.add_tenant("token 1", "1")
    engine.add_tenant("token 2", "2")
    return engine


def _database(engine: Engine) -> sqlite3.Connection:
    assert isinstance(engine.store, SqliteStore)
    return engine.store._database


def _send(engine: Engine, tenant: str, room: str, number: int) -> str:
    key = str(uuid.UUID(int=number, version=4))
    done = engine.act(SendText(Caller(tenant, "", room), key, "Hello"))
    assert isinstance(done, Message)
    return done.id


def _lose(engine: Engine) -> None:
    """Send what cannot be kept."""
    deny = (sqlite3.SQLITE_TRANSACTION, "COMMIT")
    _database(engine).set_authorizer(
        lambda action, what, *_: (
            sqlite3.SQLITE_DENY if (action, what) == deny else sqlite3.SQLITE_OK
        )
    )
    with pytest.raises(NotKeptError):
        _send(engine, "1", CONVERSATION, 99)
    _database(engine).set_authorizer(None)


def _crash(engine: Engine, path: Path, copy: Path) -> Engine:
    """Go on with a copy of the files as they are, and with nothing of the memory."""
    for end in ("", "-wal"):
        shutil.copy(f"{path}{end}", f"{copy}{end}")
    engine.store.close()
    return _engine(copy)


_steps = st.one_of(
    st.tuples(st.sampled_from("12"), st.sampled_from(_ROOMS), st.integers(0, 30)),
    st.sampled_from(["close", "crash", "lose", "reset 1", "reset 2", "import", "leave"]),
)


# A place that is free again is given again, behind what the index is said to have.
_REUSED = [*(("2", CONVERSATION, number) for number in range(12)), "reset 2"]
_REUSED += [("1", CONVERSATION, 0), "crash", ("1", CONVERSATION, 0)]


@settings(max_examples=100, deadline=None)
@example(_REUSED, 2, 1)
@given(st.lists(_steps, max_size=80), st.integers(1, 5), st.integers(1, 3))
def test_law(steps: list[Any], few: int, at_once: int) -> None:
    """Whatever happens, a uuid that was kept is known again, and one that was not is new."""
    sent: dict[str, dict[tuple[str, int], str]] = defaultdict(dict)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(uuid_index, "_FEWEST", few)
        patch.setattr(uuid_index, "_AT_ONCE", at_once)
        path = Path(folder) / "0.db"
        engine = _engine(path)
        for number, step in enumerate(steps, 1):
            match step:
                case "close":
                    engine.store.close()
                    engine = _engine(path)
                case "crash":
                    before, path = path, Path(folder) / f"{number}.db"
                    engine = _crash(engine, before, path)
                case "lose":
                    _lose(engine)
                case "leave":
                    engine.remove_tenant("token 2")
                    engine.add_tenant("token 2", "2")
                    sent["2"].clear()
                case "reset 1" | "reset 2":
                    engine.reset(step[-1])
                    sent[step[-1]].clear()
                case "import":
                    engine.reset("2", engine.state("1").snapshot())
                    sent["2"] = dict(sent["1"])
                case tenant, *rest:
                    there = _send(engine, tenant, *rest)
                    assert sent[tenant].setdefault(tuple(rest), there) == there
        for tenant, known in sent.items():
            assert [_send(engine, tenant, *one) for one in known] == list(known.values())
            state = engine.state(tenant)
            stored = [one.id for room in _ROOMS for one in state.messages(room)]
            assert sorted(stored) == sorted(known.values())
        entries = _database(engine).execute(
            "SELECT count(*) FROM sent WHERE place NOT IN (SELECT place FROM message)"
        )
        assert entries.fetchone() == (0,)
        engine.store.close()


def test_same_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uuids of one hash are told apart, in memory and in the file."""
    monkeypatch.setattr(uuid_index, "_hash", lambda *_: 7)
    monkeypatch.setattr(uuid_index, "_FEWEST", 3)
    monkeypatch.setattr(uuid_index, "_AT_ONCE", 1)
    engine = _engine(tmp_path / "state.db")
    first = [_send(engine, "1", CONVERSATION, number) for number in range(20)]
    again = [_send(engine, "1", CONVERSATION, number) for number in range(20)]
    engine.store.close()

    assert len(set(first)) == 20
    assert again == first


def test_memory__is_bounded(tmp_path: Path) -> None:
    """Of many messages few are in memory only, even where many were: a restart reads few again."""
    path = tmp_path / "state.db"
    engine = _engine(path)

    def behind() -> int:
        return len(_database(engine).execute(schema.NOT_INDEXED).fetchall())

    for number in range(20_000):
        _send(engine, "1", CONVERSATION, number)
    assert behind() <= 2 * 1024 + 256

    engine.reset("2", engine.state("1").snapshot())
    assert behind() <= 2 * 40_000 // 32 + 256

    _database(engine).execute(schema.WHOLE_UP_TO, (0,))
    engine.store.close()
    engine = _engine(path)
    for number in range(20_000, 20_600):
        _send(engine, "2", CONVERSATION, number)
    assert behind() <= 2 * 40_000 // 32 + 256
    engine.store.close()


def test_late__costs_no_more(tmp_path: Path) -> None:
    """A message changes hardly more of a page late than early: those of a commit share them.

    In an index that takes each at once it changes nearly one more.
    """
    database = schema.connect(tmp_path / "state.db")
    index = UuidIndex(database)

    def pages(messages: int) -> float:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for _ in range(messages // 16):
            database.execute("BEGIN")
            for _ in range(16):
                key = uuid.uuid4().bytes
                index.places(1, key)
                values = (1, 0, b"", key, 0, 1, 0, "Hello", None)
                place = database.execute(schema.INSERT_MESSAGE, values).lastrowid
                index.add(1, key, place or 0)
            index.flush()
            database.execute("COMMIT")
        frames: int = database.execute("PRAGMA wal_checkpoint").fetchone()[1]
        return frames / messages

    database.execute("PRAGMA wal_autocheckpoint = 0")
    pages(16_000)
    early = pages(16_000)
    for _ in range(12):
        pages(16_000)
    late = pages(16_000)
    behind = len(database.execute(schema.NOT_INDEXED).fetchall())
    database.close()

    assert late <= early + 0.1
    assert behind <= 2 * 240_000 // 32 + 256
