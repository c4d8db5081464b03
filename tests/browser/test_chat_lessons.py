"""What the lessons on the chat promise of their pages, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from helpers import launch, stop_all
from helpers.exercises.engine.program import save
from helpers.launcher import Server
from helpers.lessons.chat import solutions as first
from helpers.lessons.slow_readers import solutions as second
from helpers.lessons.strangers import solutions as third
from tests.browser.actions import assert_readable
from tests.browser.conftest import watched
from tests.notebooks.kernel import Kernel, errors, kernel
from tests.notebooks.lessons import LESSONS

FIRST: list[Any] = [first.welcome, first.typing, first.whisper]
SECOND: list[Any] = [second.post, second.allow, second.catch_up]
THIRD: list[Any] = [third.checked_name, third.line, third.take_place]
OWES = "I owe Mallory 100 euros"


@pytest.fixture(params=[2, 3], ids=["slow_readers", "strangers"])
def chat(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """The learner's chat as it is at the end of a lesson, with all that is solved by then."""
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    for functions in (FIRST, SECOND, THIRD)[: request.param]:
        save("chat", functions)
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


def say(tab: Page, text: str) -> None:
    tab.get_by_label("Message, or @name whisper").fill(text)
    tab.keyboard.press("Enter")


def test_a_message_is_acknowledged_and_a_newcomer_catches_up(
    context: BrowserContext, chat: Server
) -> None:
    alice = join(context, chat, "Alice")
    say(alice, "Hello?")
    own = alice.get_by_role("listitem").filter(has_text="Alice: Hello?")
    expect(own).to_have_count(1)  # the grey one is gone, once it is acknowledged
    expect(own).not_to_have_class("waiting")
    bob = join(context, chat, "Bob")
    expect(bob.get_by_label("Messages")).to_contain_text("Alice: Hello?")
    say(bob, "@Alice psst")
    expect(alice.get_by_label("Messages")).to_contain_text("Bob → Alice: psst")
    expect(bob.locator(".waiting")).to_have_count(0)
    for tab in (alice, bob):
        assert_readable(tab)
        assert tab.complaints == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("chat", [2], indirect=True, ids=["slow_readers"])
def test_a_message_is_grey_until_it_is_acknowledged(context: BrowserContext, chat: Server) -> None:
    alice = join(context, chat, "Alice")
    alice.evaluate("() => { socket.send = () => {} }")  # whatever she says from now on is lost
    say(alice, "Hello?")
    expect(alice.get_by_role("listitem").filter(has_text="Alice: Hello?")).to_have_class("waiting")


@pytest.mark.parametrize("chat", [3], indirect=True, ids=["strangers"])
def test_a_page_that_is_reloaded_comes_back_and_another_tab_does_not(
    context: BrowserContext, chat: Server
) -> None:
    carol = join(context, chat, "Carol")
    carol.reload()
    expect(carol.get_by_role("heading")).to_have_text("My chat · Carol")
    stranger = context.new_page()
    stranger.goto(f"{chat.page_url}?name=Carol")
    expect(stranger.get_by_role("status")).to_contain_text("taken")
    assert "token" in carol.evaluate("() => JSON.stringify({...sessionStorage})")


@pytest.fixture(scope="module")
def ran() -> Iterator[Kernel]:
    """A kernel in which Mallory has said her sentence, and nobody has opened a page."""
    with kernel() as running:
        lesson = next(lesson for lesson in LESSONS if lesson.topic == "strangers")
        for cell in lesson.code:
            if not cell.metadata.get("tags"):
                assert errors(running.run(cell.source, timeout_s=60)) == []
            if cell.id == "76a7de48":
                break
        yield running
        running.text("stop_all()")


def said_by(ran: Kernel, name: str) -> list[str]:
    found: list[str] = json.loads(
        ran.text(f"print(json.dumps([m['text'] for m in history if m['from'] == {name!r}]))")
    )
    return found


def test_their_own_pages_say_what_mallory_wrote_and_with_text_content_they_do_not(
    ran: Kernel, context: BrowserContext
) -> None:
    site = ran.text("print(site)").strip()
    alice = context.new_page()
    alice.goto(f"{site}/?name=Alice")
    expect(alice.get_by_role("listitem").filter(has_text=OWES)).not_to_have_count(0)
    assert OWES in said_by(ran, "Alice")
    carol = context.new_page()
    carol.goto(f"{site}/safe?name=Carol")
    expect(carol.get_by_role("listitem").first).to_contain_text('<img src="?" onerror=')
    carol.get_by_label("Message").fill("Is that so?")
    carol.keyboard.press("Enter")
    expect(carol.get_by_role("listitem").last).to_have_text("Carol: Is that so?")
    assert said_by(ran, "Carol") == ["Is that so?"]


def test_inner_html_starts_no_script_element(context: BrowserContext) -> None:
    page = context.new_page()
    page.set_content("<p></p>")
    page.evaluate(
        "() => { document.querySelector('p').innerHTML = '<script>window.ran = true</script>' }"
    )
    assert page.evaluate("() => document.querySelector('script') !== null && !window.ran")
