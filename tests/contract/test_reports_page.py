"""The page in a browser: readable, in light and dark, wide and narrow, and alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.contract.conftest import Reported

CHROMIUM = Path("/usr/bin/chromium")


@pytest.mark.parametrize(("width", "scheme"), [(1100, "light"), (390, "dark")])
def test_the_page_is_readable_and_loads_nothing(
    reported: Reported, width: int, scheme: str
) -> None:
    """Every cause is visible, nothing is cut off at the side, and no request leaves."""
    if not CHROMIUM.exists():
        message = "chromium is not installed: apt-get install chromium"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    from playwright.sync_api import sync_playwright

    told, url = reported.told, (reported.folder / "report.html").as_uri()
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        for cause in told["causes"]:
            assert page.get_by_role("heading", name=cause["title"], exact=True).first.is_visible()
            assert page.get_by_role("link", name=cause["title"], exact=True).first.is_visible()
        assert page.locator("article").count() == len(told["causes"])
        assert page.get_by_text("$BLINGER_TOKEN").first.is_visible()
        assert page.get_by_text("never", exact=True).first.is_visible()
        for box in page.locator("html, .scroll").all():
            assert box.evaluate("it => it.scrollWidth <= it.clientWidth")
        page.locator("summary").first.click()
        assert page.locator("details[open] pre").first.is_visible()
        browser.close()
    assert asked == [url]
