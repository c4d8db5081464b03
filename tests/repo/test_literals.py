"""No literal is packed into another: what could be written in its place is written there."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("helpers", "tests")
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if "node_modules" not in path.parts
)
SEQUENCES = (ast.List, ast.Tuple, ast.Set)


def packed(source: str) -> Iterator[int]:
    """The lines with a `**{…}` in a dict display, or a `*[…]` in a list, a tuple or a set."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            merged = [v for k, v in zip(node.keys, node.values, strict=True) if k is None]
            yield from (value.lineno for value in merged if isinstance(value, ast.Dict))
        elif isinstance(node, SEQUENCES):
            starred = [item for item in node.elts if isinstance(item, ast.Starred)]
            yield from (item.lineno for item in starred if isinstance(item.value, SEQUENCES))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_literals_are_plain(path: Path) -> None:
    assert list(packed(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        '{**{"a": 1, "b": 2}, "c": 3}',
        '[*["a", "b"], "c"]',
        '(*("a", "b"), "c")',
        "{*{1, 2}, 3}",
        '[*("a", "b"), *more]',
        'f([*["a"]])',
    ],
)
def test_a_packed_literal_is_refused(source: str) -> None:
    assert list(packed(source)) == [1]


@pytest.mark.parametrize("source", ['{**options, "c": 3}', "[*lines, last]", "f(*[1] * 3)"])
def test_what_is_merged_at_run_time_is_not(source: str) -> None:
    assert list(packed(source)) == []
