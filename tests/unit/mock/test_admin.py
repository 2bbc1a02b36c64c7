"""The admin API under `/_mock/`: each call, what it refuses, and whom."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.unit.mock.conftest import kept

from blinger_mock.bus import Bus, Event
from blinger_mock.guard import refusal
from blinger_mock.testing import serve
from blinger_mock.version import version
from blinger_mock.visitor import websocket_token
from blinger_spec import assumptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.mock.conftest import Api, Start

    from blinger_mock.testing import Mock

UNKNOWN = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
RULE = {"effect": {"kind": "status", "status": 503}, "times": 1}
VIEWS = ["/_mock/", "/_mock/page/requests", "/_mock/page/faults", "/_mock/page/settings"]


class Admin:
    """The admin API of a server."""

    def __init__(self, mock: Mock) -> None:
        place = urlsplit(mock.url)
        self.base = f"{place.scheme}://{place.netloc}"
        self.http = httpx.Client(base_url=self.base, trust_env=False, timeout=10)

    def get(self, path: str, **query: object) -> Any:
        answer = self.http.get(f"/_mock/{path}", params=query)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        return answer.json()

    def do(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        answer = self.http.request(method, f"/_mock/{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def write(self, conversation: str, text: str) -> Any:
        return self.do("POST", f"conversations/{conversation}/messages", {"text": text}, 201)


@pytest.fixture
def admin(api: Api) -> Iterator[Admin]:
    """The admin API of the server of `api`."""
    one = Admin(api.mock)
    with one.http:
        yield one


def test_state(api: Api, admin: Admin) -> None:
    """The state names tenants, conversations and agents, what is assumed, and how time goes."""
    api.assign()
    api.text("Hello")
    state = admin.get("state")

    assert (state["version"], state["tenant"], state["tenants"]) == (version(), "1", ["1"])
    assert (state["seed"], state["violations"], state["faults"]) == (0, 0, [])
    assert state["clock"]["mode"] == "real"
    assert state["assumptions"]["locked"] == "refused"
    assert list(api.mock.agents) == [one["id"] for one in state["agents"]]
    room = state["conversations"][0]
    assert (room["id"], room["messages"], room["last"]) == (api.conversation, 1, "Hello")
    assert room["agent"]["id"] == api.mock.agent
    assert [one["locked"] for one in state["conversations"]] == [False, False, True]
    assert state["conversations"] == admin.get("conversations")["conversations"]


def test_conversations__a_part(api: Api, admin: Admin) -> None:
    """`after` leaves out the first, `limit` says how many of the rest; `count` is of all."""
    every = admin.get("conversations")["conversations"]
    listed = [*api.mock.conversations, api.mock.locked_conversation]
    assert [one["id"] for one in every] == listed

    for after, limit in [(0, 2), (1, 1), (2, 1000), (3, 5), (0, 0), (10**15, 1)]:
        part = {"count": 3, "conversations": every[after:][:limit]}
        assert admin.get("conversations", after=after, limit=limit) == part


def test_conversations__many() -> None:
    """There are a thousand in one answer, and `after` leads to the others."""
    with serve(data={"conversations": [{} for _ in range(1001)]}) as mock:
        admin = Admin(mock)
        with admin.http:
            told = admin.get("conversations")
            (last,) = admin.get("conversations", after=1000)["conversations"]

        assert (told["count"], len(told["conversations"])) == (1001, 1000)
        assert [one["id"] for one in [*told["conversations"], last]] == list(mock.conversations)


def test_assumptions(start: Start) -> None:
    """Each assumption is told with its question, its value and whether that is the default."""
    admin = Admin(start(locked="accepted").mock)
    with admin.http:
        listed = {one["name"]: one for one in admin.get("assumptions")["assumptions"]}

    assert list(assumptions()) == list(listed)
    assert listed["locked"]["question"] == assumptions()["locked"].question
    found = [listed["locked"][name] for name in ("value", "default", "isDefault", "given")]
    assert found == ["accepted", "refused", False, True]
    assert listed["auth_scheme"]["isDefault"]


def test_end_user__writes_and_reviews(api: Api, admin: Admin) -> None:
    """A message of the end user is kept, and a review that they fill in changes."""
    api.assign()
    review = api.review().json()["data"]
    assert (review["review"]["mark"], review["review"]["confirmed"]) == (0, False)
    written = admin.write(api.conversation, "Hi")["message"]
    path = f"conversations/{api.conversation}/reviews/{review['id']}"
    given = admin.do("POST", path, {"mark": 4, "text": "Good"}, 201)["message"]

    assert (written["body"], written["agent"]) == ("Hi", None)
    assert "websocketToken" not in written["endUser"]
    found = [given["review"][name] for name in ("mark", "confirmed", "text")]
    assert found == [4, True, "Good"]
    assert [one["id"] for one in api.mock.messages()] == [review["id"], written["id"]]
    assert api.mock.messages()[0]["review"]["mark"] == 4
    assert "given already" in admin.do("POST", path, {"mark": 5}, 409)["error"]


def test_messages(api: Api, admin: Admin) -> None:
    """The messages past those that were seen are told, and how many there are."""
    for text in "abc":
        api.text(text)
    told = admin.get("messages", conversation=api.conversation)
    later = admin.get("messages", conversation=api.conversation.upper(), after=1, limit=1)
    last = admin.get("messages", conversation=api.conversation, limit=1)

    assert [one["body"] for one in told["messages"]] == ["a", "b", "c"]
    assert (later["count"], [one["body"] for one in later["messages"]]) == (3, ["b"])
    assert (last["count"], [one["body"] for one in last["messages"]]) == (3, ["c"])
    assert admin.get("messages", conversation=api.conversation, after=9)["messages"] == []


def test_messages__wait(api: Api, admin: Admin) -> None:
    """A call that waits is answered when a message comes, or when the time is over."""
    query = {"conversation": api.conversation, "after": 0}
    assert admin.get("messages", **query, wait=0.05)["messages"] == []
    sender = threading.Timer(0.2, api.text, ["now"])
    sender.start()
    told = admin.get("messages", **query, wait=10)
    sender.join()

    assert [one["body"] for one in told["messages"]] == ["now"]


def test_requests(api: Api, admin: Admin) -> None:
    """The journal says what was wrong, and gives a command that sends the request again."""
    api.text("it's")
    api.text("")
    api.mock._engine.tenancies["1"].faults.set(())
    good, bad = admin.get("requests")["requests"]

    assert (good["operation"], good["status"], good["violations"]) == ("sendTextMessage", 200, [])
    assert (bad["status"], bad["violations"][0]["pointer"]) == (400, "/text")
    assert '"Authorization: $BLINGER_TOKEN"' in good["curl"]
    assert api.mock.token not in json.dumps([good, bad])
    assert [bad] == admin.get("requests", after=good["number"])["requests"]
    assert [bad] == admin.get("requests", limit=1)["requests"]
    assert [good] == admin.get("requests", limit=1, after=good["number"] - 1)["requests"]
    assert admin.get("requests", limit=0)["requests"] == []


def test_requests__curl_works(api: Api, admin: Admin) -> None:
    """The command is one that a shell takes, whatever the text."""
    text = 'it\'s "quoted" $HOME `id` \\ \n @x ü'
    api.text(text)
    command = admin.get("requests")["requests"][0]["curl"]
    done = subprocess.run(
        ["sh", "-c", f"set -- {command.removeprefix('curl')}\n" + 'printf "%s\\0" "$@"'],
        env={"BLINGER_TOKEN": "canary"},
        capture_output=True,
        check=True,
    )
    words = done.stdout.decode().split("\0")

    assert "Authorization: canary" in words
    assert json.loads(words[words.index("--data-raw") + 1])["text"] == text


def test_faults(api: Api, admin: Admin) -> None:
    """Rules are set, added, listed, removed one by one and all at once."""
    assert admin.do("PUT", "faults", [RULE])["faults"] == [RULE]
    other = {"effect": {"kind": "status", "status": 429, "retry_after": "1"}, "times": 1}
    assert admin.do("POST", "faults", other)["faults"] == [RULE, other]
    statuses = [api.text().status_code for _ in range(3)]
    assert statuses == [503, 429, 200]
    assert admin.do("DELETE", "faults/0")["faults"] == [other]
    assert admin.get("faults")["faults"] == [other]
    assert admin.do("DELETE", "faults")["faults"] == []
    admin.do("PUT", "faults", [RULE] * 100)
    assert "DELETE some" in admin.do("POST", "faults", RULE, 409)["error"]


def test_faults__met(api: Api, admin: Admin) -> None:
    """Each rule says how often it was met, and one that is used up is not kept beside its like."""
    always = {"effect": {"kind": "status", "status": 500}}
    assert admin.do("PUT", "faults", [RULE, RULE, always])["met"] == [0, 0, 0]
    for _ in range(4):
        api.text()
    assert admin.get("faults")["met"] == [1, 1, 2]
    added = admin.do("POST", "faults", RULE)
    assert (added["faults"], added["met"]) == ([always, RULE], [2, 0])
    assert admin.do("POST", "faults", always)["met"] == [2, 0, 0]
    assert admin.do("DELETE", "faults/1")["met"] == [2, 0]


def test_clock(api: Api, admin: Admin) -> None:
    """Time stands, steps, is moved, and runs again."""

    def seconds() -> int:
        return int(api.text().json()["data"]["createdAt"])

    body: dict[str, object] = {"mode": "frozen", "at": "2026-01-01T00:00:00Z"}
    frozen = admin.do("PUT", "clock", body)
    assert (frozen["mode"], frozen["now"]) == ("frozen", "2026-01-01T00:00:00.000Z")
    first = seconds()
    assert first == seconds() == frozen["microseconds"] // 10**6
    admin.do("PUT", "clock", {"move": 60})
    assert seconds() == first + 60
    admin.do("PUT", "clock", {"mode": "stepped", "step": 10})
    assert [seconds(), seconds()] == [first + 70, first + 80]
    admin.do("PUT", "clock", {"mode": "real", "move": 5})
    assert admin.get("clock")["microseconds"] == api.clock() + 5_000_000


def test_clock__back_from_far(admin: Admin) -> None:
    """A clock that runs again is moved from the time of the server, wherever it stood."""
    admin.do("PUT", "clock", {"mode": "frozen", "at": "9999-12-31T23:00:00Z"})
    refused = admin.http.put("/_mock/clock", json={"mode": "real", "move": -9e9})
    still = admin.get("clock")["mode"]
    moved = admin.do("PUT", "clock", {"mode": "real", "move": 86400})

    assert (refused.status_code, still) == (400, "frozen")
    assert (moved["mode"], moved["now"][:4]) == ("real", "2019")


def test_reset__export__import(api: Api, admin: Admin) -> None:
    """A reset starts anew; an export that is taken in brings back what was."""
    sent = kept(api.text("kept"))
    exported = admin.http.get("/_mock/export")
    admin.do("PUT", "faults", [{"effect": {"kind": "status", "status": 503}}])
    api.http.post("nothing")
    admin.do("POST", "reset")
    assert (api.mock.messages(), admin.get("faults")["faults"]) == ([], [])
    assert admin.get("requests") == {"requests": []}
    assert admin.http.post("/_mock/import", content=exported.content).status_code == 200

    assert "attachment" in exported.headers["Content-Disposition"]
    assert [sent] == api.mock.messages()
    assert api.text("more").json()["data"]["id"] != sent["id"]


def test_tenants(api: Api, admin: Admin) -> None:
    """A token is let in as a tenant of its own, and is forgotten with all that it had."""
    admin.do("PUT", "tenants/second", {"token": "other-token"}, 201)
    admin.do("PUT", "tenants/second", {"token": "other-token"})
    api.http.headers["Authorization"] = "other-token"
    assert api.text("theirs").status_code == 200

    assert admin.get("state")["tenants"] == ["1", "second"]
    assert admin.get("messages", conversation=api.conversation, tenant="second")["count"] == 1
    assert admin.get("messages", conversation=api.conversation)["count"] == 0
    admin.do("DELETE", "tenants/second")
    assert api.text().status_code == 401
    admin.do("DELETE", "tenants/1")
    assert "PUT one to /_mock/tenants" in admin.do("GET", "state", status=404)["error"]


@pytest.mark.parametrize(
    ("method", "name", "body", "status", "says"),
    [
        ("PUT", "second", {"token": "another"}, 409, "has another token"),
        ("PUT", "third", {"token": "other-token"}, 409, "that of another tenant"),
        ("DELETE", "third", None, 404, "no tenant of that name"),
    ],
)
def test_tenants__refused(
    admin: Admin, method: str, name: str, body: object, status: int, says: str
) -> None:
    """A tenant keeps its token, a token is that of one tenant, and who is not there cannot go."""
    admin.do("PUT", "tenants/second", {"token": "other-token"}, 201)

    assert says in admin.do(method, f"tenants/{name}", body, status)["error"]
    assert admin.get("state")["tenants"] == ["1", "second"]


def test_events(api: Api, admin: Admin) -> None:
    """What happens is told as it happens: of this tenant, and where to look."""
    admin.do("PUT", "tenants/second", {"token": "other"}, 201)
    found: list[Any] = []
    with admin.http.stream("GET", "/_mock/events") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == "retry: 500"
        admin.http.post("/_mock/reset?tenant=second")
        sent = api.text("secret").json()["data"]["id"]
        api.assign()
        admin.do("PUT", "clock", {"mode": "real"})
        admin.do("DELETE", "faults")
        admin.do("POST", "reset")
        for line in lines:
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
            if line.endswith('"reset","conversation":null,"id":null}'):
                break

    kinds = ["message", "request", "conversation", "request", "clock", "faults", "reset"]
    assert [one["kind"] for one in found] == kinds
    assert found[0] == {"kind": "message", "conversation": api.conversation, "id": sent}
    assert "secret" not in json.dumps(found)
    _until(lambda: api.mock._engine.bus.idle)


def _until(true: Any) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_events__head(admin: Admin) -> None:
    """HEAD of the stream ends."""
    assert admin.http.head("/_mock/events").status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes(admin: Admin, path: str) -> None:
    """Whoever watches over the server is answered, by any name."""
    answer = admin.http.get(path, headers={"Host": "mock.internal"})

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/_mock/state", "GET, HEAD"),
        ("PATCH", "/_mock/faults", "DELETE, GET, HEAD, POST, PUT"),
        ("GET", "/_mock/reset", "POST"),
        ("DELETE", "/_mock/clock", "GET, HEAD, PUT"),
        ("POST", "/_mock/", "GET, HEAD"),
        ("POST", "/livez", "GET, HEAD"),
    ],
)
def test_wrong_verb(admin: Admin, method: str, path: str, allow: str) -> None:
    """A verb that a path does not take is a 405 that names those it does."""
    answer = admin.http.request(method, path)

    assert (answer.status_code, list(answer.json())) == (405, ["error"])
    assert sorted(answer.headers["Allow"].split(", ")) == allow.split(", ")
    assert answer.json()["error"] == f"this path takes only {allow}"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", "nothing", b"", 404, "docs/emulator.md"),
        ("GET", "state?tenant=x", b"", 404, "GET /_mock/state lists them"),
        ("GET", "messages", b"", 400, "add ?conversation=ID: GET /_mock/conversations lists"),
        ("GET", "messages?conversation=x", b"", 404, "GET /_mock/conversations lists them"),
        ("GET", "messages?conversation={c}&wait=61", b"", 400, "wait is a number from 0 to 60"),
        ("GET", "messages?conversation={c}&after=nan", b"", 400, "after is a number"),
        ("GET", "requests?limit=x", b"", 400, "limit is a number from 0 to 1000"),
        ("GET", "conversations?limit=1001", b"", 400, "limit is a number from 0 to 1000"),
        ("GET", "conversations?after=-1", b"", 400, "after is a number from 0 to 1e+15"),
        ("POST", f"conversations/{UNKNOWN}/messages", b'{"text":"a"}', 404, "no such conversation"),
        ("POST", "conversations/{c}/messages", b"", 400, "takes JSON: the body is missing"),
        ("POST", "conversations/{c}/messages", b'{"text":""}', 400, "text is a text that is not"),
        ("POST", "conversations/{c}/messages", b'{"text":" \\n"}', 400, "a text that is not blank"),
        ("POST", "conversations/{c}/messages", b"{}", 400, "text is missing; it is a text"),
        ("POST", "conversations/{c}/messages", b'{"texts":"a"}', 400, "known are text"),
        ("POST", "conversations/{c}/messages", b'{"a - at `$.b`":1}', 400, "is unknown; known are"),
        (
            "POST",
            "conversations/{c}/messages",
            b'{"text":"\\ud800"}',
            400,
            "the body is not JSON",
        ),
        ("POST", "conversations/{c}/messages", b'{"text":"\xff"}', 400, "the body is not UTF-8"),
        ("POST", "conversations/{c}/messages", b"[" * 100_000, 400, "not what this call takes"),
        ("POST", "conversations/{c}/messages", b'"\xff"', 400, "it is an object of text"),
        ("POST", "conversations/{locked}/messages", b'{"text":"a"}', 400, "locked"),
        ("POST", f"conversations/{{c}}/reviews/{UNKNOWN}", b'{"mark":1}', 404, "asks for a review"),
        ("POST", f"conversations/{{c}}/reviews/{UNKNOWN}", b'{"mark":6}', 400, "from 1 to 5"),
        (
            "POST",
            f"conversations/{{c}}/reviews/{UNKNOWN}",
            b"[]",
            400,
            "an object of mark and text",
        ),
        ("PUT", "faults", b"{}", 400, "faults are a list of rules"),
        ("PUT", "faults", b'[{"effect":{"kind":"x"}}]', 400, "rule 1: effect"),
        (
            "PUT",
            "faults",
            b'[{"effect":{"kind":"status"}}]',
            400,
            "effect.status is missing; it is a",
        ),
        ("PUT", "faults", b"[" * 100_000, 400, "the body is nested too deeply"),
        ("PUT", "faults", b"1e999", 400, "it is out of range"),
        ("PUT", "clock", b"{}", 400, "give mode"),
        ("PUT", "clock", b'{"mode":"fast"}', 400, "mode is frozen, real or stepped"),
        ("PUT", "clock", b'{"move":1e999}', 400, "move is a number from -10000000000 to 100"),
        ("PUT", "clock", b'{"move":"a"}', 400, "move is a number from -10000000000 to 10000000000"),
        ("PUT", "clock", b'{"mode":"stepped"}', 400, "takes step"),
        ("PUT", "clock", b'{"at":"2026-01-01T00:00:00Z"}', 400, "at goes with"),
        ("PUT", "clock", b'{"mode":"frozen","at":"yesterday"}', 400, "such as 2026-01-01 or"),
        ("PUT", "clock", b'{"mode":"frozen","at":"1969-12-31"}', 400, "from 1970 to 9999"),
        ("PUT", "clock", b'{"mode":"stepped","step":0}', 400, "from 0.000001 to 86400"),
        ("PUT", "clock", b'{"mode":"stepped","step":86401}', 400, "to 86400"),
        ("PUT", "clock", b'{"move":-9999999999}', 400, "from 1970 to 9999"),
        ("PUT", "tenants/x", b'{"token":"a\\nb"}', 400, "token is visible ASCII"),
        ("PUT", "tenants/x", b'{"token":"a\\n"}', 400, "token is visible ASCII"),
        ("POST", "import", b"{}", 400, "GET /_mock/export"),
        ("DELETE", "faults/7", b"", 404, "GET /_mock/faults lists them"),
        ("GET", f"?conversation={UNKNOWN}", b"", 404, "no such conversation"),
    ],
)
def test_errors(
    api: Api, admin: Admin, method: str, path: str, body: bytes, status: int, says: str
) -> None:
    """What cannot be done is refused in one shape, with what to do."""
    where = path.format(c=api.conversation, locked=api.mock.locked_conversation)
    answer = admin.http.request(method, f"/_mock/{where}", content=body)

    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert says in answer.json()["error"]


@pytest.mark.parametrize("size", [2**20 + 1, 4 * 2**20, 64 * 2**20])
def test_body__too_large(api: Api, admin: Admin, size: int) -> None:
    """A body over the limit is refused, and nothing of it is kept."""
    try:
        status = admin.http.put("/_mock/faults", content=b"[" + b" " * size).status_code
    except httpx.WriteError:
        status = 413
    assert status == 413
    assert api.text().status_code == 200


def test_import__large(api: Api, admin: Admin) -> None:
    """An import is read to its end up to 256 MiB, whatever the API reads, and not further."""

    def parts(mebibytes: int) -> Iterator[bytes]:
        for _ in range(mebibytes):
            yield b" " * 2**20

    answer = admin.http.post("/_mock/import", content=parts(60))
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "the body is no export of this server (GET /_mock/export): this is no JSON",
    )
    answer = admin.http.post("/_mock/import", content=parts(260))
    assert answer.status_code == 413
    assert api.text().status_code == 200


@pytest.mark.parametrize(
    ("call", "mebibytes"), [("PUT /_mock/clock", 20), ("POST /_mock/import", 270)]
)
def test_body__too_large_and_sent_whole(api: Api, admin: Admin, call: str, mebibytes: int) -> None:
    """Who sends all of a body that is too large and reads then sees the 413, and may go on."""
    place = urlsplit(api.mock.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as one:
        length = f"Content-Length: {mebibytes * 2**20}"
        one.sendall(f"{call} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}\r\n\r\n".encode())
        for _ in range(mebibytes):
            one.sendall(b" " * 2**20)
        assert one.recv(65536).startswith(b"HTTP/1.1 413 ")
        one.sendall(b"GET /_mock/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert one.recv(65536).startswith(b"HTTP/1.1 200 ")

    assert admin.get("requests") == {"requests": []}


@pytest.mark.parametrize("body_max", [1, 10**9])
def test_body__never_ends(start: Start, body_max: int) -> None:
    """A sender who never stops is cut off where no body of this call can be, whatever the API's."""
    api = start(body_max=body_max)
    place = urlsplit(api.mock.url)
    head = b"PUT /_mock/clock HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1;"
    sent = 0
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=5) as one:
        one.sendall(head)
        with contextlib.suppress(ConnectionError):
            while sent < 200 * 2**20:
                one.sendall(b"a" * 2**20)
                sent += 2**20

    assert 16 * 2**20 < sent < 64 * 2**20
    assert api.mock.violations == 0
    assert api.text("a").status_code == (413 if body_max == 1 else 200)


def test_body__is_broken_off(api: Api, admin: Admin, caplog: pytest.LogCaptureFixture) -> None:
    """Who goes away in the middle of a body is no bug of this server's."""
    place = urlsplit(api.mock.url)
    head = b"PUT /_mock/clock HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"
    tasks = api.mock._run._server.server_state.tasks  # type: ignore[attr-defined]
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=5) as one:
        one.sendall(head)
        _until(lambda: tasks)
    _until(lambda: not tasks)

    assert admin.get("state")["violations"] == 0
    assert caplog.messages == []


def test_requests__have_their_answer(api: Api, admin: Admin) -> None:
    """Each has what its sender was told, whole where a fault cut it, but no credential."""
    api.assign()
    asked, refused = api.review().json(), api.text("").json()
    api.mock.fail_next("reset", when="after")
    with pytest.raises(httpx.TransportError):
        api.text("lost")
    api.mock.fail_next("malformed")
    api.text("half")
    given = [one.answer for one in api.mock.requests()][1:]
    listed = [one["answer"] for one in admin.get("requests")["requests"]][1:]

    del asked["data"]["review"]["endUser"]["websocketToken"]
    assert given[:3] == listed[:3] == [asked, refused, None]
    assert listed[3]["data"]["body"] == "half"


def test_requests__are_forgotten(api: Api, admin: Admin) -> None:
    """The journal is emptied, and nothing else is; what it counts goes on."""
    api.text("kept")
    api.http.post("nothing")
    admin.do("DELETE", "requests?after=1", status=400)
    assert len(admin.get("requests")["requests"]) == 2
    assert admin.do("DELETE", "requests") == {"tenant": "1"}
    assert admin.get("requests") == {"requests": []}
    api.text("next")

    assert [one["number"] for one in admin.get("requests")["requests"]] == [3]
    assert [one["body"] for one in api.mock.messages()] == ["kept", "next"]


@pytest.mark.parametrize("query", ["tennant=2", "tenant=1&tenant=2", "tenant=1&limit=1"])
def test_query__unknown(api: Api, admin: Admin, query: str) -> None:
    """A call with a slip in its query changes nothing: it may be about another tenant."""
    api.text("kept")
    told = admin.do("POST", f"reset?{query}", status=400)

    assert told == {"error": "the query may have, each once: tenant"}
    assert len(api.mock.messages()) == 1


@pytest.mark.parametrize(
    ("host", "origin", "refused"),
    [
        ("127.0.0.1:8787", None, False),
        ("localhost:8787", None, False),
        ("LOCALHOST", None, False),
        ("mock.localhost:1", None, False),
        ("[::1]:8787", None, False),
        ("127.9.9.9", None, False),
        ("box.example:8787", None, False),
        ("192.0.2.1", None, True),
        ("evil.example:8787", None, True),
        ("127.0.0.1.evil.example", None, True),
        ("localhost@evil.example", None, True),
        ("evil.example#localhost", None, True),
        ("[::1", None, True),
        ("", None, True),
        ("localhost:1", "http://localhost:1", False),
        ("localhost:1", "https://localhost:1", False),
        ("localhost:1", "http://localhost:2", True),
        ("localhost:1", "http://evil.example", True),
        ("localhost:1", "null", True),
    ],
)
def test_guard(host: str, origin: str | None, refused: bool) -> None:
    """Only loopback and the host it was bound to are known, and only pages of that very host."""
    why = refusal([host], [] if origin is None else [origin], {"box.example"})

    assert (why is not None) is refused


def test_guard__one_host() -> None:
    """A request with no Host, or with two, is refused."""
    assert refusal([], [], ())
    assert refusal(["localhost", "localhost"], [], ())


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ({"Host": "evil.example"}, "--allow-host NAME"),
        ({"Origin": "http://evil.example"}, "another host"),
    ],
)
@pytest.mark.parametrize(
    "path", ["/_mock/state", "/_mock/", "/_mock/page/page.js", "/_mock/events"]
)
def test_guard__on_the_wire(admin: Admin, path: str, header: dict[str, str], says: str) -> None:
    """Everything below `/_mock` is refused to a stranger, in a clear line; the API is not."""
    answer = admin.http.get(path, headers=header)

    assert answer.status_code == 403
    assert says in answer.json()["error"]
    assert admin.http.get("/api/external/v1/x", headers=header).status_code == 404


def test_headers(admin: Admin) -> None:
    """Every answer says who it is from, and allows no script, style or frame of others."""
    for path in [*VIEWS, "/_mock/state", "/_mock/nothing", "/_mock/page/page.css", "/livez"]:
        answer = admin.http.get(path)
        assert answer.headers["X-Blinger-Mock"] == version()
        assert "default-src 'none'; script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/_mock"])
def test_root__leads_to_the_page(api: Api, admin: Admin, path: str) -> None:
    """Who types the address of the server gets to the page, and no page of another site does."""
    assert admin.http.get(path).headers["Location"] == "/_mock/"
    assert admin.http.head(f"{path}?tenant=1").headers["Location"] == "/_mock/?tenant=1"
    assert admin.http.get(path, follow_redirects=True).status_code == 200
    assert admin.http.get(path, headers={"Host": "evil.example"}).status_code == 403
    assert admin.http.post(path).status_code == (404 if path == "/" else 405)
    assert [one.path for one in api.mock.requests()] == ["/"] * (path == "/")


def test_canary(start: Start) -> None:
    """No page, no call but the export, and no event shows a token of a tenant or an end user."""
    token = "canary-token-5e1f"
    api = start(token=token)
    admin = Admin(api.mock)
    api.assign()
    review = api.review().json()["data"]
    api.text("a")
    api.file()
    admin.write(api.conversation, "b")
    path = f"conversations/{api.conversation}/reviews/{review['id']}"
    told = [json.dumps(admin.do("POST", path, {"mark": 5}, 201))]
    httpx.post(f"{api.mock.url}/nowhere", headers={"Authorization": token})
    calls = ["state", "assumptions", "conversations", "requests", "faults", "clock", "messages"]
    query = {"conversation": api.conversation}
    told += [admin.http.get(f"/_mock/{one}", params=query).text for one in calls]
    told += [admin.http.get(one).text for one in VIEWS]
    told += [admin.http.put("/_mock/tenants/x", json={"token": token}).text]
    exported = admin.http.get("/_mock/export").text
    admin.http.close()
    # The payload of every websocket token here begins so.
    credential = websocket_token("x").split(".")[1][:10]

    assert [one for one in told if token in one or credential in one] == []
    assert (token in exported, credential in exported) == (False, True)


def test_bug(
    api: Api, admin: Admin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug of the admin API is a 500 with a line in the log that says where, not what."""
    with monkeypatch.context() as patch:
        patch.setattr("blinger_mock.shown.faults", lambda _: int("canary"))
        answer = admin.http.get("/_mock/faults")
    assert (answer.status_code, list(answer.json())) == (500, ["error"])
    # Starlette answers first and raises then.
    until = time.monotonic() + 10
    while "ValueError in <lambda>" not in caplog.text and time.monotonic() < until:
        time.sleep(0.01)
    assert any("ValueError in <lambda>" in one for one in caplog.messages)
    assert api.mock.violations == 1
    api.mock._engine.violations = 0
    assert "canary" not in answer.text + caplog.text


def test_slow_reader__is_cut_off() -> None:
    """Who does not read has 256 events kept for them, and then the stream ends."""

    async def read() -> int:
        bus = Bus()
        with bus.subscribed("1") as subscription:
            for _ in range(1000):
                bus.publish(Event("1", "clock"))
            return len([one async for one in subscription.events()])

    assert asyncio.run(read()) == 256


def test_stop__with_open_streams() -> None:
    """A server stops at once and quietly, though a page listens and a call waits."""
    command = [sys.executable, "-W", "error", "-m", "blinger_mock", "--port", "0", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            facts = json.loads(process.stdout.readline())
            place = urlsplit(facts["page"])
            wait = f"messages?conversation={facts['conversations'][0]}&wait=60"
            streams = []
            for path in ("events", "events", wait):
                one = socket.create_connection((place.hostname or "", place.port or 0), timeout=5)
                head = f"GET /_mock/{path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
                one.sendall(head.encode())
                streams.append(one)
            for one in streams[:2]:
                assert one.recv(100).startswith(b"HTTP/1.1 200")
            begin = time.monotonic()
            process.send_signal(signal.SIGTERM)
            rest, errors = process.communicate(timeout=5)
        finally:
            process.kill()
    for one in streams:
        one.close()

    assert (process.returncode, rest, errors) == (0, "", "")
    assert time.monotonic() - begin < 2


def test_serve__stops_with_an_open_stream() -> None:
    """The same in a thread: the fixture is not held up by a page that is open."""
    with serve() as mock:
        admin = Admin(mock)
        stream = admin.http.stream("GET", "/_mock/events")
        stream.__enter__()
        begin = time.monotonic()
    assert time.monotonic() - begin < 1
    admin.http.close()
