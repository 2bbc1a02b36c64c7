"""The page at `/_mock/` in a browser: live, of use, safe, and readable by everybody."""

from __future__ import annotations

import json
import os
import re
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from blinger import Blinger
from blinger_mock import snapshot
from blinger_mock.data import parse
from blinger_mock.state import Snapshot
from blinger_mock.testing import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

    from blinger_mock.testing import Mock

UNKNOWN = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
CHROMIUM = Path("/usr/bin/chromium")
VIEWS = {
    "conversations": "/_mock/",
    "requests": "/_mock/page/requests",
    "faults": "/_mock/page/faults",
    "settings": "/_mock/page/settings",
}
LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
SECOND = 1000  # milliseconds
HOSTILE = [
    "<script>document.title = 'run'</script>",
    "<img src=x onerror=\"document.title='run'\">",
    "</p></li><h1 id='injected'>x",
    "{{ 7 * 7 }} &amp; \"quotes\" 'and' `ticks`",
    "\u202egnp.exe \u2067שלום\u2069",  # noqa: RUF001 - bidirectional overrides are the point
    "👩‍👩‍👧 🙏 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
    "x" * 900,
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless browser, Debian's."""
    if not CHROMIUM.exists():
        message = "chromium is not installed: apt-get install chromium"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


class Shown:
    """The page of a server, in a tab that says when something goes wrong in it."""

    def __init__(self, mock: Mock, page: Page) -> None:
        place = urlsplit(mock.url)
        self.mock = mock
        self.page = page
        self.base = f"{place.scheme}://{place.netloc}"
        self.wrong: list[str] = []
        self.asked: set[str] = set()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda line: self.wrong.append(line.text))
        page.on("request", lambda request: self.asked.add(urlsplit(request.url).netloc))

    def open(self, path: str = "/_mock/") -> Page:
        """Go to *path*, and wait until the page hears of what happens."""
        self.page.goto(self.base + path)
        self.page.locator("#live[data-state=on]").wait_for()
        return self.page

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the admin API."""
        answer = httpx.request(method, f"{self.base}/_mock/{path}", json=body, trust_env=False)
        assert answer.status_code < 300, answer.text
        return answer.json()


@contextmanager
def shown(browser: Browser, *, width: int = 1280, scheme: str = "light") -> Iterator[Shown]:
    """Serve, and open a tab that asks nothing of any other host and logs no error."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(5 * SECOND)
    with serve() as mock:
        one = Shown(mock, context.new_page())
        yield one
        context.close()
        assert (mock.violations, one.wrong) == (0, [])
        assert one.asked <= {urlsplit(one.base).netloc, ""}


@pytest.fixture
def live(browser: Browser) -> Iterator[Shown]:
    """The page, wide and light."""
    with shown(browser) as one:
        yield one


def _elsewhere(work: Any) -> None:
    """Do *work* in a thread: in that of playwright a loop runs."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_message_appears(live: Shown) -> None:
    """A message that the SDK sends is on the page within a second, without a reload."""
    page = live.open()
    page.evaluate("window.same = true")

    def send() -> None:
        with Blinger(live.mock.token, base_url=live.mock.url) as client:
            client.conversation(live.mock.conversation).send_text("Hello from the SDK")

    _elsewhere(send)
    page.locator(".bubble", has_text="Hello from the SDK").wait_for(timeout=SECOND)

    assert page.locator("#rooms .last").first.inner_text() == "Hello from the SDK"
    assert page.locator("#rooms .total").first.inner_text().startswith("1")
    assert page.evaluate("window.same") is True


def test_chat_stays(live: Shown) -> None:
    """A message elsewhere moves that conversation up, and leaves the one that is read."""
    second = live.mock.conversations[1]
    page = live.open()
    live.call("POST", f"conversations/{second}/messages", {"text": "elsewhere"})
    page.locator(f"#rooms li:first-child#room-{second}").wait_for(timeout=SECOND)

    assert page.locator("[data-conversation]").get_attribute("data-conversation") != second
    assert page.locator(".bubble").count() == 0


def test_end_user_answers(live: Shown) -> None:
    """A person answers as the end user, by keyboard; what they are writing survives news."""
    page = live.open(f"/_mock/?conversation={live.mock.conversation}")
    box = page.get_by_label("Answer as the end user")
    box.fill("first")
    box.press("Shift+Enter")
    box.press_sequentially("second")
    live.call("POST", f"conversations/{live.mock.conversation}/messages", {"text": "meanwhile"})
    page.locator(".bubble", has_text="meanwhile").wait_for(timeout=SECOND)
    assert box.input_value() == "first\nsecond"
    box.press("Enter")
    page.locator(".end-user .bubble", has_text="second").wait_for(timeout=SECOND)

    assert box.input_value() == ""
    assert page.evaluate("document.activeElement.id") == "text"
    (_, message) = live.mock.messages()
    assert (message["body"], message["agent"], message["bot"]) == ("first\nsecond", None, None)
    assert message["endUser"] is not None


def test_blanks(live: Shown) -> None:
    """Blanks alone are not sent; where a program sent some, the page says what they are."""
    page = live.open(f"/_mock/?conversation={live.mock.conversation}")
    box = page.get_by_label("Answer as the end user")
    for blanks in ("   ", "\n \n", "\u00a0"):
        box.fill(blanks)
        box.press("Enter")
        assert box.evaluate("it => it.validationMessage") == "Write more than blanks."
    box.fill("a")
    box.press("Enter")
    page.locator(".end-user .bubble", has_text="a").wait_for()
    assert [one["body"] for one in live.mock.messages()] == ["a"]

    def send() -> None:
        with Blinger(live.mock.token, base_url=live.mock.url) as client:
            client.conversation(live.mock.conversation).send_text("  ")

    _elsewhere(send)
    page.locator("#rooms .last", has_text="(blank)").wait_for()
    blank = page.locator(".bubble.blank")
    assert blank.evaluate("it => getComputedStyle(it, '::after').content") == '"(blank)"'
    assert blank.evaluate("it => it.textContent") == "  "


def test_review_is_given(live: Shown) -> None:
    """A review that is asked for is filled in and given: the card and the state change."""
    page = live.open(f"/_mock/?conversation={live.mock.conversation}")

    def ask() -> None:
        with Blinger(live.mock.token, base_url=live.mock.url) as client:
            client.conversation(live.mock.conversation).assign_agent(live.mock.agent)
            client.conversation(live.mock.conversation).request_review()

    _elsewhere(ask)
    card = page.locator(".review")
    card.get_by_text("How was Vadim Belorusov?").wait_for(timeout=SECOND)
    page.locator("#chat-head", has_text="Assigned to Vadim Belorusov").wait_for()
    asked = live.mock.messages()[0]["review"]
    assert [asked[name] for name in ("mark", "confirmed", "text")] == [0, False, ""]
    card.get_by_label("4").check()
    card.get_by_label("Text").fill("Good <b>work</b>")
    live.call("POST", f"conversations/{live.mock.conversation}/messages", {"text": "meanwhile"})
    page.locator(".bubble", has_text="meanwhile").wait_for(timeout=SECOND)
    card.get_by_role("button", name="Give this review").press("Enter")
    card.get_by_role("img", name="4 of 5").wait_for()
    # What had the focus is gone.
    assert card.evaluate("it => it === document.activeElement")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "text"

    assert card.locator("blockquote").inner_text() == "Good <b>work</b>"
    assert card.locator("form").count() == 0
    given = live.mock.messages()[0]["review"]
    assert [given[name] for name in ("mark", "confirmed", "text")] == [4, True, "Good <b>work</b>"]


def test_hostile_text(live: Shown) -> None:
    """Text that would be markup, code or another direction is shown as text."""
    path = f"conversations/{live.mock.conversation}/messages"
    for text in HOSTILE[:2]:
        live.call("POST", path, {"text": text})
    page = live.open()
    for text in HOSTILE[2:]:
        live.call("POST", path, {"text": text})
    page.locator(f".message:nth-child({len(HOSTILE)})").wait_for()

    def send() -> None:
        with Blinger(live.mock.token, base_url=live.mock.url) as client:
            client.conversation(live.mock.conversation).send_file("https://example.com/%3Cb%3E.png")

    _elsewhere(send)
    page.locator("a.file").wait_for()
    shown_texts = page.locator("p.bubble").all_inner_texts()
    assert shown_texts == HOSTILE
    assert page.locator("p.bubble").evaluate_all("all => all.every(it => it.dir === 'auto')")
    assert page.title() != "run"
    assert page.locator("#injected, .bubble img, .bubble script, .bubble b").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    live.open("/_mock/page/requests")
    assert page.title() != "run"


def test_requests(live: Shown) -> None:
    """The journal grows as requests arrive, explains what was wrong, and is copied as curl."""
    page = live.open("/_mock/page/requests")
    url = f"{live.mock.url}/conversation/{live.mock.conversation}/send-text-message"
    headers = {"Authorization": live.mock.token}
    httpx.post(url, json={"text": ""}, headers=headers, trust_env=False)
    entry = page.locator("#requests details")
    entry.wait_for(timeout=SECOND)
    entry.locator("summary").press("Enter")
    assert page.locator(".violations").get_by_text("must not be empty").is_visible()
    httpx.post(url, json={"text": ""}, trust_env=False)
    page.locator("#requests details").nth(1).wait_for(timeout=SECOND)
    assert (
        page.locator(".violations").get_by_text("must not be empty").is_visible()
    )  # it stays open
    answer = page.get_by_role("region", name="Answer to request 1")
    assert json.loads(answer.inner_text())["error"]["text"] == "must not be empty"
    page.get_by_role("button", name="Copy as curl").first.click()
    page.get_by_role("alert").get_by_text("Copied.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")

    assert "$BLINGER_TOKEN" in copied
    assert live.mock.token not in copied + page.content()
    page.get_by_role("link", name="Failed").click()
    page.wait_for_url("**only=refused*")
    page.locator("#live[data-state=on]").wait_for()
    assert page.locator("#requests details").count() == 2
    page.get_by_role("button", name="Forget all").click()
    page.get_by_text("Nothing has failed.").wait_for()
    assert live.call("GET", "requests")["requests"] == []


def test_faults(live: Shown) -> None:
    """A switch sets a fault and takes it back, and shows what others set."""
    page = live.open("/_mock/page/faults")
    switch = page.get_by_role("switch", name="503 the first time")
    assert switch.get_attribute("aria-checked") == "false"
    switch.press("Space")
    page.locator("#switch-first-503[aria-checked=true]").wait_for()
    assert page.evaluate("document.activeElement.id") == "switch-first-503"
    rule = {"effect": {"kind": "status", "status": 503}, "times": 1}
    assert live.call("GET", "faults")["faults"] == [rule]
    assert page.locator("#to-faults .count").inner_text().startswith("1")
    switch.press("Space")
    page.locator("#switch-first-503[aria-checked=false]").wait_for()
    assert live.call("GET", "faults")["faults"] == []
    live.call("PUT", "faults", [{"effect": {"kind": "status", "status": 500}}])
    page.get_by_role("button", name="Remove all").click()
    page.get_by_text("No fault is in force.").wait_for()
    assert live.call("GET", "faults")["faults"] == []


def test_faults__focus(live: Shown) -> None:
    """Whoever removes rules by keyboard is at the next one, or at the heading of the list."""
    page = live.open("/_mock/page/faults")
    rules = [{"effect": {"kind": "status", "status": status}} for status in (500, 502, 503, 504)]
    live.call("PUT", "faults", rules)
    page.locator("#rules li").nth(3).wait_for()
    for name, left, then in [
        ("Remove rule 1", 3, "remove-0"),
        ("Remove rule 3", 2, "rules-title"),
        ("Remove all", 0, "rules-title"),
    ]:
        page.get_by_role("button", name=name).press("Enter")
        page.locator("#rules li").nth(left).wait_for(state="detached")
        assert page.evaluate("document.activeElement.id") == then


def test_faults__used_up(live: Shown) -> None:
    """The switch of a fault that was met goes off, says why, and sets the fault anew."""
    page = live.open("/_mock/page/faults")
    switch = page.get_by_role("switch", name="503 the first time")
    switch.click()
    page.locator("#switch-first-503[aria-checked=true]").wait_for()
    url = f"{live.mock.url}/conversation/{live.mock.conversation}/request-review"
    answer = httpx.post(url, headers={"Authorization": live.mock.token}, trust_env=False)
    assert answer.status_code == 503
    page.locator("#preset-first-503", has_text="Used up, met once").wait_for()
    page.locator("#rules .pill", has_text="Used up, met once").wait_for()
    assert switch.get_attribute("aria-checked") == "false"
    assert page.locator("#to-faults .count").count() == 0

    switch.click()
    page.locator("#switch-first-503[aria-checked=true]").wait_for()
    page.locator("#preset-first-503", has_text="On, not met yet").wait_for()
    assert page.get_by_text("Used up").count() == 0
    assert len(live.call("GET", "faults")["faults"]) == 1


def test_settings(live: Shown, tmp_path: Path) -> None:
    """Time is held and moved, the state exported, reset after a question, and taken in again."""
    live.call("POST", f"conversations/{live.mock.conversation}/messages", {"text": "kept"})
    page = live.open("/_mock/page/settings")
    page.get_by_role("button", name="Freeze").click()
    page.locator("#clock .pill", has_text="Frozen").wait_for()
    before = live.call("GET", "clock")["microseconds"]
    page.get_by_label("Move by seconds").fill("60")
    page.get_by_role("button", name="Move").click()
    page.get_by_role("alert").get_by_text("The clock was moved.").wait_for()
    assert live.call("GET", "clock")["microseconds"] == before + 60_000_000
    page.get_by_role("button", name="Step").click()
    page.locator("#clock .pill", has_text="Stepped").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    assert download.value.suggested_filename == "blinger-mock-1.json"
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    page.get_by_role("button", name="Reset…").click()
    page.get_by_role("button", name="Cancel").click()
    assert len(live.mock.messages()) == 1
    page.get_by_role("button", name="Reset…").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    page.get_by_role("alert").get_by_text("The tenant starts anew.").wait_for()
    assert live.mock.messages() == []
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("alert").get_by_text("The export was taken in.").wait_for()
    assert [one["body"] for one in live.mock.messages()] == ["kept"]
    assert page.locator(".assumptions li").count() == len(live.mock.profile)


def test_problem_is_said(live: Shown) -> None:
    """What the server refuses is said in its words; what was written is not lost."""
    page = live.open(f"/_mock/?conversation={live.mock.conversation}")
    long = "x" * 1_100_000
    # In one go: to type it takes a minute.
    page.get_by_label("Answer as the end user").evaluate("(it, text) => { it.value = text }", long)
    page.get_by_role("button", name="Send").click()
    page.get_by_role("alert").get_by_text("send less").wait_for()

    assert page.get_by_label("Answer as the end user").input_value() == long
    # The browser's own line about the status.
    assert [one for one in live.wrong if "413" not in one] == []
    live.wrong.clear()


def test_stream_comes_back(live: Shown) -> None:
    """A page whose stream ended says so, connects again, and shows what happened meanwhile."""
    page = live.open()
    page.context.set_offline(True)
    live.mock._engine.bus.close()
    page.locator("#live[data-state=off]").wait_for()
    live.call("POST", f"conversations/{live.mock.conversation}/messages", {"text": "missed"})
    page.context.set_offline(False)
    page.locator(".bubble", has_text="missed").wait_for()
    live.wrong.clear()  # the browser's own lines about the connection


def test_tenants(live: Shown) -> None:
    """The page of one tenant shows nothing of another, and goes from one to the other."""
    with live.mock.tenant("second-token", "second") as other:
        live.call(
            "POST", f"conversations/{other.conversation}/messages?tenant=second", _text("two")
        )
        page = live.open()
        assert page.locator(".bubble").count() == 0
        page.get_by_label("Tenant").select_option("second")
        page.locator(".bubble", has_text="two").wait_for()
        page.locator("#live[data-state=on]").wait_for()
        live.call("POST", f"conversations/{other.conversation}/messages?tenant=second", _text("3"))
        page.locator(".bubble", has_text="3").wait_for(timeout=SECOND)
        page.get_by_role("link", name="Settings").click()
        page.locator("#live[data-state=on]").wait_for()
        assert "tenant=second" in page.url
        # The tenant goes: nothing may ask for it any more.
        page.goto("about:blank")


def _text(text: str) -> dict[str, str]:
    return {"text": text}


def test_without_script(browser: Browser) -> None:
    """Without JavaScript every view is there to read, and no button that would do nothing."""
    context = browser.new_context(java_script_enabled=False)
    with serve() as mock:
        base = mock.url.partition("/api/")[0]
        url = f"{mock.url}/conversation/{mock.conversation}/request-review"
        httpx.post(url, headers={"Authorization": mock.token}, trust_env=False)
        page = context.new_page()
        for name, path in VIEWS.items():
            page.goto(base + path)
            assert page.get_by_role("heading", level=1).inner_text().lower() == name
            assert page.locator("noscript p", has_text="JavaScript is off").is_visible()
            visible = [one for one in page.locator("button").all() if one.is_visible()]
            assert [
                one for one in visible if not one.evaluate("it => it.form?.method == 'get'")
            ] == []
        context.close()


def _take_in(one: Shown, data: str) -> None:
    """Let the first tenant start anew with *data*, as `--data` takes it."""
    seed = parse(data, 0)
    start = Snapshot(seed.agents, seed.bot, seed.conversations, seed.messages, 0)
    url = f"{one.base}/_mock/import"
    assert httpx.post(url, content=snapshot.write(start), trust_env=False).status_code == 200


def _many(count: int) -> str:
    """Seed data of so many conversations, the newest first."""
    return "conversations:\n" + "".join(
        f"  - messages: [{{text: text {place}, at: '2026-01-01T00:00:{59 - place:02}Z'}}]\n"
        for place in range(count)
    )


def _box(it: Locator) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of *it*."""
    box = it.bounding_box()
    assert box is not None
    return (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])


@pytest.mark.parametrize("width", [320, 390, 820])
def test_composer_is_in_view(browser: Browser, width: int) -> None:
    """However high the head of the page is, what one writes in is at the foot of the screen."""
    with shown(browser, width=width) as one, one.mock.tenant("t", "of-the-billing-department " * 4):
        page = one.open(f"/_mock/?conversation={one.mock.conversation}")
        _, _, right, bottom = _box(page.get_by_role("button", name="Send"))
        assert right <= width
        assert bottom <= 800
        assert page.evaluate("[document.documentElement.scrollWidth, scrollY]") == [width, 0]
        assert page.evaluate("document.documentElement.scrollHeight") <= 800
        page.goto("about:blank")


def test_list_keeps_its_place(live: Shown) -> None:
    """Who chooses a conversation far down sees the list where it was, with the chosen one."""
    _take_in(live, _many(60))
    page = live.open()
    row = page.locator("#rooms li", has_text="text 45")
    row.scroll_into_view_if_needed()
    before = page.locator("#rooms").evaluate("it => it.scrollTop")
    row.get_by_role("link").click()
    page.locator(".bubble", has_text="text 45").wait_for()
    _, top, _, bottom = _box(page.locator("#rooms [aria-current]"))

    assert before > 0
    assert page.locator("#rooms").evaluate("it => it.scrollTop") == before
    assert 0 <= top < bottom <= 800


@pytest.mark.parametrize("script", [True, False])
def test_earlier(browser: Browser, script: bool) -> None:
    """Messages and requests before those that are shown are a link away."""
    context = browser.new_context(java_script_enabled=script)
    with serve() as mock:
        one = Shown(mock, context.new_page())
        page = one.page
        messages = "".join(f"      - text: text {place}\n" for place in range(450))
        _take_in(one, f"conversations:\n  - id: {UNKNOWN}\n    messages:\n{messages}")
        page.goto(f"{one.base}/_mock/?conversation={UNKNOWN}")
        assert page.locator("#earlier", has_text="250 earlier messages").is_visible()
        if script:
            page.locator("#live[data-state=on]").wait_for()
            one.call("POST", f"conversations/{UNKNOWN}/messages", {"text": "one more"})
            page.locator("#earlier", has_text="251 earlier messages").wait_for()
        page.get_by_role("link", name="Show earlier").click()
        page.get_by_role("link", name="Show earlier").click()
        page.locator(".bubble", has_text="text 0").first.wait_for()
        assert not page.locator("#earlier").is_visible()

        for _ in range(120):
            httpx.post(f"{mock.url}/nowhere", trust_env=False)
        page.goto(f"{one.base}/_mock/page/requests")
        assert page.locator("#earlier", has_text="20 earlier requests").is_visible()
        page.get_by_role("link", name="Show earlier").click()
        page.locator("#requests > li").nth(119).wait_for()
        context.close()


def test_earlier__stays(live: Shown) -> None:
    """Who reads what was earlier is where they were, and stays there when something arrives."""
    messages = "".join(f"      - text: text {place}\n" for place in range(300))
    _take_in(live, f"conversations:\n  - id: {UNKNOWN}\n    messages:\n{messages}")
    page = live.open(f"/_mock/?conversation={UNKNOWN}")
    page.get_by_role("link", name="Show earlier").click()
    page.locator("#live[data-state=on]").wait_for()
    oldest = page.locator(".bubble", has_text="text 100")
    _, top, _, bottom = _box(oldest)
    live.call("POST", f"conversations/{UNKNOWN}/messages", {"text": "one more"})
    page.get_by_role("button", name="New messages").wait_for()

    assert 0 <= top < bottom <= 800
    assert _box(oldest)[1] == pytest.approx(top, abs=2)


@pytest.mark.parametrize("width", [390, 820, 1280])
def test_toast_covers_nothing(browser: Browser, width: int) -> None:
    """What the page says lies over nothing, least of all over what one writes."""
    with shown(browser, width=width) as one:
        page = one.open(f"/_mock/?conversation={one.mock.conversation}")
        box = page.get_by_label("Answer as the end user")
        box.fill("a")
        page.get_by_role("button", name="Copy the id").click()
        toast = page.get_by_role("alert")
        toast.get_by_text("Copied.").wait_for()
        left, top, right, bottom = _box(toast)
        for other in (page.locator("#main"), page.locator(".side nav"), box):
            at = _box(other)
            assert right <= at[0] or at[2] <= left or bottom <= at[1] or at[3] <= top
        assert _box(box)[3] <= 800


def test_locked(live: Shown) -> None:
    """In a locked conversation nothing can be written, and the page says why."""
    page = live.open(f"/_mock/?conversation={live.mock.locked_conversation}")
    assert page.get_by_text("This conversation is locked").is_visible()
    assert page.get_by_label("Answer as the end user").is_disabled()
    assert page.get_by_role("button", name="Send").is_disabled()


def test_locked__accepted(browser: Browser) -> None:
    """Where the assumption is that a locked conversation takes messages, one can write."""
    with serve(assume={"locked": "accepted"}) as mock:
        one = Shown(mock, browser.new_page())
        page = one.open(f"/_mock/?conversation={mock.locked_conversation}")
        page.get_by_label("Answer as the end user").fill("let me in")
        page.get_by_role("button", name="Send").click()
        page.locator(".bubble", has_text="let me in").wait_for()
        page.close()


def test_file__name(live: Shown) -> None:
    """A long name leaves the icon its shape; a character that turns the direction is shown."""
    turned = "gpj\u202egnp.exe"
    file = "https://example.com/" + "very-long-name-" * 12 + ".pdf"
    _take_in(
        live, f'conversations: [{{messages: [{{file: "{file}"}}, {{file: "https://a/{turned}"}}]}}]'
    )
    page = live.open()
    left, top, right, bottom = _box(page.locator(".sheet").first)
    assert right - left == pytest.approx(bottom - top)
    name = page.locator(".file strong").nth(1)
    for where in (name, page.locator("#rooms .last").first):
        control = where.locator(".control")
        said = control.evaluate("it => getComputedStyle(it, '::before').content")
        assert said == '"U+202E"'
        assert control.evaluate("it => getComputedStyle(it).unicodeBidi") == "isolate"
        assert where.inner_text() == turned


def test_filter(live: Shown) -> None:
    """A filter finds conversations while it is typed; news and what is chosen leave it there."""
    _take_in(live, _many(30))
    page = live.open()
    first = page.locator("[data-conversation]").get_attribute("data-conversation")
    box = page.get_by_role("searchbox", name="Filter the conversations")
    box.press_sequentially("text 2")
    page.get_by_text("12 found").wait_for()
    assert page.locator("#rooms > li").count() == 12
    assert page.locator("[data-conversation]").get_attribute("data-conversation") == first
    assert page.evaluate("document.activeElement.id") == "find"
    live.call("POST", f"conversations/{first}/messages", {"text": "text 2 more"})
    page.get_by_text("13 found").wait_for(timeout=SECOND)
    assert box.input_value() == "text 2"
    page.locator("#rooms li", has_text="text 29").get_by_role("link").click()
    page.locator(".bubble", has_text="text 29").wait_for()
    assert (box.input_value(), page.locator("#rooms > li").count()) == ("text 2", 13)
    box.fill("nothing like it")
    page.get_by_text("No conversation has").wait_for()
    page.get_by_role("link", name="Show all").click()
    page.locator("#rooms > li").nth(29).wait_for()


def test_filter__requests(live: Shown) -> None:
    """Requests are found by operation, status, uuid and conversation; one can be opened."""
    _fill(live)
    page = live.open("/_mock/page/requests")
    total = page.locator("#requests > li").count()
    box = page.get_by_role("searchbox", name="Filter the requests")
    for asked, count in [("assign", 1), ("200 requestreview", 2), (live.mock.conversation, 6)]:
        box.fill(asked)
        page.get_by_text(f"{count} found").wait_for()
        assert page.locator("#requests > li").count() == count
    page.get_by_role("link", name="Failed").click()
    page.get_by_text("1 found").wait_for()
    assert box.input_value() == live.mock.conversation
    box.fill("")
    page.locator("#requests > li").nth(1).wait_for()
    assert page.locator("#requests > li").count() == 2 < total


def test_filter__without_script(browser: Browser) -> None:
    """The filter is a form of its own: it works without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    with serve() as mock:
        one = Shown(mock, context.new_page())
        _take_in(one, _many(30))
        one.page.goto(f"{one.base}/_mock/")
        one.page.get_by_label("Filter the conversations").fill("text 2")
        one.page.get_by_role("button", name="Filter").click()
        one.page.wait_for_url("**find=*")
        assert one.page.locator("#rooms > li").count() == 12
        context.close()


def test_wrong_address(live: Shown) -> None:
    """Whoever follows an old address reads why it leads nowhere, and comes back from there."""
    page = live.page
    for path in ("/_mock/?conversation=old", "/_mock/?tenant=old", "/_mock/page/old"):
        page.goto(live.base + path)
        assert page.get_by_role("heading", name="This address leads nowhere").is_visible()
        page.get_by_role("link", name="To the conversations").click()
        page.get_by_role("heading", name="Conversations").wait_for()
    # The browser's own lines about the status.
    assert [one for one in live.wrong if "404" not in one] == []
    live.wrong.clear()


def test_clock(live: Shown) -> None:
    """The clock is set to a date; one that was moved says by how much; old days have a date."""
    live.call("POST", f"conversations/{live.mock.conversation}/messages", {"text": "now"})
    page = live.open("/_mock/page/settings")
    page.get_by_label("Move by seconds").fill("-93600")
    page.get_by_role("button", name="Move").click()
    page.locator("#clock .pill", has_text="Running, 1 day 2 h behind").wait_for()
    page.locator("#facts", has_text="Running, 1 day 2 h behind").wait_for()
    page.get_by_label("Stand still at").fill("2031-05-06T07:08:09")
    page.get_by_role("button", name="Set", exact=True).click()
    page.locator("#clock", has_text="06 May 2031, 07:08:09 UTC").wait_for()
    assert live.call("GET", "clock")["now"] == "2031-05-06T07:08:09.000Z"
    live.open()
    assert re.fullmatch(r"\d+ \w{3} \d{4}", page.locator("#rooms time").first.inner_text())


def test_fault_card_does_not_jump(live: Shown) -> None:
    """What the state of a fault is has a line of its own: no title moves when it changes."""
    page = live.open("/_mock/page/faults")
    before = [_box(it) for it in page.locator(".presets h2").all()]
    page.get_by_role("switch", name="503 the first time").click()
    page.get_by_text("On, not met yet").first.wait_for()
    url = f"{live.mock.url}/conversation/{live.mock.conversation}/request-review"
    httpx.post(url, headers={"Authorization": live.mock.token}, trust_env=False)
    page.get_by_text("Used up, met once").first.wait_for()
    assert [_box(it) for it in page.locator(".presets h2").all()] == before


def test_keyboard(live: Shown) -> None:
    """The first key leads past the navigation; each stop shows that it has the focus."""
    live.call("POST", f"conversations/{live.mock.conversation}/messages", {"text": "a"})
    page = live.open(f"/_mock/?conversation={live.mock.conversation}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to the content"
    stops = []
    for _ in range(13):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                """() => {
                    const it = document.activeElement, style = getComputedStyle(it);
                    return [it.id || it.className || it.tagName, style.outlineStyle !== "none"];
                }"""
            )
        )
    names = [name for name, _ in stops]

    assert names[:5] == ["brand", "to-conversations", "to-requests", "to-faults", "to-settings"]
    assert names.index("scroll") < names.index("text")
    assert [name for name, outlined in stops if not outlined] == []


def test_reduced_motion(browser: Browser) -> None:
    """Who asks for less motion gets none."""
    context = browser.new_context(reduced_motion="reduce")
    with serve() as mock:
        page = context.new_page()
        one = Shown(mock, page)
        one.open()
        one.call("POST", f"conversations/{mock.conversation}/messages", {"text": "a"})
        page.locator(".message.new").wait_for()
        running = page.locator(".message.new").evaluate("it => getComputedStyle(it).animationName")
        context.close()
    assert running == "none"


def _fill(one: Shown) -> None:
    """Let there be something of everything."""

    def walk() -> None:
        with Blinger(one.mock.token, base_url=one.mock.url, retries=0) as client:
            chat = client.conversation(one.mock.conversation)
            chat.assign_agent(one.mock.agent)
            chat.send_text("Hello")
            chat.send_file("https://example.com/invoice.pdf")
            review = chat.request_review()
            path = f"conversations/{one.mock.conversation}/reviews/{review.id}"
            one.call("POST", path, {"mark": 4, "text": "Good"})
            chat.request_review()

    _elsewhere(walk)
    url = f"{one.mock.url}/conversation/{one.mock.conversation}/send-text-message"
    headers = {"Authorization": one.mock.token}
    httpx.post(url, json={"text": ""}, headers=headers, trust_env=False)
    httpx.post(f"{one.mock.url}/nowhere", trust_env=False)
    rule = {"effect": {"kind": "status", "status": 503}}
    one.call("PUT", "faults", [{**rule, "times": 1}, rule, {**rule, "when": "after"}])


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_everybody_can_use_it(browser: Browser, root: Path, width: int, scheme: str) -> None:
    """axe-core finds nothing serious in any view, and nothing is cut off at the side."""
    script = root / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        message = "axe-core is not installed: make setup"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    axe = script.read_text()
    with shown(browser, width=width, scheme=scheme) as one:
        _fill(one)
        chat = f"/_mock/?conversation={one.mock.conversation}"
        locked = f"/_mock/?conversation={one.mock.locked_conversation}"
        for view in [*VIEWS.values(), chat, locked, "/_mock/?find=locked", "/_mock/?find=nobody"]:
            page = one.open(view)
            for summary in page.locator("summary").all():
                summary.click()
            # In a world of its own: the page's policy lets no script in.
            page.evaluate(f"(() => {{ {axe} }})()")
            found = page.evaluate("axe.run(document)")
            assert _serious(found) == [], view
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if view.endswith("settings"):
                page.get_by_role("button", name="Reset…").click()
                assert _serious(page.evaluate("axe.run(document)")) == []
        page = one.page
        page.goto(f"{one.base}/_mock/?tenant=old")
        page.evaluate(f"(() => {{ {axe} }})()")
        assert _serious(page.evaluate("axe.run(document)")) == []
        one.wrong.clear()  # the browser's own line about the status


def test_targets(browser: Browser) -> None:
    """On the narrowest phone, what one presses is 24 pixels wide and high; links in text are not.

    That is WCAG 2.2, 2.5.8.
    """
    with shown(browser, width=360) as one, one.mock.tenant("t", "other"):
        _fill(one)
        chat = f"/_mock/?conversation={one.mock.conversation}"
        for view in [*VIEWS.values(), chat, "/_mock/page/requests?last=1", "/_mock/?find=nobody"]:
            page = one.open(view)
            for summary in page.locator("summary").all():
                summary.click()
            assert _small(page) == [], view
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page = one.open(VIEWS["settings"])
        page.get_by_role("button", name="Reset…").click()
        assert _small(page) == []
        page.goto(f"{one.base}/_mock/?tenant=old")
        assert _small(page) == []
        one.wrong.clear()  # the browser's own line about the status


def _small(page: Page) -> list[str]:
    """Return what one presses on *page* that is too small, with its width and height."""
    found: list[str] = page.evaluate(
        """() => {
            const sentences = "p a:not(.button), .empty a, .violations a";
            const pressed = "a, button, summary, select, textarea, label:has(input), input";
            return [...document.querySelectorAll(pressed)]
                .filter((it) => it.checkVisibility() && !it.matches(`.hidden, ${sentences}`))
                .map((it) => [it, it.getBoundingClientRect()])
                .filter(([, { width, height }]) => width < 24 || height < 24)
                .map(([it, { width, height }]) => `${width}x${height} ${it.outerHTML}`);
        }"""
    )
    return found


def _serious(found: dict[str, Any]) -> list[str]:
    return [
        f"{one['id']}: {node['html'][:200]!r} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
