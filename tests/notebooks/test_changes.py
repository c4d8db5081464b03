"""Each **Change it** does what it promises, and the rest of its notebook stays right.

`changes.py` says how; the samples prove that it would complain.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from nbformat import v4

from tests.notebooks.changes import Change, changes_of, leave, mismatches, undo
from tests.notebooks.kernel import Kernel, kernel
from tests.notebooks.lessons import LESSONS, Lesson
from tests.notebooks.rules import FIRST_EDITION, Notebook

CHANGED = [lesson for lesson in LESSONS if changes_of(lesson.topic)]

every_change = pytest.mark.parametrize(
    ("lesson", "change"),
    [(lesson, change) for lesson in CHANGED for change in changes_of(lesson.topic)],
    ids=lambda value: value.topic if isinstance(value, Lesson) else value.name,
)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.topic)
def test_every_change_it_is_tried(lesson: Lesson) -> None:
    changes = changes_of(lesson.topic)
    if changes or lesson.topic not in FIRST_EDITION:
        assert mismatches(lesson.notebook, changes) == []


@pytest.mark.thorough
@every_change
def test_a_change_is_left_as_it_is(lesson: Lesson, change: Change) -> None:
    with kernel() as running:
        assert leave(lesson.notebook, change, running) == []


@pytest.mark.thorough
@pytest.mark.parametrize("lesson", CHANGED, ids=lambda lesson: lesson.topic)
def test_changes_are_undone(lesson: Lesson) -> None:
    with kernel() as running:
        assert undo(lesson.notebook, changes_of(lesson.topic), running) == []


def says(text: str) -> list[object]:
    return [v4.new_output("stream", name="stdout", text=text + "\n")]


def sample() -> Notebook:
    """Build a lesson with one function, whose result two cells show."""
    return v4.new_notebook(
        cells=[
            v4.new_code_cell("def twice(x):\n    return 2 * x", id="define"),
            v4.new_code_cell("log = globals().get('log', [])\nprint(twice(2))", id="use"),
            v4.new_markdown_cell("It grew.\n\n**Change it.** Write `3 * x`.\nYou should see 6."),
            v4.new_code_cell("print(sum(log, 1))", id="later"),
            v4.new_code_cell("print('http://127.0.0.1:1/', id('x') and twice(1) > 0)", id="end"),
            v4.new_code_cell("1 / 0", id="planned", metadata={"tags": ["raises-exception"]}),
        ]
    )


def stored() -> Notebook:
    """Give the sample the outputs that it has when nothing is changed."""
    notebook = sample()
    error = v4.new_output("error", ename="ZeroDivisionError", evalue="division by zero")
    outputs = {"use": says("4"), "later": says("1"), "end": says("http://127.0.0.1:9/ True")}
    for cell in notebook.cells:
        cell.update(outputs=outputs.get(cell.id, []) if cell.cell_type == "code" else None)
    notebook.cells[-1].outputs = [error]
    del notebook.cells[2]["outputs"]
    return notebook


TRIPLE = Change("Write `3 * x`.", "define", "2 * x", "3 * x", runs=("use",), sees="6")


@pytest.fixture(scope="module")
def running() -> Iterator[Kernel]:
    with kernel() as started:
        yield started


def with_(**changed: object) -> Change:
    return dataclasses.replace(TRIPLE, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ([TRIPLE], ""),
        ([], "0 changes are meant by: Write `3 * x`. You should see 6."),
        ([TRIPLE, TRIPLE], "2 changes are meant"),
        ([TRIPLE, with_(asks="Read")], "Read: 0 paragraphs begin with"),
        ([with_(cell="nowhere")], "no cell has the id nowhere"),
        ([with_(runs=("nowhere",))], "no cell has the id nowhere"),
        ([with_(runs=("later",))], "cell later stands after the paragraph"),
        ([with_(old="x")], "'x' is in the cell 2 times"),
        ([with_(old="4 * x")], "'4 * x' is in the cell 0 times"),
        ([with_(sees="4")], "('4',) is seen without the change"),
    ],
)
def test_a_change_that_fits_nowhere_is_seen(changes: list[Change], complaint: str) -> None:
    found = "\n".join(mismatches(stored(), changes))
    assert complaint in found if complaint else found == ""


#: A change, what the learner does with it, and a part of the complaint.
TRIED = [
    (TRIPLE, "leave", ""),
    (TRIPLE, "undo", ""),
    (with_(sees=("6", "7")), "leave", "'7' is not seen, but: 6"),
    (with_(sees="7"), "undo", "'7' is not seen, but: 6"),
    (with_(runs=(), probe="print(twice(2))"), "leave", ""),
    (with_(runs=()), "leave", "'6' is not seen, but: "),
    (with_(new="y"), "leave", "the change raised NameError: name 'y' is not defined"),
    (with_(new="y", sees="NameError"), "leave", "cell end raised NameError"),
    (with_(new="x / (x - 1)", sees="2.0"), "leave", "cell end raised ZeroDivisionError"),
    (
        with_(new="log.append(1) or 3 * x"),
        "undo",
        "later says '2\\n', and '1\\n' is stored",
    ),
    (with_(new="log.append(1) or 3 * x"), "leave", ""),
]


@pytest.mark.parametrize(("change", "way", "complaint"), TRIED)
def test_a_change_that_breaks_something_is_seen(
    running: Kernel, change: Change, way: str, complaint: str
) -> None:
    running.text("%reset -f")
    if way == "leave":
        found = "\n".join(leave(stored(), change, running))
    else:
        found = "\n".join(undo(stored(), [change], running))
    assert complaint in found if complaint else found == ""


def test_a_lesson_without_changes_has_none() -> None:
    assert changes_of("no_such_lesson") == []
