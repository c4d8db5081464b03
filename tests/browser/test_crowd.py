"""The pages with 30 people there, in a small frame: nothing is cut off, everything has a name."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, expect
from websockets.sync.client import connect

from helpers import launch, stop_all
from helpers.launcher import Server
from tests.browser.actions import assert_readable, is_connected

NAMES = ["Zoë 🎉", "أحمد علي", "W" * 24, "李小龙", *(f"Person {number}" for number in range(25))]
FIRST = {"chat": "join", "document": "login"}
NAMELESS = """() => [...document.querySelectorAll('button, input, textarea')]
  .filter(e => e.checkVisibility() && !e.labels?.length && !e.ariaLabel && !e.innerText.trim())
  .map(e => e.outerHTML)"""


@pytest.fixture(params=["chat", "document"])
def crowded(request: pytest.FixtureRequest) -> Iterator[Server]:
    server = launch(request.param)
    with ExitStack() as stack:
        for name in NAMES:
            peer = stack.enter_context(connect(server.url, max_queue=None, ping_interval=None))
            peer.send(json.dumps({"type": FIRST[server.name], "name": name}))
            assert "welcome" in str(peer.recv(timeout=20))
        yield server
    stop_all()


def test_thirty_people_fit_a_small_frame(tab: Page, crowded: Server) -> None:
    tab.set_viewport_size({"width": 420, "height": 400})
    tab.goto(f"{crowded.page_url}?name=Alice")
    is_connected(tab)
    if crowded.name == "chat":
        expect(tab.get_by_text("30 online")).to_be_visible()
        field = tab.get_by_label("Message to everybody")
    else:
        expect(tab.get_by_role("list", name="Who is here")).to_contain_text("+")
        field = tab.get_by_label("The shared text")
    expect(field).to_be_in_viewport(ratio=1)
    expect(field).to_be_focused()
    assert_readable(tab)
    assert tab.evaluate(NAMELESS) == []
    tab.goto("about:blank")
