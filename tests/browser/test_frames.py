"""What the lesson on frames says of browsers: each test has the sentence that it proves."""

import queue
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpers import launch, stop_all, tap
from helpers.wire.frames import CloseCode, Frame, Opcode
from helpers.wire.messages import parse_close
from tests.browser.actions import is_connected, say
from tests.browser.losses import Relay

DEADLINE_S = 20
LATE = "one more"
#: Says "hi" at /echo; calls `close()` when it comes back, or leaves that to the server.
TALK = """closes => new Promise(opened => {
  const socket = new WebSocket(`ws://${location.host}/echo`);
  window.heard = [];
  window.ended = new Promise(end => {
    socket.onclose = event => end([window.heard, event.code, event.wasClean]);
  });
  socket.onopen = () => socket.send("hi");
  socket.onmessage = event => {
    window.heard.push(event.data);
    if (closes) socket.close(1000, "bye");
    opened();
  };
})"""


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    yield
    stop_all()


class LateRelay(Relay):
    """A relay that lets each WebSocket's server say one thing more before its close frame.

    A server may: RFC 6455 §5.5.1.
    """

    def __init__(self, server: Any) -> None:
        self.codes: queue.Queue[int | None] = queue.Queue()  # of the server's close frames
        super().__init__(server, self._late)

    def _late(self, frame: Frame) -> bytes:
        if frame.opcode is not Opcode.CLOSE:
            return frame.encode()
        self.codes.put(parse_close(frame.payload)[0])
        return Frame(Opcode.TEXT, LATE.encode()).encode() + frame.encode()


def talk(page: Page, relay: Relay, *, closes: bool) -> None:
    """Open the page of `handmade`, which connects as well, and a WebSocket of the test's own."""
    page.goto(relay.page_url)
    is_connected(page)
    page.evaluate(TALK, closes)


def test_a_browser_that_has_called_close_drops_messages_that_still_arrive(tab: Page) -> None:
    with closing(LateRelay(launch("handmade"))) as relay:
        talk(tab, relay, closes=True)
        assert tab.evaluate("window.ended") == [["hi"], 1000, True]
        assert relay.codes.get(timeout=DEADLINE_S) == CloseCode.NORMAL_CLOSURE


def test_a_browser_that_has_not_called_close_hears_the_same_message(tab: Page) -> None:
    server = launch("handmade")
    with closing(LateRelay(server)) as relay:
        talk(tab, relay, closes=False)
        server.stop()
        assert tab.evaluate("window.ended") == [["hi", LATE], 1001, True]


def test_1001_a_page_is_closing(tab: Page) -> None:
    """The server's close frame has the code of the browser's."""
    with closing(LateRelay(launch("handmade"))) as relay:
        tab.goto(relay.page_url)
        is_connected(tab)
        tab.goto("about:blank")
        assert relay.codes.get(timeout=DEADLINE_S) == CloseCode.GOING_AWAY


def test_a_browser_chooses_a_new_key_for_each_frame(tab: Page) -> None:
    wire = tap(launch("handmade"))
    tab.goto(wire.page_url)
    is_connected(tab)
    for _ in range(3):
        say(tab, "the same")
    expect(tab.locator("[data-direction='server→client']")).to_have_count(3)
    sent = [e.value for e in wire.entries() if e.direction == "client→server"]
    masks = [f.mask for f in sent if isinstance(f, Frame) and f.opcode is Opcode.TEXT]
    assert len(masks) == len(set(masks)) == 3
