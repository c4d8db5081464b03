"""Exercises: `check.NAME(function)` judges, `hint` and `solution` help, `progress` counts.

Only Interrupt raises into a cell. A wrong name or a wrong answer gets a sentence, so that
Run All reaches the end. Every sentence is an Outcome, which is text and HTML at once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from helpers.exercises.engine import help, registry
from helpers.exercises.engine.exercise import Exercise
from helpers.exercises.engine.outcome import Outcome, say
from helpers.exercises.engine.progress import record
from helpers.exercises.engine.table import Table, count

__all__ = ["check", "hint", "progress", "solution"]

PRAISE = ("well done", "that's it", "exactly right", "it works", "good work")


USAGE = Outcome("note", "name the exercise: `check.NAME(NAME)`, such as `check.shout(shout)`")


class Pending:
    """A check that is not awaited yet."""

    def __init__(self, exercise: Exercise, function: Any) -> None:
        self._exercise, self._function = exercise, function

    def __await__(self) -> Generator[Any, Any, None]:
        outcome = yield from self._exercise.outcome_later(self._function).__await__()
        say(outcome or correct(self._exercise))

    def _outcome(self) -> Outcome:
        name = self._exercise.name
        return Outcome("note", f"nothing is checked yet: write `await check.{name}({name})`")

    def __repr__(self) -> str:
        return str(self._outcome())

    def _repr_html_(self) -> str:
        return self._outcome()._repr_html_()


class Check:
    """The judge of every exercise: `check.NAME(your_function)`.

    The answer is displayed: `not tried yet`, `not yet` with a nudge, or `correct`.
    An exercise with an `async def` is awaited: `await check.NAME(your_function)`.

    First used: start_here
    """

    def __getattr__(self, name: str) -> Callable[[Any], Pending | None]:
        if name.startswith("_"):  # IPython and inspect ask for many of these
            raise AttributeError(name)
        try:
            exercise = registry.find(name)
        except registry.UnknownExercise as error:
            raise AttributeError(str(error)) from None

        def judge(function: Any = None) -> Pending | None:
            if exercise.awaited:
                return Pending(exercise, function)
            say(exercise.outcome(function) or correct(exercise))
            return None

        judge.__name__ = name
        return judge

    def __dir__(self) -> list[str]:
        return [e.name for topic in registry.topics() for e in registry.exercises(topic)]

    def __call__(self, *_: Any) -> None:
        """Say how a check is called."""
        say(USAGE)

    def __repr__(self) -> str:
        return str(USAGE)


check = Check()


def correct(exercise: Exercise) -> Outcome:
    """Praise an answer, record it, and count the solved exercises of its notebook.

    Args:
        exercise: what was solved.

    Returns:
        What the learner reads.
    """
    names = [e.name for e in registry.exercises(exercise.topic)]
    done = len(record(exercise.name) & set(names))
    place = names.index(exercise.name) if exercise.name in names else 0
    counted = f"{done} of {len(names)} solved in this notebook"
    if done == len(names):
        counted = f"all {done} exercises of this notebook are solved"
        if done == 1:
            counted = "the exercise of this notebook is solved"
    return Outcome("correct", f"`{exercise.name}`, {PRAISE[place % len(PRAISE)]}; {counted}.")


def hint(name: str | Callable[..., Any]) -> None:
    """Show the next hint for an exercise; each call goes one step further.

    Args:
        name: the exercise's name.

    First used: start_here
    """
    exercise = _found(name)
    if exercise is not None:
        say(help.next_hint(exercise))


def solution(name: str | Callable[..., Any]) -> None:
    """Show the source of one answer to an exercise, ready to paste and run.

    Args:
        name: the exercise's name.

    First used: start_here
    """
    exercise = _found(name)
    if exercise is None:
        return
    try:
        say(help.solution_source(exercise))
    except LookupError as error:
        say(Outcome("note", str(error)))


def progress() -> Table:
    """Count the exercises that are solved, notebook by notebook.

    Returns:
        A table with links: solved of all, and the names of those still to do.

    First used: start_here
    """
    return count()


def _found(name: str | Callable[..., Any]) -> Exercise | None:
    text = name if isinstance(name, str) else getattr(name, "__name__", repr(name))
    try:
        return registry.find(text)
    except registry.UnknownExercise as error:
        say(Outcome("note", str(error)))
        return None
