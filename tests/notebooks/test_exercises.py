"""Every exercise is whole: stub, check, solution, hints, right answers and wrong ones."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from helpers.exercises.engine.exercise import Exercise
from helpers.exercises.engine.registry import exercises, topics
from tests.notebooks.lessons import LESSONS, Lesson, answer, stub_name

ALL = [exercise for topic in topics() for exercise in exercises(topic)]

MOST_TOLD = 2 / 3  # of the lines of a solution, by the last hint

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)
each_exercise = pytest.mark.parametrize(
    "exercise", ALL, ids=lambda exercise: f"{exercise.topic}-{exercise.name}"
)


def test_no_two_exercises_have_one_name() -> None:
    twice = [name for name, n in Counter(e.name for e in ALL).items() if n > 1]
    assert twice == []


@each_lesson
def test_stubs_and_checks_have_the_same_names_in_the_same_order(lesson: Lesson) -> None:
    stubs = [stub_name(stub) for stub, _ in lesson.pairs]
    assert stubs == [exercise.name for exercise in lesson.exercises]


@each_lesson
def test_each_check_cell_hands_over_the_stub(lesson: Lesson) -> None:
    for exercise, (_, check) in zip(lesson.exercises, lesson.pairs, strict=True):
        wait = "await " if exercise.awaited else ""
        assert check.source.splitlines()[-1] == f"{wait}check.{exercise.name}({exercise.name})"


@each_lesson
def test_each_exercise_has_right_answers_and_wrong_ones_with_their_hints(lesson: Lesson) -> None:
    for exercise in lesson.exercises:
        answers = [a for a in lesson.answers if a.exercise == exercise.name]
        hints = {a.hint for a in answers if a.hint}
        rights = [a for a in answers if a.right]
        assert len(hints) >= 2, f"{exercise.name}: hints {hints}"
        assert len(rights) >= 2, f"{exercise.name}: {len(rights)} right answers"
    names = {exercise.name for exercise in lesson.exercises}
    assert {a.exercise for a in lesson.answers} <= names


@each_lesson
def test_solution_and_stub_take_the_same_parameters(lesson: Lesson) -> None:
    for exercise, (stub, _) in zip(lesson.exercises, lesson.pairs, strict=True):
        given = signature(stub.source, exercise.name)
        assert signature(answer(exercise), exercise.name) == given


@each_exercise
def test_hints_rise_and_end(exercise: Exercise) -> None:
    assert 2 <= len(exercise.hints) <= 4
    assert len(set(exercise.hints)) == len(exercise.hints)


@each_exercise
def test_no_hint_is_the_solution(exercise: Exercise) -> None:
    for hint in exercise.hints:
        assert "def " not in hint
        assert told(hint, answer(exercise), exercise.name) <= MOST_TOLD, hint


def test_a_hint_that_is_the_solution_is_seen() -> None:
    solved = "async def f(ws):\n    'Say it.'\n    words = await ws.recv()\n    print(words)"
    hint = "First `words = await  ws.recv()`, and behind it a line with {}."
    assert told(hint.format("`print(words)`"), solved, "f") == 1
    assert told(hint.format("`print`"), solved, "f") == 0.5
    assert told("Wait for what `ws` receives.", solved, "f") == 0


@each_lesson
def test_answers_can_be_pasted(lesson: Lesson) -> None:
    for source in [*map(answer, lesson.exercises), *(a.source for a in lesson.answers)]:
        compile(source, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def told(hint: str, source: str, name: str) -> float:
    """Say how much of a solution a hint gives away: the share of its lines that are in it."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    defined = [n for n in ast.parse(source).body if isinstance(n, functions) and n.name == name]
    body = [n for n in defined[0].body if not isinstance(getattr(n, "value", 0), ast.Constant)]
    lines = [bare(line) for statement in body for line in ast.unparse(statement).splitlines()]
    telling = [line for line in lines if len(line) > 8]
    return sum(line in bare(hint) for line in telling) / max(1, len(telling))


def bare(text: str) -> str:
    """Leave the letters, digits and operators of a line, so that its spaces do not count."""
    return re.sub(r"[^\w+*/%<>=-]", "", text)


def signature(source: str, name: str) -> tuple[type[ast.stmt], list[str]]:
    """Say how a function in some source is defined, and the names of its parameters."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return type(node), [a.arg for a in node.args.args]
    raise LookupError(f"no function {name} in:\n{source}")
