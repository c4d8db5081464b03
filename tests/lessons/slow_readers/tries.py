"""What the lesson asks to try with its pages, and what is seen then."""

from playwright.sync_api import expect

from tests.browser.by_hand import Learner, Try

PROGRAM = "22c70002"


def reload_bob(learner: Learner) -> None:
    """Say something as Alice, and reload Bob's page: he catches up."""
    alice, bob = learner.pages(PROGRAM)
    field = alice.locator("input")
    field.fill("before the reload")
    field.press("Enter")
    expect(bob.locator("body")).to_contain_text("before the reload")
    bob.goto(bob.url)
    expect(bob.locator("body")).to_contain_text("before the reload")


TRIES: dict[str, Try] = {"Say something as Alice": reload_bob}
