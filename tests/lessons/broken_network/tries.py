"""What the lesson asks to try with its pages, and what is seen then."""

from playwright.sync_api import expect

from tests.browser.actions import chat_say, status_is
from tests.browser.by_hand import Learner, Try

CHAT, STEADY = "26c10001", "26c70004"


def cut_the_line(learner: Learner) -> None:
    """Cut the line, say something, heal it."""
    alice, line = learner.pages(CHAT)
    status_is(alice, "connected")
    line.get_by_role("button", name="Cut").click()
    status_is(alice, "reconnecting")
    chat_say(alice, "is anybody there?")
    line.get_by_role("button", name="Heal").click()
    status_is(alice, "connected")
    said = alice.get_by_text("is anybody there?", exact=True)
    expect(said).to_have_count(1)
    expect(said).to_be_visible()


def freeze_your_own(learner: Learner) -> None:
    """Freeze the line of the learner's chat, say something, heal it."""
    chat, line = learner.pages(STEADY)
    status, items = chat.get_by_role("status"), chat.get_by_role("listitem")
    say(learner, "one")
    expect(items).to_have_text(["one"])
    line.get_by_role("button", name="Freeze").click()
    say(learner, "two")
    expect(status).to_contain_text("reconnecting")
    line.get_by_role("button", name="Heal").click()
    expect(status).to_have_text("connected", timeout=60_000)
    expect(items).to_have_text(["one", "two"])


def say(learner: Learner, text: str) -> None:
    """Say something in the learner's own chat."""
    chat, _ = learner.pages(STEADY)
    field = chat.get_by_label("Message", exact=True)
    field.fill(text)
    field.press("Enter")


TRIES: dict[str, Try] = {
    "Press *Cut*": cut_the_line,
    "Say something in your chat": freeze_your_own,
}
