"""A PNG of every notebook and page, for a person to look at: `make screenshots`.

Notebooks are run in a real JupyterLab, light and dark, and cut into screens of 1,600 px. Pages
are shown light and dark, at a phone's width and at a projector's; where people meet, two have
spoken before. `python -m tests.browser.screenshots readme` takes the picture in README anew, and
`… stored` those that stored notebooks show in place of pages.
"""

import io
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright

from helpers import launch, stop_all, tap
from helpers.launcher import list_servers
from helpers.pictures.page import PICTURES
from tests.browser.actions import say
from tests.browser.chromium import find_chromium, missing_browser, start
from tests.browser.jupyterlab import CURRENT, ROOT, JupyterLab

OUT = ROOT / "screenshots"
SCREEN_PX = 1600
WIDTH_PX = 1280
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
README_PICTURE = ROOT / ".github/screenshot.png"
README_SIZE = (1280, 880)
PEOPLE = ("Carol", "Dan", "Eve", "Fatima", "Göran", "Hana")  # a name is taken for a while
TALK = (
    ("Alice", "Hello, Bob. Can you see this?"),
    ("Bob", "Yes, and I reloaded nothing."),
    ("Alice", "Then let us look at the wire."),
)
STORED_SIZE, STORED_QUALITY = (640, 360), 60
SIZES = {"phone": (380, 760), "laptop": (1280, 800), "projector": (1920, 1080)}


@contextmanager
def tab(browser: Browser, width: int, height: int, theme: str) -> Iterator[Page]:
    """A browser tab of its own, light or dark."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
    )
    yield context.new_page()
    context.close()


def whole_height(page: Page) -> int:
    """How tall the open notebook is, in px, with JupyterLab's own bars; scrolls it to the top."""
    height: int = page.evaluate(
        f"""() => {{
          const panel = {CURRENT}.content.node.querySelector('.jp-WindowedPanel-outer');
          {CURRENT}.content.activeCellIndex = 0;
          panel.scrollTop = 0;
          const cells = [...panel.querySelectorAll('.jp-Cell')];
          return cells.at(-1).getBoundingClientRect().bottom + 48;
        }}"""
    )
    return int(height)


def notebook_pictures(browser: Browser, lab: JupyterLab, notebook: Path, theme: str) -> list[Path]:
    """Run a notebook up to the cell that stops everything and picture it, screen by screen."""
    written = []
    with tab(browser, WIDTH_PX, 900, theme) as page:
        lab.set_theme(THEMES[theme])
        lab.open(page, notebook.name)
        page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
        lab.run_all_above_the_last(page)
        for _ in range(3):  # drawn taller, cells and outputs may grow once more
            page.set_viewport_size({"width": WIDTH_PX, "height": whole_height(page)})
            page.wait_for_load_state("networkidle")
        height = page.viewport_size["height"] if page.viewport_size else SCREEN_PX
        for number, top in enumerate(range(0, height, SCREEN_PX), 1):
            path = OUT / f"{notebook.stem}-{theme}-{number}.png"
            clip_height = min(SCREEN_PX, height - top)
            page.screenshot(
                path=path, clip={"x": 0, "y": top, "width": WIDTH_PX, "height": clip_height}
            )
            written.append(path)
        lab.close_notebook(page)
    return written


def page_pictures(browser: Browser, name: str, url: str, more: str = "") -> list[Path]:
    """Picture one page at three sizes, light and dark; somebody else joins for each."""
    written = []
    people = iter(PEOPLE)
    for theme in THEMES:
        for size, (width, height) in SIZES.items():
            with tab(browser, width, height, theme) as page:
                page.goto(f"{url}?name={next(people)}{more}")
                page.wait_for_load_state("networkidle")
                path = OUT / f"page-{name}-{theme}-{size}.png"
                page.screenshot(path=path)
                written.append(path)
    return written


def pages(browser: Browser) -> list[Path]:
    """Picture the page of every helper server, and the live view of the wire."""
    written = []
    for name in list_servers():
        server = launch(name)
        if not has_page(server.page_url):
            stop_all()
            continue
        wire = tap(server)
        with tab(browser, 640, 480, "light") as alice, tab(browser, 640, 480, "light") as bob:
            people = {"Alice": alice, "Bob": bob}
            for person, page in people.items():
                page.goto(f"{wire.page_url}?name={person}")
            scene = SCENES.get(name)
            more = (scene(people) if scene else None) or ""
            written += page_pictures(browser, name, wire.page_url, more)
            written += page_pictures(browser, f"live-{name}", wire.live().page_url)
        stop_all()
    return written


def stored_pictures(browser: Browser) -> list[Path]:
    """Take the pictures that stored notebooks show in place of pages, one for each server."""
    written = []
    PICTURES.mkdir(exist_ok=True)
    for name in list_servers():
        server = launch(name)
        if has_page(server.page_url):
            wire = tap(server)
            with (
                tab(browser, *STORED_SIZE, "light") as alice,
                tab(browser, 640, 480, "light") as bob,
            ):
                people = {"Alice": alice, "Bob": bob}
                for person, page in people.items():
                    page.goto(f"{wire.page_url}?name={person}")
                if scene := SCENES.get(name):
                    scene(people)
                written.append(store(alice, name))
                if name == "chat":
                    alice.goto(wire.live().page_url)
                    expect(alice.locator(".pill")).to_have_text("live")
                    written.append(store(alice, "live"))
        stop_all()
    return written


def store(page: Page, name: str) -> Path:
    """Picture a page in as few bytes as can be read well."""
    page.wait_for_load_state("networkidle")
    path = PICTURES / f"{name}.webp"
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.save(path, quality=STORED_QUALITY, method=6)
    return path


def has_page(url: str) -> bool:
    """Whether a server has a page: some serve only clients that are programs."""
    try:
        with urlopen(url) as response:
            return "text/html" in response.headers.get("Content-Type", "")
    except HTTPError:
        return False


def talk(people: Mapping[str, Page | FrameLocator]) -> None:
    """Have Alice and Bob talk on their chat pages; each waits for what the other says."""
    for speaker, text in TALK:
        field = people[speaker].get_by_label("Message to everybody")
        field.fill(text)
        field.press("Enter")
        for page in people.values():
            expect(page.get_by_label("Messages", exact=True)).to_contain_text(text)


def write(people: Mapping[str, Page | FrameLocator]) -> None:
    """Have Alice and Bob write a line each on their document pages."""
    for author, text in (("Alice", "Bring: a tent"), ("Bob", "Bring: two lamps")):
        field = people[author].get_by_label("The shared text")
        field.press("Control+End")
        field.press_sequentially(f"{text}, {author}\n")
        for page in people.values():
            expect(page.get_by_label("The shared text")).to_have_value(re.compile(text))


def vote(people: Mapping[str, Page]) -> str:
    """Have Alice make a poll, and Bob vote in it; return what its address has."""
    alice, bob = people["Alice"], people["Bob"]
    alice.get_by_label("Question").fill("What shall we build next?")
    for number, answer in enumerate(("A quiz", "A whiteboard", "A game"), 1):
        alice.get_by_label(f"Answer {number}").fill(answer)
    alice.get_by_role("button", name="Create the poll").click()
    expect(alice.locator("#share-code")).to_have_text(re.compile(r"^\w{6}$"))
    code = alice.locator("#share-code").inner_text()
    bob.goto(f"{bob.url}&poll={code}")
    bob.get_by_role("button", name="A whiteboard").click()
    expect(bob.locator("#mine")).to_contain_text("counted")
    return f"&poll={code}"


def echo(people: Mapping[str, Page]) -> None:
    """Have Alice send a message that comes back."""
    say(people["Alice"], "Hello, server!")
    expect(people["Alice"].get_by_role("log")).to_contain_text("Hello, server!")


def share(people: Mapping[str, Page]) -> None:
    """Have Alice and Bob send a file each."""
    sizes = {"Alice": ("Minutes of Tuesday.pdf", 231_000), "Bob": ("tent.jpg", 1_840_000)}
    for person, (name, size) in sizes.items():
        picker = people[person].locator("#picker")
        picker.set_input_files({"name": name, "mimeType": "", "buffer": bytes(size)})
        for page in people.values():
            expect(page.get_by_role("link", name=name)).to_be_visible()


SCENES: dict[str, Callable[[Mapping[str, Page]], str | None]] = {
    "chat": talk,
    "document": write,
    "echo": echo,
    "files": share,
    "handmade": echo,
    "socketio_chat": talk,
    "vote": vote,
}


FIRST = min((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def readme_picture(browser: Browser, lab: JupyterLab) -> Path:
    """Take the picture in README: the first cell of the course, and Alice and Bob beneath it."""
    width, height = README_SIZE
    with tab(browser, width, height, "light") as page:
        lab.set_theme(THEMES["light"])
        lab.open(page, FIRST.name)
        page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
        lab.run_all_above_the_last(page)
        page.set_viewport_size({"width": width, "height": whole_height(page)})
        talk({name: page.frame_locator(f"iframe[title={name}]") for name in ("Alice", "Bob")})
        page.set_viewport_size({"width": width, "height": height})
        page.get_by_role("heading", name="1 · See it work").evaluate(
            "heading => heading.scrollIntoView({ block: 'start' })"
        )
        page.wait_for_load_state("networkidle")
        page.screenshot(path=README_PICTURE)
        lab.close_notebook(page)
    return README_PICTURE


def main(names: list[str]) -> int:
    """Picture everything, or notebooks by how their names start, `pages`, `stored`, `readme`."""
    if find_chromium() is None:
        print(missing_browser(), file=sys.stderr)
        return 1
    OUT.mkdir(exist_ok=True)
    notebooks = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    chosen = [n for n in notebooks if not names or n.name.startswith(tuple(names))]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = start(playwright)
        with JupyterLab(Path(folder)) as lab:
            for notebook in chosen:
                for theme in THEMES:
                    written = notebook_pictures(browser, lab, notebook, theme)
                    print(f"{notebook.stem}, {theme}: {len(written)} screens")
            if "readme" in names:
                print(f"README: {readme_picture(browser, lab)}")
        if "stored" in names:
            print(f"stored: {len(stored_pictures(browser))} pictures in {PICTURES}")
        if not names or "pages" in names:
            print(f"pages: {len(pages(browser))} pictures")
        browser.close()
    print(f"look at them in {OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
