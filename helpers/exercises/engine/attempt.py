"""A learner's function, called safely.

A check calls `attempt(…)` instead of the function itself. Whatever the function does (it may
raise, loop endlessly, exit, or change its input) becomes a sentence for the learner.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from helpers.exercises.engine.belongings import current
from helpers.exercises.engine.deadline import (
    Escape,
    Interrupted,
    OutOfTime,
    Stepped,
    at_work,
    end,
)
from helpers.exercises.engine.explain import explain, find_line
from helpers.exercises.engine.values import (
    copied,
    is_stub,
    shown,
    unfinished,
    written_call,
)
from helpers.exercises.engine.verdicts import NotTried, NotYet, Verdicts


class Attempt(Verdicts):
    """One learner's function on trial.

    Attributes:
        name: the name of the exercise.
        function: what the learner wrote; call the attempt instead.
        awaited: whether `attempt(…)` is awaited, because the check is an `async def`.
        timeout_s: how long one call may take, in seconds.
        failure: what went wrong in a guarded call, which runs in a task of the library.
        copies: whether arguments are copied; without, a check sees what was changed in them.
        blocked: how long steps of a coroutine waited, in seconds, without giving way.
    """

    def __init__(
        self, name: str, function: Callable[..., Any], *, awaited: bool, timeout_s: float = 3.0
    ) -> None:
        super().__init__(name)
        self.name, self.function = name, function
        self.awaited, self.timeout_s = awaited, timeout_s
        self.failure: NotYet | NotTried | None = None
        self.copies = True
        self.blocked: list[float] = []
        if is_stub(function):
            raise NotTried

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the learner's function; in an `async def` check: `await attempt(…)`."""
        return self.run(*args, **kwargs) if self.awaited else self.call(*args, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call a plain function with copies of the arguments.

        Returns:
            What the learner's function returned.

        Raises:
            NotYet: it raised, ran too long, or returned a coroutine.
        """
        result = self._start(args, kwargs)
        if not inspect.iscoroutine(result):
            return self._finish(result)
        result.close()
        if inspect.iscoroutinefunction(self.function):
            self.fail("It is an `async def`, but the exercise asks for a plain `def`.")
        self.fail(f"It returned the coroutine `{result.__name__}(…)`, not a result.")

    async def run(self, *args: Any, **kwargs: Any) -> Any:
        """Await the learner's `async def` with copies of the arguments.

        Returns:
            What the learner's coroutine returned.

        Raises:
            NotYet: it raised, ran too long, or is not a coroutine function.
        """
        started = self._start(args, kwargs)
        self._require_awaitable(started)
        result = await self._await(started)
        if inspect.iscoroutine(result):
            result.close()
            self.fail(f"It returned a coroutine: `await {result.__name__}(…)` gives its result.")
        return self._finish(result)

    async def guarded(self, *args: Any, **kwargs: Any) -> Any:
        """Run the learner's `async def` where a library calls it: as a server's handler.

        What goes wrong is kept in `failure` and becomes the outcome of the check; the library
        sees a handler that has ended. There is a deadline for each step, and no other.
        """
        try:
            started = self._start(args, kwargs)
            self._require_awaitable(started)
            return await self._await(started, within_s=None)
        except (NotYet, NotTried) as failure:
            self.failure = self.failure or failure
            return None
        except Interrupted:  # leaving the library's task, it would end the event loop
            if (owner := current.get()) is not None:
                owner.interrupt()
            raise asyncio.CancelledError from None

    def raises(self, kind: type[Exception], *args: Any, nudge: str) -> Exception:
        """Call a plain function that must refuse these arguments.

        Args:
            kind: the exception that it must raise.
            *args: the arguments.
            nudge: what to say when it does not.

        Returns:
            The exception.

        Raises:
            NotYet: it returned, or raised something else.
        """
        try:
            result = self.call(*args)
        except NotYet as failure:
            if isinstance(failure.__cause__, kind):
                return failure.__cause__
            raise
        facts = [("returned", shown(result)), ("expected", f"raises {kind.__name__}")]
        raise self._not_yet(facts, nudge)

    def raised(self, error: BaseException) -> bool:
        """Say whether an error came from the learner's code, even if the check called it.

        Args:
            error: what was raised.
        """
        return find_line(error, self.function) is not None

    def _start(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.call_text, self.result_text = written_call(self.name, args, kwargs), None
        self._check_parameters(args, kwargs)
        copy = copied if self.copies else (lambda value: value)
        positional = [copy(value) for value in args]
        named = {name: copy(value) for name, value in kwargs.items()}
        try:
            with at_work(self._forgotten, self.timeout_s):
                return self.function(*positional, **named)
        except Interrupted:
            raise
        except BaseException as error:
            raise self._raised(error) from error

    async def _await(self, started: Awaitable[Any], within_s: float | None = -1) -> Any:
        limit_s = self.timeout_s if within_s == -1 else within_s
        owner = current.get()
        on_interrupt = owner.interrupt if owner else None
        steps = Stepped(
            _coroutine(started), self.timeout_s, limit_s, self._forgotten, on_interrupt
        )
        steps.blocked = self.blocked
        task = asyncio.ensure_future(steps.run())
        try:
            await asyncio.wait([task], timeout=limit_s)
        except asyncio.CancelledError:  # from outside: a deadline around the check, or Interrupt
            await end(task)
            raise
        if not task.done():
            await end(task)
            what = f"it was still waiting after {limit_s:g} s"
            raise self._not_yet([("what happened", what)], "What does it wait for?")
        try:
            return task.result()
        except BaseException as error:
            if owner is not None and owner.interrupted:
                raise
            cause = error.__cause__ if isinstance(error, Escape) and error.__cause__ else error
            raise self._raised(cause) from cause

    def _require_awaitable(self, started: Any) -> None:
        if inspect.isawaitable(started):
            return
        self._finish(started)
        if inspect.isasyncgen(started):
            self.fail("There is a `yield` in it, so calling it runs nothing: send, or `return`.")
        self.fail("It is a plain `def`, but the exercise asks for an `async def`.")

    def _finish(self, result: Any) -> Any:
        left = unfinished(result)
        if left == "all":
            raise NotTried
        self.result_text = shown(result)
        if left == "part":
            self.fail("Part of the answer is still `...`.")
        return result

    def _check_parameters(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        try:
            signature = inspect.signature(self.function)
        except (TypeError, ValueError):  # a callable without a known signature
            return
        try:
            signature.bind(*args, **kwargs)
        except TypeError:
            values = len(args) + len(kwargs)
            nudge = f"It is called with {values} value{'s' * (values != 1)}: "
            nudge += "keep the first line of the stub as it was."
            raise self._not_yet([("yours is", f"{self.name}{signature}")], nudge) from None

    def _raised(self, error: BaseException) -> NotYet | NotTried:
        if type(error) is NotImplementedError:
            return NotTried()
        what, nudge = explain(error, self.timeout_s)
        facts = [("what happened", what)]
        line = find_line(error, self.function)
        return self._not_yet(facts + ([line] if line else []), nudge)


def _coroutine(started: Awaitable[Any]) -> Coroutine[Any, Any, Any]:
    if inspect.iscoroutine(started):
        return started

    async def wait() -> Any:
        return await started

    return wait()


__all__ = ["Attempt", "NotTried", "NotYet", "OutOfTime"]
