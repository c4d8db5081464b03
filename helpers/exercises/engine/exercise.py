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
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotTried, NotYet
from helpers.exercises.engine.belongings import Belongings, alone
from helpers.exercises.engine.deadline import GRACE_S, Interrupted
from helpers.exercises.engine.explain import explain
from helpers.exercises.engine.outcome import Outcome, say
from helpers.exercises.engine.prints import counted
from helpers.exercises.engine.values import code_of, shown
from helpers.exercises.engine.watch import ceiling, watched

Judge = Callable[[Attempt], None] | Callable[[Attempt], Coroutine[Any, Any, None]]

__all__ = ["Attempt", "Exercise", "exercise"]


@dataclass(frozen=True)
class Exercise:
    """A judge of one function.

    Attributes:
        judge: takes an Attempt, and raises through it when the answer is not right.
        hints: each goes one step further; the last stops before the solution.
        timeout_s: how long one call of the learner's function may take, in seconds.
        total_s: how long the judge may take in all, in seconds.
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

        Raises:
            Interrupted: somebody has really interrupted.
        """
        held = Belongings(file_of(function), self.timeout_s)
        attempt: Attempt | None = None
        try:
            with watched(), ceiling(self.total_s, held.file), counted(), held.held(), alone():
                attempt = self._attempt(function)
                self.judge(attempt)
            outcome = self._make_outcome(attempt, attempt.failure)
        except BaseException as error:
            outcome = self._make_outcome(attempt, _learners(error, held))
        return _and_what_is_left(outcome, held)

    async def outcome_later(self, function: Any) -> Outcome | None:
        """Judge an `async def`, within the running event loop.

        Args:
            function: what the learner handed in.

        Returns:
            What to tell the learner; None when it is correct.

        Raises:
            Interrupted: somebody has really interrupted.
            CancelledError: the task in which this runs was cancelled.
        """
        held = Belongings(file_of(function), self.timeout_s)
        attempt: Attempt | None = None
        clock = asyncio.timeout(self.total_s)
        try:
            with (
                watched(),
                ceiling(self.total_s + GRACE_S, held.file),
                counted(),
                held.held(),
            ):
                try:
                    attempt = self._attempt(function)
                    async with clock:
                        judging: Any = self.judge(attempt)
                        await judging
                finally:
                    await held.settle()
            outcome = self._make_outcome(attempt, attempt.failure)
        except BaseException as error:
            if isinstance(error, TimeoutError) and clock.expired():
                error = NotYet(self.name, [], [f"It did not finish within {self.total_s:g} s."])
            outcome = self._make_outcome(attempt, _learners(error, held))
        return _and_what_is_left(outcome, held)

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

    def _make_outcome(
        self, attempt: Attempt | None, error: BaseException | None
    ) -> Outcome | None:
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

    def _misfit(self, attempt: Attempt | None, error: BaseException) -> Outcome:
        what = explain(error, self.total_s)[0]
        if attempt is None or (attempt.result_text is None and not attempt.raised(error)):
            line = "The check itself failed, which is not your fault: please report it."
            return Outcome("not yet", self.name, (("what happened", what),), (line,))
        facts = (("returned", attempt.result_text or "…"), ("what happened", what))
        line = "The check could not work with this result: is it what the exercise asks for?"
        return Outcome("not yet", attempt.call_text, facts, (line,))


def _learners(error: BaseException, held: Belongings) -> BaseException:
    """Give an error back, unless it is none of the learner's: then it is raised."""
    if isinstance(error, Interrupted) or held.interrupted:
        raise Interrupted from None
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise error  # from outside: by Interrupt, perhaps
    if isinstance(error, KeyboardInterrupt) and not _comes_from(held.file, error):
        raise Interrupted from None  # while the check itself was at work
    return error


def _comes_from(file: str, error: BaseException) -> bool:
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(frames) and frames[-1].f_code.co_filename == file


def _and_what_is_left(outcome: Outcome | None, held: Belongings) -> Outcome | None:
    """Name the threads that cannot be ended, and collect what an answer that failed holds."""
    if held.left:
        names = " and ".join(f"`{name}`" for name in held.left)
        line = f"It leaves a thread running that nothing can end, {names}: restart the kernel."
        say(Outcome("note", line))
    if outcome is not None or held.ended:
        held.sweep()
    return outcome


def file_of(function: Any) -> str:
    """Name the file that a function is written in; in a kernel, its cell.

    Args:
        function: anything.
    """
    code = code_of(function) if callable(function) else None
    return code.co_filename if code else ""


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
