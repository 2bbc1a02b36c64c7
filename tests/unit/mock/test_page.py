"""What the page at `/_mock/` says, as the server writes it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from blinger_mock import clock, faults, shown, snapshot
from blinger_mock.clock import Held
from blinger_mock.data import parse
from blinger_mock.page import find, times
from blinger_mock.page.html import legible, visible
from blinger_mock.state import Snapshot
from blinger_mock.testing import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger_mock.testing import Mock

NOON = 1_767_268_800  # 1 January 2026, 12:00:00 UTC
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class Page:
    """The page, as a browser asks for it."""

    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        base = mock.url.partition("/api/")[0]
        self.http = httpx.Client(base_url=base, trust_env=False, headers=BROWSER)

    def get(self, path: str, status: int = 200, **query: Any) -> str:
        """Return the HTML at *path*."""
        answer = self.http.get(path, params=query or None)
        assert answer.status_code == status
        assert answer.headers["Content-Type"].startswith("text/html")
        return answer.text

    def take_in(self, data: str) -> None:
        """Let the tenant start anew with *data*, as `--data` takes it."""
        seed = parse(data, 0)
        start = Snapshot(seed.agents, seed.bot, seed.conversations, seed.messages, 0)
        answer = self.http.post("/_mock/import", content=snapshot.write(start))
        assert answer.status_code == 200


@pytest.fixture
def page() -> Iterator[Page]:
    """A server whose clock says noon."""
    with serve(clock=Held(NOON * 1_000_000)) as mock:
        one = Page(mock)
        yield one
        one.http.close()
        assert mock.violations == 0


def test_review_without_a_time(page: Page) -> None:
    """A review that seed data says was given has no time, and is shown."""
    page.take_in("conversations: [{messages: [{review: {mark: 4, text: Quick}}]}]")

    assert "4 of 5" in page.get("/_mock/")


def test_blank(page: Page) -> None:
    """A text of blanks is said to be that, and no message is said to be none."""
    page.take_in("conversations: [{messages: [{text: a}, {text: ' '}]}, {}]")
    html = page.get("/_mock/")

    assert html.count(">(blank)<") == html.count(">No messages yet<") == 1
    assert '<p class="bubble blank" dir="auto"> </p>' in html
    assert '<p class="bubble" dir="auto">a</p>' in html


def test_blank__review(page: Page) -> None:
    """The same of the text of a review; one without a text has none."""
    page.take_in("conversations: [{messages: [{review: {mark: 4, text: ' '}}]}]")
    assert '<blockquote class="blank" dir="auto"> </blockquote>' in page.get("/_mock/")
    page.take_in("conversations: [{messages: [{review: {mark: 4}}]}]")
    assert "<blockquote" not in page.get("/_mock/")


@pytest.mark.parametrize(
    ("at", "listed", "exact"),
    [
        ((2026, 1, 1, 0, 0), "00:00", "00:00:00"),
        ((2025, 12, 31, 23, 59), "31 Dec 2025", "31 Dec 2025, 23:59:00"),
        ((2026, 3, 4, 5, 6), "4 Mar", "4 Mar, 05:06:00"),
        ((2027, 1, 1, 12, 0), "1 Jan 2027", "1 Jan 2027, 12:00:00"),
    ],
)
def test_times(at: tuple[int, int, int, int, int], listed: str, exact: str) -> None:
    """A time of another day than that of the clock has its date, and its year if it needs one."""
    now = datetime.fromtimestamp(NOON, UTC)
    moment = datetime(*at, tzinfo=UTC)

    assert times.listed(moment, now)["short"] == listed
    assert times.exact(moment, now)["short"] == exact
    assert times.exact(moment, now)["full"].endswith(" UTC")


def test_times__by_the_tenant(page: Page) -> None:
    """What today is, the clock of the tenant says."""
    page.take_in("conversations: [{messages: [{text: a, at: '2026-01-01T11:00:00Z'}]}]")
    page.http.post("/api/external/v1/nowhere")
    assert ">11:00<" in page.get("/_mock/")
    assert ">12:00:00<" in page.get("/_mock/page/requests")
    page.mock.clock.freeze("2026-02-01T00:00:00Z")
    assert ">1 Jan<" in page.get("/_mock/")
    assert ">1 Jan, 12:00:00<" in page.get("/_mock/page/requests")


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (0, ""),
        (0.4, ""),
        (1, "1 s ahead"),
        (-3600, "1 h behind"),
        (90061, "1 day 1 h ahead"),
        (-172_800, "2 days behind"),
        (86_400 + 61, "1 day 1 min ahead"),
    ],
)
def test_moved(seconds: float, says: str) -> None:
    """A clock that was moved is said to be so, in its two largest units."""
    assert times.moved(seconds) == says


def test_moved__runs(page: Page) -> None:
    """A clock that runs says by how much it was moved; one that stands has no need to."""
    page.mock.clock.move(7200)
    assert "Running, 2 h ahead" in page.get("/_mock/page/settings")
    page.mock.clock.freeze()
    assert "2 h ahead" not in page.get("/_mock/page/settings")
    page.mock.clock.run()
    assert "ahead" not in page.get("/_mock/page/settings")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", True),
        ("INVOICE", True),
        ("the anna", True),
        ("anna boris", False),
        ("7c9e", True),
        ("7c9", False),
        ("9e66", False),
        ("  ", True),
    ],
)
def test_find(asked: str, found: bool) -> None:
    """Each word is in a text, or begins an id; short words do not begin one."""
    ids = ("7c9e6679-7425-40de-944b-e07fc1f90ae7", None)
    assert find.has_words(asked, ("Where is the invoice?", "Anna", None), ids) is found


def test_unlisted(page: Page) -> None:
    """Beyond the two hundred that are listed, the page says where the others are."""
    page.take_in("conversations: [" + "{}, " * 1201 + "]")
    html = page.get("/_mock/")

    assert html.count('id="room-') == 200
    assert (
        '<p id="unlisted" class="note" data-live>1001 more: a filter finds them too, and '
        "<code>GET /_mock/conversations</code> has all, 1000 at a time by its <code>after</code>."
    ) in html


def test_find__conversation(page: Page) -> None:
    """A filter finds conversations by agent, id and text, and says how many."""
    page.take_in(
        "agents: [{name: Anna}, {name: Boris}]\n"
        "conversations:\n"
        "  - {agent: Anna, messages: [{text: first}]}\n"
        "  - {agent: Boris, locked: true, messages: [{text: second}]}\n"
        "  - {id: 7c9e6679-7425-40de-944b-e07fc1f90ae7}\n"
    )
    for asked, text in [("anna", "first"), ("second", "second"), ("LOCKED", "second")]:
        html = page.get("/_mock/", find=asked)
        assert "1 found" in html
        assert text in html
    assert "room-7c9e6679" in page.get("/_mock/", find="7c9e6679-74")
    assert "No conversation has" in page.get("/_mock/", find="<i>")
    assert "<i>" not in page.get("/_mock/", find="<i>")


def test_visible() -> None:
    """A control character of direction stays, isolated and with its name; markup is escaped."""
    written = visible("<\u202ea\u200f>")

    assert written == (
        '&lt;<bdi class="control" data-code="U+202E">\u202e</bdi>a'
        '<bdi class="control" data-code="U+200F">\u200f</bdi>&gt;'
    )
    assert visible("\0") == '<bdi class="control">U+0000</bdi>'


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("\0", ["U+0000"]),
        ("a\x08\x0b\x0c\x0e\x1b\x1f", ["U+0008", "U+000B", "U+000C", "U+000E", "U+001B", "U+001F"]),
        ("\x7f\x80\x85\x9f", ["U+007F", "U+0080", "U+0085", "U+009F"]),
        ("\r\r\n", ["U+000D"]),
    ],
)
def test_legible(text: str, codes: list[str]) -> None:
    """A control character gives way to its code, where HTML may have it or not."""
    written = legible(text)

    assert re.findall(r'<bdi class="control">(U\+\w{4})</bdi>', written) == codes
    left = re.sub("<.*?>", "", written)
    assert not re.search(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", left)


def test_legible__text() -> None:
    """What is no control character stays: lines, tabs, and what turns the direction of a text."""
    text = "a\tb\nc\r\nd \u00a0 \u2067שלום\u2069 \u200f 👩\u200d👧"  # noqa: RUF001 - the direction is the point
    assert legible(text) == text
    assert legible("<\0>") == '&lt;<bdi class="control">U+0000</bdi>&gt;'


def test_legible__everywhere(page: Page) -> None:
    """No text, name or filter brings a NUL into the page, and each is told by its code."""
    page.take_in(
        'agents: [{name: "a\\0b"}]\n'
        "conversations:\n"
        '  - agent: "a\\0b"\n'
        "    messages:\n"
        '      - {text: "c\\0d", from: agent}\n'
        '      - review: {mark: 4, text: "e\\0f"}\n'
        '      - text: "g\\0h"\n'
    )
    headers = {b"User-Agent": b"i\x85j", b"Content-Type": b"k\x9fl"}
    page.http.post("/api/external/v1/nowhere", content=b"m\0n", headers=headers)
    chat, requests = page.get("/_mock/"), page.get("/_mock/page/requests")
    found = page.get("/_mock/", find="o\0p") + page.get("/_mock/page/requests", find="o\0p")

    assert "\0" not in chat + requests + found
    for html, texts in [(chat, "ab ab ab ab cd ef gh gh"), (requests, "mn"), (found, "op op")]:
        for text in set(texts.split()):
            code = f'{text[0]}<bdi class="control">U+0000</bdi>{text[1]}'
            assert html.count(code) == texts.split().count(text)
    assert 'i<bdi class="control">U+0085</bdi>j' in requests
    assert 'k<bdi class="control">U+009F</bdi>l' in requests


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/_mock/?conversation=old", 404, "There is no such conversation"),
        ("/_mock/?tenant=old", 404, "There is no tenant of that name"),
        ("/_mock/page/old", 404, "There is nothing at this path"),
        ("/_mock/?last=x", 400, "The query parameter last is a number"),
        ("/_mock/?x=y", 400, "The query may have"),
    ],
)
def test_wrong_address(page: Page, path: str, status: int, says: str) -> None:
    """A browser reads why an address leads nowhere, and gets a way back; others get JSON."""
    html = page.get(path, status)
    assert says in html
    assert 'href="/_mock/"' in html
    plain = page.http.get(path, headers={"Accept": "*/*"})
    assert plain.status_code == status
    assert plain.json()["error"].lower() in html.lower()


def test_wrong_address__below_mock_alone(page: Page) -> None:
    """Elsewhere the API answers, to a browser too."""
    answer = page.http.get("/old")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/json")


def test_wrong_verb(page: Page) -> None:
    """A browser reads which verbs an address takes, under a heading that is about that."""
    html = page.get("/_mock/reset", 405)
    assert "<h1>This address does not take that</h1>" in html
    assert "This path takes only POST." in html
    assert "<h1>This address leads nowhere</h1>" in page.get("/_mock/page/old", 404)


def test_wrong_address__tenants(page: Page) -> None:
    """The way back is to the tenant that was asked for, or to each that there is."""
    with page.mock.tenant("t", "a&b"):
        assert 'href="/_mock/?tenant=a%26b"' in page.get("/_mock/", 404, tenant="old")
        html = page.get("/_mock/", 404, tenant="a&b", conversation="old")
        assert 'href="/_mock/?tenant=a%26b"' in html
        assert "<h2>Tenants</h2>" not in html


def test_shadowed(page: Page) -> None:
    """A rule that no request comes to is said to be that, by its switch too."""
    status = {"effect": {"kind": "status", "status": 503}}
    first = {**status, "times": 1}
    page.http.put("/_mock/faults", json=[{**status, "operation": "assignAgent"}, first])
    assert "On, but an earlier rule is met first" not in page.get("/_mock/page/faults")
    page.http.put("/_mock/faults", json=[first, status, first, status])
    html = page.get("/_mock/page/faults")
    assert html.count(">On, not met yet<") == 4
    assert html.count(">On, but an earlier rule is met first<") == 2
    page.http.put("/_mock/faults", json=[status, first])
    html = page.get("/_mock/page/faults")
    assert html.count(">On, but an earlier rule is met first<") == 2


def test_reset__says_what_it_does(page: Page) -> None:
    """The question before a reset says what comes back: what the server started with."""
    engine = page.mock._engine
    (rule,) = faults.read([{"effect": {"kind": "status", "status": 500}}])
    engine._faults, engine._time = (rule,), clock.parse("frozen=2031-05-06T07:08:09Z")
    assert (
        "Its messages and requests are dropped. Its data, faults and clock are again those that "
        "the server starts with." in page.get("/_mock/page/settings")
    )
    assert page.http.post("/_mock/reset").status_code == 200

    assert "Frozen" in page.get("/_mock/page/settings")
    assert "06 May 2031, 07:08:09 UTC" in page.get("/_mock/page/settings")
    assert "Remove rule 1" in page.get("/_mock/page/faults")


@pytest.mark.parametrize(
    ("tenant", "file"),
    [("1", "blinger-mock-1.json"), ('a "b"/\u202ec', "blinger-mock-a-b-c.json")],
)
def test_export_name(tenant: str, file: str) -> None:
    """The file of an export has the tenant's name, in characters that any system takes."""
    assert shown.export_name(tenant) == file


def test_export_name__sent(page: Page) -> None:
    """The answer names the file."""
    answer = page.http.get("/_mock/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="blinger-mock-1.json"'


def test_last(page: Page) -> None:
    """`last` says how many messages are shown, and the link of the page doubles it."""
    texts = "".join(f"      - text: text {place}\n" for place in range(12))
    page.take_in(f"conversations:\n  - messages:\n{texts}")
    html = page.get("/_mock/", last=3)

    assert "9 earlier messages" in html
    assert "last=6#m-" in html
    assert ">text 9<" in html
    assert ">text 8<" not in html
