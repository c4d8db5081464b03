"""The pages, driven as a person would: with the keyboard, on a phone, through a restart."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from helpers import launch, stop_all, tap
from helpers.launcher import Server

NAMES = ("Alice", "Bob")
#: A phone, a laptop and a projector; each theme at least twice.
SCREENS = [(380, 760, "light"), (380, 760, "dark"), (1280, 800, "dark"), (1920, 1080, "light")]
SCRIPT = "<img src=x onerror=\"document.title='attacked'\"><script>alert(1)</script>"
#: WCAG 2 contrast of each visible text against what is behind it; answers the worst ratio.
WORST_CONTRAST = """() => {
  const rgb = (css) => (css.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const light = (c) => c.slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const seen = [...document.querySelectorAll('body *')].filter(e => e.checkVisibility()
    && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
    && e.getBoundingClientRect().width > 2 && rgb(getComputedStyle(e).color)[3] !== 0);
  return Math.min(...seen.map(e => {
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }));
}"""


@pytest.fixture(params=["echo", "handmade"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    yield launch(request.param)
    stop_all()


def say(page: Page, text: str) -> None:
    """Type a message and send it, with the keyboard alone."""
    page.get_by_label("Message", exact=True).focus()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def status_is(page: Page, status: str) -> None:
    """Wait until the page shows this status; a page may take a few tries to reconnect."""
    expect(page.locator(".pill")).to_have_text(status, timeout=20_000)


def is_connected(page: Page) -> None:
    status_is(page, "connected")


def test_what_is_typed_comes_back(tab: Page, server: Server) -> None:
    tab.goto(server.page_url)
    is_connected(tab)
    say(tab, "Hello, wire")
    rows = tab.get_by_role("log").get_by_role("listitem").filter(has_text="Hello, wire")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("client→server · 11 bytes")
    expect(rows.nth(1)).to_contain_text("server→client · back after")
    expect(tab).to_have_title(server.name)


def test_markup_in_a_message_stays_text(tab: Page, server: Server) -> None:
    tab.goto(server.page_url)
    is_connected(tab)
    say(tab, SCRIPT)
    rows = tab.get_by_role("log").get_by_role("listitem").filter(has_text=SCRIPT)
    expect(rows).to_have_count(2)
    assert tab.locator("img, main script").count() == 0
    expect(tab).to_have_title(server.name)


def test_two_people_meet_at_the_handmade_server(context: BrowserContext) -> None:
    server = launch("handmade")
    alice, bob = context.new_page(), context.new_page()
    for page in (alice, bob):
        page.goto(server.page_url)
        is_connected(page)
    say(alice, "Hello, Bob")
    expect(bob.get_by_role("log")).to_contain_text("Hello, Bob")
    expect(bob.get_by_role("log")).to_contain_text("not yours")
    say(bob, "Hello, Alice")
    expect(alice.get_by_role("log")).to_contain_text("Hello, Alice")
    stop_all()


def test_reconnects_by_itself_and_says_so(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    page.goto(server.page_url)
    is_connected(page)
    server.stop()
    expect(page.get_by_role("log")).to_contain_text("closed with 1001, the server is going away")
    status_is(page, "reconnecting")
    say(page, "kept")
    expect(page.get_by_label("Message", exact=True)).to_have_value("kept")
    expect(page.get_by_role("log")).to_contain_text("not sent")
    server.restart()
    is_connected(page)
    page.get_by_label("Message", exact=True).press("Enter")
    expect(page.get_by_role("log")).to_contain_text("back after")


def test_tries_in_vain_are_one_line(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    page.goto(server.page_url)
    is_connected(page)
    say(page, "before")
    expect(page.get_by_role("log")).to_contain_text("back after")
    server.stop()
    for _ in range(3):  # Connect tries at once
        status_is(page, "reconnecting")
        page.get_by_role("button", name="Connect", exact=True).click()
    status_is(page, "reconnecting")
    expect(page.get_by_role("listitem").filter(has_text="no connection")).to_have_count(1)
    expect(page.get_by_role("log")).to_contain_text("before")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        *(("echo", "style.css"), ("echo", "echo.js"), ("handmade", "connection.js")),
        *(("document?name=Alice", "node_modules/lib0/symbol.js"), ("chat?name=Alice", "chat.js")),
        ("socketio_chat?name=Alice", "node_modules/socket.io-client/dist/socket.io.esm.min.js"),
    ],
)
def test_a_file_that_was_lost_with_the_server_is_fetched_again(
    context: BrowserContext, name: str, file: str
) -> None:
    server, query = launch(name.partition("?")[0]), "".join(name.partition("?")[1:])
    page = context.new_page()
    page.route(f"**/{file}", lambda route: route.abort("connectionreset"), times=1)
    page.goto(server.page_url + query)
    page.wait_for_function("() => performance.getEntriesByType('navigation')[0].type === 'reload'")
    is_connected(page)
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith("system-ui")
    assert page.evaluate("history.state.reloads") == 0
    stop_all()


def test_a_file_that_is_never_there_is_not_asked_for_without_end(context: BrowserContext) -> None:
    server = launch("echo")
    page = context.new_page()
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/echo.js", lambda route: route.fulfill(status=404))
    with page.expect_request(lambda _: sum(url.endswith("/echo.js") for url in asked) == 4):
        page.goto(server.page_url)
    page.wait_for_load_state("load")
    page.clock.fast_forward(60_000)
    page.evaluate("fetch('healthz').then(({ status }) => status)")  # what was due has been asked
    assert sum(url.endswith("/echo.js") for url in asked) == 4
    stop_all()


#: Press the button in the very moment in which the page tries again by itself.
PRESSED_TOO_LATE = """() => new Promise(resolve => {
  const [pill, toggle] = [document.getElementById('pill'), document.getElementById('toggle')];
  new MutationObserver((_, observer) => {
    if (pill.dataset.status !== 'connecting') return;
    observer.disconnect();
    const said = toggle.textContent;
    toggle.click();
    resolve(said);
  }).observe(pill, { attributes: true });
})"""


def test_connect_never_turns_to_disconnect_under_the_pointer(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    page.goto(server.page_url)
    is_connected(page)
    server.stop()
    status_is(page, "reconnecting")
    assert page.evaluate(PRESSED_TOO_LATE) == "Connect"
    status_is(page, "reconnecting")
    server.restart()
    is_connected(page)
    page.get_by_role("button", name="Disconnect", exact=True).click()
    status_is(page, "closed")
    page.get_by_role("button", name="Connect", exact=True).click()
    is_connected(page)


def test_who_reads_above_is_left_there(tab: Page) -> None:
    server = launch("handmade")
    tab.set_viewport_size({"width": 540, "height": 340})
    tab.goto(server.page_url)
    is_connected(tab)
    for number in range(6):
        say(tab, f"message {number}")
    rows = tab.locator(".message")
    expect(rows).to_have_count(12)
    top = "() => document.getElementById('messages').scrollTop"
    assert tab.evaluate(top) > 0
    tab.evaluate("() => { document.getElementById('messages').scrollTop = 0 }")
    other = tab.context.new_page()
    other.goto(server.page_url)
    is_connected(other)
    say(other, "from elsewhere")
    expect(rows).to_have_count(13)
    assert tab.evaluate(top) == 0
    say(tab, "mine")
    expect(rows).to_have_count(15)
    assert tab.evaluate(top) > 0
    stop_all()


def test_the_keyboard_alone_reaches_everything(tab: Page, server: Server) -> None:
    tab.goto(server.page_url)
    is_connected(tab)
    reached = []
    for _ in range(6):
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate("() => document.activeElement.id"))
    assert {"messages", "text", "toggle"} <= set(reached)
    tab.locator("#toggle").focus()
    assert tab.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") != "none"
    tab.keyboard.press("Enter")
    status_is(tab, "closed")
    tab.keyboard.press("Enter")
    is_connected(tab)


@pytest.mark.parametrize(("width", "height", "theme"), SCREENS)
def test_fits_and_can_be_read(tab: Page, theme: str, width: int, height: int) -> None:
    server = launch("echo")
    wire = tap(server)
    tab.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    tab.set_viewport_size({"width": width, "height": height})
    tab.goto(wire.page_url)
    is_connected(tab)
    say(tab, "a word that is longer than any screen is wide: " + "W" * 300)
    expect(tab.get_by_role("log")).to_contain_text("back after")
    assert_readable(tab)
    tab.goto(wire.live().page_url)
    expect(tab.locator("body")).to_contain_text("101 Switching Protocols")
    assert_readable(tab)
    stop_all()


def assert_readable(page: Page) -> None:
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{wide} px are cut off at the right"
    contrast = page.evaluate(WORST_CONTRAST)
    assert contrast >= 4.5, f"the palest text has a contrast of {contrast:.2f}"


def test_the_live_view_grows_while_the_page_is_used(context: BrowserContext) -> None:
    server = launch("echo")
    wire = tap(server)
    live, page = context.new_page(), context.new_page()
    live.goto(wire.live().page_url)
    page.goto(wire.page_url)
    is_connected(page)
    say(page, SCRIPT)
    expect(live.locator("body")).to_contain_text("101 Switching Protocols")
    rows = live.get_by_role("listitem").filter(has_text="<img src=x onerror")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("client→server")
    expect(rows.nth(1)).to_contain_text("server→client")
    files = live.get_by_role("listitem").filter(has_text="style.css")
    expect(files).to_have_count(0)
    live.get_by_label("page files").check()
    expect(files).not_to_have_count(0)
    assert live.locator("img, main script").count() == 0
    stop_all()


@pytest.mark.parametrize(("width", "height", "theme"), SCREENS)
def test_the_chat_fits_and_can_be_read(tab: Page, theme: str, width: int, height: int) -> None:
    tab.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    tab.set_viewport_size({"width": width, "height": height})
    with launch("chat") as chat:
        tab.goto(chat.page_url)
        expect(tab.get_by_label("Your name")).to_be_visible()
        assert_readable(tab)
        tab.goto(f"{chat.page_url}?name={'W' * 24}")
        chat_say(tab, "a word that is longer than any screen is wide: " + "W" * 300)
        expect(tab.get_by_label("Messages", exact=True)).to_contain_text("W" * 300)
        assert_readable(tab)
        tab.goto("about:blank")


@pytest.mark.parametrize(("width", "height", "theme"), SCREENS)
def test_the_document_fits_and_can_be_read(tab: Page, theme: str, width: int, height: int) -> None:
    tab.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    tab.set_viewport_size({"width": width, "height": height})
    with launch("document") as document:
        tab.goto(document.page_url)
        expect(tab.get_by_label("Your name")).to_be_visible()
        assert_readable(tab)
        tab.goto(f"{document.page_url}?name={'W' * 24}")
        tab.get_by_label("The shared text").fill("W" * 300)
        expect(tab.get_by_text("saved", exact=True)).to_be_visible()
        assert_readable(tab)
        tab.goto("about:blank")


def test_what_00_asks_to_try(context: BrowserContext) -> None:
    """Stop the chat, say something all the same, restart it: the others get it, once."""
    chat = launch("chat")
    alice, bob = context.new_page(), context.new_page()
    for page, name in ((alice, "Alice"), (bob, "Bob")):
        page.goto(f"{chat.page_url}?name={name}")
        is_connected(page)
    chat_say(alice, "Hello, Bob")
    expect(bob.get_by_label("Messages", exact=True)).to_contain_text("Hello, Bob")
    chat.stop()
    status_is(alice, "reconnecting")
    chat_say(alice, "said meanwhile")
    chat.restart()
    for page in (alice, bob):
        is_connected(page)
        said = page.get_by_label("Messages", exact=True).get_by_role("listitem")
        expect(said.filter(has_text="said meanwhile")).to_have_count(1)
        expect(said.filter(has_text="Hello, Bob")).to_have_count(1)
    stop_all()


def chat_say(page: Page, text: str) -> None:
    """Say something in the chat, with the keyboard alone."""
    page.get_by_label("Message to everybody").fill(text)
    page.keyboard.press("Enter")


@contextmanager
def side_by_side(page: Page, url: str) -> Iterator[None]:
    """Show a page of Alice's and one of Bob's in frames of one tab, as a notebook does."""
    frames = [f'<iframe title={name} src="{url}?name={name}"></iframe>' for name in NAMES]

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write("".join(frames).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as host:
        threading.Thread(target=host.serve_forever).start()
        try:
            page.goto(f"http://127.0.0.1:{host.server_port}/")
            yield
        finally:
            page.goto("about:blank")
            host.shutdown()
