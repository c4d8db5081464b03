"""Every page without a network, without a server, behind a proxy, and while nobody looks."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, WebSocket, expect

from helpers import launch, stop_all, tap
from tests.browser.actions import is_connected, say, status_is
from tests.browser.chromium import REMOTE_NAME
from tests.browser.jupyterlab import JupyterLab
from tests.browser.losses import Relay, hide, let_pass, lost_code, lost_reason, show

#: The pages that connect by themselves: a server, and what follows its address.
PAGES = [
    ("chat", "?name=Alice"),
    ("document", "?name=Alice"),
    ("files", "?name=Alice"),
    ("socketio_chat", "?name=Alice"),
    ("socketio_chat", "?name=Alice&transport=polling"),
    ("socketio_chat", "?name=Alice&transport=websocket"),
    ("vote", ""),
    ("rooms", ""),
]
PLAIN = ["chat", "document", "files"]
RETRY = "Try now"


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    yield
    stop_all()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page whose clock the test may push."""
    page = context.new_page()
    page.clock.install()
    return page


def open_page(page: Page, server: str, url: str) -> None:
    page.goto(url)
    if server == "rooms":
        page.get_by_label("Name", exact=True).fill("Alice")
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name=re.compile("sign up")).click()
        expect(page.locator("#workspace")).to_be_visible()
    is_connected(page)
    if "name=" in url:  # welcomed: with a token, and where one begins
        expect(page.locator("#choose" if server == "files" else "#text")).to_be_focused()


def wait_for_a_pause(page: Page) -> None:
    """Let time pass until an attempt has ended that is under way."""
    for _ in range(30):
        if page.locator("#pill").text_content() == "reconnecting":
            return
        let_pass(page, 1)
    pytest.fail("an attempt does not end")


@pytest.mark.parametrize(("name", "query"), PAGES)
def test_a_network_that_vanishes_is_noticed_within_10_s(page: Page, name: str, query: str) -> None:
    wire = tap(launch(name))
    open_page(page, name, wire.page_url + query)
    wire.freeze()
    page.clock.run_for(10_000)
    expect(page.locator("#pill")).to_have_text(re.compile("connecting"))
    expect(page.get_by_role("button", name=RETRY)).to_be_visible()
    wire.heal()
    is_connected(page)
    expect(page.get_by_role("button", name=RETRY)).to_have_count(0)


def test_a_live_page_notices_within_10_s(page: Page) -> None:
    wire = tap(launch("echo"))
    live = wire.live()
    between = tap(live.page_url.replace("http:", "ws:") + "ws")
    page.goto(between.page_url)
    status_is(page, "live")
    between.freeze()
    page.clock.run_for(10_000)
    expect(page.locator("#pill")).to_have_text(re.compile("connecting"))
    between.heal()
    status_is(page, "live")


@pytest.mark.parametrize("name", ["echo", "handmade"])
def test_an_echo_page_notices_when_nothing_comes_back(page: Page, name: str) -> None:
    """Nothing of its own goes over this wire: what is on it is what the lesson shows."""
    wire = tap(launch(name))
    page.goto(wire.page_url)
    is_connected(page)
    page.clock.run_for(60_000)
    is_connected(page)
    wire.freeze()
    say(page, "into the void")
    page.clock.run_for(5_000)
    expect(page.get_by_role("log")).to_contain_text("no answer from the server")
    wire.heal()
    is_connected(page)


@pytest.mark.parametrize("name", PLAIN)
def test_a_quiet_connection_that_works_is_kept(page: Page, name: str) -> None:
    opened: list[WebSocket] = []
    page.on("websocket", lambda socket: opened.append(socket))
    open_page(page, name, f"{launch(name).page_url}?name=Alice")
    for _ in range(5):
        with opened[0].expect_event("framereceived", lambda data: "pong" in str(data)):
            page.clock.run_for(4_500)
    is_connected(page)
    assert len(opened) == 1


def test_a_live_page_that_hears_nothing_is_told_that_all_is_well(page: Page) -> None:
    opened: list[WebSocket] = []
    page.on("websocket", lambda socket: opened.append(socket))
    page.goto(tap(launch("echo")).live().page_url)
    status_is(page, "live")
    opened[0].wait_for_event("framereceived", lambda data: '"entries": []' in str(data))
    assert len(opened) == 1


def tries(page: Page) -> tuple[list[WebSocket], list[str]]:
    """Collect what a page tries from now on: WebSockets, and requests."""
    sockets: list[WebSocket] = []
    requests: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket))

    def note(request: Request) -> None:
        if not request.url.endswith("/nothing"):
            requests.append(request.url)

    page.on("request", note)
    return sockets, requests


@pytest.mark.parametrize(("name", "query"), [*PAGES, ("echo", "")])
def test_a_server_that_has_gone_is_asked_less_and_less(page: Page, name: str, query: str) -> None:
    """Four such pages made 41 sockets a minute; Chromium then delays every new WebSocket."""
    server = launch(name)
    open_page(page, name, server.page_url + query)
    server.stop()
    sockets, requests = tries(page)
    status_is(page, "reconnecting")
    let_pass(page, 120)
    assert len(sockets) <= (12 if "transport=websocket" in query else 1)
    assert len(requests) <= 12
    assert sockets or requests


@pytest.mark.parametrize(("name", "query"), [*PAGES, ("echo", "")])
def test_nobody_tries_while_nobody_looks(page: Page, name: str, query: str) -> None:
    server = launch(name)
    open_page(page, name, server.page_url + query)
    hide(page)
    if name in (*PLAIN, "echo"):  # the client of Socket.IO goes by its server's pings
        page.clock.run_for(60_000)
    is_connected(page)  # a page that is hidden keeps its connection
    server.stop()
    status_is(page, "reconnecting")
    sockets, requests = tries(page)
    let_pass(page, 60)
    assert sockets == []
    assert requests == []
    server.restart()
    show(page)
    expect(page.locator("#pill")).to_have_text("connected", timeout=10_000)


@pytest.mark.parametrize(("name", "query"), PAGES)
def test_a_button_tries_at_once(page: Page, name: str, query: str) -> None:
    server = launch(name)
    open_page(page, name, server.page_url + query)
    server.stop()
    status_is(page, "reconnecting")
    # before its time passes: an attempt of its own might else begin while the server does
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))
    let_pass(page, 100)
    wait_for_a_pause(page)
    server.restart()
    page.get_by_role("button", name=RETRY).press("Enter")
    page.clock.resume()
    expect(page.locator("#pill")).to_have_text("connected", timeout=10_000)
    expect(page.locator("#pill")).to_be_focused()


def test_the_network_is_back(page: Page) -> None:
    server = launch("chat")
    open_page(page, "chat", f"{server.page_url}?name=Alice")
    server.stop()
    status_is(page, "reconnecting")
    let_pass(page, 100)
    server.restart()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#pill")).to_have_text("connected", timeout=10_000)


def test_a_page_whose_part_is_lost_waits_and_is_told_when(context: BrowserContext) -> None:
    server = launch("chat")
    page = context.new_page()
    page.clock.install()
    page.route("**/chat/page.js", lambda route: route.abort("connectionreset"), times=1)
    page.route(f"{server.page_url}?name=Alice", lambda route: route.continue_(), times=1)
    page.goto(f"{server.page_url}?name=Alice")
    server.stop()
    _, requests = tries(page)
    let_pass(page, 120)
    assert 1 <= len(requests) <= 12
    hide(page)
    let_pass(page, 31)
    requests.clear()
    let_pass(page, 60)
    assert requests == []
    server.restart()
    show(page)
    is_connected(page)


def open_twice(context: BrowserContext, server: str, url: str) -> tuple[Page, Page]:
    """Open a page, and the same person's in another tab."""
    older = context.new_page()
    older.clock.install()
    older.goto(url)
    expect(older.locator("#composer, #editor, #shelf")).to_be_visible()
    with context.expect_page() as opened:
        older.evaluate("() => { window.open(location.href) }")  # with a copy of its memory
    newer = opened.value
    expect(newer.locator("#composer, #editor, #shelf")).to_be_visible()
    return older, newer


def assert_no_fight(older: Page, newer: Page) -> None:
    expect(older.get_by_text("You are here in another tab.")).to_be_visible()
    status_is(older, "closed")
    is_connected(newer)
    sockets, _ = tries(older)
    let_pass(older, 60)
    assert sockets == []
    is_connected(newer)
    older.locator("#join button").click()
    expect(newer.get_by_text("You are here in another tab.")).to_be_visible()
    is_connected(older)


@pytest.mark.parametrize("lost", [lost_code, lost_reason])
@pytest.mark.parametrize("name", PLAIN)
def test_two_tabs_of_one_person_do_not_fight(
    context: BrowserContext, name: str, lost: object
) -> None:
    """The close code may get lost, and an older server sends nothing else."""
    with closing(Relay(launch(name), lost)) as relay:  # type: ignore[arg-type]
        older, newer = open_twice(context, name, f"{relay.page_url}?name=Alice")
        assert_no_fight(older, newer)
        context.close()


@pytest.mark.parametrize("name", [*PLAIN, "socketio_chat"])
def test_two_tabs_do_not_fight_behind_jupyterlab(
    chromium: Browser, lab: JupyterLab, name: str
) -> None:
    port = launch(name, allow_host=REMOTE_NAME).page_url.rstrip("/").rpartition(":")[2]
    context = chromium.new_context()
    context.set_default_timeout(20_000)
    url = f"http://{REMOTE_NAME}:{lab.port}/proxy/{port}/?name=Alice"
    assert_no_fight(*open_twice(context, name, url))
    context.close()
