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
FIRST_USED = re.compile(r"First used: (\w+)$", re.MULTILINE)
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
    if not FIRST_USED.search(doc):
        found.append(f"{name}: no `First used: TOPIC`")
    return found


#: Not called, or not only: what belongs to each is an exercise.
NAMESPACES = {"check", "yours"}


def test_at_most_nineteen_public_names() -> None:
    assert len(helpers.__all__) <= 19
    assert all(callable(getattr(helpers, name)) for name in {*helpers.__all__} - NAMESPACES)


@pytest.mark.parametrize("name", [n for n in helpers.__all__ if n not in NAMESPACES])
def test_the_public_surface_is_documented(name: str) -> None:
    assert doc_complaints(getattr(helpers, name), name) == []


def test_completion_offers_the_public_names() -> None:
    assert dir(helpers) == sorted(helpers.__all__)


def sources_of(notebook: Path) -> str:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells)


def first_lesson_with(name: str) -> str | None:
    """The topic of the first lesson that uses a name in a cell, or shows how in its text."""
    for notebook in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        if re.search(rf"\b{name}\b[.(]", sources_of(notebook)):
            return notebook.stem[3:]
    return None


@pytest.mark.parametrize("name", [n for n in helpers.__all__ if n != "check"])
def test_first_used_is_where_it_is_first_used(name: str) -> None:
    pointer = FIRST_USED.search(inspect.getdoc(getattr(helpers, name)) or "")
    assert pointer
    assert pointer[1] == first_lesson_with(name)


def test_only_public_names_point_to_a_lesson() -> None:
    pointers = [p for path in HELPERS for p in FIRST_USED.findall(path.read_text("utf-8"))]
    assert len(pointers) == len(helpers.__all__)


def test_an_undocumented_function_is_refused() -> None:
    def bare(port):
        """Opens"""

    assert len(doc_complaints(bare, "bare")) == 4


def module_complaints(name: str, source: str) -> list[str]:
    """What a module is too much of, or lacks."""
    tree, lines = ast.parse(source), source.count("\n")
    found = [f"{lines} lines, at most 300"] if lines > 300 else []
    if source.strip() and not ast.get_docstring(tree):
        found.append("no module docstring")
    if name in ("utils", "util", "misc", "common"):
        found.append(f"{name} says nothing")
    handlers = [n for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)]
    return found + ["a bare except" for n in handlers if n.type is None]


@pytest.mark.parametrize("path", HELPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_is_small_and_says_what_it_is_for(path: Path) -> None:
    assert module_complaints(path.stem, path.read_text("utf-8")) == []


def test_functions_do_one_thing() -> None:
    lengths = [n for path in HELPERS for n in function_lengths(path.read_text("utf-8"))]
    assert statistics.median(lengths) <= 12


def test_a_bad_module_is_refused() -> None:
    bad = "try:\n    pass\nexcept:\n    pass\n" + "\n" * 300
    assert len(module_complaints("utils", bad)) == 4
    assert module_complaints("good", '"""What it is for."""\n') == []


def test_a_docstring_makes_no_function_longer() -> None:
    source = 'def f():\n    """One."""\n\n    a = 1\n    return a\n\nasync def g():\n    ...\n'
    assert function_lengths(source) == [2, 1]
