"""An exercise: a function that judges a learner's function, with its hints.

    @exercise(hints=("the first step", "the next", "the last before the solution"))
    def accept_key(attempt: Attempt) -> None:
        got = attempt("dGhlIHNhbXBsZSBub25jZQ==")
        attempt.equal(got, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", nudge="…")

The outcome is one of three, and it is never an exception: `not tried yet`,
`not yet` with the input, the result and a nudge, or `correct`.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotTried, NotYet
from helpers.exercises.engine.outcome import Outcome
from helpers.exercises.engine.values import shown

Judge = Callable[[Attempt], None] | Callable[[Attempt], Coroutine[Any, Any, None]]

__all__ = ["Attempt", "Exercise", "exercise"]


@dataclass(frozen=True)
class Exercise:
    """A judge of one function.

    Attributes:
        judge: takes an Attempt, and raises through it when the answer is not right.
        hints: each goes one step further; the last stops before the solution.
        timeout_s: how long one call of the learner's function may take, in seconds.
        total_s: how long an `async def` judge may take in all, in seconds.
    """

    judge: Judge
    hints: tuple[str, ...]
    timeout_s: float = 3.0
    total_s: float = 12.0

    @property
    def name(self) -> str:
        """The exercise's name, which is also the name of its stub."""
        return self.judge.__name__

    @property
    def topic(self) -> str:
        """The lesson it belongs to, such as `handshake`: the folder of its module."""
        return self.judge.__module__.split(".")[-2]

    @property
    def awaited(self) -> bool:
        """Whether the check is awaited."""
        return inspect.iscoroutinefunction(self.judge)

    def outcome(self, function: Any) -> Outcome | None:
        """Judge a function without waiting.

        Args:
            function: what the learner handed in.

        Returns:
            What to tell the learner; None when it is correct.
        """
        attempt: Attempt | None = None
        try:
            attempt = self._attempt(function)
            self.judge(attempt)
        except Exception as error:
            return self._make_outcome(attempt, error)
        return self._make_outcome(attempt, attempt.failure)

    async def outcome_later(self, function: Any) -> Outcome | None:
        """Judge an `async def`, within the running event loop.

        Args:
            function: what the learner handed in.

        Returns:
            What to tell the learner; None when it is correct.
        """
        attempt: Attempt | None = None
        clock = asyncio.timeout(self.total_s)
        try:
            attempt = self._attempt(function)
            async with clock:
                judging: Any = self.judge(attempt)
                await judging
        except Exception as error:
            if isinstance(error, TimeoutError) and clock.expired():
                error = NotYet(self.name, [], [f"It did not finish within {self.total_s:g} s."])
            return self._make_outcome(attempt, error)
        return self._make_outcome(attempt, attempt.failure)

    def _attempt(self, function: Any) -> Attempt:
        problem = self._not_a_function(function)
        if problem:
            raise NotYet(self.name, [("you gave", shown(function))], [problem])
        return Attempt(self.name, function, awaited=self.awaited, timeout_s=self.timeout_s)

    def _not_a_function(self, given: Any) -> str:
        if callable(given):
            return ""
        if inspect.iscoroutine(given):
            given.close()
        wait = "await " if self.awaited else ""
        return (
            "Give the check your function, not its result: "
            f"`{wait}check.{self.name}({self.name})`, without a call inside."
        )

    def _make_outcome(self, attempt: Attempt | None, error: Exception | None) -> Outcome | None:
        if attempt is not None and attempt.failure is not None:
            error = attempt.failure  # what went wrong in the learner's own code comes first
        if error is None:
            return None
        if isinstance(error, NotTried):
            return self._not_tried()
        if isinstance(error, NotYet):
            return Outcome("not yet", error.title, error.facts, error.lines)
        return self._misfit(attempt, error)

    def _not_tried(self) -> Outcome:
        help_line = f'Then run this cell again. `hint("{self.name}")` helps.'
        title = f"write the body of `{self.name}` in the cell above and run it."
        return Outcome("not tried yet", title, lines=(help_line,))

    def _misfit(self, attempt: Attempt | None, error: Exception) -> Outcome:
        what = f"{type(error).__name__}: {error}"
        if attempt is None or attempt.result_text is None:
            line = "The check itself failed, which is not your fault: please report it."
            return Outcome("not yet", self.name, (("what happened", what),), (line,))
        facts = (("returned", attempt.result_text), ("what happened", what))
        line = "The check could not work with this result: is it what the exercise asks for?"
        return Outcome("not yet", attempt.call_text, facts, (line,))


def exercise(
    *, hints: tuple[str, ...], timeout_s: float = 3.0, total_s: float = 12.0
) -> Callable[[Judge], Exercise]:
    """Make an exercise of the function that judges it.

    Args:
        hints: one or more, each going one step further.
        timeout_s: how long one call of the learner's function may take, in seconds.
        total_s: how long an `async def` judge may take in all, in seconds.

    Returns:
        A decorator that turns the judge into an Exercise.
    """

    def make(judge: Judge) -> Exercise:
        return Exercise(judge, hints, timeout_s, total_s)

    return make
