"""Run answers through their checks, in a process that is only for them.

This is what happens in the kernel: the answer is defined by a cell, the check is called while
an event loop runs, and what it says is displayed. What the check leaves behind is counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import io
import linecache
import os
import threading
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import psutil

from helpers.exercises.engine import check as engine
from helpers.exercises.engine.registry import exercises, topics
from tests.exercises.answers import Answer

REPOSITORY = Path(__file__).resolve().parents[2]
CELL = "cell-of-the-answer"
SETTLE_S = 2.0  # how long what a check has ended may take to be gone


@dataclass(frozen=True)
class Said:
    """What a check said of an answer.

    Attributes:
        text: what the learner reads; empty when the check said nothing.
        left: what it left behind: tasks, threads, processes, sockets and warnings.
        seconds: how long the check took.
    """

    text: str
    left: tuple[str, ...]
    seconds: float


def run(answers: Sequence[Answer], reply: Connection) -> None:
    """Judge answers one after another, send a Said for each, and end this process.

    Args:
        answers: what to judge, as a learner would in one kernel.
        reply: where what the checks said goes.
    """
    os.environ["HELPERS_PROGRESS"] = os.devnull
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("default")
        asyncio.run(_judge_all(answers, reply, caught))
    reply.close()
    os._exit(0)


async def _judge_all(
    answers: Sequence[Answer], reply: Connection, caught: list[warnings.WarningMessage]
) -> None:
    for answer in answers:
        reply.send(await _judge(answer, caught))


async def _judge(answer: Answer, caught: list[warnings.WarningMessage]) -> Said:
    cell = ModuleType("__main__")
    for source in (answer.before, answer.source):
        _run_cell(source, cell)
    texts: list[str] = []
    engine.say = lambda what: texts.append(str(what))  # type: ignore[attr-defined]
    before = _running()
    del caught[:]
    started = time.monotonic()
    try:
        judging: Any = getattr(engine.check, answer.exercise)(getattr(cell, answer.exercise))
        if inspect.isawaitable(judging):
            await judging
    except BaseException as error:
        texts.append(f"raised into the cell: {error!r}")
    seconds = time.monotonic() - started
    left = await _left(before)
    words = [f"{w.category.__name__}: {w.message}" for w in caught]
    return Said("\n".join(texts), tuple(sorted(left) + words), seconds)


def _run_cell(source: str, cell: ModuleType) -> None:
    linecache.cache[CELL] = len(source), None, source.splitlines(keepends=True), CELL
    exec(compile(source, CELL, "exec"), cell.__dict__)


async def _left(before: set[str]) -> set[str]:
    end = time.monotonic() + SETTLE_S
    for _ in range(3):
        await asyncio.sleep(0)  # what was only called for soon begins
    while True:
        gc.collect()
        left = _running() - before
        if not left or time.monotonic() > end:
            return {name.partition(" #")[0] for name in left}
        await asyncio.sleep(0.05)


def _running() -> set[str]:
    """Name what runs in this process; the threads of the loop's own pool stay, and are fine."""
    process = psutil.Process()
    threads = [t for t in threading.enumerate() if not t.name.startswith("asyncio_")]
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    sockets = [c for c in process.net_connections("tcp") if c.status != psutil.CONN_TIME_WAIT]
    return {
        *(f"thread {t.name} #{t.ident}" for t in threads),
        *(f"task {getattr(t.get_coro(), '__qualname__', '?')} #{id(t)}" for t in tasks),
        *(f"process {' '.join(p.cmdline()[:4])} #{p.pid}" for p in process.children()),
        *(f"socket {c.status} #{c.fd}" for c in sockets),
    }


@cache
def imports(topic: str) -> str:
    """Read the imports of a notebook's first code cell, which a learner has run.

    Args:
        topic: the lesson.

    Returns:
        Its import statements.
    """
    [path] = (REPOSITORY / "notebooks").glob(f"[0-9][0-9]_{topic}.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    return str(next(cell.source for cell in cells if cell.cell_type == "code"))


for _topic in topics():  # a process that is forked from this one has all of it already
    exercises(_topic)
    exec(imports(_topic), {})
