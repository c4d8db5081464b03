"""The page of vote as a class uses it: phones, a projector, a crash, and hostile words."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    WebSocketRoute,
    expect,
)

from helpers import launch, stop_all, tap
from helpers.launcher import Server
from tests.browser.actions import SCRIPT, assert_readable, is_connected, status_is

#: Whether the bars are as full as a text says, in percent.
FULL = """wanted => [...document.querySelectorAll(".bar")].map(bar =>
    Math.round(100 * parseFloat(getComputedStyle(bar, "::before").width) / bar.clientWidth)
).join() === wanted"""
Visitor = Callable[..., Page]


@pytest.fixture
def vote() -> Iterator[Server]:
    yield launch("vote")
    stop_all()


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Visitor]:
    """Opens a page in a browser of its own, which is a voter of its own."""
    contexts: list[BrowserContext] = []

    def visit(url: str, width: int = 380, height: int = 760) -> Page:
        contexts.append(chromium.new_context(viewport={"width": width, "height": height}))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()


def make_poll(page: Page, question: str, *answers: str) -> str:
    """Make a poll with the keyboard alone, and return its address."""
    is_connected(page)
    page.get_by_label("Question").focus()
    page.keyboard.type(question)
    for number, answer in enumerate(answers, 1):
        if number > 3:
            page.get_by_role("button", name="Add an answer").press("Enter")
        else:
            page.keyboard.press("Tab")
        expect(page.get_by_label(f"Answer {number}")).to_be_focused()
        page.keyboard.type(answer)
    page.keyboard.press("Enter")
    expect(page.locator("#share-code")).to_have_text(re.compile(r"^\w{6}$"))
    return page.url


def choice(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


def counted(page: Page, name: str, count: int) -> None:
    """Wait until a page shows so many votes for an answer."""
    item = page.locator(".choice").filter(has_text=name)
    expect(item.locator(".count")).to_have_text(re.compile(rf"^{count} · "))


@pytest.mark.smoke
def test_a_class_votes(vote: Server, visitor: Visitor) -> None:
    owner = visitor(vote.page_url, 1280, 900)
    url = make_poll(owner, "Tea or coffee?", "Tea", "Coffee", "Milk", "Water")
    projector = visitor(f"{url}&view=bars", 1920, 1080)
    alice = visitor(url)
    bob = visitor(vote.page_url)
    bob.get_by_label("Poll code").fill(url[-6:].lower())
    bob.keyboard.press("Enter")
    choice(alice, "Tea").click()
    expect(alice.locator("#mine")).to_have_text("Your vote: Tea · counted")
    choice(bob, "Coffee").click()
    counted(projector, "Coffee", 1)
    expect(projector.locator("#voters")).to_have_text("2 votes")
    assert projector.get_by_role("button").count() == 0
    choice(alice, "Coffee").click()
    for page in (owner, projector, alice, bob):
        counted(page, "Coffee", 2)
        counted(page, "Tea", 0)
        assert_readable(page)
    expect(choice(alice, "Coffee")).to_have_attribute("aria-pressed", "true")
    expect(choice(alice, "Tea")).to_have_attribute("aria-pressed", "false")
    expect(alice.get_by_role("status")).to_have_text("Your vote: Coffee · counted")
    projector.wait_for_function(FULL, arg="0,100,0,0")  # once they have grown
    assert alice.get_by_role("button", name="Close").count() == 0
    owner.get_by_role("button", name="Close the poll").click()
    owner.get_by_role("button", name="Close it for good?").click()
    for page in (owner, projector, alice, bob):
        expect(page.locator("#mine")).to_contain_text("This poll is closed.")
    expect(choice(alice, "Tea")).to_be_disabled()


def test_with_the_keyboard_alone(vote: Server, visitor: Visitor) -> None:
    owner = visitor(vote.page_url)
    url = make_poll(owner, "Tea or coffee?", "Tea", "Coffee")
    expect(owner.locator("#poll-question")).to_be_focused()  # not lost with the form
    alice = visitor(vote.page_url)
    is_connected(alice)
    alice.keyboard.press("Tab")
    alice.keyboard.type(url[-6:])
    alice.keyboard.press("Enter")
    expect(alice.locator("#poll-question")).to_be_focused()
    alice.keyboard.press("Tab")
    expect(choice(alice, "Tea")).to_be_focused()
    alice.keyboard.press("Tab")
    alice.keyboard.press("Space")
    expect(alice.get_by_role("status")).to_have_text("Your vote: Coffee · counted")
    expect(choice(alice, "Coffee")).to_be_focused()
    alice.keyboard.press("Shift+Tab")
    alice.keyboard.press("Enter")
    expect(alice.get_by_role("status")).to_have_text("Your vote: Tea · counted")
    counted(owner, "Tea", 1)
    close = owner.get_by_role("button", name="Close")
    for _ in range(8):
        owner.keyboard.press("Tab")
        if close.evaluate("button => button === document.activeElement"):
            break
    owner.keyboard.press("Enter")
    expect(close).to_have_text("Close it for good?")
    owner.keyboard.press("Tab")  # no: the question is taken back
    expect(close).to_have_text("Close the poll")
    owner.keyboard.press("Shift+Tab")
    owner.keyboard.press("Enter")
    owner.keyboard.press("Enter")
    for page in (owner, alice):
        expect(page.locator("#mine")).to_contain_text("This poll is closed.")
    expect(owner.locator("#poll-question")).to_be_focused()


def test_more_changes_than_are_taken(visitor: Visitor) -> None:
    """A child with a tablet: the server refuses for a while, and the last choice counts."""
    with Server("vote", ("--burst=5", "--rate=0.4")) as server:
        server.start()
        alice = visitor(server.page_url)
        make_poll(alice, "Which?", "One", "Two")
        for _ in range(5):
            for name in ("One", "Two"):
                choice(alice, name).click()
                expect(choice(alice, name)).to_have_attribute("aria-pressed", "true")
        expect(alice.locator("#mine")).to_have_text("Your vote: Two · sending …")
        expect(alice.locator("#mine")).to_have_text("Your vote: Two · counted")
        counted(alice, "Two", 1)
        is_connected(alice)


def test_a_voter_is_a_browser(vote: Server, visitor: Visitor) -> None:
    alice = visitor(vote.page_url)
    url = make_poll(alice, "Which?", "One", "Two")
    other = alice.context.new_page()
    other.goto(url)
    choice(alice, "One").click()
    expect(choice(other, "One")).to_have_attribute("aria-pressed", "true")
    choice(other, "Two").click()
    expect(choice(alice, "Two")).to_have_attribute("aria-pressed", "true")
    for page in (alice, other):
        counted(page, "Two", 1)
        expect(page.locator("#voters")).to_have_text("1 vote")
    alice.reload()
    expect(alice.locator("#mine")).to_have_text("Your vote: Two · counted")
    expect(alice.get_by_role("button", name="Close the poll")).to_be_visible()


def test_a_vote_without_answer_is_sent_again(vote: Server, visitor: Visitor) -> None:
    wire = tap(vote)
    owner = visitor(vote.page_url)
    code = make_poll(owner, "Which?", "One", "Two")[-6:]
    alice = visitor(f"{wire.page_url}?poll={code}")
    choice(alice, "One").click()
    counted(owner, "One", 1)
    wire.freeze()  # what she chooses now goes nowhere, and she cannot know
    choice(alice, "Two").click()
    expect(alice.locator("#mine")).to_have_text("Your vote: Two · sending …")
    wire.cut()
    wire.heal()
    expect(alice.locator("#mine")).to_have_text("Your vote: Two · counted")
    counted(owner, "Two", 1)
    vote.kill()
    status_is(alice, "reconnecting")
    choice(alice, "One").click()
    vote.restart()
    for page in (alice, owner):
        is_connected(page)
        counted(page, "One", 1)
        counted(page, "Two", 0)
    expect(alice.locator("#mine")).to_have_text("Your vote: One · counted")


def test_totals_that_come_late_change_nothing(vote: Server, context: BrowserContext) -> None:
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page = context.new_page()
    page.route_web_socket("**/socket.io/**", pass_on)
    page.goto(f"{vote.page_url}?transport=websocket")
    code = make_poll(page, "Which?", "One", "Two")[-6:]

    def hear(event: str, **fields: object) -> None:
        sockets[-1].send("42" + json.dumps([event, {"code": code, **fields}]))

    hear("totals", version=9, open=True, totals=[1, 5], voters=6)
    counted(page, "Two", 5)
    hear("totals", version=8, open=True, totals=[1, 4], voters=5)
    hear("mine", mine=1, turn=7)
    expect(page.locator("#mine")).to_have_text("Your vote: Two · counted")
    counted(page, "Two", 5)


def test_script_in_question_and_answers_stays_text(vote: Server, visitor: Visitor) -> None:
    owner = visitor(vote.page_url)
    image = "<img src=x onerror=alert(1)>"
    url = make_poll(owner, SCRIPT, image, "<b>bold</b>")
    for page in (visitor(url), visitor(f"{url}&view=bars", 1920, 1080)):
        expect(page.get_by_role("heading", name=SCRIPT)).to_be_visible()
        expect(page.get_by_text(image)).to_be_visible()
        assert page.locator("img, main script, main b").count() == 0
        expect(page).to_have_title(f"{SCRIPT} · vote")


def test_a_wrong_code_is_said_at_the_field(vote: Server, visitor: Visitor) -> None:
    page = visitor(f"{vote.page_url}?poll=NOSUCH")
    expect(page.get_by_role("alert").filter(has_text="There is no poll")).to_be_visible()
    field = page.get_by_label("Poll code")
    expect(field).to_be_focused()
    page.keyboard.type("again")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="There is no poll")).to_be_visible()
    page.get_by_label("Question").fill("Which?")
    page.get_by_label("Answer 1").fill("Same")
    page.get_by_label("Answer 2").fill("same")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="options that differ")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_can_be_read(vote: Server, tab: Page, scheme: str) -> None:
    tab.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    tab.set_viewport_size({"width": 380, "height": 700})
    tab.goto(vote.page_url)
    assert_readable(tab)
    make_poll(tab, "W" * 120 + "?", "M" * 80, "two words " * 7)
    choice(tab, "MMM").click()
    expect(tab.locator("#mine")).to_contain_text("counted")
    assert_readable(tab)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
