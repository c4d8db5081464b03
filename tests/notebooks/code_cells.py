"""Rules on code cells: how long they are, their tags, and what they must not call."""

from __future__ import annotations

import ast
import re
import statistics

from tests.notebooks.rules import Cell, Notebook, code, rule, second, tagged, tree

TAGS = {"exercise", "check", "raises-exception", "nbval-ignore-output"}
FORBIDDEN = {"nest_asyncio", "serve_forever", "run_app", "run_forever", "run_until_complete"}


@second
def code_cells_are_short(notebook: Notebook) -> list[str]:
    """The median cell that teaches has at most 6 lines: stubs and checks do not count."""
    lines = [len(c.source.splitlines()) for c in code(notebook) if not of_an_exercise(c)]
    median = statistics.median(lines)
    return [] if median <= 6 else [f"the median cell that teaches has {median:g} lines"]


def of_an_exercise(cell: Cell) -> bool:
    """Say whether a cell is a stub or a check."""
    return tagged(cell, "exercise") or tagged(cell, "check")


@second
def long_cells_are_run_at_once(notebook: Notebook) -> list[str]:
    """A cell of more than 25 lines runs what it defines, or the next code cell does."""
    cells = code(notebook)
    complaints = []
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        lines = len(cell.source.splitlines())
        used = loaded(tree(after)) if after else set()
        if lines > 25 and not acts(cell) and not defined(cell) & used:
            complaints.append(f"{lines} lines that nothing runs: {cell.source.splitlines()[0]}")
    return complaints


def acts(cell: Cell) -> bool:
    """Say whether a cell does more than import, define and assign."""
    quiet = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(
        not isinstance(statement, (*quiet, ast.Assign, ast.AnnAssign))
        and not isinstance(getattr(statement, "value", None), ast.Constant)
        for statement in tree(cell).body
    )


def defined(cell: Cell) -> set[str]:
    """Name what a cell defines and assigns."""
    found = {getattr(statement, "name", "") for statement in tree(cell).body} - {""}
    stored = (n for n in ast.walk(tree(cell)) if isinstance(n, ast.Name))
    return found | {name.id for name in stored if isinstance(name.ctx, ast.Store)}


def loaded(module: ast.Module) -> set[str]:
    """Name what some code reads."""
    names = (node for node in ast.walk(module) if isinstance(node, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


@rule
def known_tags(notebook: Notebook) -> list[str]:
    """Only the tags that the tests know."""
    found = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])}
    return [f"unknown tag {tag!r}" for tag in sorted(found - TAGS)]


@rule
def no_loop_of_its_own(notebook: Notebook) -> list[str]:
    """The kernel has a loop: nothing starts another, and nothing serves forever."""
    complaints = []
    for cell in code(notebook):
        words = set(re.findall(r"\w+", ast.unparse(tree(cell))))
        complaints += [f"{word} in a cell" for word in sorted(words & FORBIDDEN)]
        if re.search(r"\basyncio\s*\.\s*run\(", ast.unparse(tree(cell))):
            complaints.append("asyncio.run in a cell")
    return complaints


@rule
def no_sleep_as_a_wait(notebook: Notebook) -> list[str]:
    """A cell awaits its evidence; only functions may sleep, where that is the lesson."""
    complaints = []
    for cell in code(notebook):
        for statement in tree(cell).body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            waits = [
                ast.unparse(node.value if isinstance(node, ast.Await) else node)
                for node in ast.walk(statement)
                if isinstance(node, ast.Await) or ast.unparse(node).startswith("time.sleep(")
            ]
            sleeps = {w for w in waits if re.match(r"(?:\w+\.)?sleep\((?!0\))", w)}
            complaints += [f"a sleep in a cell: {call}" for call in sorted(sleeps)]
    return complaints
