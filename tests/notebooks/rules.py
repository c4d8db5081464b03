"""Rules on notebooks: each is a function from a notebook to a list of complaints.

`structure`, `endings`, `asking`, `exercise_cells`, `code_cells`, `wording` and `stored` have those
on what they are named after. `rule` adds one for every lesson, `second` one for a lesson in the
shape of the second edition, `first` one for those that are not rewritten yet. The notebook that
opens the course may be shorter, with a single exercise and no program of the learner's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

import nbformat

Notebook = nbformat.NotebookNode
Cell = nbformat.NotebookNode
Rule = Callable[[Notebook], list[str]]

EVERY: list[Rule] = []
FIRST: list[Rule] = []
SECOND: list[Rule] = []

#: Lessons that still have the shape of the first edition: their exercises stand at the end, and
#: nothing is built of them. Whoever rewrites a lesson takes its topic out; none is ever added,
#: and with the last one `first_edition` goes. (Two topics that are rewritten at the same time
#: are not neighbours here, so that git merges the branches.)
FIRST_EDITION = {
    "socketio_chat",
    "socketio_on_the_wire",
    "live_voting",
    "rooms_and_sessions",
}

GRADES = {"warm-up": 5, "core": 10, "stretch": 15}  # minutes
GRADE = re.compile(
    r"^###+ .*\((?P<grade>[\w-]+), (?P<minutes>\d+) min(?:utes)?\)\s*$", re.MULTILINE
)


def rule(function: Rule) -> Rule:
    """Add a function to the rules for every lesson."""
    EVERY.append(function)
    return function


def first(function: Rule) -> Rule:
    """Add a function to the rules for lessons that still have the first edition's shape."""
    FIRST.append(function)
    return function


def second(function: Rule) -> Rule:
    """Add a function to the rules for lessons in the second edition's shape."""
    SECOND.append(function)
    return function


def rules_for(topic: str) -> list[Rule]:
    """List the rules that a lesson has to keep."""
    return EVERY + (FIRST if topic in FIRST_EDITION else SECOND)


def code(notebook: Notebook) -> list[Cell]:
    """List the code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: Notebook) -> str:
    """Join the Markdown, without fenced code, inline code and link targets."""
    text = "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return re.sub(r"`[^`]*`|\]\([^)]*\)", " x ", text)


def tagged(cell: Cell, tag: str) -> bool:
    """Say whether a cell has a tag."""
    return tag in cell.metadata.get("tags", [])


def tree(cell: Cell) -> ast.Module:
    """Parse a code cell."""
    return ast.parse(cell.source)


def opens_the_course(notebook: Notebook) -> bool:
    """Say whether this is the first lesson."""
    return bool(notebook.cells[0].source.startswith("# 00 "))


def sections(notebook: Notebook) -> dict[str, list[Cell]]:
    """Split the notebook at its second-level headings, wherever in a cell they are."""
    found: dict[str, list[Cell]] = {"": []}
    name = ""
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            found[name].append(cell)
            continue
        for part in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
            if part.startswith("## "):
                name = part.splitlines()[0].removeprefix("## ").strip()
                found[name] = []
            found[name].append(nbformat.v4.new_markdown_cell(part))
    return found


def part(notebook: Notebook, name: str) -> list[Cell]:
    """List the cells of a section, with a number before its name or without."""
    for heading, cells in sections(notebook).items():
        if bare(heading) == name:
            return cells
    return []


def bare(heading: str) -> str:
    """Take the number off a heading: `3 · On the wire` is `On the wire`."""
    return re.sub(r"^\d+ · ", "", heading)


def paragraphs(notebook: Notebook, opening: str) -> list[tuple[int, str]]:
    """List the paragraphs that begin with some words, each with the number of its cell."""
    return [
        (number, " ".join(paragraph.split()))
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "markdown"
        for paragraph in re.split(r"\n\s*\n", cell.source)
        if paragraph.lstrip().startswith(opening)
    ]


def pairs(notebook: Notebook) -> Iterator[tuple[Cell, Cell | None]]:
    """Give each cell tagged `exercise` with the code cell after it."""
    cells = code(notebook)
    for number, cell in enumerate(cells):
        if tagged(cell, "exercise"):
            yield cell, cells[number + 1] if number + 1 < len(cells) else None
