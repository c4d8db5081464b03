"""The Socket.IO chat's lesson in a browser: its page reconnects by itself, and hears double."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.notebooks.kernel import Kernel, errors, kernel
from tests.notebooks.lessons import LESSONS

LESSON = next(lesson for lesson in LESSONS if lesson.topic == "socketio_chat")
PAGES = "cable = tap(url)"  # the cell that shows the two pages begins so


@pytest.fixture(scope="module")
def shown() -> Iterator[Kernel]:
    """A kernel that has run the notebook up to its pages."""
    with kernel() as running:
        for cell in LESSON.code:
            outputs = running.run(cell.source, timeout_s=60)
            assert errors(outputs) == []
            if cell.source.startswith(PAGES):
                break
        yield running
        running.text("stop_all()")


def say(speaker: Page, text: str) -> None:
    speaker.get_by_label("Message").fill(text)
    speaker.get_by_role("button", name="Send").click()
    expect(speaker.get_by_label("Message")).to_have_value("")  # acknowledged


def test_a_listener_added_in_connect_hears_everything_twice(
    shown: Kernel, context: BrowserContext
) -> None:
    alice, bob = context.new_page(), context.new_page()
    url = shown.text("print(cable.page_url)").strip()
    alice.goto(f"{url}?Alice")
    bob.goto(f"{url}mended?Bob")
    for connections in (1, 2):
        for page in (alice, bob):
            lines = page.get_by_role("listitem").filter(has_text="connected as")
            expect(lines).to_have_count(connections)
        say(bob, f"number {connections}")
        for page, times in ((alice, connections), (bob, 1)):
            line = page.get_by_text(f"Bob: number {connections}", exact=True)
            expect(line).to_have_count(times)
        shown.text('assert {"Alice", "Bob"} <= set(names.values()); cable.cut(); cable.heal()')
