"""Who froze the server? Two witnesses: the loop's own log, and a thread that looks at the loop.

1. `asyncio_log` keeps what asyncio logs, which a notebook would print anywhere. With debug mode,
   asyncio also logs each step that takes longer than 0.1 s.
2. `watch_loop` asks the loop for a sign of life, again and again, from another thread. While the
   loop stands still, it reads from the stack which line keeps it busy. A call that holds the
   interpreter lock stops the watcher as well. Then it notices that it has overslept, and looks
   where the loop is as soon as it can: as a rule still in that line, because Python hands over
   the lock right after the call.
"""

from __future__ import annotations

import asyncio
import gc
import linecache
import logging
import re
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from helpers.pictures.measured import measured

LATE_S = 0.2  # a loop that answers later stands still
EACH_S = 0.02  # between two questions
IDLE = ("select", "_poll")  # where a loop waits for its next event, on Unix and on Windows
LIBRARIES = {sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")}
NOT_OWN = (*LIBRARIES, "<frozen", __file__)


@contextmanager
def asyncio_log(*, debug: bool = False) -> Iterator[list[str]]:
    """Keep what asyncio logs in a block.

    Args:
        debug: turn on asyncio's debug mode in the block.

    Returns:
        A context manager that gives the list of what has been logged, shortened to what matters.
        Of the steps that take long, only those of tasks that have been given a name are in it.
    """
    lines: list[str] = []
    logger, keep, loop = logging.getLogger("asyncio"), _Keep(lines), asyncio.get_running_loop()
    before = logger.handlers, logger.propagate, loop.get_debug()
    logger.handlers, logger.propagate = [keep], False
    loop.set_debug(debug)
    try:
        yield lines
    finally:
        gc.collect()  # asyncio complains of a task when Python throws it away: now, not later
        logger.handlers, logger.propagate = before[:2]
        loop.set_debug(before[2])


class _Keep(logging.Handler):
    """Writes a record of asyncio's without the places and numbers of one machine."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        slow = re.fullmatch(r"Executing (.*) took ([\d.]+) seconds", said, re.DOTALL)
        if slow:
            name = re.match(r"<Task \w+ name='(?!Task-)([^']*)'", slow[1])
            if not name:  # a step of the kernel's own, such as this cell
                return
            said = f"Executing <Task {name[1]!r} …> took {measured(float(slow[2]), 's')}"
        error = re.search(r"exception=(.*)>", said)
        first = said.splitlines()[0]
        self._lines.append(f"{first} {error[1]}" if error else first)


class Freeze:
    """One time that the loop stood still.

    Attributes:
        lasted_s: how long, in seconds, from the question that it did not answer.
        with_all: whether the program's other threads stood still as well, the watcher's too. Then
            the line is the one in which the loop was seen right afterwards.
        line: the innermost line of the learner's own code, or nothing if the loop was idle.
        function: the function that the line is in.
    """

    def __init__(self, frame: FrameType, lasted_s: float, *, with_all: bool = False) -> None:
        self.lasted_s, self.with_all = lasted_s, with_all
        own = _own_code(frame)
        self.function = own.f_code.co_name
        self.line = linecache.getline(own.f_code.co_filename, own.f_lineno).strip()
        if frame.f_code.co_name in IDLE:
            self.function, self.line = frame.f_code.co_name, ""

    def __repr__(self) -> str:
        frozen, place = (
            f"frozen for {measured(self.lasted_s, 's')}",
            f"{self.function}: {self.line}",
        )
        if not self.with_all:
            return f"{frozen} in {place}"
        seen = f"in {place}" if self.line else "idle"
        return f"{frozen} with all other threads, next seen {seen}"


@contextmanager
def watch_loop() -> Iterator[list[Freeze]]:
    """Find out, from another thread, in which line the event loop stands still.

    Returns:
        A context manager that gives the list of freezes.
    """
    over = threading.Event()
    watcher = _Watcher(over)
    watcher.start()
    try:
        yield watcher.freezes
    finally:
        over.set()
        watcher.join()


class _Watcher(threading.Thread):
    """Asks the loop of the thread that makes it, until it is over."""

    def __init__(self, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.freezes: list[Freeze] = []
        self._loop, self._home = asyncio.get_running_loop(), threading.get_ident()
        self._over = over
        self._freeze: Freeze | None = None  # the one that has not ended
        self._awake_at, self._worked_s = time.perf_counter(), time.process_time()
        self._ask()

    def run(self) -> None:
        """Sleep for a moment, then look; after the block has ended, once more."""
        is_over = False
        while not is_over:
            is_over = self._over.wait(EACH_S)
            overslept_s, worked_s = self._since_last_time()
            # Without work, it was the machine that let this program wait: nobody is guilty.
            if overslept_s > LATE_S and worked_s > LATE_S / 2:
                self.freezes.append(Freeze(self._look(), overslept_s, with_all=True))
                self._ask()
            elif self._answered.is_set():
                self._ask()
            elif self._freeze or not is_over:
                self._note(time.perf_counter() - self._asked_at)

    def _since_last_time(self) -> tuple[float, float]:
        """Return how much time has passed since this was called, and how long the program worked.

        All of it counts, because any step of this thread may have to wait for the lock.
        """
        before_at, before_s = self._awake_at, self._worked_s
        self._awake_at, self._worked_s = time.perf_counter(), time.process_time()
        return self._awake_at - before_at, self._worked_s - before_s

    def _ask(self) -> None:
        self._freeze, self._asked_at = None, time.perf_counter()
        self._answered = threading.Event()
        self._loop.call_soon_threadsafe(self._answered.set)

    def _note(self, silent_s: float) -> None:
        if self._freeze:
            self._freeze.lasted_s = silent_s
        elif silent_s > LATE_S:
            frame = self._look()
            if not (frame.f_code.co_name in IDLE or self._answered.is_set()):
                self._freeze = Freeze(frame, silent_s)
                self.freezes.append(self._freeze)

    def _look(self) -> FrameType:
        return sys._current_frames()[self._home]


def _own_code(innermost: FrameType) -> FrameType:
    """Find the innermost frame that is neither in a library nor here."""
    frame: FrameType | None = innermost
    while frame is not None and frame.f_code.co_filename.startswith(NOT_OWN):
        frame = frame.f_back
    return frame or innermost
