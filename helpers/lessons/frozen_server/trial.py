"""Work for `look_after`, which begins, ends, fails or is cancelled when the check says so."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.deadline import forgotten_awaits
from helpers.exercises.engine.explain import match_cause
from helpers.exercises.stage.listening import let_tasks_run
from helpers.exercises.stage.verdict import reword
from helpers.lessons.frozen_server.mistakes import (
    AT_ONCE,
    RETURNS_WORK,
    explain_callback,
    explain_complaints,
    explain_return,
)


class Contrary(set[asyncio.Task[Any]]):
    """A set whose `pop`, which may take any task, takes one that is still at work."""

    def pop(self) -> asyncio.Task[Any]:
        """Take a task out, if possible one that has not ended."""
        task = next((task for task in self if not task.done()), None) or next(iter(self))
        self.remove(task)
        return task


class Trial:
    """Work that `look_after` looks after, and what has come of it.

    Attributes:
        tasks: the set that it is given.
        complaints: what `complain` was called with.
        go: an event for each piece of work, which ends when it is set.
        log: which work has begun, and which has ended.
        errors: what callbacks have raised.
    """

    def __init__(self, attempt: Attempt, tasks: set[asyncio.Task[Any]]) -> None:
        self.tasks = tasks
        self.complaints: list[Any] = []
        self.go: dict[str, asyncio.Event] = {}
        self.log: list[str] = []
        self.errors: list[BaseException | None] = []
        self._attempt = attempt
        self._works: list[Coroutine[Any, Any, Any]] = []
        self._started: list[asyncio.Task[Any]] = []

    def start(self, name: str, error: Exception | None = None) -> asyncio.Task[Any]:
        """Hand work over that waits until it may go on."""
        self.go[name] = asyncio.Event()
        self._works.append(work := self._work(name, error))
        task = start_work(self._attempt, work, self.tasks, self.complaints, name)
        self._started.append(task)
        return task

    async def stop(self) -> None:
        """End all work, whose callbacks may make coroutines that nobody awaits."""
        with forgotten_awaits([]):
            for task in self._started:
                task.cancel()
            await let_tasks_run()
            for work in self._works:  # a wrapper that never began has not awaited it
                work.close()
            while self._started:  # nor has anybody awaited the wrapper, which its error holds
                _ask_for_error(self._started.pop())
            gc.collect()

    async def _work(self, name: str, error: Exception | None) -> str:
        self.log.append(f"{name} begins")
        await self.go[name].wait()
        self.log.append(f"{name} ends")
        if error is not None:
            raise error
        return name

    async def require_end(
        self, what: str, left: set[asyncio.Task[Any]], expected: list[Any], still: str = ""
    ) -> None:
        """Let one task end; refuse what is in `tasks` then, and complaints that do not fit.

        Args:
            what: has happened, in words.
            left: the tasks that are still at work.
            expected: the errors of those that have failed.
            still: what to say when the task that has ended is still in `tasks`.
        """
        attempt, attempt.call_text = self._attempt, what
        unawaited: list[str] = []
        with forgotten_awaits(unawaited):
            await let_tasks_run()
        attempt.require(
            still or not unawaited, "A callback is a plain function: `def`, no `async`."
        )
        if self.errors:
            attempt.fail(explain_callback(self.errors[0]))
        nudge = "The others are still at work: only `task` leaves `tasks`."
        attempt.require(self.tasks >= left, nudge)
        attempt.require(
            self.tasks == left, still or "The task has ended, and `tasks` still holds it."
        )
        if self.complaints != expected:
            attempt.fail(explain_complaints(self.complaints, expected))


def _ask_for_error(task: asyncio.Task[Any]) -> None:
    if task.done():
        with suppress(asyncio.CancelledError):
            task.exception()


def start_work(
    attempt: Attempt,
    work: Coroutine[Any, Any, Any],
    tasks: set[asyncio.Task[Any]],
    complaints: list[Any],
    name: str,
) -> asyncio.Task[Any]:
    """Hand some work over, and refuse what comes back if it is not a task."""
    title, got = f"look_after({name}(), tasks, complain)", None
    try:
        got = attempt.call(work, tasks, complaints.append)
    except NotYet as failure:
        is_work = any("returned the coroutine" in line for line in failure.lines)
        nudge = RETURNS_WORK if is_work else match_cause(failure, AT_ONCE)
        raise reword(failure, nudge, title) from failure.__cause__
    finally:
        if not isinstance(got, asyncio.Task):
            work.close()  # nobody will await it, and that is not what this is about
    attempt.call_text, returned = title, attempt.result_text
    attempt.result_text = None  # that it returned a task says nothing about what goes wrong later
    if not isinstance(got, asyncio.Task):
        attempt.result_text = returned
        attempt.fail(explain_return(got, tasks))
    return got
