"""End a learner's endless loop: a deadline that also stops code that never gives way.

A trace function sees every step of Python that runs in this thread, and raises when the time
is up. It needs no signal, so it works on every platform, and an earlier trace function (that
of a debugger) is put back. It does not see code in C that waits, such as `time.sleep(99)`.
"""

from __future__ import annotations

import math
import re
import sys
import time
import warnings
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

GRACE_S = 0.2  # how long a cancelled coroutine may take to end
CLOSE_TRIES = 1_000  # closing again and again ends a loop that is not endless
# Not stopped: callbacks of the garbage collector, where an exception is printed and dropped,
# and the code that leaves the deadline's own block.
SPARED = {"weakref", "_weakrefset", "contextlib", __name__}
NEVER_AWAITED = re.compile(r"coroutine '(?:.*\.)?(.+)' was never awaited")


class OutOfTime(BaseException):
    """The deadline has passed; `except Exception` in the learner's code does not catch it.

    A bare `except:` does. Python switches a trace function off when it raises, so an exception
    that is dropped switches it on again: the next one is raised outside that `try`.
    """

    def __init__(self, trace: Callable[..., Any], over: list[bool]) -> None:
        super().__init__()
        self._trace, self._over = trace, over

    def __del__(self) -> None:
        if self._over:
            return
        frame: FrameType | None = sys._getframe(1)
        while frame and not frame.f_globals.get("__name__", "").startswith("helpers.exercises"):
            frame.f_trace, frame.f_trace_opcodes = self._trace, True
            frame = frame.f_back
        sys.settrace(self._trace)


@contextmanager
def deadline(timeout_s: float) -> Iterator[None]:
    """Raise OutOfTime in the block once it has run too long.

    Args:
        timeout_s: how long it may run, in seconds.

    Raises:
        OutOfTime: from the line of Python that was running when the time was up.
    """
    end = time.monotonic() + timeout_s
    previous = sys.gettrace()
    over: list[bool] = []  # filled when the block has been left

    def trace(frame: FrameType, _event: str, _value: object) -> Any:
        frame.f_trace_opcodes = True  # Python 3.11 sees no new line in `while True: pass`
        if time.monotonic() > end and frame.f_globals.get("__name__") not in SPARED:
            raise OutOfTime(trace, over)
        return trace

    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(previous)
        over.append(True)


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
    """

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        timeout_s: float,
        within_s: float | None,
        names: list[str],
    ) -> None:
        self._coroutine = coroutine
        self._timeout_s = timeout_s
        self._end = math.inf if within_s is None else time.monotonic() + within_s + GRACE_S
        self._names = names

    def __await__(self) -> Generator[Any, Any, Any]:
        value: Any = None
        error: BaseException | None = None
        while True:
            try:
                with forgotten_awaits(self._names), deadline(self._timeout_s):
                    if error is None:
                        waits_for = self._coroutine.send(value)
                    else:
                        waits_for = self._coroutine.throw(error)
            except StopIteration as stop:
                return stop.value
            if time.monotonic() > self._end:
                self._give_up()
            value, error = None, None
            try:
                value = yield waits_for
            except GeneratorExit:
                self._coroutine.close()
                raise
            except BaseException as reason:
                error = reason

    def _give_up(self) -> None:
        """Abandon a coroutine that catches even its cancellation and continues."""
        for _ in range(CLOSE_TRIES):
            with suppress(RuntimeError):  # it ignored even GeneratorExit
                self._coroutine.close()
                break
        raise TimeoutError
