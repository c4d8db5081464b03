"""A topic of exercises for the tests, in the place of the notebooks' own."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from helpers.exercises.engine import help, progress, registry

SAMPLE = """
from helpers.exercises.engine.exercise import Attempt, exercise

@exercise(hints=("think", "double each number"))
def double(attempt: Attempt) -> None:
    for numbers in ([1, 2], []):
        got = attempt(numbers)
        attempt.of_type(got, list)
        attempt.require(got != numbers * 2 or not numbers, "That repeats the list.")
        attempt.equal(got, [2 * n for n in numbers], "Double every number.")

@exercise(hints=("wait", "then answer"), timeout_s=0.2, total_s=0.5)
async def later(attempt: Attempt) -> None:
    attempt.equal(await attempt("a"), "A", "Capitals, please.")
"""


@pytest.fixture(autouse=True)
def progress_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "progress.json"
    monkeypatch.setenv("HELPERS_PROGRESS", str(path))
    monkeypatch.setattr(progress, "_said", set())
    monkeypatch.setattr(help, "_given", {})
    return path


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """As in a kernel: tests that a shell runs in the background inherit an ignored SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("helpers.lessons.sample.checks")
    exec(compile(SAMPLE, "sample.py", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(registry, "topics", lambda: ["sample"])
    return module
