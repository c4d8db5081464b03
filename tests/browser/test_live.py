"""The live page, driven as a person would who uses an application beside it."""

import re
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from helpers.recorder.tap import Tap, tap
from helpers.wire.frames import Opcode
from tests.recorder.test_tap import RawServer, connect, receive
from tests.wire.test_transcript import ANSWER, REQUEST, client

DRAW_LATER = """(animate => {
  window.requestAnimationFrame = draw =>
    draw.name === "draw" ? (window.drawNow = draw, 0) : animate(draw);
})(window.requestAnimationFrame)"""


def answer(connection: socket.socket) -> None:
    """Answer the handshake, then send every byte back."""
    receive(connection, len(REQUEST))
    connection.sendall(ANSWER)
    while data := connection.recv(65_536):
        connection.sendall(data)


class Application:
    """Somebody who uses the application through the tap."""

    def __init__(self, wire: Tap) -> None:
        self.sock = connect(wire)
        self.sock.sendall(REQUEST)
        receive(self.sock, len(ANSWER))

    def send(self, *frames: bytes) -> None:
        for frame in frames:
            self.sock.sendall(frame)
            receive(self.sock, len(frame))


@pytest.fixture
def wire() -> Iterator[Tap]:
    with RawServer(answer) as raw, tap(raw.url) as wire:
        yield wire


@pytest.fixture
def application(wire: Tap) -> Iterator[Application]:
    application = Application(wire)
    yield application
    application.sock.close()


@pytest.fixture
def other(wire: Tap, application: Application) -> Iterator[Application]:
    other = Application(wire)
    yield other
    other.sock.close()


def open_live(tab: Page, wire: Tap) -> None:
    tab.goto(wire.live().page_url)
    expect(tab.locator("#pill")).to_have_text("live")


@pytest.mark.smoke
def test_it_grows_while_the_application_is_used(
    tab: Page, wire: Tap, application: Application
) -> None:
    open_live(tab, wire)
    rows = tab.locator("li.message")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_have_text("1 · opened · connection 1")
    application.send(client(b"<b>Hello</b>"))
    expect(rows).to_have_count(5)
    expect(rows.nth(3)).to_contain_text("4 · connection 1 · client→server")
    expect(rows.nth(3)).to_contain_text('text "<b>Hello</b>" · 12 bytes · masked')
    assert tab.locator("li b").count() == 0
    assert tab.title() == f"{wire.name} on the wire"


def test_a_line_opens_with_the_keyboard_alone(
    tab: Page, wire: Tap, application: Application
) -> None:
    application.send(client(b"Hello"))
    open_live(tab, wire)
    lines = tab.locator("summary")
    expect(lines).to_have_count(4)
    lines.nth(0).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Enter"):
        tab.keyboard.press(key)
    opened = tab.locator("details[open]")
    expect(opened.locator("th")).to_have_text(
        ["FIN", "RSV1", "opcode", "MASK", "payload length", "masking key"]
    )
    expect(opened.locator("pre")).to_have_text(
        "0000  81 85 37 fa 21 3d 7f 9f 4d 51 58  ··7·!=··MQX"
    )
    tab.keyboard.press("Enter")
    expect(opened).to_have_count(0)


def test_a_long_message_can_be_read_in_full(
    tab: Page, wire: Tap, application: Application
) -> None:
    application.send(client(b"word " * 60))
    open_live(tab, wire)
    tab.locator("summary", has_text="300 bytes").first.click()
    expect(tab.locator("details[open] > p.text")).to_have_text(("word " * 60).strip())


def test_connections_and_pings_can_be_left_out(
    tab: Page, wire: Tap, application: Application, other: Application
) -> None:
    application.send(client(b"mine"))
    other.send(client(b"theirs"))
    open_live(tab, wire)
    shown = tab.locator("li.message:not([hidden])")
    expect(shown).to_have_count(10)
    tab.get_by_label("Connection", exact=True).select_option("connection 1")
    expect(shown).to_have_count(5)
    tab.get_by_label("Connection", exact=True).select_option("all connections")
    application.send(client(b"12345", Opcode.PING))
    expect(shown).to_have_count(12)
    tab.get_by_label("pings").uncheck()
    expect(shown).to_have_count(10)


def test_pause_holds_and_clear_forgets(tab: Page, wire: Tap, application: Application) -> None:
    open_live(tab, wire)
    rows = tab.locator("li.message")
    expect(rows).to_have_count(3)
    tab.get_by_role("button", name="Pause").click()
    application.send(client(b"Hello"))
    resume = tab.get_by_role("button", name="Resume (2 new)")
    expect(resume).to_be_visible()
    expect(rows).to_have_count(3)
    resume.click()
    expect(rows).to_have_count(5)
    tab.get_by_role("button", name="Clear").click()
    expect(rows).to_have_count(0)
    expect(tab.locator("#empty")).to_be_visible()
    application.send(client(b"again"))
    expect(rows).to_have_count(2)


def test_it_follows_the_newest_until_the_reader_scrolls_up(
    tab: Page, wire: Tap, application: Application
) -> None:
    at_end = "() => entries.scrollHeight - entries.scrollTop - entries.clientHeight < 2"
    open_live(tab, wire)
    application.send(*[client(b"Hello")] * 20)
    rows = tab.locator("li.message")
    expect(rows).to_have_count(43)
    tab.wait_for_function(at_end)
    tab.evaluate("() => { entries.scrollTop = 0 }")
    application.send(client(b"below"))
    newest = tab.get_by_role("button", name="Newest (2)")
    expect(newest).to_be_visible()
    assert tab.evaluate("() => entries.scrollTop") == 0
    newest.click()
    tab.wait_for_function(at_end)
    expect(newest).to_be_hidden()


def test_a_long_recording_keeps_the_page_small(
    tab: Page, wire: Tap, application: Application
) -> None:
    application.send(client(b"x") * 1_100)
    open_live(tab, wire)
    expect(tab.locator("li.message").last).to_contain_text("2203 · ")
    assert tab.locator("li.message").count() == 1_000


def test_entries_that_were_never_drawn_count(
    tab: Page, wire: Tap, application: Application
) -> None:
    """A page that draws slowly once numbered on as if they had not been there."""
    tab.add_init_script(DRAW_LATER)
    application.send(client(b"x") * 1_100)
    open_live(tab, wire)
    pause = tab.get_by_role("button", name=re.compile("Pause|Resume"))
    pause.click()  # it tells how many are held
    expect(pause).to_have_text("Resume (1000 new)")
    pause.click()
    tab.evaluate("() => window.drawNow()")
    expect(tab.locator("li.message").last).to_contain_text("2203 · ")
    assert tab.locator("#connection option").all_text_contents() == [
        "all connections",
        "connection 1",
    ]


def test_on_a_phone_nothing_is_cut_off(tab: Page, wire: Tap, application: Application) -> None:
    tab.set_viewport_size({"width": 380, "height": 640})
    application.send(client(b"x" * 300))
    open_live(tab, wire)
    tab.locator("summary", has_text="300 bytes").first.click()
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= 380
    assert tab.evaluate("() => entries.scrollWidth - entries.clientWidth") == 0


def test_it_says_when_the_tap_is_gone(tab: Page, wire: Tap, application: Application) -> None:
    open_live(tab, wire)
    wire.stop()
    expect(tab.locator("#pill")).to_have_text("reconnecting")
    expect(tab.locator("#announcement")).to_contain_text("1001")
    tab.goto("about:blank")
    tab.complaints.clear()  # type: ignore[attr-defined]  # the browser notes each vain attempt


def test_right_to_left_letters_do_not_pull_the_facts_along(
    tab: Page, wire: Tap, application: Application
) -> None:
    application.send(client("שלום".encode()))
    open_live(tab, wire)
    line = tab.locator("summary .text").filter(has_text="bytes · masked").first
    expect(line.locator("bdi")).to_have_text('"שלום"')
    assert line.text_content() == 'text "שלום" · 8 bytes · masked'


def test_what_a_server_says_ends_at_its_side(
    tab: Page, wire: Tap, application: Application
) -> None:
    open_live(tab, wire)
    line = tab.locator("[data-direction='server→client'] .text").first
    expect(line).to_have_css("text-align", "end")


def respond(connection: socket.socket) -> None:
    """Answer two polls of Engine.IO: an event and an acknowledgement, then a ping."""
    for body in (b'42["chat","<b>hi</b>"]\x1e431["done"]', b"2"):
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def test_polling_is_no_page_file_and_packets_stand_below_what_carries_them(tab: Page) -> None:
    with RawServer(respond) as raw, tap(raw.url) as wire:
        with connect(wire) as polling:
            target = "/socket.io/?EIO=4&transport=polling&sid=x"
            for _ in range(2):
                polling.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert polling.recv(65_536)
        open_live(tab, wire)
        answers = tab.locator("li.message:visible", has_text="server→client")
        expect(answers).to_have_count(2)
        expect(answers.first.locator(".about")).to_contain_text("session 1 · connection 1")
        expect(answers.locator(".packet")).to_have_text(
            [
                'Socket.IO event "chat"("<b>hi</b>")',
                'Socket.IO ack("done") · id 1',
                "Engine.IO ping",
            ]
        )
        assert tab.locator("li b").count() == 0
        tab.locator("#pings").uncheck()
        expect(answers).to_have_count(1)
