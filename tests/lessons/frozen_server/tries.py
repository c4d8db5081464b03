"""What the lesson asks to try with its pages, and what is seen then."""

from playwright.sync_api import expect

from tests.browser.by_hand import Learner, Try

PAGE = "f5a10026"


def ask_both(learner: Learner) -> None:
    """Ask for Alice's report, and say hi for Bob: only Alice waits for the learner's office."""
    alice, bob = learner.pages(PAGE)
    for page in alice, bob:
        expect(page.get_by_role("status")).to_have_text("connected")
    alice.get_by_role("button", name="Report").click()
    bob.get_by_role("button", name="Hi").click()
    expect(bob.get_by_role("listitem")).to_contain_text("hi: answered after 0.")
    expect(alice.get_by_role("status")).to_have_text("waiting …")
    expect(alice.get_by_role("listitem")).to_contain_text("report: answered after 3.")


TRIES: dict[str, Try] = {"Press *Report*": ask_both}
