"""Every notebook keeps the rules, and every rule is proved.

`BROKEN` breaks a good sample in one way for each complaint; a rule without a sample fails.
`test_first_edition` has those of the lessons that are not rewritten yet.
"""

from __future__ import annotations

import itertools

import nbformat
import pytest
from nbformat import v4

from tests.notebooks import (
    asking,
    code_cells,
    endings,
    exercise_cells,
    first_edition,
    stored,
    structure,
    wording,
)
from tests.notebooks.lessons import LESSONS, Lesson
from tests.notebooks.rules import EVERY, FIRST, FIRST_EDITION, SECOND, Notebook, Rule, rules_for
from tests.notebooks.samples import (
    STUB,
    WORDS,
    YOURS,
    Break,
    cell,
    first_code,
    good,
    insert,
    insert_after,
    output,
    source,
    tag,
    text,
    without,
)
from tests.notebooks.structure import NAMES

FRAME = v4.new_output("display_data", {"text/html": "<iframe title='x'></iframe>"})
IMAGE = v4.new_output("display_data", {"text/html": '<img src="http://127.0.0.1:1/a.png">'})
STDERR = v4.new_output("stream", name="stderr", text="DeprecationWarning: old")
LONG = "\n".join(["x = 1"] * 26)
LONG_STUB = STUB.format("exercise_1").replace("value.", "value.\n" + "\n" * 13)
PREDICT = 'predict("part_2", ...)'
IN_ONE = "predict('a', ...)\npredict('a', happened=1)"
PROMISE = "You see how a lesson is built."

#: The rule, what breaks it, and a part of the complaint.
BROKEN: list[tuple[Rule, Break, str]] = [
    (structure.title_and_promise, source("# 09 A sample", "A sample"), "`# NN Title`"),
    (structure.title_and_promise, source("is built.", "is built. Look."), "not one sentence"),
    (structure.title_and_promise, source(f"{PROMISE}\n\n", ""), "not one sentence"),
    (structure.title_and_promise, source("60 minutes", "Soon"), "lacks 'minutes'"),
    (structure.title_and_promise, source("Before this", "Prior"), "lacks 'Before'"),
    (structure.way_through_the_course, source(f"]({NAMES[0]})", "](x)"), NAMES[0]),
    (structure.way_through_the_course, source(f"]({NAMES[1]})", "](x)"), NAMES[1]),
    (structure.goals, source("**By the end you can**", "You can"), "nowhere before Setup"),
    (structure.goals, source("\n- repair it", ""), "2 goals"),
    (structure.goals, source("\n- repair it", "\n- a\n- b\n- c\n- d"), "6 goals"),
    (structure.setup, source("import asyncio", "import asyncio\nx = 1"), "more than import"),
    (structure.setup, insert(1, cell("import re")), "under `## Setup`"),
    (structure.parts, source("## When it breaks", "## Errors"), "no section 'When it breaks'"),
    (structure.parts, source("## Your program", "## All of it"), "no section 'Your program'"),
    (structure.parts, source("## Summary", "## The end"), "no section 'Summary'"),
    (structure.parts, source("## 2 · A section", "### 2 · A section"), "2 sections of its own"),
    (structure.parts, source("## 2 · A section", "## 4 · A section"), "are numbered [1, 4, 3]"),
    (structure.parts, insert(3, text("## Exercises")), "belongs in its section"),
    (structure.parts, insert(1, text("## Before")), "Setup is not first"),
    (structure.on_the_wire, source('show(b"Hello")', 'b"Hello"'), "nothing is shown"),
    (structure.size, without(WORDS), "words, about 1200 to 2600 asked for"),
    (structure.size, source(WORDS, WORDS * 4), "words, about 1200 to 2600 asked for"),
    (structure.size, insert(3, *[text("More.")] * 60), "cells, about 40 to 80 asked for"),
    (structure.honest_minutes, source("60 minutes", "50 minutes"), "50 minutes promised, 6"),
    (structure.honest_minutes, source("60 minutes", "Soon"), "None minutes promised"),
    (structure.honest_minutes, source(WORDS, WORDS * 4), "this is two lessons"),
    (
        structure.prose_between_code,
        insert(3, cell("x = 1"), cell("x = 2")),
        "3 code cells in a row",
    ),
    (endings.when_it_breaks, tag("1 / 0"), "nothing breaks"),
    (endings.your_program, source("yours.exercise_1", "print('yours')"), "no program"),
    (endings.your_program, insert_after("## Your program", text("## Then")), "nothing runs"),
    (endings.summary, source("**New words**", "Words"), "lacks **New words**"),
    (endings.summary, source("**Try in your browser.**", "Try."), "lacks Try in your browser"),
    (endings.summary, source("**OK, but**", "But"), "lacks **OK, but**"),
    (endings.new_words_have_meanings, source("*rule*: what", "*rule*, what"), "not `- *word*:"),
    (
        endings.new_words_have_meanings,
        source("- *sample*: a", "- *sample*: " + "a notebook " * 20),
        "'sample' is more than one line",
    ),
    (endings.new_words_have_meanings, source("*rules* of", "rules of"), "in italics: 'rule'"),
    (endings.stops_everything, source("stop_all()", "stop_all() "), "the last cell"),
    (endings.stops_everything, insert(99, text("Bye.")), "the last cell"),
    (asking.predictions, source("**Predict.**", "Think."), "no **Predict.**"),
    (asking.predictions, without(PREDICT), "no `predict(…, ...)` follows"),
    (asking.predictions, source(PREDICT, "predict('another', ...)"), "'part_2' happened, and"),
    (asking.predictions, source(PREDICT, "predict('another', ...)"), "no cell shows `predict('a"),
    (asking.predictions, source(PREDICT, IN_ONE), "shares its cell"),
    (asking.predictions, source("is printed?", "is printed?\n\nIt is 2."), "goes on after"),
    (asking.changes, source("**Change it.** Write `7` for", "Write"), "0 **Change it**"),
    (asking.changes, source("You should see 7.", ""), "what you should see: **Change it.**"),
    (exercise_cells.stub_then_check, without("check.exercise_2"), "no check follows"),
    (
        exercise_cells.stub_then_check,
        insert(3, cell("check.early(early)", "check")),
        "without a stub",
    ),
    (exercise_cells.exercises, lambda nb: [without(f"exercise_{n}")(nb) for n in (1, 2)], "1 ex"),
    (exercise_cells.exercises, insert_after("### Exercise 2", cell("pass")), "no Markdown asks"),
    (exercise_cells.exercises, without("### Exercise 2"), "is in the heading '## 2 · A section'"),
    (exercise_cells.exercises, source("(core, 10 min)", "(hard, 10 min)"), "no grade such as"),
    (exercise_cells.exercises, source("(core, 10 min)", "(core, 5 min)"), "core is 10 min"),
    (exercise_cells.the_last_is_open, without("Make it yours"), "no heading"),
    (
        exercise_cells.the_last_is_open,
        lambda nb: [without("Make it yours")(nb), insert(4, text(YOURS))(nb)],
        "between the last check",
    ),
    (exercise_cells.the_last_is_open, source("\n- a third", ""), "2 ideas"),
    (exercise_cells.stubs, source(STUB.format("exercise_1"), LONG_STUB), "more than 15 lines"),
    (exercise_cells.stubs, source("def exercise_1", "x = 1\ndef exercise_1"), "not one function"),
    (exercise_cells.stubs, source('    """Return the value."""\n', ""), "not a docstring"),
    (exercise_cells.stubs, source("    ...", "    return value"), "the stub is solved"),
    (
        exercise_cells.not_tried_yet,
        output("check.exercise_1", v4.new_output("display_data", data={"text/plain": "correct"})),
        "has stored 'correct'",
    ),
    (code_cells.code_cells_are_short, insert(4, *[cell("\n" * 6 + "pass")] * 30), "the median"),
    (code_cells.long_cells_are_run_at_once, source("print(0)", LONG), "26 lines that nothing"),
    (wording.narrow_lines, source("print(0)", "print(0)  # " + "wide " * 20), "wide: print(0)"),
    (wording.narrow_lines, source("You see", "You " + "see " * 20), "wide: You"),
    (wording.no_filler_words, source("You see", "You simply see"), "a filler word"),
    (wording.no_filler_words, source("It held.", "Obviously."), "a filler word"),
    (stored.metadata, lambda notebook: notebook.metadata.update(authors=[]), "notebook: "),
    (stored.metadata, lambda nb: nb.cells[2].metadata.update(collapsed=True), "collapsed"),
    (code_cells.known_tags, tag("print(0)", "parameters"), "unknown tag 'parameters'"),
    (stored.unique_ids, lambda nb: nb.cells[1].update(id=nb.cells[2].id), "2 cells have the id"),
    (stored.counts, lambda nb: first_code(nb).update(execution_count=7), "counts are [7, 2"),
    (stored.counts, lambda nb: first_code(nb).update(execution_count=None), "counts are [None"),
    (stored.outputs_are_stored, output("print(0)"), "no output is stored: print(0)"),
    (stored.planned_errors, tag("1 / 0"), "an error without"),
    (stored.planned_errors, tag("print(0)", "raises-exception"), "no error, but"),
    (stored.no_stderr, output("print(0)", STDERR), "on stderr: 'DeprecationWarning: old'"),
    (stored.ignored_outputs_are_pictures, tag("print(0)", "nbval-ignore-output"), "ignored text"),
    (
        stored.ignored_outputs_are_pictures,
        source("print(0)", "# NBVAL_SKIP\nprint(0)"),
        "a comment for nbval",
    ),
    (code_cells.no_loop_of_its_own, source("print(0)", "asyncio.run(main())"), "asyncio.run"),
    (code_cells.no_loop_of_its_own, source("print(0)", "import nest_asyncio"), "nest_asyncio"),
    (
        code_cells.no_loop_of_its_own,
        source("print(0)", "await s.serve_forever()"),
        "serve_forever",
    ),
    (code_cells.no_loop_of_its_own, source("print(0)", "web.run_app(app)"), "run_app"),
    (code_cells.no_sleep_as_a_wait, source("print(0)", "time.sleep(1)"), "time.sleep(1)"),
    (code_cells.no_sleep_as_a_wait, source("print(0)", "await asyncio.sleep(0.1)"), "sleep(0.1)"),
    (wording.safe_links, source("It held.", "[A](http://example.com/)."), "not https"),
    (wording.safe_links, source("It held.", '<img src="//example.com/a.png">'), "not https"),
    (stored.nothing_is_asked_for, output("print(0)", FRAME), "<iframe in an output"),
    (stored.nothing_is_asked_for, output("print(0)", IMAGE), 'src=" in an output'),
    (stored.no_places_of_one_machine, source("print(0)", "open('/home/me/x')"), "/home/me/x"),
    (
        stored.no_places_of_one_machine,
        output("print(0)", v4.new_output("stream", name="stdout", text="C:\\Users\\me")),
        "a place",
    ),
]


def described(value: object) -> str:
    return getattr(value, "__name__", "")


@pytest.mark.parametrize(
    ("lesson", "rule"),
    [(lesson, rule) for lesson in LESSONS for rule in rules_for(lesson.topic)],
    ids=lambda value: value.path.stem if isinstance(value, Lesson) else described(value),
)
def test_lesson(lesson: Lesson, rule: Rule) -> None:
    assert rule(lesson.notebook) == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)
def test_the_title_has_the_number_of_the_file(lesson: Lesson) -> None:
    assert lesson.notebook.cells[0].source.startswith(f"# {lesson.path.name[:2]} ")
    nbformat.validate(lesson.notebook)


def test_a_lesson_with_rules_of_its_own_exists() -> None:
    assert {lesson.topic for lesson in LESSONS} >= FIRST_EDITION


@pytest.mark.parametrize("rule", EVERY + SECOND, ids=described)
def test_a_good_sample_has_no_complaints(rule: Rule) -> None:
    assert rule(good()) == []


@pytest.mark.parametrize(("rule", "breaks", "complaint"), BROKEN)
def test_a_broken_sample_has_a_complaint(rule: Rule, breaks: Break, complaint: str) -> None:
    notebook = good()
    breaks(notebook)
    assert complaint in "\n".join(rule(notebook))


def test_the_rules_are_loaded() -> None:
    modules = (asking, code_cells, endings, exercise_cells, first_edition, stored, structure)
    homes = {rule.__module__ for rule in EVERY + FIRST + SECOND}
    assert homes == {module.__name__ for module in (*modules, wording)}


def test_every_rule_is_proved() -> None:
    assert {rule for rule, _, _ in BROKEN} == {*EVERY, *SECOND}


def test_the_first_notebook_may_be_short() -> None:
    notebook = good()
    source("# 09 ", "# 00 ")(notebook)
    source(WORDS, "word " * 70)(notebook)
    without("exercise_2")(notebook)
    without("exercise_3")(notebook)
    without("Make it yours")(notebook)
    without("## Your program")(notebook)
    rules = (
        structure.size,
        structure.parts,
        exercise_cells.exercises,
        exercise_cells.the_last_is_open,
        endings.your_program,
    )
    assert [complaint for rule in rules for complaint in rule(notebook)] == []


def test_a_long_cell_that_is_run_at_once_is_fine() -> None:
    for cells in [cell(f"{LONG}\nprint(x)")], [cell(LONG), cell("print(x)")]:
        notebook = good()
        insert(3, *cells)(notebook)
        assert code_cells.long_cells_are_run_at_once(notebook) == []


def broken_alike(notebooks: dict[str, Notebook]) -> list[str]:
    """Name the pairs of lessons that break in the same way."""
    pairs = itertools.combinations(notebooks.items(), 2)
    return [f"{a} and {b}" for (a, x), (b, y) in pairs if endings.breaks(x) & endings.breaks(y)]


def test_no_two_lessons_break_in_the_same_way() -> None:
    done = [lesson for lesson in LESSONS if lesson.topic not in FIRST_EDITION]
    assert broken_alike({lesson.topic: lesson.notebook for lesson in done}) == []


def test_two_lessons_that_break_in_the_same_way_are_seen() -> None:
    another = good()
    output("1 / 0", v4.new_output("error", ename="TimeoutError", evalue=""))(another)
    samples = {"one": good(), "two": good(), "three": another, "four": another}
    assert broken_alike(samples) == ["one and two"]


def test_neighbours_are_those_that_exist() -> None:
    names = ["00_a.ipynb", "11_b.ipynb", "12_c.ipynb", "21_d.ipynb"]
    assert structure.neighbours("00", names) == ["11_b.ipynb"]
    assert structure.neighbours("11", names) == ["00_a.ipynb", "12_c.ipynb"]
    assert structure.neighbours("12", names) == ["11_b.ipynb", "00_a.ipynb", "21_d.ipynb"]
    assert structure.neighbours("21", names) == ["12_c.ipynb", "00_a.ipynb"]


def test_choices_may_follow_a_question() -> None:
    notebook = good()
    source("is printed?", "is printed?\n\n- one\n- two\n\n1. three")(notebook)
    assert asking.predictions(notebook) == []
