"""The merge of a course: whatever learner and edition do, nothing of the learner's is lost."""

import copy
import random

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.course.merge import Merged, merge
from helpers.course.notebook import make_cell
from tests.course.editions import (
    Course,
    as_text,
    code,
    edition,
    find,
    learn,
    make_course,
    notebook,
    revise,
    sources,
    stub,
    text,
    texts,
)

ANSWER = 'def f(x):\n    """Do it."""\n    return x'


def course() -> Course:
    first = notebook(
        text("t1", "# One"), code("c1", "import a"), stub("f"), code("k1", "check.f(f)")
    )
    second = notebook(text("t2", "# Two"), stub("g"), code("c2", "g(1)"))
    return {"10_one.ipynb": first, "20_two.ipynb": second}


def answered() -> Course:
    mine = course()
    mine["10_one.ipynb"].cells[2].source = ANSWER
    return mine


def test_an_answer_stays_and_new_words_come() -> None:
    mine, new = answered(), course()
    mine["10_one.ipynb"].cells[1].outputs = [nbformat.v4.new_output("stream", text="out")]
    new["10_one.ipynb"].cells[0].source = "# The first"
    merged = merge(edition(course()), mine, new)
    assert sources(merged.notebooks["10_one.ipynb"]) == [
        "# The first",
        "import a",
        ANSWER,
        "check.f(f)",
    ]
    assert merged.notebooks["10_one.ipynb"].cells[1].outputs
    assert (merged.conflicts, merged.kept, merged.answers) == ([], {}, [("f", "10_one.ipynb")])


def test_an_exercise_takes_its_answer_along_under_another_id_too() -> None:
    mine, new = answered(), course()
    moved = new["10_one.ipynb"].cells.pop(2)
    moved.id = "another"
    new["20_two.ipynb"].cells.insert(1, moved)
    merged = merge(edition(course()), mine, new)
    assert find(merged.notebooks["20_two.ipynb"], "another").source == ANSWER
    assert merged.moved == [("f", "10_one.ipynb", "20_two.ipynb")]
    assert "def f" not in as_text({"": merged.notebooks["10_one.ipynb"]})


def test_own_cells_follow_the_cell_that_they_were_below() -> None:
    mine, new = answered(), course()
    mine["10_one.ipynb"].cells.insert(3, make_cell("code", "f(3)"))
    mine["10_one.ipynb"].cells.insert(0, make_cell("markdown", "my notes"))
    new["30_three.ipynb"] = notebook(*new["10_one.ipynb"].cells[2:])
    new["10_one.ipynb"].cells = [text("t0", "Welcome"), *new["10_one.ipynb"].cells[:2]]
    merged = merge(edition(course()), mine, new).notebooks
    assert sources(merged["10_one.ipynb"]) == ["Welcome", "my notes", "# One", "import a"]
    assert sources(merged["30_three.ipynb"]) == [ANSWER, "f(3)", "check.f(f)"]


def test_a_conflict_keeps_both_and_says_where() -> None:
    mine, new = answered(), course()
    mine["10_one.ipynb"].cells[1].source = "import a, b"
    new["10_one.ipynb"].cells[1].source = "import a, c"
    new["10_one.ipynb"].cells[2].source = stub("f", "Do it twice.").source
    merged = merge(edition(course()), mine, new)
    cells = merged.notebooks["10_one.ipynb"].cells
    kinds = [(cell.cell_type, cell.source) for cell in cells]
    assert [kinds[1], kinds[3]] == [("code", "import a, c"), ("raw", "import a, b")]
    assert kinds[4] == ("code", stub("f", "Do it twice.").source)
    assert kinds[6] == ("code", ANSWER), "an answer still runs, after the new stub"
    assert cells[2].source.startswith("**Yours, from before the update.**")
    assert merged.conflicts == [("10_one.ipynb", "“import a, c”"), ("10_one.ipynb", "`f`")]
    again = merge(edition(new), merged.notebooks, new)
    assert as_text(again.notebooks) == as_text(merged.notebooks)


def test_what_is_gone_is_kept_apart() -> None:
    mine, new = answered(), course()
    mine["10_one.ipynb"].cells[3].source = "check.f(f), 3"
    new["10_one.ipynb"].cells = new["10_one.ipynb"].cells[:2]
    merged = merge(edition(course()), mine, new)
    assert sources(merged.notebooks["10_one.ipynb"]) == ["# One", "import a"]
    assert sources(merged.kept["10_one.ipynb"])[1:] == [ANSWER, "check.f(f), 3"]
    assert merged.gone == [("`f`", "10_one.ipynb"), ("a cell", "10_one.ipynb")]


def test_a_lesson_that_is_gone_leaves_the_learners_cells() -> None:
    mine, new = answered(), course()
    mine["10_one.ipynb"].cells.append(make_cell("markdown", "my notes"))
    del new["10_one.ipynb"]
    merged = merge(edition(course()), mine, new)
    assert set(merged.notebooks) == {"20_two.ipynb"}
    assert {ANSWER, "my notes"} <= set(sources(merged.kept["10_one.ipynb"]))


def test_what_the_learner_deleted_or_moved_stays_so_until_it_changes() -> None:
    mine, new = course(), course()
    cells = mine["10_one.ipynb"].cells
    mine["10_one.ipynb"].cells = [cells[2], cells[0], cells[1]]
    new["20_two.ipynb"].cells[0].source = "# The second"
    merged = merge(edition(course()), mine, new).notebooks
    assert [c.id for c in merged["10_one.ipynb"].cells] == ["x-f", "t1", "c1"]
    new["10_one.ipynb"].cells[3].source = "check.f(f)  # again"
    merged = merge(edition(course()), mine, new).notebooks
    assert {c.id for c in merged["10_one.ipynb"].cells} == {"x-f", "t1", "c1", "k1"}


def test_a_cell_that_the_learner_carried_where_the_edition_moves_it_is_there_twice() -> None:
    """Both have its id; the edition's keeps it, or the next edition would not know it."""
    mine, new = answered(), course()
    mine["20_two.ipynb"].cells.insert(0, mine["10_one.ipynb"].cells.pop(1))
    moved = new["10_one.ipynb"].cells.pop(1)
    moved.source = "import a, c"
    new["20_two.ipynb"].cells.append(moved)
    merged = merge(edition(course()), mine, new).notebooks["20_two.ipynb"]
    assert [c.source for c in merged.cells if c.source.startswith("import")] == [
        "import a",
        "import a, c",
    ]
    assert find(merged, "c1").source == "import a, c"
    assert len({c.id for c in merged.cells}) == len(merged.cells)


def test_what_jupyterlab_writes_down_is_no_change() -> None:
    mine, new = course(), course()
    for cell in mine["10_one.ipynb"].cells:
        cell.metadata["scrolled"] = cell.metadata["trusted"] = True
    new["10_one.ipynb"].cells[1].source = "import a, c"
    merged = merge(edition(course()), mine, new)
    assert sources(merged.notebooks["10_one.ipynb"]) == sources(new["10_one.ipynb"])
    assert merged.conflicts == []


def test_a_program_that_throws_ids_away() -> None:
    mine, new = answered(), course()
    for cell in mine["10_one.ipynb"].cells:
        cell.id = make_cell("raw", "").id
    mine["10_one.ipynb"].cells.append(make_cell("code", "f(3)"))
    new["10_one.ipynb"].cells[0].source = "# The first"
    merged = merge(edition(course()), mine, new).notebooks["10_one.ipynb"]
    assert sources(merged) == ["# The first", "import a", ANSWER, "check.f(f)", "f(3)"]
    assert merged.cells[2].id == "x-f"


def test_an_old_text_that_was_written_back_is_not_the_learners() -> None:
    """An open JupyterLab that overwrites the new file has the whole old edition in it."""
    new = course()
    new["10_one.ipynb"].cells[0].source = "# The first"
    record = edition(new)
    record.follow(edition(course()))
    newer = copy.deepcopy(new)
    newer["10_one.ipynb"].cells[0].source = "# The very first"
    merged = merge(record, course(), newer)
    assert sources(merged.notebooks["10_one.ipynb"])[0] == "# The very first"
    assert merged.conflicts == []


def test_the_learners_tags_stay_beside_the_editions() -> None:
    mine, new = course(), course()
    mine["10_one.ipynb"].cells[2].metadata["tags"] = ["exercise", "hard"]
    new["10_one.ipynb"].cells[2].metadata["tags"] = ["exercise", "stretch"]
    merged = merge(edition(course()), mine, new).notebooks["10_one.ipynb"]
    assert merged.cells[2].metadata["tags"] == ["exercise", "stretch", "hard"]


def everything(merged: Merged) -> set[str]:
    return texts(merged.notebooks) | texts(merged.kept)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**64))
def test_nothing_of_the_learners_is_lost_in_two_editions_and_none_is_doubled(seed: int) -> None:
    rng = random.Random(seed)
    first = make_course(rng)
    mine, written = learn(rng, first)
    second = revise(rng, first)
    merged = merge(edition(first), mine, second)
    assert written <= everything(merged)
    assert set(merged.notebooks) == set(second)
    handed = edition(second)
    once = merge(handed, merged.notebooks, second)
    assert as_text(once.notebooks) == as_text(merged.notebooks), "an update again changes nothing"
    assert (once.kept, once.gone) == ({}, [])
    for name, new in second.items():
        missing = {c.id for c in new.cells} - {c.id for c in merged.notebooks[name].cells}
        assert missing <= deleted(first, mine), "only what the learner deleted is missing"
    third = revise(rng, second)
    more, later = learn(rng, merged.notebooks)
    left = written & texts(more)
    final = merge(handed, more, third)
    assert later | left <= everything(final)


def deleted(first: Course, mine: Course) -> set[str]:
    """The ids of what is no longer in its notebook: thrown away, or carried to another one."""
    gone = {"setup"}
    for name, handed in first.items():
        left = {c.id for c in mine[name].cells} if name in mine else set()
        gone |= {c.id for c in handed.cells} - left
    return gone


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**64))
def test_what_is_brought_in_from_elsewhere_is_there_once(seed: int) -> None:
    rng = random.Random(seed)
    first = make_course(rng)
    old, written = learn(rng, first)
    mine, later = learn(rng, first)
    before = ""
    for times in (1, 2):
        merged = merge(edition(first), old, mine, again=True)
        have = texts(merged.notebooks) | texts(merged.kept)
        # A lesson whose file the learner threw away gets nothing back.
        assert {
            s for s in written if s not in texts({n: old[n] for n in old if n not in mine})
        } <= have
        assert later <= have
        if times == 2:
            assert as_text(merged.notebooks) == before
        before, mine = as_text(merged.notebooks), merged.notebooks


@pytest.mark.parametrize("seed", range(5))
def test_the_learner_of_these_tests_does_something(seed: int) -> None:
    """Or the properties above would hold of nothing."""
    rng = random.Random(seed)
    first = make_course(rng)
    changes = [learn(rng, first)[1] for _ in range(20)]
    assert sum(map(len, changes)) > 40
    assert any(as_text(revise(rng, first)) != as_text(first) for _ in range(5))
