"""Part 1 in a browser: a check that passes changes what the lesson's running server does."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chromium import REBOUND_NAME
from tests.notebooks.kernel import Kernel, errors, kernel
from tests.notebooks.lessons import LESSONS, Lesson, answer

CONNECT = """([url, offered]) => new Promise(resolve => {
  const ws = new WebSocket(url, offered);
  ws.onopen = () => resolve(`open ${JSON.stringify(ws.protocol)}`);
  ws.onclose = event => resolve(`closed with ${event.code}`);
})"""


def lesson(topic: str) -> Lesson:
    return next(lesson for lesson in LESSONS if lesson.topic == topic)


@contextmanager
def ran(topic: str) -> Iterator[Kernel]:
    """A kernel that has run a lesson, but for the cell that stops everything."""
    with kernel() as running:
        for cell in lesson(topic).code[:-1]:
            outputs = running.run(cell.source, timeout_s=60)
            if "raises-exception" not in cell.metadata.get("tags", []):
                assert errors(outputs) == []
        yield running
        running.text("stop_all()")


def solve(running: Kernel, topic: str, name: str) -> None:
    """Paste the solution into its cell, as a learner would, and check it."""
    exercise = next(e for e in lesson(topic).exercises if e.name == name)
    running.run(answer(exercise), timeout_s=60)
    assert "correct" in running.text(f"check.{name}({name})")


@pytest.fixture(scope="module")
def handshake() -> Iterator[Kernel]:
    with ran("handshake") as running:
        yield running


def shout(page: Page, message: str, heard: str) -> None:
    page.get_by_label("Message", exact=True).fill(message)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("listitem").last).to_contain_text(heard)


def test_a_page_that_is_open_hears_the_learners_shout(tab: Page) -> None:
    with ran("start_here") as running:
        tab.goto(running.text("print(mine.page_url)").strip())
        shout(tab, "hello", "hello")
        expect(tab.get_by_role("listitem").last).to_contain_text("back after")
        solve(running, "start_here", "shout")
        shout(tab, "hello", "HELLO!")
        expect(tab.get_by_role("listitem").last).to_contain_text("answered after")


NAIVE = "from helpers.exercises.engine import yours as part; part._passed.clear()"
SANDBOXED = """url => new Promise(resolve => {
  addEventListener("message", event => resolve(event.data), {once: true});
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts";
  frame.srcdoc = `<script>const ws = new WebSocket("${url}");
    ws.onopen = () => parent.postMessage("open", "*");
    ws.onclose = () => parent.postMessage("closed", "*")</script>`;
  document.body.append(frame);
})"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_bad_page_is_let_in_as_alice_until_fault_is_written(
    handshake: Kernel, context: BrowserContext, host: str
) -> None:
    """The cookie is the browser's own: the page set it, nothing here wrote it."""
    handshake.text(NAIVE)
    (said,) = (cell.source for cell in lesson("handshake").code if cell.id == "4c03d128")
    handshake.run(said)
    handshake.text("heard = []; print_it = print; print = lambda *words: heard.append(words)")
    try:
        mine, other = json.loads(
            handshake.text("import json; print_it(json.dumps([mine.page_url, other.page_url]))")
        )
        mine, other = (url.replace("127.0.0.1", host) for url in (mine, other))
        page = context.new_page()
        page.goto(other)
        expect(page.locator("body")).to_contain_text("your server let me in.")
        page.goto(mine)
        expect(page.locator("body")).to_have_text("Open! Your server answered this browser.")
        page.goto(other)
        expect(page.locator("body")).to_contain_text("your server let me in.")
        heard = json.loads(handshake.text("print_it(json.dumps(heard))"))
        words = "is let in as"
        assert heard == [
            [other.rstrip("/"), words, None],  # nobody has signed in yet
            [mine.rstrip("/"), words, "Alice"],
            [other.rstrip("/"), words, "Alice"],
        ]
        assert page.evaluate(SANDBOXED, mine.replace("http", "ws")) == "open"
        assert json.loads(handshake.text("print_it(json.dumps(heard[-1][0]))")) == "null"
    finally:
        handshake.text("print = print_it")
    (guard,) = (cell.source for cell in lesson("handshake").code if cell.id == "b110100b")
    solve(handshake, "handshake", "fault")
    assert errors(handshake.run(guard)) == []
    page.reload()
    expect(page.locator("body")).to_contain_text("your server refused me.")
    assert page.evaluate(SANDBOXED, mine.replace("http", "ws")) == "closed"


def test_a_site_that_points_its_own_name_at_this_machine_still_gets_in(
    handshake: Kernel, context: BrowserContext
) -> None:
    """DNS rebinding, in a browser: `Host` and `Origin` agree. A helper server answers 421."""
    solve(handshake, "handshake", "fault")
    mine, helper = handshake.text("print(mine.page_url, server.page_url)").split()
    page = context.new_page()
    page.goto(mine.replace("127.0.0.1", REBOUND_NAME))
    expect(page.locator("body")).to_have_text("Open! Your server answered this browser.")
    answer = page.goto(helper.replace("127.0.0.1", REBOUND_NAME))
    assert answer
    assert answer.status == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_another_origin_is_let_in_until_fault_is_written(
    handshake: Kernel, context: BrowserContext, host: str
) -> None:
    handshake.text(NAIVE)
    mine, other = json.loads(
        handshake.text("import json; print(json.dumps([mine.page_url, other.page_url]))")
    )
    page = context.new_page()
    page.goto(other.replace("127.0.0.1", host))
    expect(page.locator("body")).to_have_text(
        "I am a page of another origin, and your server let me in."
    )
    solve(handshake, "handshake", "fault")
    page.reload()
    expect(page.locator("body")).to_have_text(
        "I am a page of another origin, and your server refused me."
    )
    page.goto(mine.replace("127.0.0.1", host))
    expect(page.locator("body")).to_have_text("Open! Your server answered this browser.")


@pytest.mark.parametrize(
    ("chosen", "offered", "outcome"),
    [
        ("None", ["chat.v2", "chat.v1"], "closed with 1006"),  # "Chrome hangs up"
        ("'chat.v1'", ["chat.v2", "chat.v1"], 'open "chat.v1"'),
        ("'soup'", ["chat.v2", "chat.v1"], "closed with 1006"),
        ("None", [], 'open ""'),
    ],
)
def test_chrome_hangs_up_on_a_subprotocol_that_is_missing_or_was_not_offered(
    handshake: Kernel, context: BrowserContext, chosen: str, offered: list[str], outcome: str
) -> None:
    said = handshake.text(
        "async def speak(reader, writer):\n"
        "    method, headers = await read_request(reader)\n"
        "    if 'Upgrade' not in headers:\n"
        "        writer.write(PAGE)\n"
        "        return writer.close()\n"
        "    accept = yours.accept_key(headers['Sec-WebSocket-Key'])\n"
        f"    writer.write(yours.switching_protocols(accept, {chosen}))\n"
        "    await reader.read(1)\n"
        "speaker = await start(speak, 'a server with one answer')\n"
        "print(speaker.page_url)"
    )
    page = context.new_page()
    page.goto(said.strip())
    url = said.strip().replace("http", "ws")
    assert page.evaluate(CONNECT, [url, offered]) == outcome


def test_chrome_refuses_the_answer_to_another_question(
    handshake: Kernel, context: BrowserContext
) -> None:
    mine, cache = handshake.text("print(mine.page_url, cache.url)").split()
    page = context.new_page()
    page.goto(mine)
    assert page.evaluate(CONNECT, [cache, []]) == "closed with 1006"


def test_a_cookie_goes_along_with_a_handshake(handshake: Kernel, context: BrowserContext) -> None:
    said = handshake.text(
        "cookies = []\n"
        "async def listen(reader, writer):\n"
        "    method, headers = await read_request(reader)\n"
        "    if 'Upgrade' not in headers:\n"
        "        writer.write(PAGE)\n"
        "        return writer.close()\n"
        "    cookies.append(headers.get('Cookie'))\n"
        "    writer.close()\n"
        "listener = await start(listen, 'a server that listens')\n"
        "print(listener.page_url)"
    )
    url = said.strip()
    context.add_cookies([{"name": "name", "value": "Alice", "url": url}])
    page = context.new_page()
    page.goto(handshake.text("print(other.page_url)").strip())  # another origin, on this machine
    page.evaluate(CONNECT, [url.replace("http", "ws"), []])
    assert handshake.text("print(cookies)").strip() == "['name=Alice']"
