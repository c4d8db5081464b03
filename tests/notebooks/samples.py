"""Notebooks that no rule complains about, and ways to break them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import nbformat
from nbformat import v4

from tests.notebooks.rules import Notebook
from tests.notebooks.run import METADATA
from tests.notebooks.structure import NAMES, neighbours

OPENING = """\
# 09 A sample

You see how a lesson is built.

*{minutes} minutes. Before this: nothing.*

{links}

**By the end you can**

- read it
- break it
- repair it"""
STUB = 'def {0}(value):\n    """Return the value."""\n    ...'
SUMMARY = """\
## Summary

It held.

**New words**

- *rule*: what a notebook is held
  to
- *sample*: a notebook that keeps it

**Try in your browser.** Open the tools.

**OK, but** who reads the rules?"""
OLD_SUMMARY = "## Summary\n\nIt held.\n\n**New words**: rule\n\n**OK, but** who reads the rules?"
CHANGE = "**Change it.** Write `7` for `{0}`. You should see 7."
YOURS = """\
### Exercise 4 (open): Make it yours

- one idea
- another
- a third"""
WORDS = "\n".join(["word " * 14] * 8)


def text(source: str) -> nbformat.NotebookNode:
    return v4.new_markdown_cell(source)


def cell(source: str, *tags: str, says: str = "") -> nbformat.NotebookNode:
    outputs = [v4.new_output("stream", name="stdout", text=says + "\n")] if says else []
    return v4.new_code_cell(source, metadata={"tags": list(tags)} if tags else {}, outputs=outputs)


def exercise(name: str, heading: str) -> list[nbformat.NotebookNode]:
    said = v4.new_output("display_data", data={"text/plain": "not tried yet: write it"})
    check = cell(f"check.{name}({name})", "check")
    check.outputs = [said]
    return [text(f"### {heading}"), cell(STUB.format(name), "exercise"), check]


def failure() -> list[nbformat.NotebookNode]:
    broken = cell("1 / 0", "raises-exception")
    broken.outputs = [v4.new_output("error", ename="ZeroDivisionError", evalue="division by zero")]
    return [text("## When it breaks"), broken]


def numbered(cells: list[nbformat.NotebookNode]) -> Notebook:
    notebook = v4.new_notebook(cells=cells, metadata=nbformat.from_dict(METADATA))
    for number, one in enumerate(c for c in cells if c.cell_type == "code"):
        one.execution_count = number + 1
    return notebook


def good() -> Notebook:
    """Build a lesson of the second edition that no rule complains about."""
    links = " · ".join(f"[a lesson]({name})" for name in neighbours("09", NAMES))
    cells = [text(OPENING.format(minutes=60, links=links))]
    cells += [text("## Setup"), cell("import asyncio")]
    for number, grade in enumerate(("warm-up, 5", "core, 10", "stretch, 15"), start=1):
        name = f"part_{number}"
        cells += [text(f"## {number} · A section\n\n**Predict.** What is printed?")]
        cells += [cell(f'predict("{name}", ...)', says="your prediction")]
        cells += [cell(f'predict("{name}", happened={number})', says="what happened"), text(WORDS)]
        for line in range(2):
            cells += [cell(f"print({line})", says=str(line)), text(WORDS)]
        cells += [text(CHANGE.format(number)), text("Read the *rules* of a *sample*.")]
        cells += exercise(f"exercise_{number}", f"Exercise {number} ({grade} min)")
    cells += [text("## On the wire"), cell('show(b"Hello")', says="Hello"), *failure()]
    cells += [text("## Your program"), cell("yours.exercise_1", says="yours")]
    cells += [text(WORDS), cell("print(exercise_2(2))", says="2"), text(YOURS)]
    return numbered([*cells, text(SUMMARY), cell("stop_all()", says="nothing was running")])


def old() -> Notebook:
    """Build a lesson of the first edition that no rule complains about."""
    opening = OPENING.format(minutes=5, links="")
    cells = [text(opening), text("## Setup"), cell("import asyncio")]
    for number in range(1, 4):
        cells.append(text(f"## {number} · A section\n\n**Predict.** What is printed?"))
        for line in range(4):
            cells += [cell(f"print({line})", says=str(line)), text(WORDS)]
    cells += [text("## On the wire"), cell('show(b"Hello")', says="Hello"), *failure()]
    cells.append(text("## Exercises"))
    for name in ("first", "second", "third"):
        cells += exercise(name, name)
    return numbered([*cells, text(OLD_SUMMARY), cell("stop_all()", says="nothing was running")])


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


def insert_after(containing: str, *cells: nbformat.NotebookNode) -> Break:
    """Put cells in after the first one with a piece of source."""

    def change(notebook: Notebook) -> None:
        place = next(n for n, c in enumerate(notebook.cells) if containing in c.source) + 1
        insert(place, *cells)(notebook)

    return change


def earlier(heading: str) -> Break:
    """Move a heading to the front."""

    def change(notebook: Notebook) -> None:
        source(heading, "## Moved")(notebook)
        insert(1, text(heading))(notebook)

    return change
