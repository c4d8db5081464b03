"""The pages, driven as a person would: with the keyboard, on a phone, through a restart."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from helpers import launch, stop_all, tap
from helpers.launcher import Server
from tests.browser.actions import SCRIPT, assert_readable, chat_say, is_connected, say, status_is

#: A phone, a laptop and a projector; each theme at least twice.
SCREENS = [(380, 760, "light"), (380, 760, "dark"), (1280, 800, "dark"), (1920, 1080, "light")]


@pytest.fixture(params=["echo", "handmade"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    yield launch(request.param)
    stop_all()


@pytest.mark.smoke
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


#: A connection to where nothing is, and the statuses that it has had.
CONNECT_IN_VAIN = """async () => {
  const { Connection } = await import("/shared/connection.js");
  window.connection = new Connection("nowhere");
  window.statuses = [];
  window.reached = (wanted) => new Promise((done) => {
    const look = () => statuses.at(-1) === wanted && done();
    connection.addEventListener("status", look);
    look();
  });
  connection.addEventListener("status", ({ detail }) => statuses.push(detail.status));
  connection.connect();
  await reached("waiting");
}"""


def test_a_connection_that_was_closed_while_waiting_stays_closed(context: BrowserContext) -> None:
    server = launch("echo")
    page = context.new_page()
    page.clock.install()
    page.goto(server.page_url)
    page.evaluate(CONNECT_IN_VAIN)
    page.clock.run_for(10_000)
    page.evaluate("async () => { await reached('waiting'); connection.close(); }")
    tried: list[str] = page.evaluate("() => statuses")
    assert (tried[:4], tried[-1]) == (["connecting", "waiting"] * 2, "closed")
    page.clock.run_for(10_000)
    assert page.evaluate("() => statuses") == tried
    stop_all()


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
        ("echo", "shared/base.css"),
        ("echo", "echo/page.js"),
        ("handmade", "shared/connection.js"),
        ("document?name=Alice", "node_modules/lib0/symbol.js"),
        ("chat?name=Alice", "chat/websocket.js"),
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
    page.route("**/echo/page.js", lambda route: route.fulfill(status=404))
    with page.expect_request(lambda _: sum(url.endswith("/echo/page.js") for url in asked) == 4):
        page.goto(server.page_url)
    page.wait_for_load_state("load")
    page.clock.fast_forward(60_000)
    page.evaluate("fetch('healthz').then(({ status }) => status)")  # what was due has been asked
    assert sum(url.endswith("/echo/page.js") for url in asked) == 4
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
    files = live.get_by_role("listitem").filter(has_text="base.css")
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
