"""Every check survives hostile answers, one after another, and then judges the solution right.

All happens in one process for each exercise, as in a kernel: nothing of an answer may reach the
next one. It takes real time, so the lessons run side by side.
"""

from __future__ import annotations

from typing import ClassVar

import pytest

from helpers.exercises.engine.exercise import Exercise
from helpers.exercises.engine.help import solution_source
from helpers.exercises.engine.registry import exercises, topics
from tests.exercises.answers import Answer
from tests.exercises.judging import judge_in_turn

COMMON = "import asyncio, contextlib, os, signal, sys, threading, time, warnings, socket\n"

#: What stands in for an answer's body; the function takes whatever it is given.
BODIES = {
    "raises KeyboardInterrupt": "raise KeyboardInterrupt",
    "raises SystemExit": "sys.exit(1)",
    "raises GeneratorExit": "raise GeneratorExit",
    "raises CancelledError": "raise asyncio.CancelledError",
    "raises a group": "raise BaseExceptionGroup('all', [KeyboardInterrupt(), ValueError()])",
    "raises at length": "raise ValueError('x' * 10_000_000)",
    "recurses": "return recurse()",
    "returns an odd object": "return Odd()",
    "returns itself": "return {NAME}",
    "returns a class": "return Odd",
    "returns depth": "return deep()",
    "returns length": "return list(range(1_000_000))",
    "calls its check": "from helpers import check; check.{NAME}({NAME}); return None",
    "asks": "return input('?')",
    "prints": "print('x' * 1_000_000); return None",
    "leaves a thread": "threading.Thread(target=count, daemon=True).start(); return None",
    "leaves a socket": "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); KEPT.append(s)",
    "cancels its task": "asyncio.current_task() and asyncio.current_task().cancel()",
    "leaves a task": "KEPT.append(asyncio.ensure_future(stay()))",
    "clears what it is given": (
        "[a.clear() for a in arguments if isinstance(a, (list, dict, set))]; return None"
    ),
    "returns texts": "return {'ok': True, 'messages': ['a', 'b'], 'older': 'x'}",
    "returns Nones": "return None, None, None, None",
}

HELPERS = (
    COMMON
    + """
KEPT = []

class Odd:
    def __eq__(self, other): raise KeyboardInterrupt
    def __hash__(self): raise SystemExit
    def __repr__(self): raise GeneratorExit
    def __bool__(self): raise ValueError
    def __len__(self): raise RecursionError
    def __iter__(self): raise MemoryError
    def __getattr__(self, name): raise OSError

def recurse():
    return recurse()

def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value

def count():
    number = 0
    while number >= 0:
        number += 1

async def stay():
    while True:
        with contextlib.suppress(BaseException):
            await asyncio.sleep(0.01)
"""
)


def stand_in(exercise: Exercise, title: str, body: str) -> Answer:
    """Write a hostile answer to an exercise."""
    name = exercise.name
    define = "async def" if exercise.awaited else "def"
    source = f"{define} {name}(*arguments):\n    {body.replace('{NAME}', name)}\n"
    return Answer(name, False, title, source, before=HELPERS, place="test_hostile.py:1")


class OfOneLesson:
    """The tests of one lesson; a class each, so that they run side by side."""

    topic: ClassVar[str]

    @pytest.mark.timeout(600)
    def test_a_check_survives(self, exercise: Exercise) -> None:
        hostile = [stand_in(exercise, *pair) for pair in BODIES.items()]
        source = solution_source(exercise).text
        right = Answer(exercise.name, True, "the solution", source, place="solutions.py:1")
        amiss = [v for v in judge_in_turn([*hostile, right], deadline_s=300) if v.trouble]
        found = [(v.answer.title, v.trouble, v.said and v.said.text[:600]) for v in amiss]
        assert found == []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if topic := getattr(metafunc.cls, "topic", None):
        found = exercises(topic)
        metafunc.parametrize("exercise", found, ids=[exercise.name for exercise in found])


for _topic in topics():
    _name = f"Test{_topic.title().replace('_', '')}"
    globals()[_name] = type(_name, (OfOneLesson,), {"topic": _topic})
