"""The deadline itself; what it does to a learner's function is in test_attempt.py."""

import sys
from typing import Any

import pytest

from helpers.exercises.engine import watch
from helpers.exercises.engine.watch import SPARED, OutOfTime, deadline

SOURCE = """
def steps(number):
    done = 0
    for _ in range(number):
        done += 1
    return done
"""


@pytest.fixture(autouse=True, params=["signals", "no signals"])
def signals(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "no signals":
        monkeypatch.setattr(watch, "SIGNAL", None)


def function_of(module: str) -> Any:
    space: dict[str, Any] = {"__name__": module}
    exec(SOURCE, space)
    return space["steps"]


@pytest.mark.parametrize("module", sorted(SPARED))
def test_what_is_not_the_learners_is_left_to_end(module: str) -> None:
    """In a callback of the garbage collector Python would print what is raised."""
    steps = function_of(module)
    with deadline(0):
        assert steps(100) == 100


def test_the_learners_code_is_ended_there_and_then() -> None:
    steps = function_of("__main__")
    done = 0
    with pytest.raises(OutOfTime), deadline(0):
        done = steps(10**8)
    assert done == 0


def test_whoever_traced_before_gets_the_trace_back() -> None:
    before = sys.gettrace()
    with pytest.raises(OutOfTime), deadline(0):
        function_of("__main__")(10**8)
    assert sys.gettrace() is before
