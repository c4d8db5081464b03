"""Lessons done by hand in a real JupyterLab, from the first cell to the program they leave.

Each lesson of the second edition on one way to its pages: as `127.0.0.1`, as `localhost`, and
through the proxy, in turns. `EVERY_WAY=1` does each of them on all three.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.by_hand import Learner, programs, tries_asked, tries_of
from tests.browser.chromium import REMOTE_NAME
from tests.browser.conftest import WAIT_MS
from tests.browser.jupyterlab import JupyterLab
from tests.notebooks.lessons import LESSONS, Lesson
from tests.notebooks.rules import FIRST_EDITION

HOSTS = ("127.0.0.1", "localhost", REMOTE_NAME)
WRITTEN = [lesson for lesson in LESSONS if lesson.topic not in FIRST_EDITION]
EVERY = os.environ.get("EVERY_WAY") == "1"
WAYS = [
    (lesson, host)
    for number, lesson in enumerate(WRITTEN)
    for host in (HOSTS if EVERY else HOSTS[number % 3 : number % 3 + 1])
]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("lesson", "host"), WAYS, ids=[f"{lesson.topic}-{host}" for lesson, host in WAYS]
)
def test_a_lesson_done_by_hand(
    chromium: Browser, tmp_path: Path, lesson: Lesson, host: str
) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    try:
        with JupyterLab(tmp_path) as lab:
            page = context.new_page()
            lab.open(page, lesson.path.name, host)
            learner = Learner(page, lesson)
            assert learner.read() == []
            for frame in learner.frames():
                assert frame.locator("body").inner_text().strip(), f"{frame.url} is empty"
                assert ("/proxy/" in frame.url) == (host == REMOTE_NAME), frame.url
            outcomes = lab.run_the_last(page)
            assert outcomes[-1]["errors"] == []
            lab.close_notebook(page)
    finally:
        context.close()
    for program in programs(tmp_path):
        assert "://127.0.0.1:" in "".join(printed(program))


def printed(program: Path) -> list[str]:
    """Run a learner's program outside Jupyter; return what it prints, up to its address."""
    lines: list[str] = []
    command = [sys.executable, "-u", str(program), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        try:
            for line in running.stdout:
                lines.append(line)
                if "127.0.0.1:" in line:
                    break
        finally:  # or a test whose time is over would wait for it
            running.kill()
    return lines


@pytest.mark.parametrize("lesson", WRITTEN, ids=lambda lesson: lesson.topic)
def test_each_try_it_is_done(lesson: Lesson) -> None:
    texts = [text for _, text in tries_asked(lesson)]
    tries = tries_of(lesson.topic)
    meant = {words: [text for text in texts if text.startswith(words)] for words in tries}
    assert all(len(found) == 1 for found in meant.values()), meant
    assert len(meant) == len(texts), texts
