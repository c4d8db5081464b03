"""The chat's page as people use it: two browsers, cut connections, reloads, and hostile text."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from helpers import launch, stop_all, tap
from helpers.launcher import Server
from tests.browser.actions import (
    NAMES,
    SCRIPT,
    chat_say,
    is_connected,
    side_by_side,
    status_is,
)

Visitor = Callable[..., Page]


@pytest.fixture
def chat() -> Iterator[Server]:
    yield launch("chat", burst=1000, rate=1000)
    stop_all()


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Visitor]:
    """Opens the chat in a browser of its own: cookies and stores are nobody else's."""
    contexts: list[BrowserContext] = []

    def visit(url: str, name: str | None = None) -> Page:
        contexts.append(chromium.new_context(viewport={"width": 900, "height": 700}))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.goto(url + (f"?name={name}" if name else ""))
        if name:
            expect(page.get_by_label("Message to everybody")).to_be_visible()
        return page

    yield visit
    for context in contexts:
        context.close()


def lines(page: Page, text: str = "") -> Locator:
    said = page.get_by_label("Messages", exact=True).get_by_role("listitem")
    return said.filter(has_text=text) if text else said


def people(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Who is online").get_by_role("listitem")


@pytest.mark.smoke
def test_two_browsers_chat(chat: Server, visitor: Visitor) -> None:
    alice, bob = visitor(chat.page_url, "Alice"), visitor(chat.page_url, "Bob")
    expect(lines(alice, "Bob joined")).to_have_count(1)
    expect(people(alice)).to_have_text(["Alice (you)", "Bob"])
    chat_say(alice, "Hello, Bob")
    expect(lines(bob, "Hello, Bob")).to_contain_text("Alice")
    bob.get_by_label("Message to everybody").press_sequentially("Hel")
    expect(alice.get_by_text("Bob is typing …")).to_be_visible()
    chat_say(bob, "Hello, Alice")
    expect(lines(alice, "Hello, Alice")).to_have_count(1)
    expect(alice.get_by_text("Bob is typing …")).to_have_count(0)
    expect(alice.get_by_role("status")).to_have_text("Bob: Hello, Alice")
    bob.get_by_role("button", name="Leave").click()
    expect(lines(alice, "Bob left")).to_have_count(1)
    expect(people(alice)).to_have_text(["Alice (you)"])
    expect(bob.get_by_label("Your name")).to_be_focused()


def test_typing_right_after_a_message_is_told_at_once(chat: Server, visitor: Visitor) -> None:
    alice, bob = visitor(chat.page_url, "Alice"), visitor(chat.page_url, "Bob")
    field, typing = bob.get_by_label("Message to everybody"), alice.get_by_text("Bob is typing …")
    for word in ("Hello", "again"):
        field.press_sequentially(word)
        expect(typing).to_be_visible()
        field.press("Enter")
        expect(lines(alice, word)).to_have_count(1)
        expect(typing).to_have_count(0)


def test_script_in_names_and_messages_stays_text(chat: Server, visitor: Visitor) -> None:
    """Asked of the browser: what it runs and draws, not what the HTML says."""
    mallory = visitor(chat.page_url)
    mallory.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    alice = visitor(chat.page_url, "Alice")
    alice.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    name = "<img src=x onerror=x()>"
    mallory.get_by_label("Your name").fill(name)
    mallory.keyboard.press("Enter")
    expect(people(alice)).to_have_text(["<img src=x onerror=x()>", "Alice (you)"])
    chat_say(mallory, SCRIPT)
    chat_say(mallory, "javascript:alert(1) and https://example.com/?a=1&b=2.")
    for page in (alice, mallory):
        expect(lines(page, SCRIPT)).to_have_count(1)
        link = lines(page, "javascript:").get_by_role("link")
        expect(link).to_have_count(1)
        expect(link).to_have_attribute("href", "https://example.com/?a=1&b=2")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        assert page.locator("img, main script").count() == 0
    alice.get_by_role("button", name=name).click()
    expect(alice.locator("#recipient-name")).to_have_text(name)
    expect(alice).to_have_title(f"Alice · {chat.name}")


def test_a_taken_name_is_said_at_the_field(chat: Server, visitor: Visitor) -> None:
    visitor(chat.page_url, "Alice")
    other = visitor(chat.page_url)
    field = other.get_by_label("Your name")
    expect(field).to_be_focused()
    other.keyboard.type("ALICE")
    other.keyboard.press("Enter")
    expect(other.get_by_role("alert").filter(has_text="The name Alice is taken")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("ALICE 2")
    other.keyboard.press("Enter")
    expect(people(other)).to_have_text(["Alice", "ALICE 2 (you)"])


def test_a_private_message_by_keyboard(chat: Server, visitor: Visitor) -> None:
    alice, bob = visitor(chat.page_url, "Alice"), visitor(chat.page_url, "Bob")
    carol = visitor(chat.page_url, "Carol")
    alice.get_by_role("button", name="Bob").focus()
    alice.keyboard.press("Enter")
    field = alice.get_by_label("Message to Bob alone")
    expect(field).to_be_focused()
    alice.keyboard.type("psst")
    alice.keyboard.press("Enter")
    expect(lines(bob, "psst")).to_contain_text("to you, privately")
    expect(lines(alice, "psst")).to_contain_text("to Bob, privately")
    alice.keyboard.press("Escape")
    expect(alice.get_by_label("Message to everybody")).to_be_focused()
    chat_say(alice, "for all")
    expect(lines(carol, "for all")).to_have_count(1)
    expect(lines(carol, "psst")).to_have_count(0)


def test_a_cut_connection_loses_and_doubles_nothing(chat: Server, visitor: Visitor) -> None:
    wire = tap(chat)
    alice, bob = visitor(wire.page_url, "Alice"), visitor(chat.page_url, "Bob")
    chat_say(alice, "before")
    expect(lines(bob, "before")).to_have_count(1)
    wire.freeze()  # what Alice says now goes nowhere, and she cannot know
    chat_say(alice, "into the void")
    expect(lines(alice, "into the void")).to_contain_text("sending …")
    chat_say(bob, "are you there?")
    wire.cut()
    wire.heal()
    expect(lines(alice, "are you there?")).to_have_count(1)
    for page in (alice, bob):
        expect(lines(page, "into the void")).to_have_count(1)
        expect(lines(page, "before")).to_have_count(1)
    expect(lines(alice, "sending …")).to_have_count(0)
    expect(lines(bob, "Alice left")).to_have_count(0)


def test_a_crash_of_the_server_loses_nothing(chat: Server, visitor: Visitor) -> None:
    alice, bob = visitor(chat.page_url, "Alice"), visitor(chat.page_url, "Bob")
    chat_say(alice, "stored")
    expect(lines(bob, "stored")).to_have_count(1)
    chat.kill()
    status_is(alice, "reconnecting")
    chat_say(alice, "kept by the page")
    chat.restart()
    for page in (alice, bob):
        is_connected(page)
        expect(lines(page, "kept by the page")).to_have_count(1)
        expect(lines(page, "stored")).to_have_count(1)


def test_a_reload_is_no_leaving(chat: Server, visitor: Visitor) -> None:
    alice, bob = visitor(chat.page_url, "Alice"), visitor(chat.page_url, "Bob")
    chat_say(alice, "still me")
    alice.reload()
    expect(lines(alice, "still me")).to_contain_text("you")
    chat_say(alice, "again")
    expect(lines(bob, "again")).to_have_count(1)
    expect(lines(bob, "Alice left")).to_have_count(0)


def test_the_same_person_in_another_tab(chat: Server, visitor: Visitor) -> None:
    first = visitor(chat.page_url, "Alice")
    store = first.evaluate("JSON.stringify(Object.entries(sessionStorage))")
    second = first.context.new_page()  # as "Duplicate tab" does: it copies the store
    second.add_init_script(
        f"if (!sessionStorage.length) for (const [k, v] of {store}) sessionStorage.setItem(k, v)"
    )
    second.goto(f"{chat.page_url}?name=Alice")
    expect(second.get_by_label("Message to everybody")).to_be_visible()
    expect(first.get_by_text("You are here in another tab.")).to_be_visible()
    status_is(first, "closed")
    first.get_by_role("button", name="Join").click()
    expect(first.get_by_label("Message to everybody")).to_be_visible()
    expect(second.get_by_text("You are here in another tab.")).to_be_visible()


def test_history_above_and_news_below(chat: Server, visitor: Visitor) -> None:
    alice = visitor(chat.page_url, "Alice")
    for number in range(70):
        chat_say(alice, f"line {number};")
    expect(lines(alice, "line 69;")).to_have_count(1)
    expect(lines(alice, "sending …")).to_have_count(0)
    bob = visitor(chat.page_url, "Bob")
    expect(lines(bob, "line 20;")).to_have_count(1)
    expect(lines(bob, "line 19;")).to_have_count(0)
    bob.get_by_role("button", name="Older messages").click()
    expect(lines(bob, "line 0;")).to_have_count(1)
    expect(bob.get_by_role("button", name="Older messages")).to_have_count(0)
    shown = [text for text in bob.locator(".line .text").all_inner_texts() if "line" in text]
    assert shown == [f"line {number};" for number in range(70)]
    bob.get_by_label("Messages", exact=True).evaluate("list => { list.scrollTop = 0 }")
    chat_say(alice, "news")
    bob.get_by_role("button", name="1 new message ↓").click()
    expect(lines(bob, "news")).to_be_in_viewport()
    expect(bob.get_by_role("button", name="new message")).to_have_count(0)


def test_enter_sends_and_shift_enter_does_not(chat: Server, visitor: Visitor) -> None:
    alice = visitor(chat.page_url, "Alice")
    field = alice.get_by_label("Message to everybody")
    field.focus()
    alice.keyboard.type("two")
    alice.keyboard.press("Shift+Enter")
    alice.keyboard.type("lines")
    expect(field).to_have_value("two\nlines")
    alice.keyboard.press("Enter")
    expect(lines(alice, "two")).to_contain_text("lines")
    expect(field).to_have_value("")


def test_the_field_is_as_tall_as_what_is_in_it(chat: Server, visitor: Visitor) -> None:
    alice = visitor(chat.page_url, "Alice")
    field = alice.get_by_label("Message to everybody")
    height = "field => field.clientHeight"
    field.fill("one line")
    low: int = field.evaluate(height)
    field.fill("one\ntwo\nthree\nfour")
    assert field.evaluate(height) > low
    field.press("Enter")
    expect(lines(alice, "three")).to_have_count(1)
    assert field.evaluate(height) == low


def test_what_is_too_long_comes_back_to_the_field(chat: Server, visitor: Visitor) -> None:
    alice = visitor(chat.page_url, "Alice")
    chat_say(alice, "x" * 4001)
    expect(alice.get_by_text("A message has at most 4,000")).to_be_visible()
    expect(alice.get_by_label("Message to everybody")).to_have_value("x" * 4001)
    expect(lines(alice, "xxx")).to_have_count(0)


def test_two_frames_of_one_tab_are_two_people(chat: Server, visitor: Visitor) -> None:
    """As in a notebook: the frames share one session store."""
    page = visitor(chat.page_url)
    with side_by_side(page, chat.page_url):
        for name in NAMES:
            frame = page.frame_locator(f"iframe[title={name}]")
            expect(frame.locator("#names")).to_contain_text(f"{name} (you)")
            expect(frame.locator("#people-toggle")).to_have_text("2 online")


def test_private_words_reach_nobody_else_when_their_reader_leaves(
    chat: Server, visitor: Visitor
) -> None:
    """Not everybody, and not the next person who takes the name."""
    alice, bob = visitor(chat.page_url, "Alice"), visitor(chat.page_url, "Bob")
    carol = visitor(chat.page_url, "Carol")
    alice.get_by_role("button", name="Bob").click()
    alice.get_by_label("Message to Bob alone").fill("for Bob alone")
    bob.get_by_role("button", name="Leave").click()
    expect(alice.locator("#recipient")).to_contain_text("to Bob, who has left")
    visitor(chat.page_url, "Bob")
    alice.locator("#text").press("Enter")
    expect(alice.get_by_role("alert").filter(has_text="Bob has left")).to_be_visible()
    expect(alice.locator("#text")).to_have_value("for Bob alone")
    alice.locator("#text").fill("")
    alice.keyboard.press("Escape")
    chat_say(alice, "for all")
    expect(lines(carol, "for all")).to_have_count(1)
    expect(lines(carol, "for Bob alone")).to_have_count(0)


def test_who_joins_does_not_take_the_focus(chat: Server, visitor: Visitor) -> None:
    alice = visitor(chat.page_url, "Alice")
    visitor(chat.page_url, "Carol")
    carol = people(alice).get_by_role("button", name="Carol")
    carol.focus()
    visitor(chat.page_url, "Bob")
    expect(people(alice)).to_have_text(["Alice (you)", "Bob", "Carol"])
    expect(carol).to_be_focused()


def test_a_text_of_any_length_keeps_the_connection(chat: Server, visitor: Visitor) -> None:
    alice = visitor(chat.page_url, "Alice")
    alice.locator("#text").evaluate("field => { field.value = 'x'.repeat(3_000_000) }")
    alice.locator("#text").press("Enter")
    expect(alice.get_by_text("That is 3,000,000 characters")).to_be_visible()
    chat_say(alice, "short")
    expect(lines(alice, "short")).to_have_count(1)
    expect(lines(alice, "sending …")).to_have_count(0)
    is_connected(alice)


def test_older_messages_by_keyboard(chat: Server, visitor: Visitor) -> None:
    alice = visitor(chat.page_url, "Alice")
    for number in range(60):
        chat_say(alice, f"line {number};")
    expect(lines(alice, "line 59;")).to_have_count(1)
    expect(lines(alice, "sending …")).to_have_count(0)
    bob = visitor(chat.page_url, "Bob")
    bob.get_by_role("button", name="Older messages").focus()
    bob.keyboard.press("Enter")
    expect(lines(bob, "line 0;")).to_have_count(1)
    expect(bob.get_by_label("Messages", exact=True)).to_be_focused()
    days = bob.locator(".day").all_inner_texts()
    assert len(set(days)) == len(days), f"a day begins once, got {days}"
