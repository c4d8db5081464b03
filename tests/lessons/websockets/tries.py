"""What the lesson asks to try with its pages, and what is seen then."""

from playwright.sync_api import expect

from tests.browser.by_hand import Learner, Try

PAGE = "14c60004"


def send_nonsense(learner: Learner) -> None:
    """Send what the page has in its field, then nonsense: the learner's calculator answers."""
    (page,) = learner.pages(PAGE)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("body")).to_contain_text('"result"')
    page.get_by_role("textbox").fill("nonsense")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("body")).to_contain_text('"error"')


TRIES: dict[str, Try] = {"Press *Send*": send_nonsense}
