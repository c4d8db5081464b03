"""The document's page in trouble: too much at once, a second tab, and lines that wrap."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from helpers import launch, stop_all
from helpers.launcher import Server
from tests.browser.actions import is_connected, status_is


@pytest.fixture
def document() -> Iterator[Server]:
    yield launch("document")
    stop_all()


def write(page: Page, url: str, name: str) -> Page:
    page.goto(f"{url}?name={name}")
    expect(page.get_by_label("The shared text")).to_be_visible()
    is_connected(page)
    return page


def test_too_much_at_once_is_not_taken(tab: Page, document: Server) -> None:
    write(tab, document.page_url, "Alice")
    text = tab.get_by_label("The shared text")
    text.fill("kept")
    text.fill("x" * 60_001)
    expect(tab.get_by_text("That is too much at once. Insert at most 60,000")).to_be_visible()
    expect(text).to_have_value("kept")
    text.fill("世" * 60_000)  # the longest that is: 180,000 bytes
    expect(tab.get_by_text("saved", exact=True)).to_be_visible()


SAME_LINES = """() => {
  const [area, mirror] = [document.getElementById('text'), document.getElementById('mirror')]
  return Math.abs(area.scrollHeight - mirror.scrollHeight)
}"""


def test_carets_sit_on_the_lines_of_the_text(tab: Page, document: Server) -> None:
    """The copy under the text breaks its lines at the same places, however wide the page is."""
    write(tab, document.page_url, "Alice")
    tab.get_by_label("The shared text").fill("AVAST To Wave, fifty fluffy waffles. " * 60 + "\n")
    for width in range(380, 440, 4):
        tab.set_viewport_size({"width": width, "height": 760})
        tab.wait_for_function(f"() => ({SAME_LINES})() < 2")


def test_the_same_person_in_another_tab(context: BrowserContext, document: Server) -> None:
    older = write(context.new_page(), document.page_url, "Alice")
    with context.expect_page() as opened:
        older.evaluate("() => { window.open(location.href) }")  # with a copy of its memory
    expect(opened.value.get_by_label("The shared text")).to_be_visible()
    status_is(older, "closed")
    expect(older.get_by_text("You are here in another tab.")).to_be_visible()
    is_connected(opened.value)
