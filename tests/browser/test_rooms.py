"""The page of rooms as people use it: several tabs, several browsers, the keyboard, a phone."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect

from helpers.launcher import Server
from tests.browser.actions import SCRIPT, side_by_side, status_is
from tests.browser.chromium import REMOTE_NAME
from tests.servers.chat_client import fresh

PASSWORD = "tea and cake"
Visitor = Callable[..., Page]


@pytest.fixture(scope="module")
def rooms() -> Iterator[Server]:
    with Server("rooms", ("--burst=1000", "--rate=1000")) as server:
        server.start()
        yield server


@pytest.fixture
def visitor(chromium: Browser, rooms: Server) -> Iterator[Visitor]:
    """Opens the page in a browser of its own, or in a new tab of one that is open."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def visit(
        name: str = "", *, like: Page | None = None, width: int = 1100, ask: str = ""
    ) -> Page:
        if like is None:
            contexts.append(chromium.new_context(viewport={"width": width, "height": 700}))
            contexts[-1].set_default_timeout(20_000)
        page = (like.context if like else contexts[-1]).new_page()
        page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
        page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        page.goto(rooms.page_url + ask)
        if name:
            sign(page, name, "I’m new: sign up")
            expect(page.locator("#me")).to_have_text(name)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


def sign(
    page: Page | FrameLocator, name: str, button: str = "Sign in", password: str = PASSWORD
) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name=button, exact=True).click()


def create(page: Page, room: str) -> None:
    page.get_by_label("Name of a new room").fill(room)
    page.keyboard.press("Enter")
    is_in(page, room)


def enter(page: Page, room: str) -> None:
    to_room(page, room).click()
    is_in(page, room)


def is_in(page: Page, room: str) -> None:
    expect(page.get_by_role("region", name=room, exact=True)).to_be_visible()
    expect(page.get_by_label(f"Message to {room}", exact=True)).to_be_visible()


def to_room(page: Page, room: str) -> Locator:
    return page.get_by_role("navigation", name="Rooms").get_by_role("button").filter(has_text=room)


def mine(page: Page) -> Locator:
    return page.get_by_role("list", name="Your rooms").get_by_role("button")


def lines(page: Page, text: str) -> Locator:
    said = page.get_by_label("Messages", exact=True).get_by_role("listitem")
    return said.filter(has_text=text)


def members(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Members").get_by_role("listitem")


def say(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.keyboard.press("Enter")
    expect(lines(page, text)).to_have_count(1)


def sign_out(page: Page, how: str = "Sign out") -> None:
    page.locator("#me").click()
    page.get_by_role("button", name=how, exact=True).click()


def is_signed_out(page: Page, why: str = "You have signed out.") -> None:
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("#why")).to_have_text(why)
    expect(page.locator("#workspace")).to_be_hidden()
    assert page.locator("#lines .line").count() == 0, "nothing is left to be read"


@pytest.mark.smoke
def test_three_people_switch_rooms(visitor: Visitor) -> None:
    names = [fresh(name) for name in ("Alice", "Bob", "Carol")]
    tea, walks = fresh("Tea"), fresh("Walks")
    alice, bob, carol = (visitor(name) for name in names)
    create(alice, tea)
    enter(bob, tea)
    create(carol, walks)
    enter(alice, walks)
    expect(to_room(alice, walks)).to_have_attribute("aria-current", "true")
    expect(members(carol)).to_have_text([f"{names[0]}, online", f"{names[2]} (you)owner, online"])
    say(carol, "Where to?")
    expect(lines(alice, "Where to?")).to_contain_text(names[2])
    say(bob, "The kettle is on")
    expect(to_room(alice, tea)).to_contain_text("1 new")
    expect(lines(alice, "kettle")).to_have_count(0)
    bob.locator("#text").press_sequentially("I")
    alice.locator("#text").fill("half a thought")
    enter(alice, tea)
    expect(lines(alice, "The kettle is on")).to_have_count(1)
    expect(to_room(alice, tea)).not_to_contain_text("new")
    expect(alice.locator("#text")).to_have_value("")
    expect(alice.locator("#text")).to_be_focused()
    bob.locator("#text").press_sequentially(" am")
    carol.locator("#text").press_sequentially("To the sea")
    carol.keyboard.press("Enter")
    expect(to_room(alice, walks)).to_contain_text("1 new")
    expect(alice).to_have_title(f"(1) {tea} · rooms")
    enter(alice, walks)
    expect(alice.locator("#text")).to_have_value("half a thought")
    alice.get_by_role("button", name="Leave").click()
    expect(lines(carol, f"{names[0]} left")).to_have_count(1)
    expect(members(carol)).to_have_text([f"{names[2]} (you)owner, online"])
    expect(mine(alice)).to_have_text([tea])


def test_no_password_is_left_in_the_form(visitor: Visitor) -> None:
    alice = visitor(fresh("Alice"))
    assert alice.locator("#password").input_value() == ""
    sign_out(alice)
    is_signed_out(alice)
    assert alice.locator("#password").input_value() == ""


def test_typing_and_who_is_online(visitor: Visitor) -> None:
    names, tea = [fresh("Alice"), fresh("Bob")], fresh("Tea")
    alice = visitor(names[0])
    create(alice, tea)
    bob = visitor(names[1], ask=f"?room={tea.upper()}")  # by a link
    is_in(bob, tea)
    bob.locator("#text").press_sequentially("Hel")
    expect(alice.get_by_text(f"{names[1]} is typing …")).to_be_visible()
    say(bob, "Hello")
    expect(alice.get_by_text("is typing")).to_have_count(0)
    expect(alice.get_by_role("status")).to_have_text(f"{names[1]}: Hello")
    bob.locator("#text").press_sequentially("again")  # told at once, and not after a while
    expect(alice.get_by_text(f"{names[1]} is typing …")).to_be_visible()
    bob.close()
    expect(members(alice)).to_have_text([f"{names[0]} (you)owner, online", f"{names[1]}, away"])


def test_two_tabs_of_one_person_keep_in_step_until_one_signs_out(visitor: Visitor) -> None:
    name, tea, walks = fresh("Alice"), fresh("Tea"), fresh("Walks")
    first = visitor(name)
    create(first, tea)
    second = visitor(like=first)
    is_in(second, tea)
    expect(members(second)).to_have_text([f"{name} (you)owner, online"])
    say(first, "from one tab")
    expect(lines(second, "from one tab")).to_contain_text("you")
    create(second, walks)
    expect(mine(first)).to_have_text([tea, walks])
    enter(first, walks)
    second.get_by_role("button", name="Leave").click()
    expect(first.get_by_text(f"You have left {walks}.").first).to_be_visible()
    expect(mine(first)).to_have_text([tea])
    enter(first, tea)
    first.reload()
    is_in(first, tea)
    expect(lines(first, "from one tab")).to_have_count(1)
    sign_out(second)
    for page in (first, second):
        is_signed_out(page)
    expect(second.get_by_label("Name", exact=True)).to_be_focused()
    sign(second, name, password="wrong password")
    expect(second.get_by_role("alert").filter(has_text="wrong name or password")).to_be_visible()
    sign(second, name)
    for page in (second, first):  # the same browser: both are signed in again
        expect(page.locator("#me")).to_have_text(name)
        expect(mine(page)).to_have_text([tea])


def test_signing_out_everywhere_reaches_another_browser(visitor: Visitor) -> None:
    name = fresh("Alice")
    here, there = visitor(name), visitor()
    sign(there, name)
    expect(there.locator("#me")).to_have_text(name)
    sign_out(here, "Sign out everywhere")
    is_signed_out(here)
    is_signed_out(there)


def test_the_owner_closes_a_room_for_all_by_keyboard_alone(visitor: Visitor) -> None:
    name, tea = fresh("Alice"), fresh("Tea")
    alice, bob = visitor(), visitor(fresh("Bob"))
    expect(alice.get_by_label("Name", exact=True)).to_be_focused()
    for keys in (name, "Tab", PASSWORD, "Tab", "Tab"):
        alice.keyboard.press(keys) if keys == "Tab" else alice.keyboard.type(keys)
    alice.keyboard.press("Enter")
    expect(alice.get_by_label("Name of a new room")).to_be_focused()
    alice.keyboard.type(tea)
    alice.keyboard.press("Enter")
    expect(alice.get_by_label(f"Message to {tea}")).to_be_focused()
    alice.keyboard.type("by keyboard")
    alice.keyboard.press("Enter")
    expect(lines(alice, "by keyboard")).to_have_count(1)
    enter(bob, tea)
    for _ in range(2):  # from the field past the messages
        alice.keyboard.press("Shift+Tab")
    expect(alice.get_by_role("button", name="Close room")).to_be_focused()
    alice.keyboard.press("Enter")
    expect(alice.get_by_role("button", name="Keep it")).to_be_focused()
    alice.keyboard.press("Escape")
    expect(alice.get_by_role("dialog")).to_be_hidden()
    is_in(alice, tea)
    alice.keyboard.press("Enter")
    alice.keyboard.press("Tab")
    alice.keyboard.press("Enter")
    for page in (alice, bob):
        expect(page.locator("#no-room")).to_contain_text(f"{tea} is closed.")
        expect(to_room(page, tea)).to_have_count(0)


def test_script_in_names_rooms_and_messages_stays_text(visitor: Visitor) -> None:
    """Asked of the browser: what it runs and draws, not what the HTML says."""
    name, room = "<img src=x onerror=x()>", "<b onclick=x()>room</b>"
    mallory, alice = visitor(name), visitor(fresh("Alice"))
    create(mallory, room)
    say(mallory, SCRIPT)
    enter(alice, room)
    expect(lines(alice, SCRIPT)).to_contain_text(name)
    expect(members(alice).filter(has_text=name)).to_have_count(1)
    for page in (mallory, alice):
        assert page.locator("main :is(img, script, [onclick], [onerror])").count() == 0
    mallory.get_by_role("button", name="Close room").click()
    expect(mallory.locator("#closing-text")).to_contain_text(room)
    mallory.get_by_role("button", name="Close it").click()
    expect(alice.locator("#no-room")).to_contain_text(room)


def test_a_phone_shows_the_rooms_or_the_room(visitor: Visitor) -> None:
    name, tea = fresh("Alice"), "W" * 24  # the widest of names
    page = visitor(name, width=380)
    create(page, tea)
    expect(page.get_by_label("Name of a new room")).to_be_hidden()
    for text in ("w" * 200, "and words"):
        say(page, text)
    page.get_by_role("button", name="1 of 1 online").click()
    expect(members(page)).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="1 of 1 online")).to_be_focused()
    expect(members(page)).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    page.get_by_role("button", name="Rooms", exact=True).click()
    expect(to_room(page, tea)).to_be_focused()
    expect(page.locator("#room")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    page.keyboard.press("Enter")
    is_in(page, tea)


def test_a_frame_in_another_site(visitor: Visitor, rooms: Server) -> None:
    """A browser keeps no cookie for it: it moves to its parent's site, or says why not."""
    page, name = visitor(), fresh("Alice")
    with side_by_side(page, rooms.page_url):
        here = page.url
        page.goto(here.replace("127.0.0.1", "localhost"))  # where JupyterLab opens by itself
        frames = [page.frame_locator("iframe").nth(n) for n in (0, 1)]
        for part in (frames[0], frames[1]):
            expect(part.get_by_label("Name", exact=True)).to_be_visible()
        sign(frames[0], name, "I’m new: sign up")
        for part in frames:
            expect(part.locator("#me")).to_have_text(name)
        page.goto(here.replace("127.0.0.1", REMOTE_NAME))
        sign(frames[0], name)
        link = frames[0].get_by_role("link", name="Open this page in its own tab")
        expect(link).to_have_attribute("href", re.compile(re.escape(rooms.page_url)))


def test_a_crash_loses_nothing_that_was_said_meanwhile(visitor: Visitor, rooms: Server) -> None:
    name, tea, dave = fresh("Alice"), fresh("Tea"), fresh("Dave")
    alice, bob, expired = visitor(name), visitor(fresh("Bob")), visitor(dave)
    create(alice, tea)
    enter(bob, tea)
    say(alice, "before")
    expired.context.clear_cookies()  # as the browser does when they are too old
    rooms.kill()
    status_is(alice, "reconnecting")
    say(alice, "meanwhile")
    expect(lines(alice, "meanwhile")).to_contain_text("sending …")
    rooms.restart()
    for page in (alice, bob):
        status_is(page, "connected")
        expect(lines(page, "meanwhile")).to_have_count(1)
        expect(lines(page, "before")).to_have_count(1)
    expect(lines(alice, "meanwhile")).not_to_contain_text("sending")
    is_signed_out(expired, "Your session has expired. Sign in to continue.")
    expect(expired.get_by_label("Name", exact=True)).to_have_value(dave)
    expect(expired.get_by_label("Password")).to_be_focused()
