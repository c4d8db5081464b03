"""Rules on notebooks: each is a function from a notebook to a list of complaints.

`structure`, `exercise_cells`, `code_cells`, `wording` and `stored` have those on what they are
named after. The notebook that opens the course may be shorter (24 cells, 600 words) and have a
single exercise; everything else holds for all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

import nbformat

Notebook = nbformat.NotebookNode
Cell = nbformat.NotebookNode
Rule = Callable[[Notebook], list[str]]

RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Add a function to the rules."""
    RULES.append(function)
    return function


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


def pairs(notebook: Notebook) -> Iterator[tuple[Cell, Cell | None]]:
    """Give each cell tagged `exercise` with the code cell after it."""
    cells = code(notebook)
    for number, cell in enumerate(cells):
        if tagged(cell, "exercise"):
            yield cell, cells[number + 1] if number + 1 < len(cells) else None
