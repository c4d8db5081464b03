"""`make lab` as a newcomer has it: from the first click to the first green check, and F5."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect

from helpers.course.lab import lab_options, write_defaults
from helpers.course.notebook import CourseError
from helpers.course.renew import renew
from tests.browser.conftest import WAIT_MS

ROOT = Path(__file__).resolve().parents[2]
FIRST = min(path.name for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
READY_S = 60.0
START = "from helpers.course.lab import open_course; from pathlib import Path; import sys; "
START += "open_course(Path(sys.argv[1]), sys.argv[2:])"


EXPOSED = "--LabApp.expose_app_in_browser=True"  # so that a test can choose a theme


#: Stands for the learner's browser: it writes down what it is to open.
BROWSER = "import pathlib, sys; (pathlib.Path(__file__).parent / 'opened').write_text(sys.argv[1])"


class Lab:
    """`python -m helpers.course.lab`, on a course of the test's own."""

    def __init__(self, root: Path) -> None:
        self.root, self.said = root, list[str]()
        shutil.copytree(ROOT / "notebooks", root / "notebooks")
        (root / "helpers").mkdir()
        (root / "helpers" / "README.md").write_text("within reach")
        environment = {
            **os.environ,
            "HELPERS_PROGRESS": str(root / "my-course" / ".progress.json"),
            **{f"JUPYTER_{n}_DIR": str(root / ".own" / n) for n in ("CONFIG", "RUNTIME", "DATA")},
        }
        environment.pop("PYTHONWARNINGS", None)
        browser = root / "browser.py"
        browser.write_text(BROWSER)
        environment["BROWSER"] = f"{sys.executable} {browser} %s"
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(root), "--port=0", EXPOSED],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.is_up = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        assert self.is_up.wait(READY_S), self.said
        self.address = next(
            line.split()[-1] for line in self.said if line.startswith("Open it at")
        )

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if line.startswith("Stop it"):
                self.is_up.set()
        self.is_up.set()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
        self.reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask the server, as its owner."""
        token = self.address.partition("token=")[2]
        base = self.address.partition("/lab")[0]
        request = urllib.request.Request(
            f"{base}/{path}", headers={"Authorization": f"token {token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("course"))
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def tab(lab: Lab, chromium: Browser) -> Iterator[Page]:
    """The browser window that `make lab` opens."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(lab.address)
    expect(page.locator(".jp-NotebookPanel h1").first).to_contain_text(
        "Start here", timeout=60_000
    )
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible(
        timeout=60_000
    )
    yield page
    context.close()


def test_the_terminal_says_in_three_lines_what_there_is_to_know(lab: Lab) -> None:
    assert lab.said[:4] == [
        "my-course/ is yours: a copy of the lessons, to work in",
        f"JupyterLab is running in {lab.root}; your notebooks are in my-course/.",
        f"Open it at {lab.address}",
        "Stop it with Ctrl+C here, twice.",
    ]
    assert re.fullmatch(
        rf"http://127\.0\.0\.1:\d+/lab/tree/my-course/{FIRST}\?token=\w+", lab.address
    )


def test_the_browser_opens_it_by_its_address(lab: Lab, tab: Page) -> None:
    """A browser in a sandbox, as on Ubuntu, cannot read the file that would redirect it."""
    assert (lab.root / "opened").read_text() == lab.address


def test_the_first_notebook_is_open_and_nothing_else(lab: Lab, tab: Page) -> None:
    expect(tab.locator("#jp-left-stack")).to_be_hidden()
    expect(tab.locator(".jp-Dialog, .jp-toast-container *")).to_have_count(0)
    expect(tab.locator(".lm-TabBar-tab.jp-mod-current .lm-TabBar-tabLabel").first).to_have_text(
        FIRST
    )
    _, listed = lab.get("api/contents/")
    assert {"helpers", "my-course"} <= {item["name"] for item in json.loads(listed)["content"]}


def test_from_the_first_click_to_the_first_green_check(lab: Lab, tab: Page) -> None:
    """By mouse and keyboard alone, as the first notebook says."""
    cells = tab.locator(".jp-Notebook .jp-CodeCell")

    def run(source: str) -> None:
        cell = cells.filter(has_text=source).first
        cell.locator(".cm-content").click()
        tab.keyboard.press("Shift+Enter")

    run("import websockets")
    expect(tab.locator(".jp-OutputArea-output").first).to_contain_text(
        re.compile(r"ready, 0 of 1 solved in this notebook, 0 of \d+ in the course")
    )
    run('chat = launch("chat")')
    expect(tab.frame_locator("iframe[title=Alice]").locator(".pill").first).to_contain_text(
        "connected", timeout=WAIT_MS
    )
    stub = cells.filter(has_text="def shout(message)").first
    stub.scroll_into_view_if_needed()
    stub.get_by_text("...", exact=True).click()
    tab.keyboard.press("Home")
    tab.keyboard.press("Shift+End")
    tab.keyboard.type('return message.upper() + "!"')
    tab.keyboard.press("Shift+Enter")
    run("check.shout(shout)")
    check = cells.filter(has_text="check.shout(shout)").first
    expect(check.locator(".jp-OutputArea")).to_contain_text("correct")
    run("import websockets")
    expect(tab.locator(".jp-OutputArea-output").first).to_contain_text(
        "ready, 1 of 1 solved in this notebook"
    )


def test_pages_live_on_after_f5(lab: Lab, tab: Page) -> None:
    """They did not in the tracked notebooks, whose stored outputs JupyterLab does not trust."""
    tab.keyboard.press("Escape")
    tab.keyboard.press("Control+s")
    expect(tab.locator(".jp-mod-dirty")).to_have_count(0)
    tab.reload()
    frame = tab.frame_locator("iframe[title=Alice]")
    expect(frame.locator(".pill").first).to_contain_text("connected", timeout=60_000)
    expect(tab.locator("#jp-left-stack")).to_be_hidden()


def test_an_update_waits_until_the_notebook_is_closed(
    lab: Lab, tab: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JupyterLab would write the old edition back over the new one."""
    for name in ("RUNTIME", "DATA"):
        monkeypatch.setenv(f"JUPYTER_{name}_DIR", str(lab.root / ".own" / name))
    published = lab.root / "notebooks" / FIRST
    edition = nbformat.read(published, as_version=4)
    edition.cells[0].source += "\n\nNew words."
    nbformat.write(edition, published)
    mine = lab.root / "my-course" / FIRST
    before = mine.read_bytes()
    with pytest.raises(CourseError) as refused:
        renew(lab.root)
    assert str(refused.value).startswith(f"{FIRST} is open in JupyterLab; nothing was changed.")
    assert mine.read_bytes() == before
    tab.evaluate("async () => { await jupyterapp.serviceManager.sessions.shutdownAll(); }")
    assert renew(lab.root)[0] == "my-course/ has the new edition: 1 notebook changed"
    assert "New words." in mine.read_text("utf-8")
    assert "return message.upper()" in mine.read_text("utf-8")
    tab.goto(lab.address)
    expect(tab.locator(".jp-Notebook").first).to_contain_text("New words.", timeout=60_000)


def test_an_exercise_begins_again_in_its_cell(lab: Lab, tab: Page) -> None:
    cell = tab.locator(".jp-Notebook .jp-CodeCell").filter(has_text="def shout(message)").first
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    tab.keyboard.press("Control+a")
    tab.keyboard.type('from helpers import reset\nreset("shout")')
    tab.keyboard.press("Control+Enter")
    stub = tab.locator(".jp-Notebook .jp-CodeCell").filter(has_text="def shout(message)").first
    expect(stub.locator(".cm-content")).to_contain_text("followed by one exclamation mark")
    expect(stub.locator(".cm-content")).not_to_contain_text("reset(")


def test_progress_leads_to_a_notebook(lab: Lab, tab: Page) -> None:
    second = sorted(path.name for path in (lab.root / "my-course").glob("*.ipynb"))[1]
    cells = tab.locator(".jp-Notebook .jp-CodeCell")
    for source in ("import websockets", "progress()"):
        cells.filter(has_text=source).first.locator(".cm-content").click()
        tab.keyboard.press("Control+Enter")
    shown = cells.filter(has_text="progress()").first.locator(".jp-OutputArea")
    expect(shown.locator("[role=img]").first).to_have_attribute("aria-label", "1 of 1")
    shown.get_by_role("link", name=second[:-6].replace("_", " ")).click()
    expect(tab.locator(".lm-TabBar-tab.jp-mod-current .lm-TabBar-tabLabel").first).to_have_text(
        second
    )


LINK = "[words](reference/words.md)"
IS_LOADED = """() => {
  const panel = jupyterapp.shell.currentWidget;
  return panel?.context?.isReady && panel.sessionContext?.session?.kernel?.status === 'idle';
}"""
INSERT = """source => void jupyterapp.shell.currentWidget.content.model.sharedModel
  .insertCell(0, { cell_type: 'markdown', source })"""


def test_a_link_to_the_words_opens_them_as_a_page(lab: Lab, tab: Page) -> None:
    tab.wait_for_function(IS_LOADED)  # what is inserted sooner is lost when the notebook arrives
    tab.evaluate(INSERT, LINK)
    tab.evaluate("() => void jupyterapp.shell.currentWidget.content.scrollToItem(0)")
    tab.locator(".jp-NotebookPanel:visible").get_by_role("link", name="words", exact=True).click()
    words = tab.locator(".jp-MarkdownViewer:visible")
    expect(words.locator("h1")).to_contain_text("Words")
    link = words.get_by_role("link", name=re.compile(r"\d\d ")).last
    name = str(link.get_attribute("data-path") or link.get_attribute("href"))
    link.click()
    expect(tab.locator(".lm-TabBar-tab.jp-mod-current .lm-TabBar-tabLabel").first).to_have_text(
        re.search(r"\d\d_\w+\.ipynb", name)[0]  # type: ignore[index]
    )


def test_the_learners_own_choices_stay(lab: Lab, tab: Page) -> None:
    choose = "theme => jupyterapp.commands.execute('apputils:change-theme', { theme })"
    tab.evaluate(f"async theme => {{ await ({choose})(theme); }}", "JupyterLab Dark")
    expect(tab.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    settings = lab.root / "my-course" / ".jupyter" / "settings" / "@jupyterlab"
    theme = settings / "apputils-extension" / "themes.jupyterlab-settings"
    assert "JupyterLab Dark" in theme.read_text("utf-8")
    write_defaults(lab.root)
    assert "JupyterLab Dark" in theme.read_text("utf-8")


def test_no_kernel_and_no_dead_page_says_anything_in_the_terminal(lab: Lab, tab: Page) -> None:
    """The kernel is encrypted; a proxied page whose server has stopped is nobody's fault."""
    port = 9  # nothing listens there
    assert lab.get(f"proxy/{port}/")[0] >= 500
    assert lab.get(f"proxy/{port}/page.js?name=Alice")[0] >= 500
    assert [line for line in lab.said[4:] if line] == []
    config = lab_options(lab.root)
    assert "--KernelManager.transport_encryption=auto" in config
