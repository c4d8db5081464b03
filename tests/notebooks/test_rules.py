"""Every notebook keeps the rules, and every rule is proved.

`BROKEN` breaks a good sample in one way for each complaint; a rule without a sample fails.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from nbformat import v4

from tests.notebooks import code_cells, exercise_cells, stored, structure, wording
from tests.notebooks.lessons import LESSONS, Lesson
from tests.notebooks.rules import RULES, Notebook, Rule
from tests.notebooks.run import METADATA

OPENING = """\
# 09 A sample

You see how a lesson is built.

*5 minutes. Before this: nothing.*

**By the end you can**

- read it
- break it
- mend it"""
STUB = 'def {0}(value):\n    """Return the value."""\n    ...'
SUMMARY = "## Summary\n\nIt held.\n\n**New words**: rule\n\n**OK, but** who reads the rules?"


WORDS = "\n".join(["word " * 14] * 8)


def text(source: str) -> nbformat.NotebookNode:
    return v4.new_markdown_cell(source)


def cell(source: str, *tags: str, says: str = "") -> nbformat.NotebookNode:
    outputs = [v4.new_output("stream", name="stdout", text=says + "\n")] if says else []
    return v4.new_code_cell(source, metadata={"tags": list(tags)} if tags else {}, outputs=outputs)


def good() -> Notebook:
    """Build a notebook that no rule complains about."""
    cells = [text(OPENING), text("## Setup"), cell("import asyncio")]
    for number in range(1, 4):
        cells.append(text(f"## {number} · A section\n\n**Predict.** What is printed?"))
        for line in range(4):
            cells += [cell(f"print({line})", says=str(line)), text(WORDS)]
    cells += [text("## On the wire"), cell('show(b"Hello")', says="Hello")]
    error = v4.new_output("error", ename="ZeroDivisionError", evalue="division by zero")
    cells += [text("## When it breaks"), cell("1 / 0", "raises-exception")]
    cells[-1].outputs = [error]
    cells.append(text("## Exercises"))
    for name in ("first", "second", "third"):
        said = v4.new_output("display_data", data={"text/plain": "not tried yet: write it"})
        cells += [text(f"### {name}"), cell(STUB.format(name), "exercise")]
        cells.append(cell(f"check.{name}({name})", "check"))
        cells[-1].outputs = [said]
    cells += [text(SUMMARY), cell("stop_all()", says="nothing was running")]
    notebook = v4.new_notebook(cells=cells, metadata=nbformat.from_dict(METADATA))
    for number, one in enumerate(c for c in cells if c.cell_type == "code"):
        one.execution_count = number + 1
    return notebook


Break = Callable[[Notebook], Any]


def first_code(notebook: Notebook, containing: str = "") -> nbformat.NotebookNode:
    return next(c for c in notebook.cells if c.cell_type == "code" and containing in c.source)


def source(old: str, new: str) -> Break:
    """Replace a piece of source, in every cell that has it; at least one must have it."""

    def change(notebook: Notebook) -> None:
        assert any(old in c.source for c in notebook.cells), old
        for one in notebook.cells:
            one.source = one.source.replace(old, new)

    return change


def tag(containing: str, *tags: str) -> Break:
    """Give a code cell other tags."""
    return lambda notebook: first_code(notebook, containing).metadata.update(tags=list(tags))


def output(containing: str, *outputs: nbformat.NotebookNode) -> Break:
    """Give a code cell other outputs."""
    return lambda notebook: first_code(notebook, containing).update(outputs=list(outputs))


def without(containing: str) -> Break:
    """Take out the cells with a piece of source."""

    def change(notebook: Notebook) -> None:
        notebook.cells = [c for c in notebook.cells if containing not in c.source]

    return change


def insert(place: int, *cells: nbformat.NotebookNode) -> Break:
    """Put cells in."""

    def change(notebook: Notebook) -> None:
        notebook.cells[place:place] = copy.deepcopy(list(cells))

    return change


def earlier(heading: str) -> Break:
    """Move a heading to the front."""

    def change(notebook: Notebook) -> None:
        source(heading, "## Moved")(notebook)
        insert(1, text(heading))(notebook)

    return change


FRAME = v4.new_output("display_data", {"text/html": "<iframe title='x'></iframe>"})
IMAGE = v4.new_output("display_data", {"text/html": '<img src="http://127.0.0.1:1/a.png">'})
STDERR = v4.new_output("stream", name="stderr", text="DeprecationWarning: old")
LONG = "\n".join(["x = 1"] * 26)
LONG_STUB = STUB.format("first").replace("value.", "value.\n" + "\n" * 13)

#: The rule, what breaks it, and a part of the complaint.
BROKEN: list[tuple[Rule, Break, str]] = [
    (structure.title_and_promise, source("# 09 A sample", "A sample"), "`# NN Title`"),
    (structure.title_and_promise, source("You see", "You see " * 30), "at most 60"),
    (structure.title_and_promise, source("5 minutes", "Soon"), "lacks 'minutes'"),
    (structure.title_and_promise, source("Before this", "Prior"), "lacks 'Before'"),
    (structure.goals, source("**By the end you can**", "You can"), "nowhere before Setup"),
    (structure.goals, source("\n- mend it", ""), "2 goals"),
    (structure.goals, source("\n- mend it", "\n- a\n- b\n- c\n- d"), "6 goals"),
    (structure.setup, source("import asyncio", "import asyncio\nx = 1"), "more than import"),
    (structure.setup, source("import asyncio", "\n".join(["import a"] * 5)), "more than 4 lines"),
    (structure.setup, insert(1, cell("import re")), "under `## Setup`"),
    (structure.parts, source("## On the wire", "## The bytes"), "no section 'On the wire'"),
    (structure.parts, source("## When it breaks", "## Errors"), "no section 'When it breaks'"),
    (structure.parts, source("## 2 · A section", "## 1 · A section"), "2 sections between"),
    (structure.parts, earlier("## When it breaks"), "out of order"),
    (structure.on_the_wire, source('show(b"Hello")', 'b"Hello"'), "nothing is shown"),
    (structure.when_it_breaks, tag("1 / 0"), "nothing breaks"),
    (exercise_cells.exercises, without("second"), "2 exercises"),
    (
        exercise_cells.exercises,
        insert(3, cell(STUB.format("early"), "exercise")),
        "is outside",
    ),
    (exercise_cells.exercises, without("check.second"), "no check follows"),
    (exercise_cells.exercises, insert(3, cell("check.early(early)", "check")), "without a stub"),
    (exercise_cells.stubs, source(STUB.format("first"), LONG_STUB), "more than 15 lines"),
    (exercise_cells.stubs, source("def first", "x = 1\ndef first"), "not one function"),
    (exercise_cells.stubs, source('    """Return the value."""\n', ""), "not a docstring"),
    (exercise_cells.stubs, source("    ...", "    return value"), "the stub is solved"),
    (
        exercise_cells.not_tried_yet,
        output("check.first", v4.new_output("display_data", data={"text/plain": "correct"})),
        "has stored 'correct'",
    ),
    (structure.summary, source("It held.", "It held. " * 80), "at most 150"),
    (structure.summary, source("**New words**", "Words"), "lacks **New words**"),
    (structure.summary, source("**OK, but**", "But"), "lacks **OK, but**"),
    (structure.stops_everything, source("stop_all()", "stop_all() "), "the last cell"),
    (structure.stops_everything, insert(99, text("Bye.")), "the last cell"),
    (structure.size, without(WORDS), "cells, 40 to 80 asked for"),
    (structure.size, source(WORDS, "word " * 40), "words, 1200 to 2600 asked for"),
    (structure.size, source(WORDS, WORDS * 2), "words, 1200 to 2600 asked for"),
    (code_cells.code_cells_are_short, source("print(", "\n\n\n\n\nprint("), "the median"),
    (code_cells.code_cells_are_short, source("print(2)", LONG), "a code cell of 26 lines"),
    (
        structure.prose_between_code,
        insert(3, cell("x = 1"), cell("x = 2")),
        "3 code cells in a row",
    ),
    (wording.narrow_lines, source("print(2)", "print(2)  # " + "wide " * 20), "wide: print(2)"),
    (wording.narrow_lines, source("You see", "You " + "see " * 20), "wide: You"),
    (structure.predictions, source("**Predict.**", "Think."), "no **Predict.**"),
    (structure.predictions, insert(1, text("**Predict.** A?"), text("b")), "no cell answers"),
    (wording.no_filler_words, source("You see", "You simply see"), "a filler word"),
    (wording.no_filler_words, source("It held.", "Obviously."), "a filler word"),
    (stored.metadata, lambda notebook: notebook.metadata.update(authors=[]), "notebook: "),
    (stored.metadata, lambda nb: nb.cells[2].metadata.update(collapsed=True), "collapsed"),
    (code_cells.known_tags, tag("print(2)", "parameters"), "unknown tag 'parameters'"),
    (stored.unique_ids, lambda nb: nb.cells[1].update(id=nb.cells[2].id), "2 cells have the id"),
    (stored.counts, lambda nb: first_code(nb).update(execution_count=7), "counts are [7, 2"),
    (stored.counts, lambda nb: first_code(nb).update(execution_count=None), "counts are [None"),
    (stored.outputs_are_stored, output("print(2)"), "no output is stored: print(2)"),
    (stored.planned_errors, tag("1 / 0"), "an error without"),
    (stored.planned_errors, tag("print(2)", "raises-exception"), "no error, but"),
    (stored.no_stderr, output("print(2)", STDERR), "on stderr: 'DeprecationWarning: old'"),
    (stored.ignored_outputs_are_pictures, tag("print(2)", "nbval-ignore-output"), "ignored text"),
    (
        stored.ignored_outputs_are_pictures,
        source("print(2)", "# NBVAL_SKIP\nprint(2)"),
        "a comment for nbval",
    ),
    (code_cells.no_loop_of_its_own, source("print(2)", "asyncio.run(main())"), "asyncio.run"),
    (code_cells.no_loop_of_its_own, source("print(2)", "import nest_asyncio"), "nest_asyncio"),
    (
        code_cells.no_loop_of_its_own,
        source("print(2)", "await s.serve_forever()"),
        "serve_forever",
    ),
    (code_cells.no_loop_of_its_own, source("print(2)", "web.run_app(app)"), "run_app"),
    (code_cells.no_sleep_as_a_wait, source("print(2)", "time.sleep(1)"), "time.sleep(1)"),
    (code_cells.no_sleep_as_a_wait, source("print(2)", "await asyncio.sleep(0.1)"), "sleep(0.1)"),
    (wording.safe_links, source("It held.", "[A](http://example.com/)."), "not https"),
    (wording.safe_links, source("It held.", '<img src="//example.com/a.png">'), "not https"),
    (stored.nothing_is_asked_for, output("print(2)", FRAME), "<iframe in an output"),
    (stored.nothing_is_asked_for, output("print(2)", IMAGE), 'src=" in an output'),
    (stored.no_places_of_one_machine, source("print(2)", "open('/home/me/x')"), "/home/me/x"),
    (
        stored.no_places_of_one_machine,
        output("print(2)", v4.new_output("stream", name="stdout", text="C:\\Users\\me")),
        "a place",
    ),
]


def described(value: object) -> str:
    return getattr(value, "__name__", "")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)
@pytest.mark.parametrize("rule", RULES, ids=described)
def test_lesson(lesson: Lesson, rule: Rule) -> None:
    assert rule(lesson.notebook) == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)
def test_the_title_has_the_number_of_the_file(lesson: Lesson) -> None:
    assert lesson.notebook.cells[0].source.startswith(f"# {lesson.path.name[:2]} ")
    nbformat.validate(lesson.notebook)


@pytest.mark.parametrize("rule", RULES, ids=described)
def test_a_good_sample_has_no_complaints(rule: Rule) -> None:
    assert rule(good()) == []


@pytest.mark.parametrize(("rule", "breaks", "complaint"), BROKEN)
def test_a_broken_sample_has_a_complaint(rule: Rule, breaks: Break, complaint: str) -> None:
    notebook = good()
    breaks(notebook)
    assert complaint in "\n".join(rule(notebook))


def test_every_rule_is_proved() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


def test_the_first_notebook_may_be_short() -> None:
    notebook = good()
    source("# 09 ", "# 00 ")(notebook)
    source(WORDS, "word " * 50)(notebook)
    without("second")(notebook)
    without("third")(notebook)
    assert [c for rule in (structure.size, exercise_cells.exercises) for c in rule(notebook)] == []
