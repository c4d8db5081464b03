"""Rules on the exercises of a notebook: their stubs, their checks, and where they are."""

from __future__ import annotations

import ast
import re

from tests.notebooks.rules import (
    GRADE,
    GRADES,
    Cell,
    Notebook,
    code,
    opens_the_course,
    pairs,
    rule,
    second,
    tagged,
    tree,
)

FEWEST, MOST = 2, 8
OPEN = re.compile(r"^###+ .*Make it yours.*$", re.IGNORECASE | re.MULTILINE)


@rule
def stub_then_check(notebook: Notebook) -> list[str]:
    """A check directly follows its stub, and there is none without one."""
    complaints = []
    found = list(pairs(notebook))
    for stub, check in found:
        if check is None or not tagged(check, "check"):
            complaints.append(f"no check follows: {stub.source.splitlines()[0]}")
    if len([c for c in code(notebook) if tagged(c, "check")]) != len(found):
        complaints.append("a check without a stub before it")
    return complaints


@second
def exercises(notebook: Notebook) -> list[str]:
    """Two to eight exercises besides the open one (00: one), each asked for in Markdown."""
    places = [n for n, c in enumerate(notebook.cells) if tagged(c, "exercise")]
    fewest = 1 if opens_the_course(notebook) else FEWEST
    complaints = []
    if not fewest <= len(places) <= MOST:
        complaints.append(f"{len(places)} exercises, {fewest} to {MOST} are asked for")
    for number, before in zip(places, [0, *places], strict=False):
        asked = notebook.cells[max(0, number - 1)]
        name = notebook.cells[number].source.splitlines()[0]
        if asked.cell_type != "markdown":
            complaints.append(f"no Markdown asks for it: {name}")
        complaints += [f"{c}: {name}" for c in grade(notebook.cells[before:number])]
    return complaints


def grade(cells: list[Cell]) -> list[str]:
    """Complain about the last heading of some cells, which is `### … (core, 10 min)`."""
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    heading = ["", *re.findall(r"^###? .*$", text, re.MULTILINE)][-1]
    found = GRADE.match(heading)
    if not found or found["grade"] not in GRADES:
        return [f"no grade such as `(core, 10 min)` is in the heading {heading!r}"]
    right = GRADES[found["grade"]]
    return [] if int(found["minutes"]) == right else [f"{found['grade']} is {right} min"]


@second
def the_last_is_open(notebook: Notebook) -> list[str]:
    """After the last check: `### … Make it yours`, with three ideas, and before the summary."""
    if opens_the_course(notebook):
        return []
    cells = notebook.cells
    places = [n for n, c in enumerate(cells) if OPEN.search(c.source)]
    last = max((n for n, c in enumerate(cells) if tagged(c, "check")), default=0)
    end = max((n for n, c in enumerate(cells) if c.source.startswith("## Summary")), default=0)
    if len(places) != 1 or not last < places[0] < end:
        return ["no heading `### … Make it yours` between the last check and the summary"]
    text = OPEN.split(cells[places[0]].source)[-1]
    ideas = len(re.findall(r"^(?:[-*]|\d+\.) ", re.split(r"^#", text, flags=re.M)[0], re.M))
    return [] if ideas == 3 else [f"{ideas} ideas under Make it yours, 3 are asked for"]


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
