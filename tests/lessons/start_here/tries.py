"""What the lesson asks to try with its pages, and what is seen then."""

from playwright.sync_api import expect

from tests.browser.actions import chat_say, status_is
from tests.browser.by_hand import Learner, Try

CHAT = "5bdfcfac"


def stop_the_chat(learner: Learner) -> None:
    """Stop the server under the pages, say something, start it again."""
    alice, bob = learner.pages(CHAT)
    new = learner.add_below("Try it.")
    learner.write(new, "chat.stop()")
    learner.run(new)
    learner.cell(CHAT)
    for page in (alice, bob):
        status_is(page, "reconnecting")
    chat_say(alice, "are you there?")
    learner.write(new, "chat.restart()")
    learner.run(new)
    learner.cell(CHAT)
    for page in (alice, bob):
        status_is(page, "connected")
    expect(bob.get_by_text("are you there?", exact=True)).to_be_visible()


TRIES: dict[str, Try] = {"What do the pages do when": stop_the_chat}
