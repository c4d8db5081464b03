"""Rules on what a lesson comes to: its failure, the learner's program, the summary, the end."""

from __future__ import annotations

import ast
import re

from tests.notebooks.rules import (
    Notebook,
    code,
    opens_the_course,
    pairs,
    part,
    rule,
    second,
    tagged,
    tree,
)
from tests.notebooks.words import (
    BOLD_NEW_WORDS,
    MOST_LETTERS,
    new_words,
    odd_lines,
    without_italics,
)


@rule
def when_it_breaks(notebook: Notebook) -> list[str]:
    """The section `When it breaks` has a failure: one that is raised, or one that is caught."""
    cells = [c for c in part(notebook, "When it breaks") if c.cell_type == "code"]
    planned = any(tagged(c, "raises-exception") or "except " in c.source for c in cells)
    return [] if planned else ["nothing breaks under `When it breaks`"]


def breaks(notebook: Notebook) -> set[str]:
    """Name what is raised under `When it breaks`; an error without words could be any."""
    cells = [c for c in part(notebook, "When it breaks") if c.cell_type == "code"]
    errors = [o for cell in cells for o in cell.outputs if o.output_type == "error"]
    return {f"{error.ename}: {error.evalue}" for error in errors if error.evalue}


@second
def your_program(notebook: Notebook) -> list[str]:
    """Code runs under `Your program`, and half of the exercises at least run in some program."""
    if opens_the_course(notebook):
        return []
    own = [c for c in part(notebook, "Your program") if c.cell_type == "code"]
    complaints = [] if own else ["nothing runs under `Your program`"]
    names = [getattr(tree(stub).body[0], "name", "") for stub, _ in pairs(notebook)]
    used = {name for cell in code(notebook) for name in names_used(cell.source, cell)}
    idle = [name for name in names if name not in used]
    if len(idle) > len(names) / 2:
        complaints.append(f"no program of the lesson runs {', '.join(idle)}")
    return complaints


def names_used(source: str, cell: Notebook) -> set[str]:
    """Name what a cell uses, by itself or as `yours.NAME`; a stub and a check use nothing."""
    if tagged(cell, "exercise") or tagged(cell, "check"):
        return set()
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "yours":
            found.add(node.attr)
    return found


@second
def summary(notebook: Notebook) -> list[str]:
    """The new words with their meanings, what to try in the browser, and `OK, but`."""
    text = "\n\n".join(c.source for c in part(notebook, "Summary") if c.cell_type != "code")
    wanted = {
        BOLD_NEW_WORDS: r"\*\*New words",
        "Try in your browser": r"(\*\*|### )Try in your browser",
        "**OK, but**": r"(\*\*|### )OK, but",
    }
    return [f"the summary lacks {k}" for k, v in wanted.items() if not re.search(v, text)]


@second
def new_words_have_meanings(notebook: Notebook) -> list[str]:
    """Under **New words** is a list, `- *word*: its meaning`, of what is in italics above."""
    if BOLD_NEW_WORDS not in "".join(c.source for c in notebook.cells):
        return []
    found = new_words(notebook)
    complaints = [f"not `- *word*: its meaning`: {line}" for line in odd_lines(notebook)]
    if not found:
        complaints.append("no new word is in the form `- *word*: its meaning`")
    long = [word for word in found if len(word.meaning) > MOST_LETTERS]
    complaints += [f"the meaning of {w.word!r} is more than one line" for w in long]
    return complaints + [f"nowhere in italics: {word!r}" for word in without_italics(notebook)]


@rule
def stops_everything(notebook: Notebook) -> list[str]:
    """The last cell is `stop_all()`."""
    last = notebook.cells[-1]
    stops = last.cell_type == "code" and last.source == "stop_all()"
    return [] if stops else ["the last cell is not `stop_all()`"]
