"""The lesson's program calls what the learner wrote, once its check has said correct."""

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
