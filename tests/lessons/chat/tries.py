"""What the lesson asks to try with its pages, and what is seen then."""

from playwright.sync_api import Frame, expect

from tests.browser.by_hand import Learner, Try

FINISHED, SECTION, PROGRAM = "8fdbce86", "a95b7b20", "3f76ca98"


def say(page: Frame, text: str) -> None:
    """Say something on a learner's page, with the keyboard alone."""
    field = page.locator("input")
    field.fill(text)
    field.press("Enter")


def be_a_second_alice(learner: Learner) -> None:
    """Open Alice's page in a new tab: the name is taken; another one is not."""
    alice, _ = learner.pages(FINISHED)
    tab = learner.page.context.new_page()
    tab.goto(alice.url)
    field = tab.get_by_label("Your name")
    expect(field).to_be_focused()
    field.fill("Carol")
    field.press("Enter")
    expect(tab.get_by_label("Message to everybody")).to_be_visible()
    tab.close()


def talk(learner: Learner) -> None:
    """Let Alice and Bob talk."""
    alice, bob = learner.pages(SECTION)
    for page, text in ((alice, "hello Bob"), (bob, "hello Alice")):
        say(page, text)
        for listener in (alice, bob):
            expect(listener.locator("body")).to_contain_text(text)


def type_and_whisper(learner: Learner) -> None:
    """Type as Alice, then whisper to Bob."""
    alice, bob = learner.pages(PROGRAM)
    alice.locator("input").press_sequentially("hello")
    expect(bob.locator("body")).to_contain_text("Alice is typing")
    say(alice, "@Bob psst")
    expect(bob.locator("body")).to_contain_text("Alice → Bob: psst")


TRIES: dict[str, Try] = {
    "Open the link below": be_a_second_alice,
    "Let Alice and Bob talk": talk,
    "Type something as Alice": type_and_whisper,
}
