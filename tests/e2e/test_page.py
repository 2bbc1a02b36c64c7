"""The page at `/_mock/` in a browser: live, of use, safe, and readable by everybody."""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from blinger import Blinger
from blinger_mock.testing import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from blinger_mock.testing import Mock

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
    assert page.locator("#requests details").count() == 2


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


def test_faults__used_up(live: Shown) -> None:
    """The switch of a fault that was met goes off, says why, and sets the fault anew."""
    page = live.open("/_mock/page/faults")
    switch = page.get_by_role("switch", name="503 the first time")
    switch.click()
    page.locator("#switch-first-503[aria-checked=true]").wait_for()
    url = f"{live.mock.url}/conversation/{live.mock.conversation}/request-review"
    answer = httpx.post(url, headers={"Authorization": live.mock.token}, trust_env=False)
    assert answer.status_code == 503
    page.locator("#preset-first-503 .pill", has_text="used up").wait_for()
    page.locator("#rules .pill", has_text="used up").wait_for()
    assert switch.get_attribute("aria-checked") == "false"
    assert page.locator("#to-faults .count").count() == 0

    switch.click()
    page.locator("#switch-first-503[aria-checked=true]").wait_for()
    assert page.locator(".pill", has_text="used up").count() == 0
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
    page = live.open(f"/_mock/?conversation={live.mock.locked_conversation}")
    page.get_by_label("Answer as the end user").fill("let me in")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("alert").get_by_text("the conversation is locked").wait_for()

    assert page.get_by_label("Answer as the end user").input_value() == "let me in"
    # The browser's own line about the status.
    assert [one for one in live.wrong if "400" not in one] == []
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
        page.get_by_role("button", name="Show").click()
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
            assert [one for one in page.locator("button").all() if one.is_visible()] == []
        context.close()


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
    rule = {"effect": {"kind": "status", "status": 503}, "times": 1}
    one.call("PUT", "faults", [rule])


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
        for view in [*VIEWS.values(), chat]:
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


def _serious(found: dict[str, Any]) -> list[str]:
    return [
        f"{one['id']}: {node['html'][:200]!r} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
