"""`save_program`: the learner's functions in a program of their own, which they keep.

A lesson with a program has it in `programs/NAME.py`: complete, with a naive version of each
function that is an exercise. Saving puts the learner's versions in their place. What is not
solved stays naive, and the program says so when it starts. A program of several lessons grows:
`growing` says how.
"""

from __future__ import annotations

import ast
import difflib
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.exercises.engine.growing import (
    Earlier,
    choose,
    naive_list,
    naive_names,
    read_earlier,
)
from helpers.exercises.engine.keep import write
from helpers.exercises.engine.names import Needs, find_needs, source_of
from helpers.exercises.engine.values import is_stub
from helpers.launcher.programs import mine
from helpers.pictures.display import display
from helpers.pictures.paint import Picture
from helpers.pictures.source import text_picture

__all__ = ["ProgramError", "save_program"]

LESSONS = Path(__file__).resolve().parents[2] / "lessons"
COURSE = LESSONS.parents[1]
NAIVE = "NAIVE"
OWN_PAGE = re.compile(r'^PAGE = "(\w+\.html)"$', re.MULTILINE)
Function = Callable[..., Any]


class ProgramError(ValueError):
    """A program cannot be saved; the message says what to do."""


@dataclass(frozen=True)
class Saved:
    """What came of saving.

    Attributes:
        path: the file.
        source: what is in it now.
        notes: sentences for the learner.
    """

    path: Path
    source: str
    notes: tuple[str, ...]


def save_program(name: str, functions: Iterable[Function]) -> None:
    """Write your functions into `mine/NAME.py`, a program that runs outside Jupyter, and show it.

    Functions that are not solved yet stay as naive as the lesson began with. What is solved in the
    file already stays in it: a program grows from lesson to lesson. A file that you have changed
    is kept as `NAME.mine.py`.

    Args:
        name: of a program that a lesson has, such as `"chat"`.
        functions: yours, under the names that they have in the lesson.

    Raises:
        ProgramError: there is no such program, it has no such function, or it cannot be written.

    First used: handshake
    """
    saved = save(name, functions)
    shown = text_picture(saved.source, f"mine/{saved.path.name}")
    display(Picture(_paragraphs(saved.notes) + shown.html, _lines(saved.notes) + shown.text))


def save(name: str, functions: Iterable[Function], folder: Path | None = None) -> Saved:
    """Write a program; `save_program` says how.

    Args:
        name: of the program.
        functions: the learner's.
        folder: where to; by default the learner's own.
    """
    folder, functions = folder or mine(), list(functions)
    templates = [(path, naive_names(_parse(path))) for path in find_templates(name)]
    exercises = [each for _, names in templates for each in names]
    earlier = read_earlier(folder / f"{name}.py", exercises)
    wanted = {getattr(each, "__name__", "") for each in functions} & {*exercises}
    template = _read_template(choose(templates, wanted | {*earlier.solved}))
    source, notes = fill(name, template, functions, earlier)
    try:
        kept = write(folder, name, source)
    except OSError as error:
        where = error.filename or folder
        raise ProgramError(
            f"mine/{name}.py was not written: {error.strerror} ({where}); nothing was lost"
        ) from None
    if kept:
        notes.append(f"You had changed mine/{name}.py: your version is now mine/{kept}.")
    command = command_of(f"my-course/mine/{name}.py", "--port", "8000")
    notes.append(f"Run it in a terminal: {command}")
    return Saved(folder / f"{name}.py", source, tuple(notes))


def command_of(*words: str) -> str:
    """Write a command for a terminal in the course's folder, with the Python of the notebooks.

    Another `python` may come first on PATH there, without the course's libraries, or none at all.

    Args:
        *words: what comes after the Python.
    """
    python = Path(sys.executable)
    python = python.parent.resolve() / python.name  # the file itself may be a link out of a venv
    shown = python.relative_to(COURSE) if python.is_relative_to(COURSE) else python
    line = [str(shown), *words]
    return subprocess.list2cmdline(line) if sys.platform == "win32" else shlex.join(line)


def find_templates(name: str) -> list[Path]:
    """Find the programs that lessons have under this name: one for each lesson that it grows in.

    Raises:
        ProgramError: no lesson has one.
    """
    paths = sorted(LESSONS.glob("*/programs/*.py"))
    if found := [path for path in paths if path.stem == name]:
        return found
    known = list(dict.fromkeys(path.stem for path in paths))
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ProgramError(f"no lesson has a program {name!r}; there are {', '.join(known)}{hint}")


def _read_template(path: Path) -> str:
    """Read a program; a page that has a file of its own beside it becomes a part of it."""

    def read(match: re.Match[str]) -> str:
        return f'PAGE = r"""{(path.parent / match[1]).read_text("utf-8").rstrip()}"""'

    return OWN_PAGE.sub(read, path.read_text("utf-8"), count=1)


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def fill(
    name: str, template: str, functions: list[Function], earlier: Earlier | None = None
) -> tuple[str, list[str]]:
    """Put functions into a program.

    Args:
        name: of the program, for errors.
        template: its source.
        functions: the learner's; those that are stubs stay naive.
        earlier: what the learner's file has solved already; it stays where nothing newer is.

    Returns:
        The source, and sentences for the learner.

    Raises:
        ProgramError: the program has no such function, or a source is not known.
    """
    tree = ast.parse(template)
    exercises = naive_names(tree)
    known = top_names(tree)
    places = {
        n.name: n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    solved: dict[str, str] = {}
    needs = Needs()
    for function in functions:
        own = getattr(function, "__name__", repr(function))
        if own not in exercises:
            raise ProgramError(
                f"the program {name!r} has no function {own!r}; it has {', '.join(exercises)}"
            )
        if is_stub(function):
            continue
        try:
            solved[own] = source_of(function)
            found = find_needs(function, known)
        except ValueError as error:
            raise ProgramError(str(error)) from None
        needs.add(found)
    for own in [each for each in (earlier.solved if earlier else ()) if each in exercises]:
        if earlier and own not in solved:
            solved[own] = earlier.solved[own]
            needs.add(earlier.find_needs(own, known))
    edits = [_edit(places[own], source) for own, source in solved.items()]
    edits.append(_naive_edit(tree, [own for own in exercises if own not in solved]))
    edits += _additions(tree, needs)
    return _apply(template, edits), _notes(exercises, solved, needs)


def top_names(tree: ast.Module) -> set[str]:
    """Return every name that a program defines or imports."""
    names: set[str] = set()
    for node in tree.body:
        match node:
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {(a.asname or a.name).partition(".")[0] for a in aliases}
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Assign(targets=targets):
                names |= {t.id for t in targets if isinstance(t, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return names


Edit = tuple[int, int, str]  # the first line, the last, and what takes their place


def _edit(node: ast.FunctionDef | ast.AsyncFunctionDef, source: str) -> Edit:
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    return first, node.end_lineno or node.lineno, source


def _naive_edit(tree: ast.Module, unsolved: list[str]) -> Edit:
    node = naive_list(tree)
    assert node
    names = ", ".join(f'"{name}"' for name in unsolved)
    words = "what has not been solved yet" if unsolved else "nothing: all of it is solved"
    return node.lineno, node.end_lineno or node.lineno, f"{NAIVE} = [{names}]  # {words}\n"


def _additions(tree: ast.Module, needs: Needs) -> list[Edit]:
    """Return what is added: imports after the program's own, definitions after its last name."""
    imports = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    after = imports[-1].end_lineno or 0
    edits = [(after + 1, after, line + "\n") for line in needs.imports]
    first = min(
        n.lineno for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    edits += [(first, first - 1, source + "\n\n") for source in needs.definitions.values()]
    return edits


def _apply(source: str, edits: list[Edit]) -> str:
    lines = source.splitlines(keepends=True)
    for first, last, new in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        lines[first - 1 : last] = [new]
    text = "".join(lines)
    compile(text, "program", "exec")
    return text


def _notes(exercises: list[str], solved: dict[str, str], needs: Needs) -> list[str]:
    notes = []
    if solved:
        notes.append(f"Yours in it: {', '.join(name for name in exercises if name in solved)}.")
    if left := [name for name in exercises if name not in solved]:
        notes.append(f"Still naive: {', '.join(left)}. Solve them, and run this cell again.")
    if needs.unknown:
        names = ", ".join(needs.unknown)
        notes.append(f"Only your notebook knows {names}: define it inside the function instead.")
    return notes


def _lines(notes: Iterable[str]) -> str:
    return "".join(f"{note}\n" for note in notes) + "\n"


def _paragraphs(notes: Iterable[str]) -> str:
    from html import escape

    return "".join(f"<p>{escape(note)}</p>" for note in notes)
