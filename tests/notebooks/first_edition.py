"""The rules of the first edition, for the lessons that are not rewritten yet.

They go with the last topic in `rules.FIRST_EDITION`.
"""

from __future__ import annotations

import re
import statistics

from tests.notebooks.rules import (
    Notebook,
    code,
    first,
    opens_the_course,
    pairs,
    prose,
    sections,
    tagged,
)
from tests.notebooks.words import BOLD_NEW_WORDS, new_words, odd_lines

ENDINGS = ["Setup", "On the wire", "When it breaks", "Exercises", "Summary"]


@first
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


@first
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


@first
def on_the_wire(notebook: Notebook) -> list[str]:
    """The section `On the wire` shows a recording."""
    cells = sections(notebook).get("On the wire", [])
    shown = any(c.cell_type == "code" and re.search(r"\bshow\(", c.source) for c in cells)
    return [] if shown else ["nothing is shown under `On the wire`"]


@first
def summary(notebook: Notebook) -> list[str]:
    """New words, with their meanings or without, and `OK, but`; 150 words besides the new ones."""
    text = "\n\n".join(
        c.source for c in sections(notebook).get("Summary", []) if c.cell_type != "code"
    )
    words = len(text.split()) - in_meanings(notebook)
    complaints = [f"the summary has {words} words, at most 150"] if words > 150 else []
    odd = odd_lines(notebook) if new_words(notebook) else []
    complaints += [f"not `- *word*: its meaning`: {line}" for line in odd]
    wanted = (BOLD_NEW_WORDS, "**OK, but**")
    return complaints + [f"the summary lacks {part}" for part in wanted if part not in text]


def in_meanings(notebook: Notebook) -> int:
    """Count the words of the list of new words: the limits are older than the meanings."""
    return sum(len(f"- {new.word} {new.meaning}".split()) for new in new_words(notebook))


@first
def predictions(notebook: Notebook) -> list[str]:
    """The learner is asked to predict, and a cell answers."""
    asked = [i for i, c in enumerate(notebook.cells) if "**Predict.**" in c.source]
    if not asked:
        return ["no **Predict.**"]
    unanswered = [
        i for i in asked if all(c.cell_type != "code" for c in notebook.cells[i + 1 :][:2])
    ]
    return [f"no cell answers the prediction in cell {i}" for i in unanswered]


@first
def size(notebook: Notebook) -> list[str]:
    """40 to 70 cells and 1,200 to 2,000 words (00: from 24 cells and 600), besides meanings."""
    first = opens_the_course(notebook)
    cells, words = len(notebook.cells), len(prose(notebook).split()) - in_meanings(notebook)
    limits = (
        (cells, 24 if first else 40, 70, "cells"),
        (words, 600 if first else 1200, 2000, "words"),
    )
    return [f"{n} {what}, {a} to {b} asked for" for n, a, b, what in limits if not a <= n <= b]


@first
def code_cells_are_short(notebook: Notebook) -> list[str]:
    """The median code cell has at most 5 lines, the longest at most 25."""
    lines = [len(cell.source.splitlines()) for cell in code(notebook)]
    complaints = []
    if statistics.median(lines) > 5:
        complaints.append(f"the median code cell has {statistics.median(lines):g} lines")
    return complaints + [f"a code cell of {n} lines" for n in lines if n > 25]


@first
def exercises(notebook: Notebook) -> list[str]:
    """Three to five exercises (00: one), all under `## Exercises`."""
    found = list(pairs(notebook))
    inside = [c for c in sections(notebook).get("Exercises", []) if tagged(c, "exercise")]
    fewest, most = (1, 1) if opens_the_course(notebook) else (3, 5)
    complaints = []
    if not fewest <= len(found) <= most:
        complaints.append(f"{len(found)} exercises, {fewest} to {most} are asked for")
    if len(inside) != len(found):
        complaints.append("a stub is outside `## Exercises`")
    return complaints
