"""Modules and functions stay small, and the public surface says what it takes and gives."""

import ast
import inspect
import json
import re
import statistics
from pathlib import Path

import pytest

import helpers

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(
    p
    for folder in ("helpers", "tests")
    for p in (ROOT / folder).rglob("*.py")
    if "node_modules" not in p.parts
)
FIRST_USED = re.compile(r"First used: (notebooks/\S+\.ipynb)")
HELPERS = [p for p in FILES if p.is_relative_to(ROOT / "helpers")]


def function_lengths(source: str) -> list[int]:
    """Lines of each function's body, its docstring not counted."""
    lengths = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            last = node.end_lineno or 0
            lengths.append(last - body[0].lineno + 1 if body else 1)
    return lengths


def doc_complaints(function: object, name: str) -> list[str]:
    """What the docstring of a public function fails to say."""
    doc = inspect.getdoc(function) or ""
    found = []
    if not doc.split("\n")[0].rstrip().endswith((".", "?")):
        found.append(f"{name}: the first line is not one whole sentence")
    target = function if inspect.isroutine(function) else type(function).__call__
    taken = [p for p in inspect.signature(target).parameters if p not in ("self", "name", "attr")]
    if taken and "Args:" not in doc:
        found.append(f"{name}: no Args")
    found += [f"{name}: {p} is not explained" for p in taken if p.strip("_") not in doc]
    if "First used: notebooks/" not in doc:
        found.append(f"{name}: no `First used: notebooks/…`")
    return found


def test_at_most_twelve_public_names() -> None:
    assert len(helpers.__all__) <= 12
    assert all(callable(getattr(helpers, name)) for name in helpers.__all__)


@pytest.mark.parametrize("name", [n for n in helpers.__all__ if n != "check"])
def test_the_public_surface_is_documented(name: str) -> None:
    assert doc_complaints(getattr(helpers, name), name) == []


def code_of(notebook: Path) -> str:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


def first_notebook_with(name: str) -> str | None:
    """The first notebook whose cells use a name, as a path from the root."""
    for notebook in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        if re.search(rf"\b{name}\b[.(]", code_of(notebook)):
            return f"notebooks/{notebook.name}"
    return None


@pytest.mark.parametrize("name", [n for n in helpers.__all__ if n != "check"])
def test_first_used_is_where_it_is_first_used(name: str) -> None:
    pointer = FIRST_USED.search(inspect.getdoc(getattr(helpers, name)) or "")
    assert pointer
    # One that a lesson only names, such as solution("…"), stands in its text.
    assert pointer[1] == (first_notebook_with(name) or "notebooks/00_start_here.ipynb")


@pytest.mark.parametrize("path", HELPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_pointer_to_a_notebook_leads_to_one(path: Path) -> None:
    for pointer in FIRST_USED.findall(path.read_text("utf-8")):
        assert "…" in pointer or (ROOT / pointer).exists(), pointer


def test_an_undocumented_function_is_refused() -> None:
    def bare(port):  # type: ignore[no-untyped-def]
        """Opens"""

    assert len(doc_complaints(bare, "bare")) == 4


@pytest.mark.parametrize("path", HELPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_is_at_most_300_lines_and_says_what_it_is_for(path: Path) -> None:
    source = path.read_text("utf-8")
    assert source.count("\n") <= 300
    assert not source.strip() or ast.get_docstring(ast.parse(source)), "no module docstring"


def test_functions_do_one_thing() -> None:
    lengths = [n for path in HELPERS for n in function_lengths(path.read_text("utf-8"))]
    assert statistics.median(lengths) <= 12


@pytest.mark.parametrize("path", HELPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_utils_module_and_no_bare_except(path: Path) -> None:
    assert path.stem not in ("utils", "util", "misc", "common")
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        assert not (isinstance(node, ast.ExceptHandler) and node.type is None), path
