"""The page of the learner's own chat, mine/chat.py, used with the keyboard alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from helpers import launch, stop_all
from helpers.exercises.engine.program import save
from helpers.launcher import Server
from helpers.lessons.chat import solutions
from tests.browser.actions import SCRIPT, assert_readable
from tests.browser.conftest import watched

SOLVED: list[Any] = [solutions.welcome, solutions.typing, solutions.whisper]


@pytest.fixture(params=[SOLVED, []], ids=["solved", "naive"])
def chat(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    save("chat", request.param)
    yield launch("mine/chat.py")
    stop_all()


def join(context: BrowserContext, chat: Server, name: str) -> Page:
    tab = watched(context.new_page())
    tab.goto(chat.page_url)
    expect(tab.get_by_label("Your name")).to_be_focused()
    tab.keyboard.type(name)
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading")).to_have_text(f"My chat · {name}")
    return tab


def is_solved(request: pytest.FixtureRequest) -> bool:
    return "solved" in request.node.name


def test_three_people_talk(
    context: BrowserContext, chat: Server, request: pytest.FixtureRequest
) -> None:
    alice, bob, carol = (join(context, chat, name) for name in ("Alice", "Bob", "Carol"))
    expect(alice.get_by_label("Messages")).to_contain_text("Carol is here")
    bob.keyboard.type(SCRIPT)
    expect(alice.get_by_role("status")).to_have_text("Bob is typing …")
    own = "" if is_solved(request) else "Bob is typing …"
    expect(bob.get_by_role("status")).to_have_text(own)
    bob.keyboard.press("Enter")
    for tab in (alice, bob, carol):
        line = tab.get_by_role("listitem").filter(has_text="Bob: ")
        expect(line).to_have_text(f"Bob: {SCRIPT}")
        expect(tab.get_by_role("status")).to_have_text("")
    alice.keyboard.type("@Bob psst")
    alice.keyboard.press("Enter")
    alice.keyboard.type("loud")
    alice.keyboard.press("Enter")
    for tab in (alice, bob, carol):
        expect(tab.get_by_label("Messages")).to_contain_text("Alice: loud")
    whispers = carol.get_by_role("listitem").filter(has_text="Alice → Bob: psst")
    expect(whispers).to_have_count(0 if is_solved(request) else 1)
    expect(bob.get_by_label("Messages")).to_contain_text("Alice → Bob: psst")
    bob.keyboard.type("half a")
    expect(alice.get_by_role("status")).to_have_text("Bob is typing …")
    bob.close()
    expect(alice.get_by_label("Messages")).to_contain_text("Bob has left")
    expect(alice.get_by_role("status")).to_have_text("")
    for tab in (alice, carol):
        assert tab.complaints == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("chat", [SOLVED], indirect=True, ids=["solved"])
def test_what_goes_wrong_is_said(context: BrowserContext, chat: Server) -> None:
    alice = join(context, chat, "Alice")
    second = context.new_page()
    second.goto(f"{chat.page_url}?name=alice")
    said = second.get_by_role("status")
    expect(said).to_have_text("This name is empty or taken. Please choose another one.")
    alice.keyboard.type("@Nobody hello")
    alice.keyboard.press("Enter")
    expect(alice.get_by_role("status")).to_have_text("Nobody here has that name.")
    chat.stop()
    expect(said).to_have_text("The connection is closed. Load the page again.")


@pytest.mark.parametrize("chat", [SOLVED], indirect=True, ids=["solved"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_it_can_be_read_and_follows_the_newest(
    context: BrowserContext, chat: Server, theme: str
) -> None:
    alice = context.new_page()
    alice.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    alice.set_viewport_size({"width": 380, "height": 640})
    alice.goto(f"{chat.page_url}?name=Alice")
    expect(alice.get_by_role("heading")).to_have_text("My chat · Alice")
    alice.get_by_label("Message, or @name whisper").focus()
    for number in range(30):
        alice.keyboard.type(f"{number} {'long' * 30}" if number == 3 else f"line {number}")
        alice.keyboard.press("Enter")
    newest = alice.get_by_role("listitem").filter(has_text="line 29")
    expect(newest).to_be_in_viewport()
    assert_readable(alice)
    assert alice.evaluate("() => document.documentElement.scrollHeight - innerHeight") <= 0


@pytest.mark.parametrize("chat", [SOLVED], indirect=True, ids=["solved"])
def test_in_a_notebook_it_takes_the_notebooks_theme(context: BrowserContext, chat: Server) -> None:
    tab = context.new_page()
    tab.emulate_media(color_scheme="light")
    for theme in ("dark", "light"):
        tab.goto(f"{chat.page_url}#{theme}")
        scheme = tab.evaluate("() => getComputedStyle(document.documentElement).colorScheme")
        assert scheme == theme
