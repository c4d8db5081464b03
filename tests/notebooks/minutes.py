"""How long a lesson takes, by one formula: `python -m tests.notebooks.minutes NOTEBOOK …`.

Words ÷ 150, 40 seconds a code cell, a minute for each prediction and each "Change it", and 5, 10
or 15 minutes an exercise by its grade. The open exercise ends when the learner likes, and does
not count.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tests.notebooks.rules import GRADE, GRADES, Notebook, code, paragraphs, prose

WORDS_A_MINUTE = 150
CODE_CELL_S = 40
MOST = 75


@dataclass(frozen=True)
class Minutes:
    """What a lesson's minutes are made of."""

    reading: float
    running: float
    asked: float
    exercises: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.reading + self.running + self.asked + self.exercises

    def __str__(self) -> str:
        parts = (
            f"{self.reading:.0f} for the words",
            f"{self.running:.0f} for the code cells",
            f"{self.asked:.0f} for predictions and changes",
            f"{self.exercises:.0f} for exercises",
        )
        return f"{self.total:.0f} by the formula ({', '.join(parts)})"


def minutes(notebook: Notebook) -> Minutes:
    """Compute a lesson's minutes."""
    grades = [m["grade"] for cell in markdown(notebook) for m in GRADE.finditer(cell.source)]
    return Minutes(
        reading=len(prose(notebook).split()) / WORDS_A_MINUTE,
        running=len(code(notebook)) * CODE_CELL_S / 60,
        asked=len(paragraphs(notebook, "**Predict")) + len(paragraphs(notebook, "**Change it")),
        exercises=sum(GRADES.get(grade, 0) for grade in grades),
    )


def markdown(notebook: Notebook) -> list[nbformat.NotebookNode]:
    """List the Markdown cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


if __name__ == "__main__":
    for name in map(Path, sys.argv[1:]):
        print(f"{name.name}: {minutes(nbformat.read(name, as_version=4))}")
