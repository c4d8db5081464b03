"""The page of files as people use it: two browsers, cuts, a reload, the keyboard, a phone."""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, FilePayload, Locator, Page, expect

from helpers import launch, stop_all, tap
from helpers.launcher import Server
from tests.browser.actions import assert_readable, is_connected, status_is
from tests.browser.conftest import complaints_of, forgive, watched

Visitor = Callable[..., Page]
OFFLINE = r"WebSocket|ERR_|Failed to load"  # what Chromium itself says of a lost connection

COUNT_SENT = """window.sentBytes = 0;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  window.sentBytes += data.length;
  send.call(this, data);
};"""


@pytest.fixture
def files() -> Iterator[Server]:
    yield launch("files")
    stop_all()


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Visitor]:
    """Opens the page as somebody, in a browser of their own."""
    pages: list[Page] = []

    def visit(url: str, name: str = "", width: int = 1100) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 760})
        context.set_default_timeout(30_000)
        page = watched(context.new_page())
        page.add_init_script(COUNT_SENT)
        page.on("filechooser", lambda _: None)  # from now on they are caught
        forgive(page, OFFLINE)
        page.goto(url + (f"?name={name}" if name else ""))
        is_connected(page)
        pages.append(page)
        return page

    yield visit
    found = [complaint for page in pages for complaint in complaints_of(page)]
    for page in pages:
        page.context.close()
    assert found == []


def payload(name: str, data: bytes, type_: str = "application/octet-stream") -> FilePayload:
    return {"name": name, "mimeType": type_, "buffer": data}


def choose(page: Page, *files: FilePayload | Path) -> None:
    """Choose files, as the dialog of the button does."""
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Choose files").click()
    chosen.value.set_files(list(files))  # type: ignore[arg-type]


def listed(page: Page, name: str) -> Locator:
    return page.locator("#files .item").filter(has=page.get_by_role("link", name=name, exact=True))


def under_way(page: Page, name: str) -> Locator:
    return page.locator("#uploads .item").filter(has_text=name)


def saved_bytes(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


@pytest.mark.smoke
def test_what_one_sends_arrives_at_the_other_and_can_be_fetched(
    files: Server, visitor: Visitor
) -> None:
    alice, bob = visitor(files.page_url, "Alice"), visitor(files.page_url, "Bob")
    expect(alice.locator("#people")).to_have_text("Here: you (Alice) and Bob")
    data = secrets.token_bytes(3_000_000)
    choose(alice, payload("holiday.jpg", data), payload("a note.txt", b"tea and cake"))
    for page, who in ((alice, "from you"), (bob, "from Alice")):
        expect(listed(page, "holiday.jpg")).to_contain_text(f"3.0 MB, {who}")
        expect(listed(page, "a note.txt")).to_contain_text(f"12 bytes, {who}")
    expect(alice.locator("#uploads-panel")).to_be_hidden()
    expect(alice.get_by_role("status")).to_have_text("holiday.jpg is sent")
    with bob.expect_download() as got:
        bob.get_by_role("link", name="holiday.jpg").click()
    assert got.value.suggested_filename == "holiday.jpg"
    assert saved_bytes(got.value) == data
    assert bob.get_by_role("button", name="Remove").count() == 0
    late = visitor(files.page_url, "Carol")
    expect(listed(late, "holiday.jpg")).to_be_visible()
    remove = alice.get_by_role("button", name="Remove holiday.jpg")
    remove.click()
    alice.get_by_role("button", name="Remove for everybody? holiday.jpg").click()
    for page in (alice, bob, late):
        expect(listed(page, "holiday.jpg")).to_have_count(0)
        expect(listed(page, "a note.txt")).to_be_visible()
    expect(alice.locator("#choose")).to_be_focused()


def test_a_file_goes_through_cuts_a_freeze_and_a_kill(
    files: Server, visitor: Visitor, tmp_path: Path
) -> None:
    """Whole, and without a key pressed; what was saved before is not sent again."""
    wire = tap(files)
    alice, bob = visitor(wire.page_url, "Alice"), visitor(files.page_url, "Bob")
    data = secrets.token_bytes(1_000_000) * 40
    (tmp_path / "big.bin").write_bytes(data)
    choose(alice, tmp_path / "big.bin")
    bar = under_way(alice, "big.bin").locator("progress")

    def wait_beyond(bytes_: int) -> None:
        alice.wait_for_function("([bar, least]) => bar.value >= least", arg=[handle, bytes_])

    handle = bar.element_handle()
    wait_beyond(4_000_000)
    wire.cut()
    status_is(alice, "reconnecting")
    wire.heal()
    is_connected(alice)
    wait_beyond(10_000_000)
    files.kill()
    expect(under_way(alice, "big.bin")).to_contain_text("goes on when the connection is back")
    files.restart()
    is_connected(alice)
    wait_beyond(16_000_000)
    wire.freeze()  # without a word: the page notices by itself
    status_is(alice, "reconnecting")
    wire.heal()
    expect(listed(bob, "big.bin")).to_be_visible(timeout=90_000)
    expect(listed(alice, "big.bin")).to_be_visible()
    with bob.expect_download() as got:
        bob.get_by_role("link", name="big.bin").click()
    assert hashlib.sha256(saved_bytes(got.value)).digest() == hashlib.sha256(data).digest()
    assert alice.evaluate("sentBytes") < len(data) + 4 * 1_000_000  # a few windows were lost


def test_cancel_takes_effect_at_once(files: Server, visitor: Visitor) -> None:
    wire = tap(files)
    wire.delay(200)  # so that it lasts
    alice, bob = visitor(wire.page_url, "Alice"), visitor(files.page_url, "Bob")
    choose(alice, payload("long.bin", bytes(30_000_000)), payload("short.txt", b"short"))
    expect(under_way(alice, "long.bin")).to_contain_text("of 30 MB")
    alice.get_by_role("button", name="Cancel long.bin").click()
    expect(under_way(alice, "long.bin")).to_have_count(0)
    expect(alice.get_by_role("status")).to_have_text("long.bin: given up")
    expect(alice.locator("#choose")).to_be_focused()
    expect(listed(bob, "short.txt")).to_be_visible()
    assert listed(bob, "long.bin").count() == 0


def test_after_a_reload_the_file_is_chosen_again_and_goes_on(
    files: Server, visitor: Visitor, tmp_path: Path
) -> None:
    wire = tap(files)
    wire.delay(100)
    alice = visitor(wire.page_url, "Alice")
    data = secrets.token_bytes(20_000_000)
    file = tmp_path / "again.bin"
    file.write_bytes(data)
    choose(alice, file)
    bar = under_way(alice, "again.bin").locator("progress").element_handle()
    alice.wait_for_function("bar => bar.value > 2_000_000", arg=bar)
    alice.reload()
    is_connected(alice)
    expect(under_way(alice, "again.bin")).to_contain_text("choose this file again to go on")
    wire.heal()
    choose(alice, file)
    expect(listed(alice, "again.bin")).to_be_visible(timeout=60_000)
    expect(under_way(alice, "again.bin")).to_have_count(0)
    assert alice.evaluate("sentBytes") < len(data) - 1_500_000  # since the reload


BAD = "<img src=x onerror=alert(1)>.html"


def test_what_is_refused_is_said_beside_the_file_and_stays_text(
    files: Server, visitor: Visitor
) -> None:
    alice = visitor(files.page_url, "Alice")
    choose(alice, payload(BAD, b"x"), payload("fine.txt", b"fine"))
    item = under_way(alice, BAD)
    expect(item).to_contain_text("A file name must not contain <.")
    expect(listed(alice, "fine.txt")).to_be_visible()
    assert alice.locator("main img").count() == 0
    alice.get_by_role("button", name=f"Dismiss {BAD}").click()
    expect(item).to_have_count(0)


#: Whether a file can be a script of this page, whose policy allows scripts of its own server.
AS_SCRIPT = """address => new Promise(resolve => {
  const script = document.createElement("script");
  for (const type of ["load", "error"]) script.addEventListener(type, () => resolve(type));
  script.src = address;
  document.head.append(script);
})"""


def test_an_uploaded_page_never_runs_as_ours(files: Server, visitor: Visitor) -> None:
    alice = visitor(files.page_url, "Alice")
    script = b"<script>document.title = 'attacked'; fetch('/healthz')</script>"
    choose(alice, payload("innocent.html", script, "text/html"))
    expect(listed(alice, "innocent.html")).to_be_visible()
    address = alice.get_by_role("link", name="innocent.html").get_attribute("href")
    other = alice.context.new_page()
    other.goto("about:blank")
    with other.expect_download() as got:
        other.evaluate("url => { location.href = url }", files.page_url + str(address))
    assert saved_bytes(got.value) == script
    assert other.title() == ""
    choose(alice, payload("innocent.js", b"document.title = 'attacked'", "text/javascript"))
    link = alice.get_by_role("link", name="innocent.js")
    assert alice.evaluate(AS_SCRIPT, link.get_attribute("href")) == "error"
    expect(alice).to_have_title("Alice · files")
    forgive(alice, "Refused to execute script .*nosniff|MIME type")


#: What a screen reader says of the element with the focus.
FOCUSED = "document.activeElement.ariaLabel || document.activeElement.textContent"


def test_with_the_keyboard_alone(files: Server, visitor: Visitor) -> None:
    alice = visitor(files.page_url)
    alice.keyboard.press("Tab")
    alice.get_by_label("Your name").focus()
    alice.keyboard.type("Alice")
    alice.keyboard.press("Enter")
    expect(alice.locator("#choose")).to_be_focused()
    with alice.expect_file_chooser() as chosen:
        alice.keyboard.press("Enter")
    chosen.value.set_files([payload("a.txt", b"a"), payload("b.txt", b"b")])
    expect(listed(alice, "b.txt")).to_be_visible()
    expect(listed(alice, "a.txt")).to_be_visible()
    seen = []
    for _ in range(5):
        alice.keyboard.press("Tab")
        seen.append(alice.evaluate(FOCUSED))
    assert {"a.txt", "b.txt", "Remove a.txt", "Remove b.txt"} <= set(seen)
    alice.get_by_role("button", name="Remove a.txt").focus()
    alice.keyboard.press("Enter")
    alice.keyboard.press("Tab")  # no: the question is taken back
    expect(alice.get_by_role("button", name="Remove a.txt")).to_have_text("Remove")
    alice.get_by_role("button", name="Remove a.txt").focus()
    alice.keyboard.press("Enter")
    alice.keyboard.press("Enter")
    expect(listed(alice, "a.txt")).to_have_count(0)
    alice.get_by_role("button", name="Leave").press("Enter")
    expect(alice.get_by_label("Your name")).to_be_focused()


#: Drop a file on the page, as a person's mouse does.
DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  const options = { dataTransfer: data, bubbles: true, cancelable: true };
  const over = new DragEvent("dragover", options);
  document.body.dispatchEvent(over);
  const shown = document.getElementById("drop").hasAttribute("data-over");
  document.body.dispatchEvent(new DragEvent("drop", options));
  return [over.defaultPrevented, shown, document.getElementById("drop").hasAttribute("data-over")];
}"""


def test_a_file_can_be_dropped_anywhere(files: Server, visitor: Visitor) -> None:
    alice = visitor(files.page_url, "Alice")
    expect(alice.locator("#choose")).to_be_focused()
    assert alice.evaluate(DROP, ["dropped.txt", "hello"]) == [True, True, False]
    expect(listed(alice, "dropped.txt")).to_contain_text("5 bytes")


def test_a_server_that_refuses_for_now_gets_it_later(visitor: Visitor) -> None:
    with Server("files", ("--burst=4", "--rate=2")) as server:
        server.start()
        alice = visitor(server.page_url, "Alice")
        choose(alice, *[payload(f"{number}.txt", b"x") for number in range(6)])
        for number in range(6):
            expect(listed(alice, f"{number}.txt")).to_be_visible()
        expect(alice.locator("#uploads-panel")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_can_be_read(files: Server, tab: Page, scheme: str) -> None:
    tab.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    tab.set_viewport_size({"width": 380, "height": 700})
    tab.goto(files.page_url)
    expect(tab.get_by_label("Your name")).to_be_visible()
    assert_readable(tab)
    tab.goto(f"{files.page_url}?name={'W' * 24}")
    expect(tab.locator("#choose")).to_be_focused()
    choose(tab, payload("W" * 116 + ".txt", b"x"), payload(BAD, b"x"))
    expect(listed(tab, "W" * 116 + ".txt")).to_be_visible()
    expect(under_way(tab, BAD)).to_contain_text("must not contain")
    tab.mouse.move(1, 1)  # a hovered button has a colour that the measure cannot read
    assert_readable(tab)
    tab.goto("about:blank")


#: The checksum of bytes that arrive in pieces of these sizes.
DIGEST = """async ([bytes, sizes]) => {
  const { Sha256 } = await import("/files/sha256.js");
  const hash = new Sha256();
  let at = 0;
  for (const size of sizes) {
    hash.update(new Uint8Array(bytes.slice(at, at + size)));
    at += size;
  }
  return hash.digest();
}"""


def test_the_checksum_of_the_page_is_sha_256(files: Server, tab: Page) -> None:
    tab.goto(files.page_url)
    for sizes in ([], [0], [1], [55], [56], [63, 1], [64], [65, 64, 63], [7] * 40, [1_000, 3]):
        data = secrets.token_bytes(sum(sizes))
        assert tab.evaluate(DIGEST, [list(data), sizes]) == hashlib.sha256(data).hexdigest()
