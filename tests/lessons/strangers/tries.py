"""What the lesson asks to try with its pages, and what is seen then."""

from playwright.sync_api import expect

from tests.browser.by_hand import Learner, Try

PROGRAM = "23c70002"


def reload_carol(learner: Learner) -> None:
    """Join as Carol in a tab of its own, and reload it: she is back at once."""
    alice, _ = learner.pages(PROGRAM)
    tab = learner.page.context.new_page()
    tab.goto(alice.url.partition("?")[0])
    field = tab.locator("input")
    field.fill("Carol")
    field.press("Enter")
    expect(tab.get_by_role("heading")).to_contain_text("Carol")
    tab.reload()
    expect(tab.get_by_role("heading")).to_contain_text("Carol")
    tab.close()


TRIES: dict[str, Try] = {"With your `take_place` in it": reload_carol}
