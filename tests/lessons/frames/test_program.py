"""The lesson's program calls what the learner wrote, once its check has said correct."""

from typing import Any

from helpers.lessons.frames import solutions
from tests.notebooks.kernel import as_text, errors, kernel
from tests.notebooks.lessons import LESSONS, answer, stub_name, tags

LESSON = next(lesson for lesson in LESSONS if lesson.topic == "frames")
PROGRAM = ("parse_header", "unmask", "reassemble", "answer_close", "encode_text")
COUNTED = """
{source}

def counted(function):
    from functools import wraps
    @wraps(function)
    def wrapper(*args):
        called.append(function.__name__)
        return function(*args)
    return wrapper

{name} = counted({name})
"""


def test_the_program_runs_the_learners_functions() -> None:
    solved = {
        exercise.name: COUNTED.format(source=answer(exercise), name=exercise.name)
        for exercise in LESSON.exercises
    }
    started = next(cell for cell in LESSON.code if "def read_frames" in cell.source)
    with kernel() as running:
        running.run("called = []")
        for cell in LESSON.code:
            if cell is started:
                assert set(running.text("print(*called)").split()) >= set(PROGRAM)
                running.run("called.clear()")  # what the checks have called
            source = solved.get(stub_name(cell), cell.source)
            outputs = running.run(source)
            assert "raises-exception" in tags(cell) or errors(outputs) == [], as_text(outputs)
        assert set(running.text("print(*called)").split()) == set(PROGRAM)


def test_a_frame_that_has_not_all_arrived_is_left_for_later() -> None:
    """TCP delivers pieces of any size: what is read must be whole."""
    cell = next(cell for cell in LESSON.code if "def read_frames" in cell.source)
    notebook: dict[str, Any] = {"yours": solutions}
    exec(cell.source, notebook)
    hello = bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58")
    longer = b"\x82\x7e\x00\x7e" + bytes(126)
    stream = hello + longer
    for size in range(len(stream) + 1):
        seen = notebook["read_frames"](stream[:size])
        whole = [(True, 1, b"Hello"), (True, 2, bytes(126))]
        assert seen == whole[: (size >= len(hello)) + (size == len(stream))]
