"""Every notebook, run in one kernel; then every solution there. And once more, run twice.

The kernel is started once a notebook, because starting and Run All are what takes time: nothing
is left behind, and the same kernel then judges each exercise's solution in place of the stub. That
a second run works as well is of the second tier. Other answers, right and wrong, are in
`tests/lessons/TOPIC/answers.md`, and need no kernel.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import psutil
import pytest

from tests.notebooks.kernel import Kernel, Output, as_text, errors, kernel
from tests.notebooks.lessons import LESSONS, Lesson, answer, stub_name, tags

SETTLE_S = 3  # how long what was stopped may take to be gone
CELL_TIMEOUT_S = 30

#: What a kernel has running: threads and tasks, by name. The threads of the event loop's
#: own pool, which `asyncio.to_thread` fills, stay for the next call and do not count.
RUNNING = """
import asyncio, gc, threading
gc.collect()
print(sorted(t.name for t in threading.enumerate() if not t.name.startswith("asyncio_")))
print(sorted(t.get_coro().__qualname__ for t in asyncio.all_tasks()))
"""


class Runs:
    """Runs of a notebook in one kernel, and what is there before and after."""

    def __init__(self, lesson: Lesson, running: Kernel, times: int) -> None:
        self.lesson, self.kernel = lesson, running
        self.running_before = self.running()
        self.ports_before = self.ports()
        self.seconds: list[float] = []
        self.outputs: list[list[list[Output]]] = []  # by run, by code cell
        for _ in range(times):
            started = time.monotonic()
            self.outputs.append(
                [running.run(cell.source, timeout_s=CELL_TIMEOUT_S) for cell in lesson.code]
            )
            self.seconds.append(time.monotonic() - started)

    def running(self) -> str:
        return self.kernel.text(RUNNING)

    def ports(self) -> set[int]:
        connections = self.kernel.process.net_connections(kind="tcp")
        return {c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN}

    def eventually(self, get: Callable[[], Any], wanted: Any) -> Any:
        """Ask until the answer is the wanted one; the last answer when it never is."""
        end = time.monotonic() + SETTLE_S
        while (got := get()) != wanted and time.monotonic() < end:
            self.kernel.text("import asyncio; await asyncio.sleep(0.05)")  # its loop goes on
        return got


class OfOneNotebook:
    """The tests of one notebook; a class each, so that they run side by side."""

    lesson: ClassVar[Lesson]
    times: ClassVar[int]

    @pytest.fixture(scope="class")
    @classmethod
    def runs(cls) -> Iterator[Runs]:
        with kernel() as running:
            yield Runs(cls.lesson, running, cls.times)

    def test_only_planned_errors(self, runs: Runs, record_property: Any) -> None:
        for number, run in enumerate(runs.outputs, start=1):
            seconds = f"{self.lesson.path.stem}: {runs.seconds[number - 1]:.1f} s"
            record_property(f"run all {number}", seconds)
            for cell, outputs in zip(self.lesson.code, run, strict=True):
                if "raises-exception" not in tags(cell):
                    said = f"run {number}:\n{cell.source}\n{as_text(outputs)}"
                    assert errors(outputs) == [], said

    def test_no_warnings(self, runs: Runs) -> None:
        for number, run in enumerate(runs.outputs, start=1):
            for cell, outputs in zip(self.lesson.code, run, strict=True):
                said = [output["text"] for output in outputs if output.get("name") == "stderr"]
                assert said == [], f"run {number}:\n{cell.source}"

    def test_leaves_no_process(self, runs: Runs) -> None:
        children = runs.kernel.process.children(recursive=True)
        _, alive = psutil.wait_procs(children, timeout=SETTLE_S)
        assert [child.cmdline() for child in alive] == []

    def test_leaves_no_port(self, runs: Runs) -> None:
        assert runs.eventually(runs.ports, runs.ports_before) == runs.ports_before

    def test_leaves_no_thread_and_no_task(self, runs: Runs) -> None:
        assert runs.eventually(runs.running, runs.running_before) == runs.running_before

    def test_leaves_no_word_in_the_log(self, runs: Runs) -> None:
        lines = runs.kernel.log.read_text(encoding="utf-8", errors="replace").splitlines()
        assert [line for line in lines if not line.startswith("[IPKernelApp]")] == []

    def test_stub_is_not_tried_yet(self, runs: Runs, exercise: str) -> None:
        for outputs in runs.outputs:
            said = dict(zip([cell.id for cell in self.lesson.code], outputs, strict=True))
            check = next(c for stub, c in self.lesson.pairs if stub_name(stub) == exercise)
            assert as_text(said[check.id]).startswith("not tried yet: ")


class Once(OfOneNotebook):
    """One run, and then each solution."""

    times = 1

    def test_solution_is_correct(self, runs: Runs, exercise: str) -> None:
        judged = next(e for e in self.lesson.exercises if e.name == exercise)
        assert self.said(runs, exercise, answer(judged)).startswith("correct: ")

    def said(self, runs: Runs, exercise: str, source: str) -> str:
        """Run an answer in place of the stub, then the check; give what the check says."""
        defined = runs.kernel.run(source, timeout_s=CELL_TIMEOUT_S)
        assert errors(defined) == [], f"{source}\n{as_text(defined)}"
        outputs = runs.kernel.run(self.lesson.check_cell(exercise), timeout_s=CELL_TIMEOUT_S)
        shown = [o for o in outputs if o["output_type"] != "stream"]  # the learner may print
        return as_text(shown)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    lesson: Lesson | None = getattr(metafunc.cls, "lesson", None)
    if lesson is None:
        return
    if "exercise" in metafunc.fixturenames:
        metafunc.parametrize("exercise", [exercise.name for exercise in lesson.exercises])


@pytest.mark.thorough
class Twice(OfOneNotebook):
    """Two runs, one after the other: a learner may do that at any time."""

    times = 2


for _lesson in LESSONS:
    for _tests in (Once, Twice):
        _name = f"Test{_lesson.path.stem.title().replace('_', '')}{_tests.__name__}"
        globals()[_name] = type(_name, (_tests,), {"lesson": _lesson})
