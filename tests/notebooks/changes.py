"""Each **Change it** of a lesson, made by a test as a learner makes it.

`tests/lessons/TOPIC/changes.py` has `CHANGES`, a list of `Change`. A change is made where the
lesson asks for it, in the notebook's own kernel: its cell is edited and run, then the cells that
the text names. Then the learner goes on, in one of two ways:

- the change is left as it is (`leave`): no later cell may fail that should not;
- it is undone, and the same cells are run again (`undo`): whatever follows says what is stored.

Both return complaints, so that a test can prove that each of them is found.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.notebooks.kernel import Kernel, Output, as_text, errors
from tests.notebooks.rules import Cell, Notebook, paragraphs, tagged
from tests.notebooks.run import CELL_TIMEOUT_S, sanitized, tidy

MARK = "**Change it"
PIXELS = ("image/png", "image/jpeg")


@dataclass(frozen=True)
class Change:
    """What a **Change it** asks for, and what it promises.

    Attributes:
        asks: the first words of its paragraph, after `**Change it.**`.
        cell: the id of the cell that is edited, which stands before the paragraph.
        old: a piece of its source, which is there once.
        new: what is written in its place.
        runs: the ids of the cells that are run after it, in this order.
        probe: code that is run last, where the effect is seen on a page alone: it asks what the
            page asks, and says what came.
        sees: what these cells say only now; several texts where it is more than one. An error
            that the change provokes is named here.
    """

    asks: str
    cell: str
    old: str
    new: str
    sees: str | tuple[str, ...]
    runs: tuple[str, ...] = ()
    probe: str = ""

    @property
    def seen(self) -> tuple[str, ...]:
        """What is seen, as a tuple."""
        return (self.sees,) if isinstance(self.sees, str) else self.sees

    @property
    def name(self) -> str:
        """How a test calls it."""
        return "-".join(self.asks.split()[:5])


def changes_of(topic: str) -> list[Change]:
    """Read the changes of a lesson; none where it has no `changes.py`."""
    module = f"tests.lessons.{topic}.changes"
    package = importlib.util.find_spec(f"tests.lessons.{topic}")
    if package is None or importlib.util.find_spec(module) is None:
        return []
    found: list[Change] = importlib.import_module(module).CHANGES
    return found


def asked(notebook: Notebook) -> list[tuple[int, str]]:
    """List what the paragraphs ask for, after `**Change it.**`, with the number of the cell."""
    found = paragraphs(notebook, MARK)
    return [(number, text.split("**", 2)[2].lstrip(" .:")) for number, text in found]


def mismatches(notebook: Notebook, changes: Iterable[Change]) -> list[str]:
    """Complain where the paragraphs of a notebook and its changes are not the same."""
    changes = list(changes)
    complaints = []
    for _, text in asked(notebook):
        meant = [change for change in changes if text.startswith(change.asks)]
        if len(meant) != 1:
            complaints.append(f"{len(meant)} changes are meant by: {text[:60]}")
    for change in changes:
        complaints += [f"{change.asks}: {said}" for said in misplaced(notebook, change)]
    return complaints


def misplaced(notebook: Notebook, change: Change) -> list[str]:
    """Complain about a change that its notebook has no place for, or whose effect is not new."""
    ids = [cell.id for cell in notebook.cells]
    unknown = [id for id in (change.cell, *change.runs) if id not in ids]
    if unknown:
        return [f"no cell has the id {id}" for id in unknown]
    places = [number for number, text in asked(notebook) if text.startswith(change.asks)]
    if len(places) != 1:
        return [f"{len(places)} paragraphs begin with these words"]
    late = [id for id in (change.cell, *change.runs) if ids.index(id) > places[0]]
    complaints = [f"cell {id} stands after the paragraph" for id in late]
    count = notebook.cells[ids.index(change.cell)].source.count(change.old)
    if count != 1:
        complaints.append(f"{change.old!r} is in the cell {count} times")
    cells = [notebook.cells[ids.index(id)] for id in (change.cell, *change.runs)]
    before = as_text([output for cell in cells for output in cell.outputs])
    if all(text in before for text in change.seen):
        complaints.append(f"{change.seen} is seen without the change")
    return complaints


class Learner:
    """Runs a notebook from top to bottom, and stops where a change is asked for."""

    def __init__(self, notebook: Notebook, kernel: Kernel) -> None:
        self.notebook, self.kernel = notebook, kernel
        self.cells = {cell.id: cell for cell in notebook.cells}
        self.next = 0

    def run_to(self, place: int, *, compare: bool) -> list[str]:
        """Run the cells up to a place.

        Args:
            place: the number of the cell to stop before.
            compare: complain also where a cell says something else than what is stored.
        """
        complaints = []
        for cell in self.notebook.cells[self.next : place]:
            if cell.cell_type == "code":
                outputs = self.kernel.run(cell.source, timeout_s=CELL_TIMEOUT_S)
                complaints += failures(cell, outputs)
                complaints += differences(cell, outputs) if compare else []
        self.next = max(self.next, place)
        return complaints

    def make(self, change: Change) -> list[str]:
        """Make a change, run its cells, and complain if its effect is not seen."""
        source = self.cells[change.cell].source.replace(change.old, change.new)
        sources = [source, *(self.cells[id].source for id in change.runs), change.probe]
        outputs = [o for one in sources for o in self.kernel.run(one, timeout_s=CELL_TIMEOUT_S)]
        said = as_text(outputs)
        unseen = [f"{text!r} is not seen, but: {said}" for text in change.seen if text not in said]
        if any(tagged(self.cells[id], "raises-exception") for id in (change.cell, *change.runs)):
            return unseen
        promised = " ".join(change.seen)
        raised = [e for e in errors(outputs) if e.partition(":")[0] not in promised]
        return unseen + [f"the change raised {error}" for error in raised]

    def take_back(self, change: Change) -> list[str]:
        """Undo a change, and run its cells again: they say what is stored."""
        complaints = []
        for id in (change.cell, *change.runs):
            outputs = self.kernel.run(self.cells[id].source, timeout_s=CELL_TIMEOUT_S)
            complaints += differences(self.cells[id], outputs)
        return complaints


def leave(notebook: Notebook, change: Change, kernel: Kernel) -> list[str]:
    """Make one change, leave it, and go on to the end: its effect is seen, and nothing fails."""
    learner = Learner(notebook, kernel)
    complaints = learner.run_to(place_of(notebook, change), compare=False)
    complaints += learner.make(change)
    return complaints + learner.run_to(len(notebook.cells), compare=False)


def undo(notebook: Notebook, changes: Iterable[Change], kernel: Kernel) -> list[str]:
    """Make each change and undo it, and go on: every other cell says what is stored."""
    learner = Learner(notebook, kernel)
    complaints = []
    for change in sorted(changes, key=lambda change: place_of(notebook, change)):
        complaints += learner.run_to(place_of(notebook, change), compare=True)
        complaints += learner.make(change)
        complaints += learner.take_back(change)
    return complaints + learner.run_to(len(notebook.cells), compare=True)


def place_of(notebook: Notebook, change: Change) -> int:
    """Find the number of the cell whose paragraph asks for a change."""
    return next(n for n, text in asked(notebook) if text.startswith(change.asks))


def failures(cell: Cell, outputs: list[Output]) -> list[str]:
    """Complain about an error where none is planned."""
    if tagged(cell, "raises-exception"):
        return []
    return [f"cell {cell.id} raised {error}" for error in errors(outputs)]


def differences(cell: Cell, outputs: list[Output]) -> list[str]:
    """Complain where a cell says something else than what is stored, as nbval compares."""
    if tagged(cell, "nbval-ignore-output"):
        return []
    now = [comparable(tidy(output, 0)) for output in outputs]
    before = [comparable(output) for output in cell.outputs]
    if now == before:
        return []
    return [f"cell {cell.id} says {as_text(outputs)!r}, and {as_text(cell.outputs)!r} is stored"]


def comparable(output: Any) -> Any:
    """Leave what nbval compares: no count, no traceback, no pixel, no port."""
    left = {k: v for k, v in output.items() if k not in ("metadata", "traceback")}
    if "data" in left:
        left["data"] = {k: v for k, v in left["data"].items() if k not in PIXELS}
    return sanitized(left)
