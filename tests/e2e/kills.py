"""A mock on a file that is killed while clients send, and what must hold of the file afterwards."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from blinger_mock.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Chance = random.Random
_CLIENTS = 8
_TENANT = "1"


@dataclass
class Sent:
    """One send: when it began, and when and with which message it was answered."""

    conversation: str
    uuid: str
    began: float
    answered: float | None = None
    message: str | None = None


@dataclass
class Log:
    """All that was sent, over all the lives of the mock."""

    sent: list[Sent] = field(default_factory=list)

    @property
    def acknowledged(self) -> list[Sent]:
        """What was answered with a message."""
        return [one for one in self.sent if one.message is not None]


@contextlib.contextmanager
def running(path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run a mock on the file at *path*; yield the process, and what it says of itself."""
    command = [sys.executable, "-m", "blinger_mock", "--port", "0", "--json", "--db", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def kill_under_load(path: Path, log: Log, chance: Chance) -> None:
    """Start a mock on *path*, let clients send without pause, and kill it in the middle."""
    with running(path) as (process, facts):
        clients = [
            threading.Thread(target=_send, args=(facts, log, place)) for place in range(_CLIENTS)
        ]
        for client in clients:
            client.start()
        time.sleep(chance.uniform(0.2, 0.6))
        process.kill()
        for client in clients:
            client.join()


def _send(facts: dict[str, Any], log: Log, place: int) -> None:
    rooms = facts["conversations"]
    connection = http.client.HTTPConnection(urlsplit(facts["url"]).netloc, timeout=10)
    with contextlib.suppress(OSError, http.client.HTTPException):
        while True:
            place += 1
            one = Sent(rooms[place % len(rooms)], str(uuid.uuid4()), time.monotonic())
            log.sent.append(one)
            _post(connection, facts, one)
    connection.close()


def _post(connection: http.client.HTTPConnection, facts: dict[str, Any], one: Sent) -> None:
    target = f"{urlsplit(facts['url']).path}/conversation/{one.conversation}/send-text-message"
    headers = {"Authorization": facts["token"], "Content-Type": "application/json"}
    connection.request("POST", target, json.dumps({"uuid": one.uuid, "text": one.uuid}), headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200
    message = json.loads(body)["data"]["id"]
    assert one.message in {None, message}
    one.message, one.answered = message, time.monotonic()


def retry(path: Path, log: Log, chance: Chance, most: int = 200) -> None:
    """Send again with the same uuids: what had no answer, and some of what had one."""
    with running(path) as (process, facts):
        connection = http.client.HTTPConnection(urlsplit(facts["url"]).netloc, timeout=10)
        unanswered = [one for one in log.sent if one.message is None]
        known = chance.sample(log.acknowledged, min(most, len(log.acknowledged)))
        for one in [*unanswered, *known]:
            began, answered = one.began, one.answered
            _post(connection, facts, one)
            if answered is not None:
                one.began, one.answered = began, answered
        connection.close()
        process.terminate()
        assert process.wait(10) == 0


def check(path: Path, log: Log) -> int:
    """Hold the file at *path* against *log*; return how many messages it has."""
    store = SqliteStore(0, path)
    snapshot = store.tenant(_TENANT).snapshot()
    store.close()
    stored = {one.uuid: one.message for one in snapshot.messages}
    assert len(stored) == len(snapshot.messages), "a message is there twice"
    assert len({one.id for one in stored.values()}) == len(stored), "two messages have one id"
    by_uuid = {one.uuid: one for one in log.sent}
    lost = [one for one in log.acknowledged if one.uuid not in stored]
    assert not lost, f"{len(lost)} acknowledged messages are not there"
    for one in log.acknowledged:
        message = stored[one.uuid]
        assert (one.message, one.conversation) == (message.id, message.conversation)
    for conversation in snapshot.conversations:
        messages = [it for it in snapshot.messages if it.message.conversation == conversation.id]
        assert conversation.messages == len(messages)
        times = [it.message.microseconds for it in messages]
        assert times == sorted(set(times)), "time does not grow with the order"
        assert conversation.last_microseconds == (times[-1] if times else 0)
        earliest = float("inf")
        for it in reversed(messages):
            one = by_uuid[str(it.uuid)]
            # What was answered before another was begun comes before it.
            assert one.began <= earliest, "the order was not kept"
            earliest = min(earliest, one.answered or float("inf"))
    return len(stored)
