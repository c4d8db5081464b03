"""Find exercises: every module `nbNN_topic` in this package holds those of one notebook."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from pathlib import Path

from helpers.check.exercise import Exercise

TOPIC = re.compile(r"nb\d\d_\w+")


class UnknownExercise(LookupError):
    """No exercise has this name; the text lists names nearby."""


def topics() -> list[str]:
    """List the modules of exercises, such as `nb01_handshake`, in the notebooks' order."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(m.name for m in modules if TOPIC.fullmatch(m.name))


def exercises(topic: str) -> list[Exercise]:
    """List the exercises of one module.

    Args:
        topic: the module's name, such as `nb01_handshake`.

    Returns:
        Its exercises in the order in which they are written.
    """
    module = importlib.import_module(f"helpers.check.{topic}")
    return [value for value in vars(module).values() if isinstance(value, Exercise)]


def find(name: str) -> Exercise:
    """Find an exercise by its name, over all notebooks.

    Args:
        name: its name.

    Returns:
        The exercise.

    Raises:
        UnknownExercise: there is none; names nearby are in the text.
    """
    known: list[str] = []
    troubles: list[str] = []
    for topic in topics():
        try:
            candidates = exercises(topic)
        except Exception as error:  # one notebook's trouble is not another's
            troubles.append(f"; helpers/check/{topic}.py cannot be imported: {error!r}")
            continue
        for candidate in candidates:
            if candidate.name == name:
                return candidate
            known.append(candidate.name)
    raise UnknownExercise(unknown(name, known) + "".join(troubles))


def unknown(name: str, known: list[str]) -> str:
    """Say that a name is not known, and which are near.

    Args:
        name: what was asked for.
        known: all names there are.

    Returns:
        A lower-case fact with a next step.
    """
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    names = ", ".join(near or sorted(known)) or "none"
    return f"there is no exercise {name!r}; {'near it' if near else 'there are'}: {names}"
