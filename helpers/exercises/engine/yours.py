"""`yours`: the learner's functions in a lesson's program, as soon as their checks pass.

A lesson's server calls `yours.fault(request)`. Which function that is, is looked up at each call,
so a server that is running changes with the check that says "correct":

1. the learner's, the last one that passed its check in this kernel;
2. until then, the naive one of the lesson's `naive.py`, with which the difference is felt;
3. without one, the lesson's solution, because the program could not run without it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from helpers.exercises.engine import registry
from helpers.exercises.engine.exercise import Exercise

__all__ = ["keep", "yours"]

_passed: dict[str, Callable[..., Any]] = {}


def keep(name: str, function: Callable[..., Any]) -> None:
    """Keep a function that has passed its check.

    Args:
        name: the exercise's name.
        function: the learner's.
    """
    _passed[name] = function


class Part:
    """One function of a lesson's program: yours, or what stands in for it.

    Called like the function itself; an `async def` is awaited.
    """

    def __init__(self, exercise: Exercise) -> None:
        self.__name__, self._exercise = exercise.name, exercise

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call the function that is yours by now, or the one that stands in for it."""
        return self.__wrapped__(*args, **named)

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """The function itself, whose source `show_source` shows."""
        return _passed.get(self.__name__) or self._stand_in()

    @property
    def is_yours(self) -> bool:
        """Whether your function has passed its check in this kernel."""
        return self.__name__ in _passed

    def _stand_in(self) -> Callable[..., Any]:
        """Find the naive function, or the solution."""
        lesson = f"helpers.lessons.{self._exercise.topic}"
        for module in ("naive", "solutions"):
            if find_spec(f"{lesson}.{module}"):
                found = getattr(importlib.import_module(f"{lesson}.{module}"), self.__name__, None)
                if found is not None:
                    function: Callable[..., Any] = found
                    return function
        raise LookupError(f"{lesson} has neither a naive {self.__name__!r} nor a solution")

    def __repr__(self) -> str:
        name = self.__name__
        if self.is_yours:
            return f"{name}: yours"
        wait = "await " if self._exercise.awaited else ""
        kind = "naive" if self._stand_in().__module__.endswith(".naive") else "ours"
        return f"{name}: {kind}, until `{wait}check.{name}({name})` says correct"


class Yours:
    """Your functions, as soon as their checks pass: `yours.NAME(…)` in a lesson's program.

    Until then a naive function or ours stands in. A program that is already running changes with
    the check. At the end of a cell, `yours.NAME` says which one it is.

    First used: start_here
    """

    def __getattr__(self, name: str) -> Part:
        if name.startswith("_"):  # IPython and inspect ask for many of these
            raise AttributeError(name)
        try:
            part = Part(registry.find(name))
        except registry.UnknownExercise as error:
            raise AttributeError(str(error)) from None
        setattr(self, name, part)  # looked up once: a server asks for each message
        return part

    def __dir__(self) -> list[str]:
        return [e.name for topic in registry.topics() for e in registry.exercises(topic)]

    def __repr__(self) -> str:
        if not _passed:
            return "none of your functions has passed its check in this kernel"
        return f"yours: {', '.join(_passed)}"


yours = Yours()
