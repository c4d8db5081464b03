"""What the lesson asks to try with its pages, and what is seen then."""

from playwright.sync_api import expect

from tests.browser.by_hand import Learner, Try

PAGES = "13g2page"


def talk(learner: Learner) -> None:
    """Let Alice and Bob talk to each other."""
    alice, bob = learner.pages(PAGES)
    for speaker, words in ((alice, "hello Bob"), (bob, "hello Alice")):
        speaker.get_by_label("Message", exact=True).fill(words)
        speaker.get_by_role("button", name="Send").click()
        for listener in (alice, bob):
            expect(listener.get_by_role("listitem").last).to_contain_text(words)


TRIES: dict[str, Try] = {"Let Alice and Bob talk": talk}
