"""The document's page as people use it: two browsers write at once, and lose no letter."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from helpers import launch, stop_all, tap
from helpers.launcher import Server
from tests.browser.actions import NAMES, SCRIPT, is_connected, side_by_side, status_is

Writer = Callable[..., Page]
LETTERS = 200
SLICES = 20


@pytest.fixture
def document() -> Iterator[Server]:
    yield launch("document")
    stop_all()


@pytest.fixture
def writer(chromium: Browser) -> Iterator[Writer]:
    """Opens the document in a browser of its own."""
    contexts: list[BrowserContext] = []

    def write(url: str, name: str | None = None) -> Page:
        contexts.append(chromium.new_context(viewport={"width": 1000, "height": 700}))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.goto(url + (f"?name={name}" if name else ""))
        if name:
            expect(sheet(page)).to_be_visible()
            is_connected(page)
        return page

    yield write
    for context in contexts:
        context.close()


def sheet(page: Page) -> Locator:
    return page.get_by_label("The shared text")


def is_saved(page: Page) -> None:
    expect(page.get_by_text("saved", exact=True)).to_be_visible()


def avatars(page: Page) -> Locator:
    return page.get_by_role("list", name="Who is here").get_by_role("listitem")


@pytest.mark.smoke
def test_two_browsers_write_at_once_and_a_cut_loses_no_letter(
    document: Server, writer: Writer
) -> None:
    wire = tap(document)
    alice, bob = writer(wire.page_url, "Alice"), writer(document.page_url, "Bob")
    for page in (alice, bob):
        sheet(page).focus()
    for number in range(SLICES):
        for page, letter in ((alice, "a"), (bob, "b")):
            page.keyboard.type(letter * (LETTERS // SLICES))
        if number == SLICES // 3:
            wire.freeze()  # her letters go nowhere from now on
        if number == SLICES // 2:
            wire.cut()
            wire.heal()
    for page in (alice, bob):
        is_connected(page)
        is_saved(page)
        expect(sheet(page)).to_have_value(re.compile(f"^[ab]{{{2 * LETTERS}}}$"))
    late = writer(document.page_url, "Carol")
    expect(sheet(late)).to_have_value(re.compile(f"^[ab]{{{2 * LETTERS}}}$"))
    texts = {sheet(page).input_value() for page in (alice, bob, late)}
    assert len(texts) == 1
    (text,) = texts
    assert (text.count("a"), text.count("b")) == (LETTERS, LETTERS)


def test_each_authors_letters_stay_in_order(document: Server, writer: Writer) -> None:
    alice, bob = writer(document.page_url, "Alice"), writer(document.page_url, "Bob")
    words = {"alice": "abcdefghijklmnopqrstuvwxyz", "bob": "0123456789" * 3}
    for page in (alice, bob):
        sheet(page).focus()
    for start in range(0, 30, 3):
        alice.keyboard.type(words["alice"][start : start + 3])
        bob.keyboard.type(words["bob"][start : start + 3])
    everything = len(words["alice"]) + len(words["bob"])
    for page in (alice, bob):
        expect(sheet(page)).to_have_value(re.compile(f"^.{{{everything}}}$"))
    text = sheet(alice).input_value()
    assert sheet(bob).input_value() == text
    assert "".join(c for c in text if c.isalpha()) == words["alice"]
    assert "".join(c for c in text if c.isdigit()) == words["bob"]


def test_script_in_names_and_text_stays_text(document: Server, writer: Writer) -> None:
    mallory, alice = writer(document.page_url), writer(document.page_url, "Alice")
    for page in (mallory, alice):
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    name = "<img src=x onerror=x()>"
    mallory.get_by_label("Your name").fill(name)
    mallory.keyboard.press("Enter")
    sheet(mallory).fill(SCRIPT)
    expect(sheet(alice)).to_have_value(SCRIPT)
    expect(avatars(alice)).to_have_count(2)
    expect(alice.locator("#log")).to_contain_text(f"{name} wrote")
    expect(alice.locator(".caret .flag")).to_have_text(name)
    for page in (alice, mallory):
        assert page.locator("img, main script").count() == 0
    expect(alice).to_have_title("Alice · document")


def test_a_restart_and_what_is_written_meanwhile(document: Server, writer: Writer) -> None:
    alice, bob = writer(document.page_url, "Alice"), writer(document.page_url, "Bob")
    sheet(alice).fill("kept")
    expect(sheet(bob)).to_have_value("kept")
    is_saved(alice)
    document.kill()
    for page in (alice, bob):
        status_is(page, "reconnecting")
    expect(alice.get_by_text("no connection: what you write is kept here")).to_be_visible()
    sheet(alice).press("End")
    alice.keyboard.type(" by Alice")
    sheet(bob).press("Home")
    bob.keyboard.type("Bob: ")
    document.restart()
    for page in (alice, bob):
        is_connected(page)
        expect(sheet(page)).to_have_value("Bob: kept by Alice")
        is_saved(page)


def test_undo_takes_back_ones_own_alone(document: Server, writer: Writer) -> None:
    alice, bob = writer(document.page_url, "Alice"), writer(document.page_url, "Bob")
    sheet(alice).focus()
    alice.keyboard.type("Alice ")
    expect(sheet(bob)).to_have_value("Alice ")
    sheet(bob).press("End")
    bob.keyboard.type("Bob")
    expect(sheet(alice)).to_have_value("Alice Bob")
    alice.keyboard.press("Control+z")
    expect(sheet(alice)).to_have_value("Bob")
    expect(sheet(bob)).to_have_value("Bob")
    alice.keyboard.press("Control+Shift+Z")
    expect(sheet(bob)).to_have_value("Alice Bob")
    alice.get_by_role("button", name="Undo").click()
    expect(sheet(bob)).to_have_value("Bob")


def test_one_page_under_another_name_writes_on(document: Server, writer: Writer) -> None:
    """What Alice wrote is hers: whoever writes on in the same page does it as somebody else."""
    alice, bob = writer(document.page_url), writer(document.page_url, "Bob")
    for name, words in (("Alice", "I was here. "), ("Alicia", "So was I.")):
        alice.get_by_label("Your name").fill(name)
        alice.keyboard.press("Enter")
        expect(sheet(alice)).to_be_visible()
        sheet(alice).press("End")
        alice.keyboard.type(words)
        expect(sheet(bob)).to_have_value(re.compile(f"{re.escape(words)}$"))
        is_saved(alice)
        alice.get_by_role("button", name="Log out").click()
    expect(sheet(bob)).to_have_value("I was here. So was I.")


def test_carets_avatars_and_the_log(document: Server, writer: Writer) -> None:
    alice, bob = writer(document.page_url, "Alice Liddell"), writer(document.page_url, "Bob")
    sheet(bob).focus()
    bob.keyboard.type("three")
    expect(alice.locator(".caret .flag")).to_have_text("Bob")
    expect(alice.locator("#log")).to_contain_text("Bob wrote 5 characters")
    expect(avatars(alice)).to_have_text(["ALAlice Liddell (you)", re.compile("BBob")])
    colours = [item.get_attribute("data-colour") for item in avatars(alice).all()]
    assert len(set(colours)) == 2
    tip = avatars(alice).nth(1).locator(".tooltip")
    expect(tip).to_be_hidden()
    avatars(alice).nth(1).hover()
    expect(tip).to_be_visible()
    alice.mouse.move(500, 600)
    expect(tip).to_be_hidden()
    avatars(alice).nth(0).focus()
    alice.keyboard.press("Tab")  # by keyboard, as :focus-visible asks
    expect(tip).to_be_visible()
    bob.get_by_role("button", name="Log out").click()
    expect(avatars(alice)).to_have_count(1)
    expect(alice.locator(".caret")).to_have_count(0)
    expect(alice.locator("#log")).to_contain_text("Bob left")
    expect(bob.get_by_label("Your name")).to_be_focused()


def test_a_word_put_together_while_others_write(document: Server, writer: Writer) -> None:
    """As people write Japanese: the word goes where its place is in the end."""
    alice, bob = writer(document.page_url, "Alice"), writer(document.page_url, "Bob")
    sheet(alice).fill("ab")
    expect(sheet(bob)).to_have_value("ab")
    sheet(alice).focus()
    alice.keyboard.press("End")
    keys = alice.context.new_cdp_session(alice)
    compose = {"selectionStart": 1, "selectionEnd": 1, "text": "に"}
    keys.send("Input.imeSetComposition", compose)
    sheet(bob).press("Home")
    bob.keyboard.type("12")
    expect(bob.get_by_text("saved", exact=True)).to_be_visible()
    keys.send("Input.insertText", {"text": "日本"})
    for page in (alice, bob):
        expect(sheet(page)).to_have_value("12ab日本")


def test_pasted_lines_and_letters_of_two_halves(document: Server, writer: Writer) -> None:
    alice, bob = writer(document.page_url, "Alice"), writer(document.page_url, "Bob")
    sheet(alice).focus()
    alice.keyboard.insert_text("one\r\ntwo 🎉🎈")
    expect(sheet(bob)).to_have_value("one\ntwo 🎉🎈")
    alice.keyboard.press("Backspace")  # the two differ in their second halves alone
    alice.keyboard.insert_text("🎊")
    for page in (alice, bob):
        expect(sheet(page)).to_have_value("one\ntwo 🎉🎊")


def test_the_keyboard_leaves_the_text(document: Server, writer: Writer) -> None:
    alice = writer(document.page_url)
    expect(alice.get_by_label("Your name")).to_be_focused()
    alice.keyboard.type("Alice")
    alice.keyboard.press("Enter")
    expect(sheet(alice)).to_be_focused()
    alice.keyboard.type("x")
    alice.keyboard.press("Tab")
    expect(alice.get_by_role("button", name="Undo")).to_be_focused()
    alice.keyboard.press("Enter")
    expect(sheet(alice)).to_have_value("")


def test_two_frames_of_one_tab_are_two_people(document: Server, writer: Writer) -> None:
    page = writer(document.page_url)
    with side_by_side(page, document.page_url):
        for name in NAMES:
            frame = page.frame_locator(f"iframe[title={name}]")
            expect(frame.locator(".avatar")).to_have_count(2)
            expect(frame.locator(".avatar").first).to_contain_text(f"{name} (you)")


DIFFERENCE = """async () => {
  const { findDifference, moveIndex } = await import('./document/binding.js')
  let seed = 7
  const chance = (n) => (seed = seed * 48271 % 2147483647) % n
  const letters = ['a', 'b', ' ', '\\n', 'é', '🎉', '🎈']
  const word = (n) => Array.from({ length: chance(n) }, () => letters[chance(7)]).join('')
  const whole = (text) => text.isWellFormed()
  for (let i = 0; i < 3000; i++) {
    const [head, gone, come, tail] = [word(6), word(4), word(4), word(6)]
    const [before, after] = [head + gone + tail, head + come + tail]
    const { start, removed, inserted } = findDifference(before, after, (head + come).length)
    const made = before.slice(0, start) + inserted + before.slice(start + removed)
    const pieces = [before.slice(0, start), inserted, before.slice(start, start + removed)]
    if (made !== after || !pieces.every(whole)) return { before, after, start, removed, inserted }
  }
  const cases = [
    [3, [{ insert: 'xx' }], 5],
    [0, [{ insert: 'xx' }], 0],
    [3, [{ retain: 3 }, { insert: 'x' }], 3],
    [3, [{ delete: 2 }], 1],
    [3, [{ retain: 1 }, { delete: 9 }], 1],
    [5, [{ retain: 1 }, { delete: 2 }, { insert: 'abc' }], 6],
    [2, [{ retain: 4 }, { delete: 2 }], 2],
  ]
  return cases.find(([index, delta, expected]) => moveIndex(index, delta) !== expected) ?? null
}"""


def test_the_smallest_change_is_found(document: Server, writer: Writer) -> None:
    page = writer(document.page_url, "Alice")
    assert page.evaluate(DIFFERENCE) is None
