"""End a learner's endless loop: a deadline that also stops code that never gives way.

A trace function sees every step of Python that runs in this thread and raises when the
time is over. It needs no signal and no second thread, so it works on every platform, and
whoever traced before (a debugger) gets the trace back.
"""

from __future__ import annotations

import re
import sys
import time
import warnings
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

NEVER_AWAITED = re.compile(r"coroutine '(?:.*\.)?(.+)' was never awaited")


class OutOfTime(BaseException):
    """The deadline passed; no `except Exception` of the learner's holds it back."""


@contextmanager
def deadline(timeout_s: float) -> Iterator[None]:
    """Raise OutOfTime in the block as soon as it has run too long.

    Args:
        timeout_s: how long it may run, in seconds.

    Raises:
        OutOfTime: from the line of Python that ran when the time was over.
    """
    end = time.monotonic() + timeout_s
    previous = sys.gettrace()

    def trace(frame: FrameType, _event: str, _value: object) -> Any:
        frame.f_trace_opcodes = True  # Python 3.11 sees no new line in `while True: pass`
        if time.monotonic() > end:
            raise OutOfTime
        return trace

    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(previous)


@contextmanager
def forgotten_awaits(names: list[str]) -> Iterator[None]:
    """Collect the names of coroutines that nobody awaited; pass other warnings on.

    Args:
        names: grows by the name of each coroutine that was dropped in the block.
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

    A step is what runs between two moments in which the event loop has its turn; a step
    that does not end would freeze the loop, and with it any timeout of asyncio.
    """

    def __init__(
        self, coroutine: Coroutine[Any, Any, Any], timeout_s: float, names: list[str]
    ) -> None:
        self._coroutine = coroutine
        self._timeout_s = timeout_s
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
            value, error = None, None
            try:
                value = yield waits_for
            except GeneratorExit:
                self._coroutine.close()
                raise
            except BaseException as reason:
                error = reason
