"""Rules on the structure of a notebook: which parts it has, in which order and of what size."""

from __future__ import annotations

import ast
import re

from tests.notebooks.rules import (
    Notebook,
    code,
    opens_the_course,
    prose,
    rule,
    sections,
    tagged,
    tree,
)

ENDINGS = ["Setup", "On the wire", "When it breaks", "Exercises", "Summary"]


@rule
def title_and_promise(notebook: Notebook) -> list[str]:
    """`# NN Title`, a promise, minutes and what comes before, in at most 60 words."""
    first = notebook.cells[0].source
    opening = first.split("**By the end you can**")[0]
    complaints = []
    if not re.match(r"# \d\d \S", first):
        complaints.append("the first line is not `# NN Title`")
    if len(opening.split()) > 60:
        complaints.append(f"the opening has {len(opening.split())} words, at most 60")
    complaints += [f"the opening lacks {w!r}" for w in ("minutes", "Before") if w not in opening]
    return complaints


@rule
def goals(notebook: Notebook) -> list[str]:
    """*By the end you can* and three to five things."""
    text = prose(notebook).split("## Setup")[0]
    if "**By the end you can**" not in text:
        return ["nowhere before Setup: **By the end you can**"]
    listed = re.findall(r"^- ", text.split("**By the end you can**")[1], re.MULTILINE)
    return [] if 3 <= len(listed) <= 5 else [f"{len(listed)} goals, 3 to 5 are asked for"]


@rule
def setup(notebook: Notebook) -> list[str]:
    """The first code cell: imports and nothing else, four lines at most, under `## Setup`."""
    cells = [c for c in sections(notebook).get("Setup", []) if c.cell_type == "code"]
    if len(cells) != 1 or cells[0] is not code(notebook)[0]:
        return ["only the first code cell belongs under `## Setup`"]
    complaints = []
    if len(cells[0].source.splitlines()) > 4:
        complaints.append("Setup has more than 4 lines")
    if not all(isinstance(n, ast.Import | ast.ImportFrom) for n in tree(cells[0]).body):
        complaints.append("Setup does more than import")
    return complaints


@rule
def parts(notebook: Notebook) -> list[str]:
    """Setup, 3 to 6 sections, On the wire, When it breaks, Exercises, Summary, in order."""
    names = list(sections(notebook))
    missing = [name for name in ENDINGS if name not in names]
    if missing:
        return [f"no section {name!r}" for name in missing]
    places = [names.index(name) for name in ENDINGS]
    between = places[1] - places[0] - 1
    complaints = [] if places == sorted(places) else [f"sections out of order: {names}"]
    if not 3 <= between <= 6:
        complaints.append(f"{between} sections between Setup and On the wire, 3 to 6 asked for")
    return complaints


@rule
def on_the_wire(notebook: Notebook) -> list[str]:
    """The section `On the wire` shows a recording."""
    cells = sections(notebook).get("On the wire", [])
    shown = any(c.cell_type == "code" and re.search(r"\bshow\(", c.source) for c in cells)
    return [] if shown else ["nothing is shown under `On the wire`"]


@rule
def when_it_breaks(notebook: Notebook) -> list[str]:
    """The section `When it breaks` has a failure: one that is raised, or one that is caught."""
    cells = [c for c in sections(notebook).get("When it breaks", []) if c.cell_type == "code"]
    planned = any(tagged(c, "raises-exception") or "except " in c.source for c in cells)
    return [] if planned else ["nothing breaks under `When it breaks`"]


@rule
def summary(notebook: Notebook) -> list[str]:
    """At most 150 words, with the new words and `OK, but`."""
    text = " ".join(
        c.source for c in sections(notebook).get("Summary", []) if c.cell_type != "code"
    )
    words = len(text.split())
    complaints = [f"the summary has {words} words, at most 150"] if words > 150 else []
    wanted = ("**New words**", "**OK, but**")
    return complaints + [f"the summary lacks {part}" for part in wanted if part not in text]


@rule
def stops_everything(notebook: Notebook) -> list[str]:
    """The last cell is `stop_all()`."""
    last = notebook.cells[-1]
    stops = last.cell_type == "code" and last.source == "stop_all()"
    return [] if stops else ["the last cell is not `stop_all()`"]


@rule
def predictions(notebook: Notebook) -> list[str]:
    """The learner is asked to predict, and a cell answers."""
    asked = [i for i, c in enumerate(notebook.cells) if "**Predict.**" in c.source]
    if not asked:
        return ["no **Predict.**"]
    unanswered = [
        i for i in asked if all(c.cell_type != "code" for c in notebook.cells[i + 1 :][:2])
    ]
    return [f"no cell answers the prediction in cell {i}" for i in unanswered]


@rule
def size(notebook: Notebook) -> list[str]:
    """40 to 80 cells and 1,200 to 2,600 words (00: from 24 cells and 600 words)."""
    first = opens_the_course(notebook)
    cells, words = len(notebook.cells), len(prose(notebook).split())
    limits = (
        (cells, 24 if first else 40, 80, "cells"),
        (words, 600 if first else 1200, 2600, "words"),
    )
    return [f"{n} {what}, {a} to {b} asked for" for n, a, b, what in limits if not a <= n <= b]


@rule
def prose_between_code(notebook: Notebook) -> list[str]:
    """At most two code cells are between two pieces of prose."""
    kinds = "".join(cell.cell_type[0] for cell in notebook.cells)
    return [f"{len(run)} code cells in a row" for run in re.findall("c+", kinds) if len(run) > 2]
