"""The shape of a notebook: each rule is a function from a notebook to a list of complaints.

`00` opens the course and may be shorter (24 cells, 600 words) and have a single exercise;
everything else holds for all.
"""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Callable, Iterator

import nbformat

Notebook = nbformat.NotebookNode
Cell = nbformat.NotebookNode
Rule = Callable[[Notebook], list[str]]

RULES: list[Rule] = []

TAGS = {"exercise", "check", "raises-exception", "nbval-ignore-output"}
FILLERS = re.compile(r"\b(simply|just|basically|obviously|easy|easily)\b", re.IGNORECASE)
FORBIDDEN = {"nest_asyncio", "serve_forever", "run_app", "run_forever", "run_until_complete"}
PLACES = re.compile(
    r"/(?:home|Users|root|tmp|work|mnt|opt|usr|var)/[\w.]|\b[A-Z]:\\\w|site-packages"
)
ENDINGS = ["Setup", "On the wire", "When it breaks", "Exercises", "Summary"]


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
    """Split the notebook at its second-level headings, wherever in a cell they stand."""
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
    """Give each cell tagged `exercise` with the code cell behind it."""
    cells = code(notebook)
    for number, cell in enumerate(cells):
        if tagged(cell, "exercise"):
            yield cell, cells[number + 1] if number + 1 < len(cells) else None


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
        return ["the first code cell, and it alone, stands under `## Setup`"]
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
def exercises(notebook: Notebook) -> list[str]:
    """Three to five exercises (00: one), each a stub with its check right behind it."""
    found = list(pairs(notebook))
    inside = [c for c in sections(notebook).get("Exercises", []) if tagged(c, "exercise")]
    fewest, most = (1, 1) if opens_the_course(notebook) else (3, 5)
    complaints = []
    if not fewest <= len(found) <= most:
        complaints.append(f"{len(found)} exercises, {fewest} to {most} are asked for")
    if len(inside) != len(found):
        complaints.append("a stub stands outside of `## Exercises`")
    for stub, check in found:
        if check is None or not tagged(check, "check"):
            complaints.append(f"no check behind: {stub.source.splitlines()[0]}")
    if len([c for c in code(notebook) if tagged(c, "check")]) != len(found):
        complaints.append("a check without a stub before it")
    return complaints


@rule
def stubs(notebook: Notebook) -> list[str]:
    """A stub is one function: a docstring, `...`, and at most 15 lines."""
    complaints = []
    for stub, _ in pairs(notebook):
        body = tree(stub).body
        name = stub.source.splitlines()[0]
        if len(stub.source.splitlines()) > 15:
            complaints.append(f"a stub of more than 15 lines: {name}")
        if len(body) != 1 or not isinstance(body[0], ast.FunctionDef | ast.AsyncFunctionDef):
            complaints.append(f"not one function: {name}")
        elif not (ast.get_docstring(body[0]) and len(body[0].body) == 2):
            complaints.append(f"not a docstring and `...`: {name}")
        elif ast.unparse(body[0].body[1]) != "...":
            complaints.append(f"the stub is solved: {name}")
    return complaints


@rule
def not_tried_yet(notebook: Notebook) -> list[str]:
    """What is stored for a check is the answer to the stub."""
    complaints = []
    for cell in code(notebook):
        if tagged(cell, "check"):
            text = "".join(o.get("data", {}).get("text/plain", "") for o in cell.outputs)
            if not text.startswith("not tried yet"):
                complaints.append(f"{cell.source} has stored {text[:30]!r}")
    return complaints


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
def size(notebook: Notebook) -> list[str]:
    """40 to 70 cells and 1,200 to 2,000 words (00: from 24 cells and 600 words)."""
    first = opens_the_course(notebook)
    cells, words = len(notebook.cells), len(prose(notebook).split())
    limits = (
        (cells, 24 if first else 40, 70, "cells"),
        (words, 600 if first else 1200, 2000, "words"),
    )
    return [f"{n} {what}, {a} to {b} asked for" for n, a, b, what in limits if not a <= n <= b]


@rule
def code_cells_are_short(notebook: Notebook) -> list[str]:
    """The median code cell has at most 5 lines, the longest at most 25."""
    lines = [len(cell.source.splitlines()) for cell in code(notebook)]
    complaints = []
    if statistics.median(lines) > 5:
        complaints.append(f"the median code cell has {statistics.median(lines):g} lines")
    return complaints + [f"a code cell of {n} lines" for n in lines if n > 25]


@rule
def prose_between_code(notebook: Notebook) -> list[str]:
    """At most two code cells stand between two pieces of prose."""
    kinds = "".join(cell.cell_type[0] for cell in notebook.cells)
    return [f"{len(run)} code cells in a row" for run in re.findall("c+", kinds) if len(run) > 2]


@rule
def narrow_lines(notebook: Notebook) -> list[str]:
    """No line is wider than 79; a row of a table cannot be wrapped and may be."""
    lines = [line for cell in notebook.cells for line in cell.source.splitlines()]
    return [
        f"{len(line)} wide: {line}"
        for line in lines
        if len(line) > 79 and not line.startswith("|") and " " in line.strip("- ")
    ]


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
