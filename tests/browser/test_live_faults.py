"""The faults as buttons of the live page, pressed as a person would who uses an application."""

import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from helpers.recorder.tap import Tap, tap
from tests.browser.actions import assert_readable
from tests.browser.test_live import Application, answer, open_live
from tests.recorder.test_tap import RawServer, connect, receive
from tests.wire.test_transcript import client

HELLO = client(b"Hello")


@pytest.fixture
def wire() -> Iterator[Tap]:
    with RawServer(answer) as raw, tap(raw.url) as wire:
        yield wire


@pytest.fixture
def application(wire: Tap) -> Iterator[Application]:
    application = Application(wire)
    yield application
    application.sock.close()


def press(tab: Page, name: str) -> None:
    tab.get_by_role("button", name=name, exact=True).click()


def fault_is(tab: Page, words: str) -> None:
    expect(tab.locator("#fault")).to_have_text(words)


def is_dimmed(tab: Page, *names: str) -> None:
    dimmed = tab.locator('button[aria-disabled="true"]')
    expect(dimmed).to_have_text(list(names))


def hears_nothing(application: Application) -> bool:
    application.sock.settimeout(0.1)
    try:
        application.sock.recv(1)
    except TimeoutError:
        return True
    finally:
        application.sock.settimeout(10)
    return False


@pytest.mark.smoke
def test_each_button_does_it_to_a_real_connection(
    tab: Page, wire: Tap, application: Application
) -> None:
    open_live(tab, wire)
    expect(tab.locator("#fault")).to_be_hidden()
    is_dimmed(tab, "Heal")
    application.send(HELLO)
    press(tab, "Freeze")
    fault_is(tab, "frozen")
    is_dimmed(tab, "Freeze")
    application.sock.sendall(HELLO)
    assert hears_nothing(application)
    press(tab, "Heal")
    expect(tab.locator("#fault")).to_be_hidden()
    assert receive(application.sock, len(HELLO)) == HELLO
    press(tab, "Cut")
    fault_is(tab, "cut")
    with pytest.raises(ConnectionResetError):
        application.sock.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(wire)
    press(tab, "Heal")
    expect(tab.locator("#fault")).to_be_hidden()
    Application(wire).sock.close()
    rows = tab.locator("li[data-kind=mark]", has_text="all connections")
    expect(rows).to_contain_text(["frozen", "healed", "cut", "healed"])


def test_the_delay_is_as_long_as_was_chosen(
    tab: Page, wire: Tap, application: Application
) -> None:
    open_live(tab, wire)
    length = tab.get_by_label("How long the delay is")
    length.select_option("10 s")
    press(tab, "Delay")
    fault_is(tab, "delayed 10000 ms each way")
    is_dimmed(tab, "Delay")
    application.sock.sendall(HELLO)
    assert hears_nothing(application)
    length.select_option("100 ms")
    is_dimmed(tab)  # another length may be set
    press(tab, "Delay")
    fault_is(tab, "delayed 100 ms each way")
    assert receive(application.sock, len(HELLO)) == HELLO
    expect(tab.locator("li.message", has_text="delayed 100 ms · all connections")).to_have_count(1)


def test_a_fault_that_a_cell_sets_is_shown_and_said(
    tab: Page, wire: Tap, application: Application
) -> None:
    wire.delay(750)
    open_live(tab, wire)
    fault_is(tab, "delayed 750 ms each way")
    wire.freeze()
    fault_is(tab, "frozen, delayed 750 ms each way")
    said = tab.locator("#announcement")
    expect(said).to_have_text("The wire is frozen, delayed 750 ms each way.")
    expect(tab.get_by_role("button", name="Freeze", pressed=True)).to_be_visible()
    wire.heal()
    expect(said).to_have_text("The wire is healed.")
    expect(tab.get_by_role("button", pressed=True)).to_have_count(0)


def test_the_keyboard_alone_sets_faults_and_keeps_its_place(
    tab: Page, wire: Tap, application: Application
) -> None:
    open_live(tab, wire)
    tab.locator("#entries").focus()
    order = []
    for _ in range(30):
        tab.keyboard.press("Tab")
        order.append(tab.evaluate("() => document.activeElement.id"))
        if order[-1] == "heal":
            break
    assert [each for each in order if each][-5:] == ["cut", "freeze", "delay", "delay-ms", "heal"]
    tab.locator("#freeze").focus()
    tab.keyboard.press("Enter")
    fault_is(tab, "frozen")
    assert tab.evaluate("() => document.activeElement.id") == "freeze"
    tab.keyboard.press("Enter")  # dimmed: nothing more is asked for
    for _ in range(3):
        tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    expect(tab.locator("#fault")).to_be_hidden()
    assert tab.evaluate("() => document.activeElement.id") == "heal"
    marks = [e.text for e in wire.entries() if e.kind == "mark" and e.connection is None]
    assert marks == ["frozen", "healed"]


def test_a_page_whose_tap_is_gone_offers_no_fault(
    tab: Page, wire: Tap, application: Application
) -> None:
    open_live(tab, wire)
    wire.freeze()
    fault_is(tab, "frozen")
    wire.stop()
    expect(tab.locator("#pill")).to_have_text("reconnecting")
    is_dimmed(tab, "Cut", "Freeze", "Delay", "Heal")
    expect(tab.locator("#fault")).to_be_hidden()
    tab.goto("about:blank")
    tab.complaints.clear()  # type: ignore[attr-defined]  # the browser notes each vain attempt


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_everything_can_be_read_and_reached(
    context: BrowserContext, wire: Tap, application: Application, theme: str
) -> None:
    tab = context.new_page()
    tab.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    tab.set_viewport_size({"width": 380, "height": 640})
    wire.freeze()
    wire.delay(60_000)
    open_live(tab, wire)
    fault_is(tab, "frozen, delayed 60000 ms each way")
    assert_readable(tab)
    for button in tab.locator("fieldset :is(button, select)").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 24
        assert box["x"] + box["width"] <= 380
    wire.heal()
    expect(tab.locator("#fault")).to_be_hidden()
    assert_readable(tab)


def test_a_foreign_page_cannot_press_them(
    context: BrowserContext, wire: Tap, application: Application
) -> None:
    """Another server's page on this machine tries what the live page does."""
    live = wire.live()
    foreign = context.new_page()
    with RawServer(serve_page) as raw:
        foreign.goto(raw.url.replace("ws:", "http:"))
        outcome = foreign.evaluate(
            """(url) => new Promise((resolve) => {
              const socket = new WebSocket(url);
              socket.onopen = () => { socket.send('{"type": "cut"}'); resolve("open"); };
              socket.onerror = () => resolve("refused");
            })""",
            f"ws://127.0.0.1:{live.port}/ws",
        )
        assert outcome == "refused"
        application.send(HELLO)
    assert [e.text for e in wire.entries() if e.kind == "mark"] == ["opened"]


def serve_page(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n"
        b"Connection: close\r\n\r\n<!doctype html>"
    )
