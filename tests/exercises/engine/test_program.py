"""The learner's own programs: filled, complete, and never overwritten when they were changed."""

import ast
import linecache
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from helpers.exercises.engine import keep, program
from helpers.exercises.engine.growing import naive_names
from helpers.exercises.engine.program import ProgramError, fill, find_templates, save

TEMPLATE = '''\
"""A program."""

import json

NAIVE = ["greet", "count"]  # what has not been solved yet


def greet(name):
    """Greet nobody."""
    return ""


def count(words):
    return 0


print(greet("Bob"), count(["a"]))
'''


def cell(source: str, number: int = 1) -> dict[str, Any]:
    """Run a cell as IPython does: in `__main__`, with its source known to Python."""
    source = textwrap.dedent(source)
    file = f"<cell {number} of {hash(source)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, file, "exec"), space)
    return space


def filled(source: str, *names: str) -> tuple[str, list[str]]:
    space = cell(source)
    return fill("sample", TEMPLATE, [space[name] for name in names])


def run(source: str) -> str:
    """Run a program and return what it prints."""
    printed: list[str] = []
    exec(
        compile(source, "program", "exec"),
        {
            "print": lambda *words: printed.append(" ".join(map(str, words))),
            "__name__": "__main__",
        },
    )
    return "\n".join(printed)


def test_what_is_solved_is_in_it_and_the_rest_stays_naive() -> None:
    source, notes = filled(
        """
        def greet(name):
            return f"Hello, {name}"

        def count(words):
            ...
        """,
        "greet",
        "count",
    )
    assert run(source) == "Hello, Bob 0"
    assert 'NAIVE = ["count"]' in source
    assert notes == [
        "Yours in it: greet.",
        "Still naive: count. Solve them, and run this cell again.",
    ]


def test_all_solved_is_said() -> None:
    source, notes = filled(
        "def greet(name): return 'Hi'\ndef count(words): return len(words)", "greet", "count"
    )
    assert run(source) == "Hi 1"
    assert "NAIVE = []  # nothing: all of it is solved" in source
    assert notes == ["Yours in it: greet, count."]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import math\ndef count(words): return math.floor(2.5)", "2"),
        ("import math as m\ndef count(words): return m.floor(2.5)", "2"),
        ("from math import floor as f\ndef count(words): return f(2.5)", "2"),
        ("import os.path\ndef count(words): return os.path.basename('/a/7')", "7"),
        ("from collections import Counter\ndef count(words): return Counter(words)['a']", "1"),
        ("LIMIT = 5\ndef count(words): return LIMIT", "5"),
        ("NAMES = {'a': [1, (2, None)]}\ndef count(words): return len(NAMES)", "1"),
        ("def helper(n): return n * 3\ndef count(words): return helper(2)", "6"),
        ("BY = 3\ndef inner(n): return n * BY\ndef helper(n): return inner(n)\n"
         "def count(words): return helper(2)", "6"),
        ("class Box:\n    def size(self): return 4\ndef count(words): return Box().size()", "4"),
        ("def count(words, step=2): return step", "2"),
        ("STEP = 2\ndef count(words, step=STEP): return step", "2"),
        ("import functools\n@functools.lru_cache\ndef other(n): return n\n"
         "def count(words): return 8", "8"),
        ("def count(words):\n    import random\n    return [random.choice([9]) for _ in words][0]",
         "9"),
        ("def count(words): return json.loads('3')", "3"),
        ("def count(words: 'list[str]') -> int: return sum(1 for word in words)", "1"),
        ("def count(words):\n    text = '''two\nlines'''\n    return len(text)", "9"),
    ],
)  # fmt: skip
def test_what_a_function_uses_comes_with_it(source: str, said: str) -> None:
    source, notes = filled(source, "count")
    assert run(source) == f" {said}"
    assert not any("Only your notebook" in note for note in notes)


def test_what_only_the_notebook_knows_is_named() -> None:
    space = cell("server = object()\ndef count(words): return [server, missing]")
    _, notes = fill("sample", TEMPLATE, [space["count"]])
    assert "Only your notebook knows missing, server: define" in notes[-1]


def test_a_function_that_calls_itself_ends() -> None:
    source, _ = filled(
        "def odd(n): return n and even(n - 1)\ndef even(n): return not n or odd(n - 1)\n"
        "def count(words): return even(4)",
        "count",
    )
    assert run(source) == " True"


def test_errors_say_what_there_is() -> None:
    space = cell("def grete(name): return 1")
    with pytest.raises(ProgramError, match="has no function 'grete'; it has greet, count"):
        fill("sample", TEMPLATE, [space["grete"]])
    with pytest.raises(
        ProgramError, match=r"no lesson has a program 'chatt'.*did you mean 'chat'"
    ):
        find_templates("chatt")
    unknown: dict[str, Any] = {}
    exec("def greet(name): return 1", unknown)
    with pytest.raises(ProgramError, match="the source of greet is not known; run the cell"):
        fill("sample", TEMPLATE, [unknown["greet"]])


def test_a_changed_file_is_kept(tmp_path: Path) -> None:
    first = save("chat", [], tmp_path)
    assert first.path.read_text("utf-8") == first.source
    assert not any("changed" in note for note in save("chat", [], tmp_path).notes)
    first.path.write_text("my own work", "utf-8")
    notes = save("chat", [], tmp_path).notes
    assert "You had changed mine/chat.py: your version is now mine/chat.mine.py." in notes
    assert (tmp_path / "chat.mine.py").read_text("utf-8") == "my own work"
    first.path.write_text("more of it", "utf-8")
    save("chat", [], tmp_path)
    assert (tmp_path / "chat.mine.py").read_text("utf-8") == "my own work"
    assert (tmp_path / "chat.mine2.py").read_text("utf-8") == "more of it"
    first.path.write_text("more of it", "utf-8")
    save("chat", [], tmp_path)
    assert len(list(tmp_path.glob("*.py"))) == 3


def test_a_file_of_unknown_origin_is_kept(tmp_path: Path) -> None:
    (tmp_path / "chat.py").write_text("from somewhere", "utf-8")
    (tmp_path / keep.RECORD).write_text("[broken", "utf-8")
    save("chat", [], tmp_path)
    assert (tmp_path / "chat.mine.py").read_text("utf-8") == "from somewhere"


def test_what_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "mine"
    blocked.write_text("a file", "utf-8")
    with pytest.raises(ProgramError, match=r"mine/chat\.py was not written: .*nothing was lost"):
        save("chat", [], blocked)
    assert blocked.read_text("utf-8") == "a file"


@pytest.mark.parametrize("path", sorted(program.LESSONS.glob("*/programs/*.py")), ids=str)
def test_every_program_names_its_exercises(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    names = naive_names(tree)
    assert names
    assert set(names) <= program.top_names(tree)


def test_the_command_names_the_python_of_the_notebooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(program.COURSE / ".venv/bin/python"))
    monkeypatch.setattr(sys, "platform", "linux")
    expected = "Run it in a terminal: .venv/bin/python my-course/mine/chat.py --port 8000"
    if (program.COURSE / ".venv/bin").resolve().is_relative_to(program.COURSE):
        assert save("chat", [], tmp_path).notes[-1] == expected
    monkeypatch.setattr(sys, "executable", str(tmp_path / "my python"))
    assert program.command_of("a.py") == f"'{tmp_path.resolve()}/my python' a.py"
