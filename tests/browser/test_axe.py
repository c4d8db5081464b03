"""axe-core looks at every page: light and dark, on a phone and on a laptop."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from helpers import launch, stop_all, tap
from tests import pages_lint
from tests.browser.actions import is_connected, status_is

AXE = pages_lint.MODULES / "axe-core/axe.min.js"
#: Each finding in a line: which rule, how grave, and where.
FINDINGS = """async () => (await axe.run()).violations.map(found =>
  `${found.id} (${found.impact}): ${found.nodes.map(node => node.target.join(" ")).join(", ")}`)"""
NAMED = ("chat", "socketio_chat", "document")
PAGES = ("echo", "handmade", *NAMED, "files", "vote", "rooms")

pytestmark = pytest.mark.skipif(not pages_lint.is_installed(), reason=pages_lint.missing())


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    yield
    stop_all()


def find_faults(page: Page) -> dict[str, list[str]]:
    """Run axe-core in each theme and width; return what it finds, if anything."""
    page.evaluate(AXE.read_text("utf-8"))
    found = {}
    for theme in ("light", "dark"):
        for width in (380, 1280):
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.set_viewport_size({"width": width, "height": 760})
            found[f"{theme}, {width} px"] = page.evaluate(FINDINGS)
    return {where: findings for where, findings in found.items() if findings}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_fault(tab: Page, name: str) -> None:
    server = launch(name)
    tab.goto(server.page_url)
    tab.wait_for_load_state("networkidle")
    assert find_faults(tab) == {}


@pytest.mark.parametrize("name", NAMED)
def test_a_page_that_somebody_uses_has_no_fault(tab: Page, name: str) -> None:
    tab.goto(f"{launch(name).page_url}?name=Alice")
    is_connected(tab)
    tab.locator("#text").fill("Hello")
    tab.keyboard.press("Enter")
    assert find_faults(tab) == {}


def test_the_page_of_files_has_no_fault_while_one_is_on_its_way(tab: Page) -> None:
    wire = tap(launch("files"))
    wire.delay(300)
    tab.goto(f"{wire.page_url}?name=Alice")
    is_connected(tab)
    picker = tab.locator("#picker")
    for name, size in (("small.txt", 10), ("<no name>", 10), ("large.bin", 20_000_000)):
        picker.set_input_files({"name": name, "mimeType": "", "buffer": bytes(size)})
    tab.get_by_role("button", name="Remove small.txt").wait_for()
    tab.wait_for_function("() => document.querySelector('[data-state=sending] progress')")
    assert find_faults(tab) == {}
    tab.goto("about:blank")


@pytest.mark.parametrize("name", ["echo", "chat", "vote"])
def test_a_page_that_waits_has_no_fault(tab: Page, name: str) -> None:
    server = launch(name)
    tab.goto(server.page_url + ("?name=Alice" if name == "chat" else ""))
    is_connected(tab)
    server.stop()
    status_is(tab, "reconnecting")
    assert find_faults(tab) == {}
    tab.complaints.clear()  # type: ignore[attr-defined]  # the server is gone


def test_the_live_page_has_no_fault(tab: Page) -> None:
    wire = tap(launch("echo"))
    tab.goto(wire.page_url)
    is_connected(tab)
    tab.goto(wire.live().page_url)
    status_is(tab, "live")
    assert find_faults(tab) == {}
