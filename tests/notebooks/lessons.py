"""The notebooks as tests see them: found by glob, never by a list that somebody keeps."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

from helpers.exercises.engine.exercise import Exercise
from helpers.exercises.engine.help import solution_source
from helpers.exercises.engine.registry import exercises
from tests.exercises.answers import Answer, read

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
ANSWERS = Path(__file__).resolve().parents[1] / "lessons"

Cell = nbformat.NotebookNode


def tags(cell: Cell) -> list[str]:
    """List the tags of a cell."""
    return list(cell.metadata.get("tags", []))


@dataclass(frozen=True)
class Lesson:
    """One notebook, with its checks, solutions and answers."""

    path: Path

    @property
    def topic(self) -> str:
        """Its name without its number, such as `handshake`, which its folders have."""
        return self.path.stem[3:]

    @cached_property
    def notebook(self) -> nbformat.NotebookNode:
        return nbformat.read(self.path, as_version=4)

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @cached_property
    def exercises(self) -> list[Exercise]:
        return exercises(self.topic)

    @cached_property
    def answers(self) -> list[Answer]:
        return read(ANSWERS / self.topic / "answers.md")

    @property
    def pairs(self) -> list[tuple[Cell, Cell]]:
        """Each cell tagged `exercise` with the next cell that is tagged `check`."""
        found = []
        for number, cell in enumerate(self.code):
            if "exercise" in tags(cell):
                found += [(cell, after) for after in self.code[number:] if "check" in tags(after)][
                    :1
                ]
        return found

    def check_cell(self, exercise: str) -> str:
        """Find the source of the check cell of an exercise."""
        pair = next(pair for pair in self.pairs if stub_name(pair[0]) == exercise)
        return pair[1].source


def stub_name(cell: Cell) -> str:
    """Name the function that a cell defines; empty where it defines none."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return next((n.name for n in ast.parse(cell.source).body if isinstance(n, functions)), "")


def answer(exercise: Exercise) -> str:
    """Write the solution as `solution("name")` shows it."""
    return solution_source(exercise).text


LESSONS = [Lesson(path) for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))]
