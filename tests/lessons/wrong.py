"""Typical wrong answers: each must be refused with the hint that fits the mistake.

Those to the exercises of a lesson are in `tests/lessons/TOPIC/wrong.py`: each is a function with
a name of its own, marked with the exercise that it fails and with a part of the sentence that
the learner must read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Wrong", "wrong"]


@dataclass(frozen=True)
class Wrong:
    """A wrong answer: the exercise it fails, and a part of the outcome's text."""

    function: Callable[..., Any]
    exercise: str
    hint: str


def wrong(exercise: str, *, hint: str) -> Callable[[Callable[..., Any]], Wrong]:
    """Mark a function as a wrong answer.

    Args:
        exercise: the name of the exercise.
        hint: a part of the text that the learner must read, on one line.

    Returns:
        A decorator that turns the function into a Wrong.
    """

    def marked(function: Callable[..., Any]) -> Wrong:
        return Wrong(function, exercise, hint)

    return marked
