"""Exercises: `check.NAME(function)` judges, `hint` and `solution` help, `progress` counts.

Only Interrupt raises into a cell. A wrong name or a wrong answer gets a sentence, so that
Run All reaches the end. Every sentence is an Outcome, which is text and HTML at once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from helpers.exercises.engine import help, registry
from helpers.exercises.engine.belongings import NestedCheck, current
from helpers.exercises.engine.exercise import Exercise
from helpers.exercises.engine.outcome import Outcome, say
from helpers.exercises.engine.progress import record
from helpers.exercises.engine.table import Table, count
from helpers.exercises.engine.values import shown
from helpers.exercises.engine.yours import keep

__all__ = ["check", "hint", "progress", "solution"]

PRAISE = ("well done", "that's it", "exactly right", "it works", "good work")


USAGE = Outcome("note", "name the exercise: `check.NAME(NAME)`, such as `check.shout(shout)`")


class Said:
    """What a check gives back after it has spoken: nothing is displayed, and it can be awaited."""

    def __await__(self) -> Generator[Any, Any, None]:
        yield from ()

    def __repr__(self) -> str:
        return ""

    def _ipython_display_(self) -> None:
        """Display nothing."""


class Note:
    """Something that is not a check yet; displayed, called or awaited it says what to do."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def __call__(self, *_: Any, **__: Any) -> Said | Pending:
        say(self._outcome)
        return Said()

    def __await__(self) -> Generator[Any, Any, None]:
        say(self._outcome)
        yield from ()

    def __repr__(self) -> str:
        return str(self._outcome)

    def _repr_html_(self) -> str:
        return self._outcome._repr_html_()


class Pending(Note):
    """A check that is not awaited yet."""

    def __init__(self, exercise: Exercise, function: Any) -> None:
        self._exercise, self._function = exercise, function
        how = f"nothing is checked yet: write `await check.{exercise.name}({exercise.name})`"
        super().__init__(Outcome("note", how))

    def __await__(self) -> Generator[Any, Any, None]:
        require_outside()
        outcome = yield from self._exercise.outcome_later(self._function).__await__()
        say(outcome or correct(self._exercise, self._function))


class Judge(Note):
    """The check of one exercise."""

    def __init__(self, exercise: Exercise) -> None:
        name = exercise.name
        wait = "await " if exercise.awaited else ""
        super().__init__(Outcome("note", f"hand over your function: `{wait}check.{name}({name})`"))
        self.__name__, self._exercise = name, exercise

    def __call__(self, *functions: Any, **named: Any) -> Said | Pending:
        """Judge a function."""
        require_outside()
        if len(functions) != 1 or named:
            return super().__call__()
        if self._exercise.awaited:
            return Pending(self._exercise, functions[0])
        outcome = self._exercise.outcome(functions[0])
        say(outcome or correct(self._exercise, functions[0]))
        return Said()


def require_outside() -> None:
    """Refuse a check that an answer calls: each of them would call the next.

    Raises:
        NestedCheck: the caller is an answer on trial.
    """
    if current.get() is not None:
        raise NestedCheck("a check is called by the answer that it judges")


class Check:
    """The judge of every exercise: `check.NAME(your_function)`.

    The answer is displayed: `not tried yet`, `not yet` with a nudge, or `correct`.
    An exercise with an `async def` is awaited: `await check.NAME(your_function)`.

    First used: start_here
    """

    def __getattr__(self, name: str) -> Judge | Note:
        if name.startswith("_"):  # IPython and inspect ask for many of these
            raise AttributeError(name)
        try:
            return Judge(registry.find(name))
        except registry.UnknownExercise as error:
            return Note(Outcome("note", str(error)))

    def __dir__(self) -> list[str]:
        return [e.name for topic in registry.topics() for e in registry.exercises(topic)]

    def __call__(self, *_: Any, **__: Any) -> Said:
        """Say how a check is called."""
        say(USAGE)
        return Said()

    def __repr__(self) -> str:
        return str(USAGE)


check = Check()


def correct(exercise: Exercise, function: Callable[..., Any]) -> Outcome:
    """Praise an answer, record it, and count the solved exercises of its notebook.

    Args:
        exercise: what was solved.
        function: by what; from now on it is the one that `yours` calls.

    Returns:
        What the learner reads.
    """
    keep(exercise.name, function)
    names = [e.name for e in registry.exercises(exercise.topic)]
    done = len(record(exercise.name) & set(names))
    place = names.index(exercise.name) if exercise.name in names else 0
    counted = f"{done} of {len(names)} solved in this notebook"
    if done == len(names):
        counted = f"all {done} exercises of this notebook are solved"
        if done == 1:
            counted = "the exercise of this notebook is solved"
    return Outcome("correct", f"`{exercise.name}`, {PRAISE[place % len(PRAISE)]}; {counted}.")


def hint(name: str | Callable[..., Any] = "") -> None:
    """Show the next hint for an exercise; each call goes one step further.

    Args:
        name: the exercise's name.

    First used: start_here
    """
    exercise = _found(name)
    if exercise is not None:
        say(help.next_hint(exercise))


def solution(name: str | Callable[..., Any] = "") -> None:
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
    text = name if isinstance(name, str) else str(getattr(name, "__name__", shown(name)))
    try:
        return registry.find(text)
    except registry.UnknownExercise as error:
        say(Outcome("note", str(error)))
        return None
