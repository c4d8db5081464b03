"""Rules on code cells: how long they are, their tags, and what they must not call."""

from __future__ import annotations

import ast
import re
import statistics

from tests.notebooks.rules import Notebook, code, rule, tree

TAGS = {"exercise", "check", "raises-exception", "nbval-ignore-output"}
FORBIDDEN = {"nest_asyncio", "serve_forever", "run_app", "run_forever", "run_until_complete"}


@rule
def code_cells_are_short(notebook: Notebook) -> list[str]:
    """The median code cell has at most 5 lines, the longest at most 25."""
    lines = [len(cell.source.splitlines()) for cell in code(notebook)]
    complaints = []
    if statistics.median(lines) > 5:
        complaints.append(f"the median code cell has {statistics.median(lines):g} lines")
    return complaints + [f"a code cell of {n} lines" for n in lines if n > 25]


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
