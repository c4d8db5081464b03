"""Rules on what a lesson asks of its reader: predictions, and changes to a cell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.notebooks.rules import Cell, Notebook, paragraphs, second, tree

FEWEST_CHANGES = 2
SEEN = re.compile(r"\b(see|should)\b")
#: What may follow the question in its cell: the answers to choose from.
CHOICES = re.compile(r"\s*([-*|>]|\d+[.)]|\w\)|```|$)")


@second
def changes(notebook: Notebook) -> list[str]:
    """At least two **Change it**, each with what you should see."""
    found = [text for _, text in paragraphs(notebook, "**Change it")]
    complaints = []
    if len(found) < FEWEST_CHANGES:
        complaints.append(f"{len(found)} **Change it**, at least {FEWEST_CHANGES} are asked for")
    silent = [text for text in found if not SEEN.search(text)]
    return complaints + [f"it does not say what you should see: {text[:60]}" for text in silent]


@second
def predictions(notebook: Notebook) -> list[str]:
    """The learner is asked to predict, with a place for the answer, and a later cell answers."""
    asked = [number for number, _ in paragraphs(notebook, "**Predict")]
    complaints = [] if asked else ["no **Predict.**"]
    for number in asked:
        following = notebook.cells[number].source.split("**Predict")[-1].split("\n\n")[1:]
        if not all(CHOICES.match(paragraph) for paragraph in following):
            complaints.append(f"the text goes on after the question in cell {number}")
        after = [c for c in notebook.cells[number + 1 :][:1] if c.cell_type == "code"]
        if not after or not list(asks(after[0])):
            complaints.append(f"no `predict(…, ...)` follows the question in cell {number}")
    return complaints + unanswered(notebook)


def unanswered(notebook: Notebook) -> list[str]:
    """List the places for an answer that no later cell shows, and the other way round."""
    complaints = []
    cells = [(cell, tree(cell)) for cell in notebook.cells if cell.cell_type == "code"]
    asked: set[str] = set()
    shown: set[str] = set()
    for cell, module in cells:
        here = set(asks(cell))
        if here and len(module.body) > 1:
            complaints.append(f"the place for an answer shares its cell: {cell.source[:60]}")
        early = set(answers(cell)) - asked
        complaints += [f"{name!r} happened, and nobody was asked before" for name in sorted(early)]
        asked |= here
        shown |= set(answers(cell))
    missing = sorted(asked - shown)
    return complaints + [f"no cell shows `predict({name!r}, happened=…)`" for name in missing]


def asks(cell: Cell) -> Iterator[str]:
    """Give the names of the predictions that a cell has a place for."""
    for call in calls(cell):
        dots = [a for a in call.args[1:] if isinstance(a, ast.Constant) and a.value is ...]
        if dots:
            yield getattr(call.args[0], "value", "")


def answers(cell: Cell) -> Iterator[str]:
    """Give the names of the predictions beside which a cell shows what happened."""
    for call in calls(cell):
        if call.args and any(keyword.arg == "happened" for keyword in call.keywords):
            yield getattr(call.args[0], "value", "")


def calls(cell: Cell) -> Iterator[ast.Call]:
    """Give the calls of `predict` in a cell."""
    for node in ast.walk(tree(cell)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "predict":
            yield node
