"""Who froze the server? Two witnesses: the loop's own log, and a thread that looks at the loop.

1. `asyncio_log` keeps what asyncio logs, which a notebook would print anywhere. With debug mode,
   asyncio also logs each step that takes longer than 0.1 s.
2. `watch_loop` asks the loop for a sign of life, again and again, from another thread. While the
   loop stands still, it reads from the stack which line keeps it busy.
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
LIBRARIES = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")})


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
        line: the innermost line of the learner's own code.
        function: the function that the line is in.
    """

    def __init__(self, frame: FrameType) -> None:
        self.lasted_s = 0.0
        self.function = frame.f_code.co_name
        self.line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()

    def __repr__(self) -> str:
        return f"frozen for {measured(self.lasted_s, 's')} in {self.function}: {self.line}"


@contextmanager
def watch_loop() -> Iterator[list[Freeze]]:
    """Find out, from another thread, in which line the event loop stands still.

    Returns:
        A context manager that gives the list of freezes.
    """
    freezes: list[Freeze] = []
    over = threading.Event()
    question = asyncio.get_running_loop(), threading.get_ident(), freezes, over
    watcher = threading.Thread(target=_ask_again_and_again, args=question, daemon=True)
    watcher.start()
    try:
        yield freezes
    finally:
        over.set()
        watcher.join()


def _ask_again_and_again(
    loop: asyncio.AbstractEventLoop, home: int, freezes: list[Freeze], over: threading.Event
) -> None:
    while not over.wait(EACH_S):
        answered, asked_at = threading.Event(), time.perf_counter()
        loop.call_soon_threadsafe(answered.set)
        if answered.wait(LATE_S) or over.is_set():
            continue
        freeze = Freeze(_own_code(sys._current_frames()[home]))
        freezes.append(freeze)
        while not (answered.wait(EACH_S) or over.is_set()):
            pass
        freeze.lasted_s = time.perf_counter() - asked_at


def _own_code(innermost: FrameType) -> FrameType:
    """Find the innermost frame that is not in a library."""
    frame: FrameType | None = innermost
    while frame is not None and frame.f_code.co_filename.startswith((*LIBRARIES, "<frozen")):
        frame = frame.f_back
    return frame or innermost
