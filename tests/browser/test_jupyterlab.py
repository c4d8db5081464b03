"""Every notebook in a real JupyterLab: opened, run, its pages looked at, as a person would.

Each as on a laptop, where pages are reached directly, and some under a name that is not this
machine's own, as a visitor from elsewhere has it: there pages come through `/proxy/PORT/`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page, Response

from tests.browser.chromium import REMOTE_NAME
from tests.browser.conftest import WAIT_MS, watched
from tests.browser.jupyterlab import ROOT, JupyterLab, code_cells

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
#: What a browser logs when a lesson stops a server that a page is connected to, or whose files
#: it still fetches: behind the proxy it gets the proxy's own page, with a 500 or 599, instead.
LOST_ON_PURPOSE = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_EMPTY_RESPONSE",
    "ERR_SOCKET_NOT_CONNECTED",
    "Unexpected response code: 50",
    "status of 50",
    "status of 599",
    "WebSocket is already in CLOSING or CLOSED state",  # it opens as the server ends
    *(f"{file}' because its MIME type ('text/html')" for file in (".css", "reload.js")),
)
#: A Socket.IO client asks a server that was restarted to go on, hears that it is unknown there,
#: and begins anew.
UNKNOWN_SESSION = re.compile(r"status of 400 .*/socket\.io/\?.*sid=")
#: One lesson for each way in which pages talk to their servers.
THROUGH_THE_PROXY = (
    "start_here",
    "shared_document",
    "socketio_chat",
    "rooms_and_sessions",
)
WAYS = [(notebook, "127.0.0.1") for notebook in NOTEBOOKS] + [
    (notebook, REMOTE_NAME) for notebook in NOTEBOOKS if notebook.stem[3:] in THROUGH_THE_PROXY
]
FIRST = NOTEBOOKS[0]


def page_frames(tab: Page) -> list[Frame]:
    """The frames of helper pages: all but JupyterLab's own and its blank ones."""
    return [f for f in tab.frames if f is not tab.main_frame and f.url.startswith("http")]


def complaint(cell: dict[str, Any]) -> str | None:
    """What is wrong with a code cell's outcome, if anything."""
    if not cell["count"]:
        return "did not run"
    if cell["errors"] and "raises-exception" not in cell["tags"]:
        return f"raised: {cell['errors']}"
    return f"warned: {cell['stderr']}" if cell["stderr"] else None


def expected(complaint: str) -> bool:
    """Whether a lesson is the reason for what the browser complains about."""
    lost = any(sign in complaint for sign in LOST_ON_PURPOSE)
    return lost or UNKNOWN_SESSION.search(complaint) is not None


@pytest.fixture(scope="module")
def desk(chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """A tab for each host, in which one notebook is opened after the other, as people do."""
    tabs: dict[str, Page] = {}

    def at(host: str) -> Page:
        if host not in tabs:
            context = chromium.new_context(viewport={"width": 1280, "height": 900})
            context.set_default_timeout(WAIT_MS)
            tabs[host] = watched(context.new_page())
        return tabs[host]

    yield at
    for tab in tabs.values():
        tab.context.close()


@pytest.mark.parametrize(
    ("notebook", "host"),
    [
        pytest.param(
            path,
            host,
            id=f"{path.stem}-{'proxy' if host == REMOTE_NAME else 'direct'}",
            marks=[pytest.mark.smoke] if path == FIRST else [],
        )
        for path, host in WAYS
    ],
)
def test_run_all(lab: JupyterLab, desk: Callable[[str], Page], notebook: Path, host: str) -> None:
    tab, answers = desk(host), Counter[str]()

    def answered(response: Response) -> None:
        if response.ok:
            answers[response.url] += 1

    tab.on("response", answered)
    try:
        lab.open(tab, notebook.name, host)
        outcomes = lab.run_all_above_the_last(tab)
        assert len(outcomes) == code_cells(notebook)
        for frame in page_frames(tab):
            frame.wait_for_load_state("load")
            assert answers[frame.url.partition("#")[0]], f"{frame.url} never answered"
            assert frame.locator("body").inner_text().strip(), f"{frame.url} is empty"
            assert ("/proxy/" in frame.url) == (host == REMOTE_NAME), frame.url
        outcomes = lab.run_the_last(tab)
        assert {c["source"]: complaint(c) for c in outcomes if complaint(c)} == {}
        assert tab.locator(".jp-Dialog").count() == 0
    finally:
        lab.close_notebook(tab)
        tab.remove_listener("response", answered)
        complaints: list[str] = tab.complaints[:]  # type: ignore[attr-defined]
        tab.complaints.clear()  # type: ignore[attr-defined]
    assert [each for each in complaints if not expected(each)] == []
