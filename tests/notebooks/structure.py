"""Rules on the structure of a notebook: which parts it has, in which order and of what size."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from tests.notebooks.minutes import MOST, minutes
from tests.notebooks.rules import (
    Notebook,
    bare,
    code,
    opens_the_course,
    part,
    prose,
    rule,
    second,
    sections,
    tree,
)

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
#: Every lesson, in order: a link to one that does not exist yet would lead nowhere.
NAMES = sorted(path.name for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))

#: The sections that are not a step of the story.
NAMED = ("Setup", "On the wire", "When it breaks", "Your program", "The map", "Summary")
EXTRA = "Extra"


@second
def title_and_promise(notebook: Notebook) -> list[str]:
    """`# NN Title`, a promise in one sentence, minutes, and what to have done before."""
    first = notebook.cells[0].source
    opening = first.split("**By the end you can**")[0]
    complaints = []
    if not re.match(r"# \d\d \S", first):
        complaints.append("the first line is not `# NN Title`")
    promise = " ".join([*first.partition("\n")[2].strip().split("\n\n"), ""][0].split())
    sentences = len(re.findall(r"[.!?](?=\s|$)", promise))
    if sentences != 1 or not promise.endswith((".", "!")):
        complaints.append(f"the promise is not one sentence: {promise!r}")
    if not re.search(r"\b\d+ minutes\b", opening):
        complaints.append("the opening lacks 'minutes', with a number before it")
    return complaints + [f"the opening lacks {w!r}" for w in ("Before",) if w not in opening]


def neighbours(number: str, names: Iterable[str]) -> list[str]:
    """Name the notebooks that one must link: the one before it, the map, the one after it.

    Args:
        number: its own, `12`.
        names: all notebooks, in order.
    """
    others = sorted(name for name in names if not name.startswith(f"{number}_"))
    before = [name for name in others if name[:2] < number]
    after = [name for name in others if name[:2] > number]
    return list(dict.fromkeys([*before[-1:], *before[:1], *after[:1]]))


@second
def way_through_the_course(notebook: Notebook) -> list[str]:
    """The first cell links the previous lesson, the map, and the next one."""
    first = notebook.cells[0].source
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", first)}
    number = (re.findall(r"\d\d", first) or ["99"])[0]
    wanted = neighbours(number, NAMES)
    return [f"the first cell does not link {name}" for name in wanted if name not in linked]


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
    """The first code cell, and the only one under `## Setup`: imports and nothing else."""
    cells = [c for c in sections(notebook).get("Setup", []) if c.cell_type == "code"]
    if len(cells) != 1 or cells[0] is not code(notebook)[0]:
        return ["only the first code cell belongs under `## Setup`"]
    imports = all(isinstance(n, ast.Import | ast.ImportFrom) for n in tree(cells[0]).body)
    return [] if imports else ["Setup does more than import"]


@second
def parts(notebook: Notebook) -> list[str]:
    """Setup first, Summary last, 3 to 6 sections between; no section of exercises."""
    headings = [name for name in sections(notebook) if name]
    names = [bare(name) for name in headings]
    needed = ["Setup", "When it breaks", "Your program", "Summary"]
    if opens_the_course(notebook):
        needed.remove("Your program")
    complaints = [f"no section {name!r}" for name in needed if name not in names]
    if "Exercises" in names:
        complaints.append("an exercise belongs in its section, not under `## Exercises`")
    if names and (names[0] != "Setup" or names[-1] != "Summary"):
        complaints.append(f"Setup is not first, or Summary not last: {names}")
    story = [name for name in names if name not in NAMED and not name.startswith(EXTRA)]
    if not 3 <= len(story) <= 6:
        complaints.append(f"{len(story)} sections of its own, 3 to 6 asked for: {story}")
    numbers = [int(name.split(" · ")[0]) for name in headings if re.match(r"\d+ · ", name)]
    if numbers != list(range(1, len(numbers) + 1)):
        complaints.append(f"the sections are numbered {numbers}")
    return complaints


@second
def on_the_wire(notebook: Notebook) -> list[str]:
    """Where there is a section `On the wire`, it shows a recording."""
    cells = part(notebook, "On the wire")
    shown = any(c.cell_type == "code" and re.search(r"show\(|\.live\(", c.source) for c in cells)
    return [] if shown or not cells else ["nothing is shown under `On the wire`"]


@second
def size(notebook: Notebook) -> list[str]:
    """40 to 80 cells and 1,200 to 2,600 words: a guide, so a quarter more or less is fine.

    The notebook that opens the course: from 24 cells and 600 words.
    """
    first = opens_the_course(notebook)
    cells, words = len(notebook.cells), len(prose(notebook).split())
    limits = (
        (cells, 24 if first else 40, 80, "cells"),
        (words, 600 if first else 1200, 2600, "words"),
    )
    return [
        f"{n} {what}, about {a} to {b} asked for"
        for n, a, b, what in limits
        if not a * 0.75 <= n <= b * 1.25
    ]


@second
def honest_minutes(notebook: Notebook) -> list[str]:
    """What the opening promises is what the formula gives, within 5, and at most 75."""
    stated = re.search(r"\b(\d+) minutes\b", notebook.cells[0].source)
    computed = round(minutes(notebook).total)
    complaints = []
    if not stated or abs(int(stated[1]) - computed) > 5:
        complaints.append(f"{stated and stated[1]} minutes promised, {minutes(notebook)}")
    if computed > MOST:
        complaints.append(f"{minutes(notebook)}: more than {MOST}, so this is two lessons")
    return complaints


@rule
def prose_between_code(notebook: Notebook) -> list[str]:
    """At most two code cells are between two pieces of prose."""
    kinds = "".join(cell.cell_type[0] for cell in notebook.cells)
    return [f"{len(run)} code cells in a row" for run in re.findall("c+", kinds) if len(run) > 2]
