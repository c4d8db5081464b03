"""The tests of a notebook's two runs fail on a notebook that leaves something behind."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from tests.notebooks import test_run_all
from tests.notebooks.kernel import kernel
from tests.notebooks.lessons import Lesson
from tests.notebooks.test_run_all import OfOneNotebook, Runs

LEAKS = [
    "import asyncio, os, socket, subprocess, sys, threading, warnings",
    "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)",
    "listening = socket.create_server(('127.0.0.1', 0))",
    "threading.Thread(target=threading.Event().wait, name='forgotten', daemon=True).start()",
    "task = asyncio.create_task(asyncio.Event().wait())",
    "warnings.warn('old', DeprecationWarning)",
    "os.write(2, b'past the notebook') and None",
    "undefined",
]


class Leaky(OfOneNotebook):
    """The tests of the notebook that leaks; not collected, because they must fail."""


LEAKY = Leaky()

#: The test that must fail, and a part of what it says.
SEEN: list[tuple[Callable[[Runs], Any], str]] = [
    (lambda runs: LEAKY.test_only_planned_errors(runs, ignored), "run 1"),
    (lambda runs: LEAKY.test_only_planned_errors(of_the_second(runs), ignored), "'undefined'"),
    (lambda runs: LEAKY.test_no_warnings(runs), "DeprecationWarning: old"),
    (lambda runs: LEAKY.test_no_warnings(of_the_second(runs)), "ResourceWarning"),
    (LEAKY.test_leaves_no_process, "input()"),
    (LEAKY.test_leaves_no_port, "assert {"),
    (LEAKY.test_leaves_no_thread_and_no_task, "forgotten"),
    (LEAKY.test_leaves_no_thread_and_no_task, "Event.wait"),
    (LEAKY.test_leaves_no_word_in_the_log, "past the notebook"),
]


def ignored(*_: object) -> None: ...


def of_the_second(runs: Runs) -> Runs:
    """Leave the second of two runs alone: what the first one left is seen there."""
    second = copy.copy(runs)
    second.outputs = runs.outputs[1:]
    return second


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    path: Path = tmp_path_factory.mktemp("leaky") / "99_leaky.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(source) for source in LEAKS]), path)
    lesson = Lesson(path)
    Leaky.lesson = lesson
    with kernel(path.parent) as running:
        yield Runs(lesson, running, times=2)
        running.text("listening.close(); task.cancel(); child.kill(); child.wait(); None")


@pytest.mark.parametrize(("seen", "what"), SEEN, ids=[what for _, what in SEEN])
def test_what_is_left_behind_is_seen(
    seen: Callable[[Runs], Any], what: str, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_run_all, "SETTLE_S", 0.2)
    with pytest.raises(AssertionError) as caught:
        seen(runs)
    assert what in str(caught.value)
