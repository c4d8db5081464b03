"""What a page looked like once, and should not again: cut off, hidden, out of sight."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect
from websockets.sync.client import connect

from helpers import launch, stop_all, tap
from tests.browser.actions import is_connected, status_is
from tests.browser.jupyterlab import JupyterLab
from tests.browser.test_names import SETUP, Notebook, frame_in
from tests.browser.test_vote import make_poll

THEMES = ("light", "dark")
WIDTHS = (262, 380, 1280)
PAGES = ("echo", "handmade", "chat", "socketio_chat", "document", "files", "vote", "rooms")
SAID = {"type": "say", "text": 'She said "hello" in C:\\temp', "numbers": list(range(40))}
#: What is cut off at the right, although nothing scrolls there.
CUT = """() => {
  const edge = document.documentElement.clientWidth + 1;
  const right = e => e.getBoundingClientRect().right;
  const scrolls = e => /auto|scroll/.test(getComputedStyle(e).overflowX) && right(e) <= edge;
  const inside = e => e && (scrolls(e) || inside(e.parentElement));
  return [...document.querySelectorAll("body *")]
    .filter(e => e.checkVisibility() && !e.closest(".visually-hidden"))
    .filter(e => right(e) > edge && !inside(e.parentElement))
    .map(e => `${e.tagName} ${e.className}`);
}"""
#: The flags of carets that lie on a letter: for each the text that it hides.
HIDDEN = """() => {
  const mirror = document.querySelector(".mirror"), found = [];
  for (const flag of mirror.querySelectorAll(".flag")) {
    const box = flag.getBoundingClientRect();
    const walker = document.createTreeWalker(mirror, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
      if (flag.contains(node)) continue;
      for (let i = 0; i < node.length; i++) {
        const range = document.createRange();
        range.setStart(node, i); range.setEnd(node, i + 1);
        for (const { width, left, right, top, bottom } of range.getClientRects())
          if (width && left < box.right && right > box.left
            && top < box.bottom - 2 && bottom > box.top + 2) found.push(node.data[i]);
      }
    }
  }
  return found.join("");
}"""
#: The bar of an answer: whether it, or the line around it, differs from what is behind it.
IS_SEEN = """bar => {
  const style = getComputedStyle(bar), behind = getComputedStyle(bar.closest(".option"));
  return style.backgroundColor !== behind.backgroundColor
    || !["none", behind.backgroundColor].includes(style.boxShadow);
}"""


def is_whole(page: Page, width: int, height: int = 420) -> None:
    """Give a page a width, and wait until nothing is cut off: it may move a moment later."""
    page.set_viewport_size({"width": width, "height": height})
    try:
        page.wait_for_function(f"({CUT})().length === 0", timeout=3_000)
    except TimeoutError:
        pytest.fail(f"cut off at {width} px: {page.evaluate(CUT)}")


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    yield
    stop_all()


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_cut_off(tab: Page, name: str) -> None:
    named = "?name=Alice" if name in ("chat", "socketio_chat", "document", "files") else ""
    tab.goto(launch(name).page_url + named)
    tab.wait_for_load_state("networkidle")
    for width in WIDTHS:
        is_whole(tab, width)


def test_the_live_wire_shows_all_of_an_entry_at_half_width(tab: Page) -> None:
    wire = tap(launch("echo"))
    with connect(wire.url) as websocket:
        websocket.send(json.dumps(SAID))
        websocket.recv()
    tab.set_viewport_size({"width": 560, "height": 700})
    tab.goto(wire.live().page_url)
    status_is(tab, "live")
    line = tab.locator("summary").filter(has_text="say").first
    line.click()
    expect(tab.locator(".bytes").first).to_be_visible()
    for width in (560, 380):
        is_whole(tab, width, 700)
    expect(line).to_contain_text('\'{"type": "say", "text": "She said')  # without backslashes


def test_what_is_filtered_out_leaves_no_gap_in_the_numbers(tab: Page) -> None:
    wire = tap(launch("echo"))
    page = tab.context.new_page()
    page.goto(wire.page_url)  # fetches files, each on the wire
    is_connected(page)
    page.get_by_label("Message", exact=True).fill("Hello")
    page.keyboard.press("Enter")
    tab.goto(wire.live().page_url)
    status_is(tab, "live")
    expect(tab.locator("summary").filter(has_text="Hello").first).to_be_visible()

    def numbers() -> list[int]:
        shown = tab.locator("#entries > li:visible .number").all_inner_texts()
        return [int(number) for number in shown]

    few = numbers()
    assert few == list(range(1, len(few) + 1))
    tab.get_by_label("page files").check()
    everything = numbers()
    assert everything == list(range(1, len(everything) + 1))
    assert len(everything) > len(few)
    page.get_by_label("Message", exact=True).fill("Bye")
    page.keyboard.press("Enter")
    expect(tab.locator("summary").filter(has_text="Bye")).to_have_count(2)
    everything = numbers()
    assert everything == list(range(1, len(everything) + 1))
    page.close()


def test_the_name_at_a_caret_covers_no_letter(tab: Page) -> None:
    server = launch("document")
    lines = "Many words, gypsy jig ÄÖÜ ÀÉ (quickly)\n" * 3
    tab.goto(f"{server.page_url}?name=Alice")
    is_connected(tab)
    tab.locator("textarea").fill(lines)
    bob = tab.context.new_page()
    bob.goto(f"{server.page_url}?name=Bob")
    expect(bob.locator("textarea")).to_have_value(lines)
    bob.locator("textarea").focus()
    bob.evaluate("document.querySelector('textarea').setSelectionRange(50, 50)")
    bob.keyboard.type("x")
    for width in (380, 1280):
        tab.set_viewport_size({"width": width, "height": 700})
        bob.keyboard.type("x")  # else the name is hidden, because Bob pauses
        expect(tab.locator(".flag")).to_have_text("Bob")
        assert tab.evaluate(HIDDEN) == ""
    bob.close()


@pytest.mark.parametrize("theme", THEMES)
def test_a_hovered_answer_keeps_its_bar(tab: Page, theme: str) -> None:
    tab.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    tab.goto(launch("vote").page_url)
    make_poll(tab, "What to drink?", "Tea", "Coffee")
    answer = tab.get_by_role("button", name="Tea")
    answer.hover()
    assert answer.locator(".bar").evaluate(IS_SEEN)


@pytest.fixture
def zoomed(chromium: Browser) -> Iterator[Page]:
    """A laptop's screen at 150 %."""
    context = chromium.new_context(viewport={"width": 853, "height": 533})
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def test_at_150_percent_alice_and_bob_are_both_in_sight(lab: JupyterLab, zoomed: Page) -> None:
    both = "chat = launch('chat'); page(chat, chat, path=('?name=Alice', '?name=Bob'), height=420)"
    notebook = Notebook(lab, zoomed, "127.0.0.1", SETUP + both)
    # The course begins with the file browser closed; here it is open.
    zoomed.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    outputs = notebook.run(0)
    frames = outputs.locator("iframe")
    expect(frames).to_have_count(2)
    for number in range(2):
        box = frames.nth(number).content_frame
        expect(box.get_by_label("Message to everybody")).to_be_visible()
    tops = [frames.nth(number).bounding_box() for number in range(2)]
    assert tops[0] is not None
    assert tops[1] is not None
    assert tops[0]["y"] == tops[1]["y"]
    assert tops[1]["x"] + tops[1]["width"] <= 853
    lab.close_notebook(zoomed)


def test_a_diagram_keeps_its_background_when_the_theme_changes(
    lab: JupyterLab, zoomed: Page
) -> None:
    cells = (SETUP + "page(launch('echo'))",)
    notebook = Notebook(
        lab, zoomed, "127.0.0.1", *cells, markdown="```mermaid\nflowchart LR\n a --> b\n```"
    )
    expect(frame_in(notebook.run(0)).locator("h1")).to_be_visible()
    drawn = zoomed.locator(".jp-RenderedMermaid img")
    expect(drawn).to_be_visible()

    def change(theme: str) -> None:
        command = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
        zoomed.evaluate(command, f"JupyterLab {theme}")
        light = "true" if theme == "Light" else "false"
        expect(zoomed.locator("body")).to_have_attribute("data-jp-theme-light", light)

    change("Dark")
    expect(drawn).to_have_css("background-color", "rgb(255, 255, 255)")
    change("Light")
    expect(drawn).to_have_css("background-color", re.compile(r"rgba\(0, 0, 0, 0\)"))
    lab.close_notebook(zoomed)
