"""Tests of helpers/check/deadline.py beside those in test_attempt.py and test_talk.py."""

import sys
from typing import Any

import pytest

from helpers.check.deadline import UNHEARD_IN, OutOfTime, deadline

SOURCE = """
def steps():
    done = 0
    for _ in range(100):
        done += 1
    return done
"""


def function_of(module: str) -> Any:
    space: dict[str, Any] = {"__name__": module}
    exec(SOURCE, space)
    return space["steps"]


@pytest.mark.parametrize("module", sorted(UNHEARD_IN))
def test_a_callback_of_the_garbage_collector_is_left_to_end(module: str) -> None:
    """An exception there ends nothing: Python prints it under the learner's cell."""
    steps = function_of(module)
    done = 0
    with pytest.raises(OutOfTime), deadline(0):
        done = steps()
    assert done == 100


def test_the_learners_code_is_ended_there_and_then() -> None:
    steps = function_of("__main__")
    done = 0
    with pytest.raises(OutOfTime), deadline(0):
        done = steps()
    assert done == 0


def test_whoever_traced_before_gets_the_trace_back() -> None:
    before = sys.gettrace()
    with pytest.raises(OutOfTime), deadline(0):
        function_of("__main__")()
    assert sys.gettrace() is before
