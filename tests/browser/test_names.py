"""JupyterLab at `localhost` and at `127.0.0.1`: to a browser two sites, to people one course."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.browser.conftest import forgive
from tests.browser.jupyterlab import JupyterLab
from tests.browser.test_rooms import sign
from tests.browser.test_vote import counted, make_poll

NAMES = ("localhost", "127.0.0.1")
SETUP = "from helpers import launch, page, running, stop_all\n"
#: A server has ended; or a client has closed its session, and its poll arrives after its goodbye.
GONE_ERRORS = (
    r"ERR_CONNECTION|status of 500 .*/proxy/\d+/healthz|status of 400 .*/socket\.io/.*\bsid="
)
GONE = "the server has stopped: run the cell again"


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """The name under which JupyterLab is open."""
    return str(request.param)


class Notebook:
    """A notebook with some cells, open in JupyterLab, its kernel idle."""

    def __init__(
        self, lab: JupyterLab, tab: Page, host: str, *cells: str, markdown: str = ""
    ) -> None:
        written = [new_markdown_cell(markdown)] if markdown else []
        notebook = new_notebook(cells=[*map(new_code_cell, cells), *written])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, lab.folder / "notebooks" / "names.ipynb")
        self.tab = tab
        lab.open(tab, "names.ipynb", host)

    def run(self, number: int) -> Locator:
        """Run a cell; its outputs."""
        cell = self.tab.locator(".jp-CodeCell").nth(number)
        cell.locator(".cm-content").click()
        self.tab.keyboard.press("Control+Enter")
        expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]"))
        return cell.locator(".jp-OutputArea")


@pytest.fixture
def closing(lab: JupyterLab, tab: Page) -> Iterator[None]:
    yield
    lab.close_notebook(tab)  # and the kernel takes its servers along, while pages talk to them
    tab.goto("about:blank")
    forgive(tab, GONE_ERRORS)


def frame_in(outputs: Locator) -> FrameLocator:
    return outputs.frame_locator("iframe")


def opened(tab: Page, link: Locator) -> Page:
    """The page that a link opens, in a tab of its own."""
    with tab.context.expect_page() as found:
        link.click()
    page = found.value
    page.wait_for_load_state("load")
    return page


@pytest.mark.usefixtures("closing")
def test_one_vote_stays_one_vote(lab: JupyterLab, tab: Page, name: str) -> None:
    notebook = Notebook(lab, tab, name, SETUP + "vote = launch('vote')\npage(vote, height=700)")
    outputs = notebook.run(0)
    frame = frame_in(outputs)
    expect(frame.get_by_label("Question")).to_be_visible()
    (inside,) = [f for f in tab.frames if f is not tab.main_frame and f.url.startswith("http")]
    assert urlsplit(inside.url).hostname == name
    page = opened(tab, outputs.get_by_role("link"))
    assert urlsplit(page.url).hostname == name
    poll = make_poll(page, "What to drink?", "Tea", "Coffee")
    page.get_by_role("button", name="Tea").click()
    counted(page, "Tea", 1)
    inside.goto(poll)  # the same voter, in the frame
    frame.get_by_role("button", name="Coffee").click()
    counted(page, "Coffee", 1)
    counted(page, "Tea", 0)
    page.close()


@pytest.mark.usefixtures("closing")
def test_the_link_of_a_room_is_signed_in(lab: JupyterLab, tab: Page, name: str) -> None:
    source = SETUP + "rooms = launch('rooms')\npage(rooms, height=600)"
    notebook = Notebook(lab, tab, name, source, "print(rooms.page_url)")
    outputs = notebook.run(0)
    sign(frame_in(outputs), "Alice", "I’m new: sign up")
    expect(frame_in(outputs).locator("#me")).to_have_text("Alice")
    for link in (outputs.get_by_role("link"), notebook.run(1).get_by_role("link")):
        page = opened(tab, link)
        expect(page.locator("#me")).to_have_text("Alice")
        page.close()


@pytest.mark.usefixtures("closing")
def test_a_frame_of_a_stopped_server_says_so_and_comes_back(
    lab: JupyterLab, tab: Page, name: str
) -> None:
    cells = (
        "echo = launch('echo')",
        "shown = page(echo); echo.stop(); shown",
        "echo.restart(); 0",
    )
    notebook = Notebook(lab, tab, name, SETUP + cells[0], *cells[1:], "page(echo)")
    notebook.run(0)
    outputs = notebook.run(1)
    expect(outputs.get_by_role("status")).to_have_text(GONE)
    expect(outputs.locator("iframe")).to_be_hidden()
    notebook.run(2)
    expect(frame_in(notebook.run(3)).locator("h1")).to_be_visible()
    expect(frame_in(outputs).locator("h1")).to_be_visible()
    expect(outputs.get_by_role("status")).to_have_count(0)
