"""What the lesson asks to try with its pages, and what is seen then."""

import re

from playwright.sync_api import Frame, Locator, expect

from tests.browser.actions import status_is
from tests.browser.by_hand import Learner, Try

PAGES, DISK = "25i5page", "25i3disk"
LINE = re.compile(r"Carol was here at \d\d:\d\d:\d\d\.\n")
#: Her second line came from an empty document: random client ids say where it is.
BOTH_LINES = re.compile("(?=.*from Alice).*Carol was here.*Carol was here", re.DOTALL)


def area(page: Frame) -> Locator:
    return page.get_by_label("The shared text")


def write_and_lose_the_server(learner: Learner) -> None:
    """Write in both, undo, and kill the server beneath the pages."""
    alice, bob = learner.pages(PAGES)
    for page in (alice, bob):
        expect(area(page)).to_be_visible()
        expect(area(page)).to_have_value(LINE)
    carol = area(alice).input_value()
    area(alice).press("ControlOrMeta+End")
    area(alice).press_sequentially("from Alice")
    expect(area(bob)).to_have_value(carol + "from Alice")
    area(bob).press("ControlOrMeta+Home")
    area(bob).press_sequentially("Bob: ")
    expect(area(alice)).to_have_value(f"Bob: {carol}from Alice")
    expect(alice.locator(".flag")).to_have_text("Bob")
    area(bob).press("ControlOrMeta+z")
    expect(area(alice)).to_have_value(carol + "from Alice")
    learner.run(DISK)
    learner.cell(PAGES)
    for page in (alice, bob):
        status_is(page, "connected")
        expect(area(page)).to_have_value(BOTH_LINES)


TRIES: dict[str, Try] = {"Write as Alice, and then in front": write_and_lose_the_server}
