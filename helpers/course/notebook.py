"""A notebook as the course sees it: cells with a digest, an exercise's name, and no outputs.

A *stub* is an exercise as it is handed out: one function whose body is a docstring and `...`.
What the learner has made of it is an *answer*.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import nbformat

__all__ = [
    "Cell",
    "CourseError",
    "Notebook",
    "as_node",
    "clear",
    "digest",
    "exercise_of",
    "is_stub",
    "make_cell",
    "read",
    "sha",
    "tags_of",
    "topic_of",
    "write_text",
]

Cell = nbformat.NotebookNode
Notebook = nbformat.NotebookNode
NAMED = re.compile(r"^\s*(?:async\s+)?def\s+(\w+)", re.MULTILINE)
NUMBER = re.compile(r"^\d\d_")


class CourseError(RuntimeError):
    """The learner's copy cannot be changed; nothing was, and the message says what to do."""


def read(text: str, place: str) -> Notebook:
    """Read a notebook from its text.

    Args:
        text: what is in the file.
        place: its name, for the error.

    Raises:
        CourseError: it is not a notebook.
    """
    try:
        if text.lstrip("\ufeff \n").startswith("<<<<<<<") or "\n<<<<<<< " in text:
            raise ValueError("git left a conflict in it")
        notebook: Notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
        if not isinstance(notebook.get("cells"), list):
            raise ValueError("it has no cells")
    except Exception as error:  # nbformat raises many kinds, for broken JSON and for others
        reason = str(error).partition("\n")[0].strip().rstrip(".")
        raise CourseError(f"{place} cannot be read as a notebook ({reason[:120]})") from None
    _give_ids(notebook)
    return notebook


def write_text(notebook: Notebook) -> str:
    """Write a notebook as JupyterLab does, with a line's end at the end."""
    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]


def clear(notebook: Notebook) -> Notebook:
    """Copy a notebook without its outputs and execution counts."""
    cleared = copy.deepcopy(notebook)
    for cell in cleared.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return cleared


def make_cell(kind: str, source: str, **metadata: Any) -> Cell:
    """Make a cell with an id of its own.

    Args:
        kind: `code`, `markdown` or `raw`.
        source: its text.
        metadata: what else is to be known about it.
    """
    make = getattr(nbformat.v4, f"new_{kind}_cell")
    cell: Cell = make(source, metadata=metadata)
    return cell


def as_node(data: dict[str, Any]) -> Any:
    """Make plain data what nbformat works with."""
    return nbformat.from_dict(data)  # type: ignore[no-untyped-call]


def digest(cell: Cell) -> str:
    """Sum up what a person can change in a cell: kind, text and pasted pictures."""
    parts: list[Any] = [cell.cell_type, cell.source]
    if cell.get("attachments"):
        parts.append(cell.attachments)
    return sha(json.dumps(parts, sort_keys=True))


def sha(content: str | bytes) -> str:
    """Sum up a text, or the bytes of a file, in 16 hexadecimal digits."""
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return hashlib.sha256(raw).hexdigest()[:16]


def tags_of(cell: Cell) -> tuple[str, ...]:
    """List the tags of a cell."""
    tags = cell.metadata.get("tags", [])
    return tuple(tags) if isinstance(tags, list) else ()


def exercise_of(cell: Cell) -> str:
    """Name the exercise whose stub, or answer, a cell is; empty if it is none."""
    if cell.cell_type != "code" or "exercise" not in tags_of(cell):
        return ""
    found = NAMED.search(cell.source)
    return found[1] if found else ""


def is_stub(source: str) -> bool:
    """Say whether a function is still to be written: its body is a docstring and `...`."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return False
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    rest = body[0].body[1:] if ast.get_docstring(body[0]) is not None else body[0].body
    return all(isinstance(n, ast.Expr) and _is_ellipsis(n.value) for n in rest)


def topic_of(name: str) -> str:
    """Name the lesson of a notebook's file: `NN_handshake.ipynb` is `handshake`."""
    return NUMBER.sub("", Path(name).stem)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _give_ids(notebook: Notebook) -> None:
    """Give an id to each cell that has none, or one that another cell has."""
    seen: set[str] = set()
    notebook.nbformat_minor = max(5, notebook.get("nbformat_minor", 5))
    for cell in notebook.cells:
        if not cell.get("id") or cell.id in seen:
            cell.id = make_cell("raw", "").id
        seen.add(cell.id)
        cell.setdefault("metadata", as_node({}))
        if isinstance(cell.get("source"), list):
            cell.source = "".join(cell.source)
