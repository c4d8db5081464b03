"""The learner's document and the finished one keep the same promise: both pages read the same."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from helpers import tap
from helpers.exercises.engine.program import save
from helpers.launcher import launch, stop_all
from helpers.lessons.shared_document import solutions

SOLVED: list[Any] = [
    solutions.accept_edit,
    solutions.apply_edit,
    solutions.transform,
    solutions.take_edit,
]
KEYS = ("a", "b", "👋", "Backspace", "ArrowLeft", "ArrowLeft", "ArrowRight", "Home", "End")
STEPS = 80
SETTLED = """() => new Promise(resolve => {
  let last = null, since = Date.now()
  const look = () => {
    const now = document.querySelector("textarea").value
    if (now !== last) [last, since] = [now, Date.now()]
    if (Date.now() - since > 500) resolve(now)
    else setTimeout(look, 50)
  }
  look()
})"""


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


@pytest.mark.parametrize("server", ["mine/document.py", "document"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_who_type_at_random_read_the_same(
    context: BrowserContext, seed: int, server: str
) -> None:
    """One of them is behind a slow wire; each writes a mark in the end, and neither is lost."""
    save("document", SOLVED)
    running = launch(server)
    slow = tap(running)
    alice, bob = context.new_page(), context.new_page()
    for page, at, name in ((alice, running, "Alice"), (bob, slow, "Bob")):
        page.goto(f"{at.page_url}?name={name}")
        expect(area(page)).to_be_visible()
        expect(area(page)).to_be_enabled()
    slow.delay(50)
    pick = random.Random(seed)
    for _ in range(STEPS):
        press(pick.choice((alice, bob)), pick.choice(KEYS))
    slow.delay(0)
    for page, mark in ((alice, "!"), (bob, "?")):
        press(page, "End")
        press(page, mark)
    for page in (alice, bob):
        expect(area(page)).to_have_value(re.compile("!"))
        expect(area(page)).to_have_value(re.compile(r"\?"))
    expect(area(alice)).to_have_value(bob.evaluate(SETTLED))


def area(page: Page) -> Locator:
    return page.get_by_label("The shared text")


def press(page: Page, key: str) -> None:
    if len(key) > 1:
        area(page).press(key)
    else:
        area(page).press_sequentially(key)


def test_a_whole_text_takes_no_letters_from_a_page_that_sends_edits(
    context: BrowserContext,
) -> None:
    """What Alice is just typing behind a slow wire is refused at first, and sent again."""
    save("document", SOLVED)
    running = launch("mine/document.py")
    slow = tap(running)
    omar, alice = context.new_page(), context.new_page()
    omar.goto(f"{running.page_url}?name=Omar&whole")
    alice.goto(f"{slow.page_url}?name=Alice")
    for page in (omar, alice):
        expect(area(page)).to_be_enabled()
    area(omar).press_sequentially("cat")
    expect(area(alice)).to_have_value("cat")
    slow.delay(1000)
    area(alice).press("End")
    area(alice).press_sequentially(" and dog")
    area(omar).press("Home")
    area(omar).press_sequentially("a ")
    for page in (omar, alice):
        expect(area(page)).to_have_value("a cat and dog", timeout=20_000)


def test_whole_texts_lose_what_others_typed_and_say_who_was_refused(
    context: BrowserContext,
) -> None:
    """With `?whole`: naive, one letter is left of two words; solved, the slower one is told."""
    for functions, left in (([], "t"), (SOLVED, "one")):
        save("document", functions)
        running = launch("mine/document.py")
        slow = tap(running)
        alice, bob = context.new_page(), context.new_page()
        for page, at, name in ((alice, running, "Alice"), (bob, slow, "Bob")):
            page.goto(f"{at.page_url}?name={name}&whole")
            expect(area(page)).to_be_enabled()
        slow.delay(1000)
        area(alice).press_sequentially("one")
        area(bob).press_sequentially("two")
        expect(area(bob)).to_have_value("one" if functions else "t")
        for page in (alice, bob):
            expect(area(page)).to_have_value(left)
        if functions:
            expect(bob.get_by_role("status")).to_contain_text("Refused")
        running.stop()
