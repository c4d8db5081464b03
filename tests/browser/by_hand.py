"""A learner at a keyboard: reads a lesson from its top, and does all that it asks for.

Cells are run with Shift+Enter; an exercise is answered wrong first, then right; each prediction
gets an answer, each **Change it** is made and undone, each **Try it** done with the pages. What a
cell says is read where a person reads it, below the cell.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from playwright.sync_api import Frame, Locator, Page

from tests.browser.jupyterlab import CONTENT, CURRENT, RUN_TIMEOUT_MS
from tests.exercises.answers import Answer
from tests.notebooks.changes import Change, changes_of, place_of
from tests.notebooks.lessons import Cell, Lesson, stub_name, tags
from tests.notebooks.rules import paragraphs

TRY = "**Try it"
GUESS = '"as the text says"'
DOTS = re.compile(r"^(predict\(.*), \.\.\.\)$", re.MULTILINE)
FIND = f"id => {CONTENT}.widgets.findIndex(cell => cell.model.id === id)"
ACTIVE = f"() => {CONTENT}.activeCell.model.id"
SHOWN = f"index => {CONTENT}.scrollToItem(index).then(() => null)"
SOURCE = f"index => {CONTENT}.widgets[index].model.sharedModel.getSource()"
COUNT = f"index => {CONTENT}.widgets[index].model.executionCount ?? 0"
RAN = f"""([index, before]) => {CONTENT}.widgets[index].model.executionState === 'idle'
  && ({CONTENT}.widgets[index].model.executionCount ?? 0) > before
  && {CURRENT}.sessionContext.session.kernel.status === 'idle'"""

#: Does what a **Try it** asks for, and asserts what it promises.
Try = Callable[["Learner"], None]


def tries_of(topic: str) -> dict[str, Try]:
    """Read what a lesson's **Try it** paragraphs ask for, by their first words."""
    module = f"tests.lessons.{topic}.tries"
    if importlib.util.find_spec(module) is None:
        return {}
    found: dict[str, Try] = importlib.import_module(module).TRIES
    return found


def tries_asked(lesson: Lesson) -> list[tuple[int, str]]:
    """List the **Try it** paragraphs, after these words, with the number of their cell."""
    found = paragraphs(lesson.notebook, TRY)
    return [(number, text.split("**", 2)[2].lstrip(" .:")) for number, text in found]


class Learner:
    """Somebody who reads one lesson in JupyterLab.

    Args:
        page: the tab in which the lesson is open.
        lesson: the lesson.
    """

    def __init__(self, page: Page, lesson: Lesson) -> None:
        self.page, self.lesson = page, lesson
        self.complaints: list[str] = []

    def find(self, id: str) -> int:
        """Return the place of a cell, as cells are counted from the top."""
        index: int = self.page.evaluate(FIND, id)
        assert index >= 0, f"there is no cell {id}"
        return index

    def cell(self, id: str) -> Locator:
        """Scroll to a cell, and return it."""
        index = self.find(id)
        self.page.evaluate(SHOWN, index)
        return self.page.locator(
            f".jp-Notebook:visible .jp-Cell[data-windowed-list-index='{index}']"
        )

    def run(self, id: str) -> str:
        """Click into a cell, press Shift+Enter, wait; return what it says below."""
        index = self.find(id)
        before = self.page.evaluate(COUNT, index)
        self.cell(id).locator(".cm-content").first.click()
        self.page.keyboard.press("Shift+Enter")
        self.page.wait_for_function(RAN, arg=[index, before], timeout=RUN_TIMEOUT_MS)
        outputs = self.cell(id).locator(".jp-OutputArea-output")
        return "\n".join(outputs.all_inner_texts())

    def write(self, id: str, source: str) -> None:
        """Write other code into a cell, in place of all that it holds."""
        self.cell(id).locator(".cm-content").first.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)
        assert self.source(id) == source

    def source(self, id: str) -> str:
        """Return what a cell holds now."""
        found: str = self.page.evaluate(SOURCE, self.find(id))
        return found

    def add_below(self, text: str, *, last: bool = False) -> str:
        """Click a text, press B and then Enter: a new cell below it; return its id."""
        rendered = self.page.locator(".jp-Notebook:visible .jp-RenderedMarkdown")
        found = rendered.get_by_text(text, exact=True)
        (found.last if last else found.first).click()
        self.page.keyboard.press("b")
        self.page.keyboard.press("Enter")
        new: str = self.page.evaluate(ACTIVE)
        return new

    def pages(self, id: str) -> list[Frame]:
        """List the pages that a cell shows, in their order."""
        frames = self.cell(id).locator("iframe").element_handles()
        return [frame for each in frames if (frame := each.content_frame())]

    def frames(self) -> list[Frame]:
        """List the pages that are open inside the lesson."""
        frames = [f for f in self.page.frames if f is not self.page.main_frame]
        return [f for f in frames if f.url.startswith("http")]

    def read(self) -> list[str]:
        """Do the whole lesson, but for its last cell; return what was not as the text says."""
        cells = self.lesson.notebook.cells
        last = max(n for n, cell in enumerate(cells) if cell.cell_type == "code")
        for number, cell in enumerate(cells):
            if cell.cell_type == "code" and number < last:
                self._do(cell)
            elif cell.cell_type == "markdown":
                self._change(number)
                self._try(number)
        return self.complaints

    def _do(self, cell: Cell) -> None:
        if "exercise" in tags(cell):
            self.run(cell.id)  # the stub, as it is
        elif "check" in tags(cell):
            self._solve(cell)
        elif DOTS.search(cell.source):
            self.write(cell.id, DOTS.sub(rf"\1, {GUESS})", cell.source))
            self._expect(cell.id, GUESS.strip('"'))
        else:
            self._no_error(cell, self.run(cell.id))

    def _no_error(self, cell: Cell, said: str) -> None:
        failed = "Traceback (most recent call last)" in said
        if failed != ("raises-exception" in tags(cell)):
            self.complaints.append(f"cell {cell.id} {'raised' if failed else 'did not raise'}")
            self.complaints.append(said[-600:])

    def _expect(self, id: str, *wanted: str) -> None:
        said = plain(self.run(id))
        self.complaints += [
            f"cell {id}: expected {words!r}, but: {said[:600]}"
            for words in wanted
            if plain(words) not in said
        ]

    def _solve(self, check: Cell) -> None:
        stub = next(pair[0] for pair in self.lesson.pairs if pair[1].id == check.id)
        name = stub_name(stub)
        answers = [answer for answer in self.lesson.answers if answer.exercise == name]
        self._expect(check.id, "not tried yet")
        for answer in chosen(answers):
            self.write(stub.id, answer.source)
            self.run(stub.id)
            self._expect(check.id, *(["correct"] if answer.right else ["not yet", answer.hint]))

    def _change(self, number: int) -> None:
        notebook = self.lesson.notebook
        for change in changes_of(self.lesson.topic):
            if place_of(notebook, change) == number:
                self._make(change)

    def _make(self, change: Change) -> None:
        before = self.source(change.cell)
        self.write(change.cell, before.replace(change.old, change.new))
        said = "".join(self.run(id) + "\n" for id in (change.cell, *change.runs))
        if not change.probe:
            self.complaints += [
                f"{change.name}: expected {words!r}, but: {said[:600]}"
                for words in change.seen
                if plain(words) not in plain(said)
            ]
        self.write(change.cell, before)
        for id in (change.cell, *change.runs):
            self.run(id)

    def _try(self, number: int) -> None:
        tries = tries_of(self.lesson.topic)
        for place, text in tries_asked(self.lesson):
            if place == number:
                next(done for words, done in tries.items() if text.startswith(words))(self)


def chosen(answers: Iterable[Answer]) -> list[Answer]:
    """Choose what a learner writes: first a wrong answer that has a hint, then a right one.

    Of the right ones, the first that needs nothing beside itself: it also runs in a program.
    """
    answers = list(answers)
    wrong = [answer for answer in answers if not answer.right and answer.hint]
    right = [answer for answer in answers if answer.right]
    return [wrong[0], min(right, key=lambda answer: len(ast.parse(answer.source).body))]


def plain(text: str) -> str:
    """Join the words of a text with single spaces, without the backticks: pages show code."""
    return " ".join(text.replace("`", "").split())


def programs(folder: Path) -> list[Path]:
    """List the programs that a lesson has left."""
    return sorted((folder / "mine").glob("*.py"))
