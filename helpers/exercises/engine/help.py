"""Help with an exercise: hints, one step further each time, and the solution's source."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from helpers.exercises.engine import registry
from helpers.exercises.engine.exercise import Exercise
from helpers.exercises.engine.outcome import Outcome

_given: dict[str, int] = {}  # how many hints of an exercise this kernel has shown


def next_hint(exercise: Exercise) -> Outcome:
    """Give the next hint; after the last one, begin again.

    Args:
        exercise: the exercise.

    Returns:
        The hint, or the way to the solution when there are no more.
    """
    name, total = exercise.name, len(exercise.hints)
    number = _given.get(name, 0) + 1
    if number > total:
        _given[name] = 0
        lines = (f'`solution("{name}")` shows one answer; `hint("{name}")` begins again.',)
        return Outcome("hint", f"that was the last hint for `{name}`.", lines=lines)
    _given[name] = number
    return Outcome("hint", f"hint {number} of {total}: {exercise.hints[number - 1]}")


@dataclass(frozen=True)
class Source:
    """A piece of Python, which JupyterLab colours like any code in its theme."""

    text: str

    def __str__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.text}\n```"


def solution_source(exercise: Exercise) -> Source:
    """Cut the solution of one exercise out of its lesson's solutions.

    Args:
        exercise: the exercise.

    Returns:
        The function, after the imports, constants and functions of the module that it needs.

    Raises:
        LookupError: the module has no function of that name.
    """
    file = registry.LESSONS / exercise.topic / "solutions.py"
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        place = f"helpers/lessons/{exercise.topic}/solutions.py"
        raise LookupError(f"there are no solutions in {place}") from None
    return Source(cut_out(text, exercise.name))


def cut_out(text: str, name: str) -> str:
    """Cut a function out of a module, with everything it needs from that module.

    Args:
        text: the module's source.
        name: the function's name.

    Returns:
        Source that runs on its own: imports, other definitions, and the function last.

    Raises:
        LookupError: the module has no such function.
    """
    nodes = [node for node in ast.parse(text).body if _binds(node)]
    if not any(name in _binds(node) for node in nodes):
        raise LookupError(f"there is no solution {name!r}")
    needed, wanted = set[int](), {name}
    while True:
        hits = [i for i, n in enumerate(nodes) if i not in needed and wanted & _binds(n)]
        if not hits:
            break
        needed.update(hits)
        wanted.update(*(_uses(nodes[i]) for i in hits))
    imports, others = [], []
    for i in sorted(needed):
        node = nodes[i]
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(_narrowed(node, wanted))
        elif name not in _binds(node):
            others.append(_segment(text, node))
    answer = next(_segment(text, n) for n in nodes if name in _binds(n))
    top = ["\n".join(imports)] if imports else []
    return "\n\n".join([*top, *others, answer])


def _binds(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = {(a.asname or a.name).partition(".")[0] for a in node.names}
        return names - {"annotations"}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return set()


def _uses(node: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _narrowed(node: ast.Import | ast.ImportFrom, wanted: set[str]) -> str:
    kept = [a for a in node.names if (a.asname or a.name).partition(".")[0] in wanted]
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import(kept))
    return ast.unparse(ast.ImportFrom(node.module, kept, node.level))


def _segment(text: str, node: ast.stmt) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
