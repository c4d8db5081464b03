"""An IPython extension: a Setup cell that ran says how many exercises are solved.

`python -m helpers.course.install` makes every kernel of the environment load it. A Setup cell is
one that imports `check` from `helpers`; it stays what it is, imports only.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
from pathlib import Path
from typing import Any

from helpers.exercises.engine import progress, registry

__all__ = ["count_solved", "load_ipython_extension", "sentence"]

SETUP = re.compile(r"^from helpers import [^\n]*\bcheck\b", re.MULTILINE)


def load_ipython_extension(shell: Any) -> None:
    """Have every Setup cell of this kernel say it.

    Args:
        shell: the kernel's shell, which IPython passes.
    """
    if hasattr(shell, "kernel"):  # not in a terminal, where there are no cells
        shell.events.register("post_run_cell", on_cell)


def on_cell(result: Any) -> None:
    """Say how many exercises are solved, if the cell that ran is a Setup cell."""
    with contextlib.suppress(Exception):  # a fault in here is no fault of the cell
        if result.success and SETUP.search(result.info.raw_cell):
            print(sentence(os.environ.get("JPY_SESSION_NAME", "")))


def sentence(session: str = "") -> str:
    """Say how many exercises are solved.

    Args:
        session: the path of the open notebook, as JupyterLab tells its kernels; if it is one of
            the lessons, its own exercises come first.
    """
    solved, total = count_solved(registry.topics())
    stem = Path(session).stem
    here = [topic for topic in registry.topics() if registry.notebook(topic) == stem]
    if not here:
        return f"ready, {solved} of {total} solved"
    own, of_own = count_solved(here)
    return f"ready, {own} of {of_own} solved in this notebook, {solved} of {total} in the course"


def count_solved(topics: list[str]) -> tuple[int, int]:
    """Count the exercises of some lessons without importing them, which may take a second.

    Args:
        topics: the lessons' names.

    Returns:
        How many are solved, and how many there are.
    """
    names = {name for topic in topics for name in exercise_names(topic)}
    return len(names & progress.read()), len(names)


def exercise_names(topic: str) -> list[str]:
    """Read the names of a lesson's exercises from its source: functions below `@exercise(…)`."""
    source = (registry.LESSONS / topic / "checks.py").read_text("utf-8")
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, functions) and any(_is_exercise(d) for d in node.decorator_list)
    ]


def _is_exercise(decorator: ast.expr) -> bool:
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(call, ast.Name) and call.id == "exercise"
