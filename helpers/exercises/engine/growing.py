"""A program that grows over several lessons: what is solved in its file already stays in it.

Several lessons may have a `programs/NAME.py`. Each has the exercises of those before it, and some
more. The one with the fewest is taken that has all that is wanted, and all that is solved.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from helpers.exercises.engine.names import Needs, read_names

__all__ = ["Earlier", "choose", "naive_list", "naive_names", "read_earlier"]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Earlier:
    """What a learner's file has solved.

    Attributes:
        solved: the sources of the exercises that are solved, by name.
    """

    solved: dict[str, str] = field(default_factory=dict)
    _definitions: dict[str, str] = field(default_factory=dict)
    _imports: dict[str, str] = field(default_factory=dict)

    def find_needs(self, name: str, known: Collection[str]) -> Needs:
        """Find what a solved function uses, and what of it another program would miss.

        Args:
            name: of the function.
            known: the names that the other program has already.
        """
        needs, seen = Needs(), {name}
        self._collect(self.solved[name], set(known), needs, seen)
        return needs

    def _collect(self, source: str, known: set[str], needs: Needs, seen: set[str]) -> None:
        for name in sorted(set(read_names(source)) - known - seen):
            seen.add(name)
            if name in self._imports:
                needs.imports.append(self._imports[name])
            elif name in self._definitions:
                self._collect(self._definitions[name], known, needs, seen)
                needs.definitions[name] = self._definitions[name]


def read_earlier(path: Path, exercises: Collection[str]) -> Earlier:
    """Read what a learner's file has solved; nothing, if it is missing or is not a program.

    Args:
        path: the file.
        exercises: the names of the program's exercises, in all lessons.
    """
    try:
        source = path.read_text("utf-8")
        tree = ast.parse(source)
    except (OSError, ValueError, SyntaxError):
        return Earlier()
    found = Earlier()
    if naive_list(tree) is None:
        return found
    try:
        naive = naive_names(tree)
    except (ValueError, TypeError):
        return found
    for node in tree.body:
        text = _source_of(source, node)
        for name in _assigned(node):
            found._definitions[name] = text
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                found._imports[bound] = _import_of(node, alias)
    there = [name for name in found._definitions if name in exercises]
    found.solved = {name: found._definitions[name] for name in there if name not in naive}
    return found


def naive_list(tree: ast.Module) -> ast.Assign | None:
    """Find where a program has its list NAIVE; None where it has none."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="NAIVE")]):
                return node
    return None


def naive_names(tree: ast.Module) -> list[str]:
    """Return the names of a program's functions that are exercises, as its list NAIVE has them."""
    node = naive_list(tree)
    return list(ast.literal_eval(node.value)) if node else []


def choose(templates: Iterable[tuple[Path, list[str]]], wanted: Collection[str]) -> Path:
    """Choose the template with the fewest exercises that has all that is wanted.

    Args:
        templates: each with the names of its exercises; there is one at least.
        wanted: names of exercises.

    Returns:
        The template; the one with the fewest exercises if none has all that is wanted.
    """
    ordered = sorted(templates, key=lambda each: len(each[1]))
    return next((p for p, names in ordered if set(wanted) <= set(names)), ordered[0][0])


def _assigned(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _source_of(source: str, node: ast.stmt) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(each.lineno for each in decorators)])
    lines = source.splitlines()[first - 1 : node.end_lineno]
    return "\n".join(lines) + "\n"


def _import_of(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    name = alias.name + (f" as {alias.asname}" if alias.asname else "")
    start = "" if isinstance(node, ast.Import) else f"from {node.module} "
    return f"{start}import {name}"
