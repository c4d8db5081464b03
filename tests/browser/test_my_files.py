"""The page of the learner's own files, and what the lesson has people try in the console."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpers import launch, stop_all, tap
from helpers.exercises.engine.program import save
from helpers.launcher import Server
from helpers.lessons.send_a_file import solutions
from tests.browser.actions import assert_readable
from tests.browser.conftest import forgive

SOLVED: list[Any] = [solutions.chunk, solutions.receive_safely, solutions.resume_upload]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    save("files", SOLVED)
    yield launch("mine/files.py")
    stop_all()


def file(tmp_path: Path, name: str, size: int) -> Path:
    path = tmp_path / name
    path.write_bytes(b"tea and cake" * (size // 12))
    return path


def test_it_sends_cancels_and_goes_on_after_a_cut(
    tab: Page, program: Server, tmp_path: Path
) -> None:
    wire = tap(program)
    forgive(tab, "WebSocket|ERR_")
    tab.goto(wire.page_url)
    picker, here = tab.locator("input[type=file]"), tab.get_by_role("listitem")
    picker.set_input_files(file(tmp_path, "small.txt", 1_200))
    expect(here).to_have_text(["small.txt"])
    expect(tab.get_by_text("stored", exact=True)).to_be_visible()
    wire.delay(100)
    picker.set_input_files(file(tmp_path, "large.bin", 9_000_000))
    bar = tab.get_by_role("progressbar", name="large.bin").element_handle()
    tab.wait_for_function("bar => bar.value > 500_000", arg=bar)
    tab.get_by_role("button", name="Cancel").nth(1).click()
    expect(tab.get_by_text("cancelled", exact=True)).to_be_visible()
    picker.set_input_files(file(tmp_path, "cut.bin", 6_000_000))
    bar = tab.get_by_role("progressbar", name="cut.bin").element_handle()
    tab.wait_for_function("bar => bar.value > 500_000", arg=bar)
    wire.cut()
    wire.heal()
    expect(here).to_have_text(["cut.bin", "small.txt"])
    assert (tmp_path / "inbox" / "cut.bin").read_bytes() == (tmp_path / "cut.bin").read_bytes()
    assert_readable(tab)


def test_send_waits_for_nothing_in_a_browser(tab: Page, program: Server) -> None:
    """Nine megabytes are waiting in the page, and `send` did not wait for any of them."""
    tab.goto(program.page_url)
    tab.evaluate(
        "() => new Promise(open => { s = new WebSocket(url); s.addEventListener('open', open) })"
        ".then(() => {})"
    )
    assert tab.evaluate("() => { s.send(new Uint8Array(9e6)); return s.bufferedAmount }") == 9e6
