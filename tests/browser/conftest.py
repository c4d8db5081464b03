"""One Chromium and one JupyterLab for all browser tests of a process."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.browser.chromium import find_chromium, missing_browser, start
from tests.browser.jupyterlab import JupyterLab

WAIT_MS = 20_000  # until something counts as missing; a busy machine is slow, not broken
expect.set_options(timeout=WAIT_MS)
REQUIRED = os.environ.get("REQUIRE_BROWSER") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")
            if find_chromium() is None and not REQUIRED:
                item.add_marker(pytest.mark.skip(reason=missing_browser()))


@pytest.fixture(scope="module")  # not longer: while it runs, asyncio.run() cannot be used
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = start(playwright)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


def watched(page: Page) -> Page:
    """Keep a page's console errors and uncaught exceptions, in its `complaints`."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} {message.location.get('url', '')}")

    page.on("console", note)
    page.complaints = complaints  # type: ignore[attr-defined]
    return page


def forgive(page: Page, pattern: str) -> None:
    """Drop a page's complaints of a kind, also any that come from now on.

    Args:
        page: a page that is watched.
        pattern: what they are known by.
    """
    page.forgiven = pattern  # type: ignore[attr-defined]


def complaints_of(page: Page) -> list[str]:
    """The complaints of a page that is watched, without those that are forgiven."""
    complaints: list[str] = page.complaints  # type: ignore[attr-defined]
    forgiven = getattr(page, "forgiven", "(?!)")
    return [each for each in complaints if not re.search(forgiven, each)]


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    """A page whose console errors and uncaught exceptions fail the test."""
    page = watched(context.new_page())
    yield page
    assert complaints_of(page) == []


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    with JupyterLab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab
