"""What the lesson asks to try with its pages, and what is seen then."""

from playwright.sync_api import expect

from tests.browser.by_hand import Learner, Try

PAGE = "14c60004"


def send_nonsense(learner: Learner) -> None:
    """Send what the page has in its field, then nonsense, and open the page a second time."""
    (page,) = learner.pages(PAGE)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("body")).to_contain_text('"result"')
    page.get_by_role("textbox").fill("nonsense")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("body")).to_contain_text('"error"')
    with learner.page.context.new_page() as other:
        other.goto(page.url)
        for each in page, other:
            expect(each.locator("body")).to_contain_text('"count": 2')


TRIES: dict[str, Try] = {"Press *Send*": send_nonsense}
