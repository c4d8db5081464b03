"""Find exercises: each folder of helpers/lessons holds those of one lesson, in `checks`.

A lesson is named by its topic; only the name of its notebook has its number.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from pathlib import Path

from helpers.exercises.engine.exercise import Exercise

HELPERS = Path(__file__).resolve().parents[2]
LESSONS = HELPERS / "lessons"
NOTEBOOKS = HELPERS.parent / "notebooks"
MY_COURSE = HELPERS.parent / "my-course"


class UnknownExercise(LookupError):
    """No exercise has this name; the message lists similar names."""


def topics() -> list[str]:
    """List the lessons, such as `handshake`, in the order of their notebooks."""
    folders = [m.name for m in pkgutil.iter_modules([str(LESSONS)]) if m.ispkg]
    return sorted(folders, key=notebook)


def notebook(topic: str) -> str:
    """Name the notebook of a lesson, such as `NN_handshake`; without a notebook, the topic.

    Args:
        topic: the lesson's name.
    """
    numbered = sorted(path.stem for path in NOTEBOOKS.glob(f"[0-9][0-9]_{topic}.ipynb"))
    return numbered[0] if numbered else topic


def exercises(topic: str) -> list[Exercise]:
    """List the exercises of one lesson.

    Args:
        topic: the lesson's name.

    Returns:
        Its exercises in the order in which they are written.
    """
    module = importlib.import_module(f"helpers.lessons.{topic}.checks")
    return [value for value in vars(module).values() if isinstance(value, Exercise)]


def find(name: str) -> Exercise:
    """Find an exercise by its name, in all lessons.

    Args:
        name: its name.

    Returns:
        The exercise.

    Raises:
        UnknownExercise: there is none; the message lists similar names.
    """
    known: list[str] = []
    troubles: list[str] = []
    for topic in topics():
        try:
            candidates = exercises(topic)
        except Exception as error:  # one broken lesson does not hide the others
            place = f"helpers/lessons/{topic}/checks.py"
            troubles.append(f"; {place} cannot be imported: {error!r}")
            continue
        for candidate in candidates:
            if candidate.name == name:
                return candidate
            known.append(candidate.name)
    raise UnknownExercise(unknown(name, known) + "".join(troubles))


def unknown(name: str, known: list[str]) -> str:
    """Say that a name is unknown, and which names are similar.

    Args:
        name: what was asked for.
        known: the names of all exercises.

    Returns:
        A lower-case fact with a next step: similar names, or all.
    """
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return f"there is no exercise {name!r}; did you mean {' or '.join(map(repr, near))}?"
    names = ", ".join(sorted(known)) or "none"
    return f"there is no exercise {name!r}; the exercises are: {names}"
