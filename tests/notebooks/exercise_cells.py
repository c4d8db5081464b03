"""Rules on the exercises of a notebook: their stubs, their checks, and where they are."""

from __future__ import annotations

import ast

from tests.notebooks.rules import (
    Notebook,
    code,
    opens_the_course,
    pairs,
    rule,
    sections,
    tagged,
    tree,
)


@rule
def exercises(notebook: Notebook) -> list[str]:
    """Three to five exercises (00: one), each a stub directly followed by its check."""
    found = list(pairs(notebook))
    inside = [c for c in sections(notebook).get("Exercises", []) if tagged(c, "exercise")]
    fewest, most = (1, 1) if opens_the_course(notebook) else (3, 5)
    complaints = []
    if not fewest <= len(found) <= most:
        complaints.append(f"{len(found)} exercises, {fewest} to {most} are asked for")
    if len(inside) != len(found):
        complaints.append("a stub is outside `## Exercises`")
    for stub, check in found:
        if check is None or not tagged(check, "check"):
            complaints.append(f"no check follows: {stub.source.splitlines()[0]}")
    if len([c for c in code(notebook) if tagged(c, "check")]) != len(found):
        complaints.append("a check without a stub before it")
    return complaints


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
