"""End a learner's coroutine: a deadline for each of its steps, and one for all of them."""

from __future__ import annotations

import asyncio
import builtins
import math
import re
import time
import warnings
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

from helpers.exercises.engine.prints import bounded
from helpers.exercises.engine.watch import SPARED, Interrupted, OutOfTime, deadline

__all__ = ["SPARED", "Escape", "Interrupted", "OutOfTime", "Stepped", "at_work", "deadline", "end"]

BLOCKED_S = 0.05  # how long a step takes at least that waits, and does not work
GRACE_S = 0.2  # how long a cancelled coroutine may take to end
CLOSE_TRIES = 1_000  # closing again and again ends a loop that is not endless
NEVER_AWAITED = re.compile(r"coroutine '(?:.*\.)?(.+)' was never awaited")

_abandoned: list[Coroutine[Any, Any, Any]] = []  # collecting them would print what they ignore


@contextmanager
def at_work(names: list[str], limit_s: float) -> Iterator[None]:
    """Run a step of the learner's code: under a deadline, with what it prints and warns in hand.

    Args:
        names: the name of each coroutine that was dropped in the block is added to it.
        limit_s: how long the block may take, in seconds.

    Raises:
        OutOfTime: it took longer.
    """
    asked, builtins.input = builtins.input, _ask_nobody
    try:
        with bounded(), forgotten_awaits(names), deadline(limit_s):
            yield
    finally:
        builtins.input = asked


def _ask_nobody(*_: object) -> NoReturn:
    raise EOFError("input() asks a person, and a check has nobody to ask")


@contextmanager
def forgotten_awaits(names: list[str]) -> Iterator[None]:
    """Collect the names of coroutines that nobody awaited; pass other warnings on.

    Args:
        names: the name of each coroutine that was dropped in the block is added to it.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            matches = [NEVER_AWAITED.search(str(warning.message)) for warning in caught]
            names.extend(match[1] for match in matches if match)
    for warning, match in zip(caught, matches, strict=True):
        if not match:
            place = warning.filename, warning.lineno
            warnings.warn_explicit(warning.message, warning.category, *place)


class Stepped:
    """An awaitable that runs a coroutine, each step of it under a deadline.

    A step is the code between two points at which the event loop can run something else. A step
    that does not end would freeze the loop, and with it every timeout of asyncio.

    Args:
        coroutine: what to run.
        timeout_s: how long a step may take, in seconds.
        within_s: how long all steps may take, in seconds, or None.
        names: gets the names of coroutines that nobody awaited.
        on_interrupt: called when somebody really interrupts a step.
    """

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        timeout_s: float,
        within_s: float | None,
        names: list[str],
        on_interrupt: Callable[[], None] | None = None,
    ) -> None:
        self._coroutine = coroutine
        self._timeout_s = timeout_s
        self._end = math.inf if within_s is None else time.monotonic() + within_s + GRACE_S
        self._names, self._on_interrupt = names, on_interrupt
        self.blocked: list[float] = []  # how long steps waited without giving way, in seconds

    async def run(self) -> Any:
        """Run the coroutine in a task of its own, so that it can cancel nobody else's.

        An exit or an interrupt that leaves a task ends the event loop: it is wrapped.
        """
        if (task := asyncio.current_task()) is not None:
            STEPPED[task] = self
        try:
            return await self
        except Interrupted:
            if self._on_interrupt is not None:
                self._on_interrupt()
            raise asyncio.CancelledError from None
        except (KeyboardInterrupt, SystemExit) as error:
            raise Escape from error

    def __await__(self) -> Generator[Any, Any, Any]:
        value: Any = None
        error: BaseException | None = None
        while True:
            began, worked = time.monotonic(), time.thread_time()
            try:
                with at_work(self._names, self._timeout_s):
                    if error is None:
                        waits_for = self._coroutine.send(value)
                    else:
                        waits_for = self._coroutine.throw(error)
            except StopIteration as stop:
                return stop.value
            took_s, work_s = time.monotonic() - began, time.thread_time() - worked
            if took_s > max(BLOCKED_S, 2 * work_s):
                self.blocked.append(took_s)
            if time.monotonic() > self._end:
                self._give_up()
            value, error = None, None
            try:
                value = yield waits_for
            except GeneratorExit:
                self._close()
                raise
            except BaseException as reason:
                error = reason

    def end_soon(self) -> None:
        """Abandon the coroutine at its next step, unless it ends there."""
        self._end = -math.inf

    def _give_up(self) -> NoReturn:
        """Abandon a coroutine that catches even its cancellation and continues."""
        self._close()
        raise TimeoutError

    def _close(self) -> None:
        for _ in range(CLOSE_TRIES):
            try:
                with at_work([], self._timeout_s):
                    return self._coroutine.close()
            except RuntimeError:
                continue  # it ignored GeneratorExit
            except Exception:
                return None  # it ended, by an error of its own
            except BaseException:
                break
        return _abandoned.append(self._coroutine)


class Escape(Exception):
    """A SystemExit or a KeyboardInterrupt that a learner's coroutine raised: its cause."""


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task; one that catches that is closed, and one that ignores that is left.

    Args:
        task: what should end.
    """
    for _ in range(2):
        task.cancel()
        await asyncio.wait([task], timeout=GRACE_S)
        if task.done():
            if not task.cancelled():
                task.exception()  # asked for, so that nobody complains that it was not
            return
        if task in STEPPED:
            STEPPED[task].end_soon()


STEPPED: WeakKeyDictionary[asyncio.Task[Any], Stepped] = WeakKeyDictionary()
