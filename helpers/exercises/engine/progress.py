"""Which exercises are solved: kept in a small file beside the notebooks, shown as a table.

The file is `notebooks/.progress.json`, or the one that the variable HELPERS_PROGRESS names. It
is written whole or not at all. Nothing here fails a cell: a file that cannot be read is put
aside, and one that cannot be written is reported once.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from helpers.exercises.engine import registry
from helpers.exercises.engine.outcome import Outcome, say

HEADINGS = ("notebook", "solved", "still to do")

_said: set[str] = set()


def find_file() -> Path:
    """Find the file in which solved exercises are kept."""
    named = os.environ.get("HELPERS_PROGRESS")
    if named:
        return Path(named)
    notebooks = registry.NOTEBOOKS
    return (notebooks if notebooks.is_dir() else Path.cwd()) / ".progress.json"


def read() -> set[str]:
    """Read the names of the solved exercises; a file without such a list is put aside.

    Returns:
        Their names; empty when nothing is solved or nothing can be read.
    """
    path = find_file()
    if path.exists() and not path.is_file():  # a device such as /dev/null: nothing is kept
        return set()
    try:
        names = json.loads(path.read_text(encoding="utf-8"))["solved"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise TypeError("solved is not a list of names")
    except OSError:
        return set()
    except (ValueError, TypeError, KeyError):
        _put_aside(path)
        return set()
    return set(names)


def record(name: str) -> set[str]:
    """Record that an exercise is solved.

    Args:
        name: the exercise.

    Returns:
        The names of all solved exercises, including this one.
    """
    names = read()
    if name not in names:
        names.add(name)
        path = find_file()
        try:
            if path.exists() and not path.is_file():
                return names
            _write(path, json.dumps({"solved": sorted(names)}, indent=1) + "\n")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            _say_once(f"progress is not saved: cannot write {path.name} ({reason})")
    return names


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as new:
            new.write(text)
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _put_aside(path: Path) -> None:
    aside = path.with_name(path.name + ".broken")
    try:
        os.replace(path, aside)
    except OSError:
        _say_once(f"progress cannot be read: {path.name} is damaged")
        return
    _say_once(f"progress starts over: {path.name} was damaged and is now {aside.name}")


def _say_once(text: str) -> None:
    if text not in _said:
        _said.add(text)
        say(Outcome("note", text))


@dataclass(frozen=True)
class Table:
    """The table of progress: for each notebook, `n of m`, and the names still to do."""

    rows: tuple[tuple[str, str, str], ...]

    def __repr__(self) -> str:
        rows = [HEADINGS, *self.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(2)]
        return "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in rows)

    def _repr_html_(self) -> str:
        head = "".join(f'<th style="text-align: left">{cell}</th>' for cell in HEADINGS)
        rows = "".join(
            "<tr>"
            + "".join(f'<td style="text-align: left">{html.escape(cell)}</td>' for cell in row)
            + "</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def count() -> Table:
    """Count the solved exercises of every notebook.

    Returns:
        The table, in the order of the notebooks.
    """
    done = read()
    rows = []
    for topic in registry.topics():
        names = [exercise.name for exercise in registry.exercises(topic)]
        if not names:
            continue
        left = [name for name in names if name not in done]
        count = f"{len(names) - len(left)} of {len(names)}"
        title = registry.notebook(topic).replace("_", " ")
        rows.append((title, count, ", ".join(left) or "all done"))
    return Table(tuple(rows))
