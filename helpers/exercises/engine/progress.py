"""Which exercises are solved: kept in a small file beside the learner's notebooks.

The file is `my-course/.progress.json`, or the one that the variable HELPERS_PROGRESS names. It
is written whole or not at all. Nothing here fails a cell: a file that cannot be read is put
aside, and one that cannot be written is reported once.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path

from helpers.exercises.engine import registry
from helpers.exercises.engine.outcome import Outcome, say

_said: set[str] = set()


def find_file() -> Path:
    """Find the file in which solved exercises are kept."""
    named = os.environ.get("HELPERS_PROGRESS")
    if named:
        return Path(named)
    folders = (registry.MY_COURSE, registry.NOTEBOOKS)  # the second before the first is made
    return next((f for f in folders if f.is_dir()), Path.cwd()) / ".progress.json"


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
