"""A program that grows: what is solved in the file stays, and the right template is taken."""

from pathlib import Path

import pytest

from helpers.exercises.engine import program
from helpers.exercises.engine.growing import choose, read_earlier
from helpers.exercises.engine.program import save
from tests.exercises.engine.test_program import cell, run

ONE = """\
import json

NAIVE = ["greet"]  # what has not been solved yet


def greet(name):
    return ""


print(greet("Bob"))
"""
TWO = """\
import json

NAIVE = ["greet", "count"]  # what has not been solved yet


def greet(name):
    return ""


def count(words):
    return 0


print(greet("Bob"), count(["a"]))
"""


@pytest.fixture
def lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two lessons: the later one comes first in the alphabet."""
    for lesson, source in (("b_first", ONE), ("a_second", TWO)):
        folder = tmp_path / "lessons" / lesson / "programs"
        folder.mkdir(parents=True)
        (folder / "party.py").write_text(source, "utf-8")
    monkeypatch.setattr(program, "LESSONS", tmp_path / "lessons")
    return tmp_path / "mine"


def test_it_grows_and_keeps_what_was_solved(lessons: Path) -> None:
    first = cell("import math\nBY = 2\ndef greet(name): return f'{name} {math.floor(BY)}'")
    assert run(save("party", [first["greet"]], lessons).source) == "Bob 2"
    second = cell("def count(words): return len(words)")
    saved = save("party", [second["count"]], lessons)
    assert run(saved.source) == "Bob 2 1"
    assert saved.notes[0] == "Yours in it: greet, count."
    assert saved.path.read_text("utf-8") == saved.source


def test_it_never_shrinks_and_takes_what_is_newer(lessons: Path) -> None:
    space = cell("def greet(name): return 'Hi'\ndef count(words): return 7")
    save("party", [space["count"]], lessons)
    assert run(save("party", [space["greet"]], lessons).source) == "Hi 7"
    again = cell("def greet(name): return 'Hello'")
    assert run(save("party", [again["greet"]], lessons).source) == "Hello 7"
    stub = cell("def greet(name):\n    ...")
    assert run(save("party", [stub["greet"]], lessons).source) == "Hello 7"


def test_the_first_lesson_has_its_own_program(lessons: Path) -> None:
    stub = cell("def greet(name):\n    ...")
    saved = save("party", [stub["greet"]], lessons)
    assert "count" not in saved.source
    assert saved.notes[0] == "Still naive: greet. Solve them, and run this cell again."


def test_what_nobody_has_solved_does_not_keep_it_large(lessons: Path) -> None:
    space = cell("def greet(name):\n    ...\ndef count(words):\n    ...")
    assert "count" in save("party", [space["count"]], lessons).source
    assert "count" not in save("party", [space["greet"]], lessons).source


def test_what_was_changed_by_hand_is_kept_and_goes_on(lessons: Path) -> None:
    saved = save("party", [cell("def greet(name): return 'Hi'")["greet"]], lessons)
    saved.path.write_text(saved.source.replace("'Hi'", "'Hey'"), "utf-8")
    grown = save("party", [cell("def count(words): return 1")["count"]], lessons)
    assert run(grown.source) == "Hey 1"
    assert "You had changed mine/party.py: your version is now mine/party.mine.py." in grown.notes


@pytest.mark.parametrize(
    "source",
    [
        "not python (",
        "print('no list')",
        "NAIVE = some(thing)\ndef greet(name): return 1",
        b"\xff",
    ],
)
def test_a_file_that_is_no_such_program_has_nothing(tmp_path: Path, source: str | bytes) -> None:
    path = tmp_path / "party.py"
    path.write_bytes(source.encode() if isinstance(source, str) else source)
    assert read_earlier(path, ["greet"]).solved == {}
    assert read_earlier(tmp_path / "missing.py", ["greet"]).solved == {}


def test_decorators_classes_and_names_are_read(tmp_path: Path) -> None:
    path = tmp_path / "party.py"
    path.write_text(
        "from functools import cache as keep, wraps\nimport os.path\nNAIVE = []\n"
        "A = B = 3\n\n\nclass Box:\n    size = A\n\n\n"
        "@keep\ndef greet(name):\n    return Box().size + B + len(os.path.sep)\n",
        "utf-8",
    )
    earlier = read_earlier(path, ["greet"])
    assert earlier.solved["greet"].startswith("@keep\ndef greet(name):\n")
    needs = earlier.find_needs("greet", {"len"})
    assert needs.imports == ["from functools import cache as keep", "import os.path"]
    assert list(needs.definitions) == ["B", "A", "Box"] or set(needs.definitions) == {
        "A",
        "B",
        "Box",
    }
    assert earlier.find_needs("greet", {"keep", "Box", "B", "os"}).definitions == {}


def test_the_smallest_template_that_has_all_is_chosen() -> None:
    small, large = Path("small"), Path("large")
    templates = [(large, ["a", "b"]), (small, ["a"])]
    assert choose(templates, {"a"}) == small
    assert choose(templates, {"b"}) == large
    assert choose(templates, {"c"}) == small
