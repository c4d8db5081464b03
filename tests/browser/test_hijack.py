"""Lesson handshake in JupyterLab: what the learner's server prints when a bad page connects."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.by_hand import Learner
from tests.browser.conftest import WAIT_MS
from tests.browser.jupyterlab import JupyterLab
from tests.notebooks.lessons import LESSONS, Lesson

ATTACK, GUARD, FAULT = "4c03d128", "b110100b", "b94ebe7f"


def lesson() -> Lesson:
    return next(lesson for lesson in LESSONS if lesson.topic == "handshake")


@pytest.mark.timeout(300)
def test_two_more_lines_appear_below_the_pages(chromium: Browser, tmp_path: Path) -> None:
    """ "Below the pages are two more lines, one for each." """
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    try:
        with JupyterLab(tmp_path) as lab:
            page = context.new_page()
            lab.open(page, lesson().path.name, "localhost")
            learner = Learner(page, lesson())
            before = [cell.id for cell in lesson().code]
            for id in before[: before.index(ATTACK) + 1]:
                learner.run(id)
            shown = learner.cell(ATTACK).locator(".jp-OutputArea-output")
            expect(shown.filter(has_text="is let in as Alice").first).to_be_visible()
            origins = [frame.url.partition("/#")[0] for frame in learner.pages(ATTACK)]
            assert len(origins) == 2
            for origin in origins:
                expect(learner.cell(ATTACK)).to_contain_text(f"{origin} is let in as Alice")
            expect(learner.cell(ATTACK)).to_contain_text("elsewhere.example is let in as None")
            _, bad = learner.pages(ATTACK)
            expect(bad.locator("body")).to_contain_text("your server let me in")
            learner.write(
                FAULT,
                next(a.source for a in lesson().answers if a.exercise == "fault" and a.right),
            )
            learner.run(FAULT)
            assert "correct" in learner.run(before[before.index(FAULT) + 1])
            learner.run(GUARD)
            own, bad = learner.pages(GUARD)
            expect(own.locator("body")).to_contain_text("Open! Your server answered")
            expect(bad.locator("body")).to_contain_text("your server refused me")
            lab.close_notebook(page)
    finally:
        context.close()
