"""`my-course/` on the disk: made, brought up to date, and never at the learner's cost."""

from __future__ import annotations

import copy
import json
import random
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from helpers.course import learner
from helpers.course.learner import hand_out, read_record, union_progress
from helpers.course.notebook import CourseError, exercise_of
from helpers.course.restore import find_stub, reset_notebook
from tests.course.editions import (
    Course,
    as_text,
    code,
    learn,
    make_course,
    notebook,
    read,
    revise,
    sources,
    stub,
    text,
    texts,
    write,
)

ROOT = Path(__file__).resolve().parents[2]
ANSWER = "def f(x):\n    return x"


@pytest.fixture(autouse=True)
def signatures(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign notebooks in a place of the test's own."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("data")))


def course() -> Course:
    first = notebook(text("t1", "# One"), stub("f"), code("k1", "check.f(f)"))
    return {"10_one.ipynb": first, "20_two.ipynb": notebook(text("t2", "# Two"), stub("g"))}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "notebooks", course())
    (tmp_path / "notebooks" / "reference").mkdir()
    (tmp_path / "notebooks" / "reference" / "words.md").write_text("words")
    (tmp_path / "notebooks" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "notebooks" / ".ipynb_checkpoints" / "10_one.ipynb").write_text("{}")
    return tmp_path


def mine(root: Path) -> Course:
    return {path.name: read(path) for path in sorted((root / "my-course").glob("*.ipynb"))}


def answer(root: Path, name: str = "10_one.ipynb") -> Path:
    path = root / "my-course" / name
    opened = read(path)
    next(cell for cell in opened.cells if exercise_of(cell)).source = ANSWER
    nbformat.write(opened, path)
    return path


def renew_edition(root: Path, new: Course) -> None:
    for path in (root / "notebooks").glob("*.ipynb"):
        path.unlink()
    write(root / "notebooks", new)


def test_it_is_a_copy_without_outputs_and_trusted(root: Path) -> None:
    report = hand_out(root)
    assert (report.is_new, report.backup) == (True, None)
    made = mine(root)
    assert as_text(made) == as_text(course())
    assert not any(
        c.get("outputs") or c.get("execution_count") for nb in made.values() for c in nb.cells
    )
    assert all(NotebookNotary().check_signature(notebook) for notebook in made.values())
    copy_ = root / "my-course"
    assert (copy_ / "reference" / "words.md").read_text() == "words"
    assert (copy_ / "mine" / "README.md").is_file()
    assert not (copy_ / ".ipynb_checkpoints").exists()


def test_a_second_time_nothing_is_touched(root: Path) -> None:
    hand_out(root)
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in files(root)}
    assert hand_out(root).changed == []
    assert {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in files(root)} == before


def files(root: Path) -> list[Path]:
    return [path for path in (root / "my-course").rglob("*") if path.is_file()]


def test_an_update_keeps_what_is_the_learners(root: Path) -> None:
    hand_out(root)
    path = answer(root)
    before = path.read_bytes()
    (root / "my-course" / "mine" / "chat.py").write_text("mine")
    (root / "my-course" / "notes.ipynb").write_text("my own, and not even a notebook")
    (root / "my-course" / ".progress.json").write_text('{"solved": ["f"]}')
    new = course()
    new["10_one.ipynb"].cells[0].source = "# The first"
    new["30_three.ipynb"] = notebook(text("t3", "# Three"))
    renew_edition(root, new)
    report = hand_out(root)
    assert report.changed == ["10_one.ipynb", "30_three.ipynb"]
    assert sources(mine_of(root, "10_one.ipynb")) == ["# The first", ANSWER, "check.f(f)"]
    assert report.backup is not None
    assert (report.backup / "10_one.ipynb").read_bytes() == before
    assert (root / "my-course" / "mine" / "chat.py").read_text() == "mine"
    assert (root / "my-course" / "notes.ipynb").read_text().startswith("my own")
    assert (root / "my-course" / ".progress.json").read_text() == '{"solved": ["f"]}'


def mine_of(root: Path, name: str) -> nbformat.NotebookNode:
    return read(root / "my-course" / name)


def test_a_lesson_that_gets_another_number_leaves_no_second_file(root: Path) -> None:
    hand_out(root)
    answer(root)
    new = course()
    new["15_one.ipynb"] = new.pop("10_one.ipynb")
    renew_edition(root, new)
    hand_out(root)
    assert sorted(mine(root)) == ["15_one.ipynb", "20_two.ipynb"]
    assert ANSWER in sources(mine_of(root, "15_one.ipynb"))


def test_a_notebook_of_the_learners_own_makes_room(root: Path) -> None:
    hand_out(root)
    (root / "my-course" / "30_three.ipynb").write_text("mine")
    renew_edition(root, course() | {"30_three.ipynb": notebook(text("t3", "# Three"))})
    report = hand_out(root)
    assert report.kept == ["mine/30_three.ipynb"]
    assert (root / "my-course" / "mine" / "30_three.ipynb").read_text() == "mine"
    assert sources(mine_of(root, "30_three.ipynb")) == ["# Three"]


@pytest.mark.parametrize(
    ("words", "new", "has", "kept"),
    [
        ("words", "new words", "new words", []),
        ("my words", "words", "my words", []),
        ("my words", "new words", "new words", ["kept/reference/words.md"]),
        ("my words", None, None, ["kept/reference/words.md"]),
        ("words", None, None, []),
    ],
)
def test_other_files_are_kept_too(
    root: Path, words: str, new: str | None, has: str | None, kept: list[str]
) -> None:
    hand_out(root)
    (root / "my-course" / "reference" / "words.md").write_text(words)
    given = root / "notebooks" / "reference" / "words.md"
    given.unlink() if new is None else given.write_text(new)
    report = hand_out(root)
    found = root / "my-course" / "reference" / "words.md"
    assert (found.read_text() if found.exists() else None) == has
    assert report.kept == kept
    assert [(root / "my-course" / name).read_text() for name in kept] == [words][: len(kept)]


@pytest.mark.parametrize("broken", ["{", "", "[]", '{"cells": 3}', "<<<<<<< Updated upstream\n{}"])
def test_a_broken_notebook_stops_everything_and_says_which(root: Path, broken: str) -> None:
    hand_out(root)
    answer(root, "20_two.ipynb")
    (root / "my-course" / "10_one.ipynb").write_text(broken)
    new = course()
    new["20_two.ipynb"].cells[0].source = "# The second"
    renew_edition(root, new)
    before = {path: path.read_bytes() for path in files(root)}
    with pytest.raises(
        CourseError, match=r"^my-course/10_one.ipynb cannot be read .*another name"
    ):
        hand_out(root)
    assert {path: path.read_bytes() for path in files(root)} == before
    (root / "my-course" / "10_one.ipynb").rename(root / "my-course" / "old.ipynb")
    hand_out(root)
    assert sources(mine_of(root, "10_one.ipynb")) == sources(course()["10_one.ipynb"])
    assert (root / "my-course" / "old.ipynb").read_text() == broken


def test_a_file_that_is_open_stops_everything(root: Path) -> None:
    hand_out(root)
    asked: list[list[str]] = []

    def is_open(names: list[str]) -> None:
        asked.append(names)
        raise CourseError("it is open")

    hand_out(root, is_free=lambda names: asked.append(names))
    assert asked == [[]], "nothing is about to change"
    new = course()
    new["20_two.ipynb"].cells[0].source = "# The second"
    renew_edition(root, new)
    before = {path: path.read_bytes() for path in files(root)}
    with pytest.raises(CourseError, match="it is open"):
        hand_out(root, is_free=is_open)
    assert asked[-1] == ["20_two.ipynb"]
    assert {path: path.read_bytes() for path in files(root)} == before


def test_without_the_record_the_learners_cells_stay(root: Path) -> None:
    hand_out(root)
    answer(root)
    (root / "my-course" / ".edition.json").write_text("{")
    report = hand_out(root)
    assert (report.is_new, ANSWER in sources(mine_of(root, "10_one.ipynb"))) == (False, True)
    assert read_record(root / "my-course") is not None


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_nothing_of_the_learners_is_lost(root: Path, seed: int) -> None:
    rng = random.Random(seed)
    given = make_course(rng)
    renew_edition(root, given)
    hand_out(root)
    had = mine(root)
    for _ in range(3):
        worked, written = learn(rng, had)
        for name in set(had) - set(worked):
            (root / "my-course" / name).unlink()
        for name, content in worked.items():
            nbformat.write(content, root / "my-course" / name)
        given = revise(rng, given)
        renew_edition(root, given)
        hand_out(root)
        had = mine(root)
        assert set(had) == set(given)
        kept = {
            p.name + str(n): read(p) for n, p in enumerate((root / "my-course" / "kept").glob("*"))
        }
        assert written <= texts(had) | texts(kept)
        assert hand_out(root).changed == []


def test_progress_is_the_union(root: Path) -> None:
    hand_out(root)
    own, other = root / "my-course" / ".progress.json", root / "other.json"
    assert union_progress(root / "my-course", other) is False
    other.write_text('{"solved": ["a", "b"]}')
    own.write_text('{"solved": ["c"]}')
    assert union_progress(root / "my-course", other) is True
    assert json.loads(own.read_text()) == {"solved": ["a", "b", "c"]}
    other.write_text("{")
    assert union_progress(root / "my-course", other) is False


def test_outputs_of_a_notebook_that_was_not_trusted_stay_untrusted(root: Path) -> None:
    hand_out(root)
    for name in course():
        opened = read(root / "my-course" / name)
        script = nbformat.v4.new_output("display_data", {"text/html": f"<script>{name}</script>"})
        opened.cells.append(code("own", "1"))
        opened.cells[-1].outputs = [script]
        nbformat.write(opened, root / "my-course" / name)
        if name == "10_one.ipynb":
            NotebookNotary().sign(opened)
    new = course()
    for content in new.values():
        content.cells[0].source += "!"
    renew_edition(root, new)
    hand_out(root)
    signed = [NotebookNotary().check_signature(content) for content in mine(root).values()]
    assert signed == [True, False]


def test_a_notebook_begins_again(root: Path) -> None:
    hand_out(root)
    path = answer(root)
    for wanted in ("10", "one", "10_one", "my-course/10_one.ipynb"):
        answer(root)
        said = reset_notebook(wanted, root)
        assert said.startswith(
            "my-course/10_one.ipynb is as it was handed out; as it was: my-course/"
        )
        assert sources(read(path)) == sources(course()["10_one.ipynb"])
        assert ANSWER in sources(read(root / said.rpartition(" ")[2]))
    assert hand_out(root).changed == []


def test_a_broken_notebook_begins_again_too(root: Path) -> None:
    hand_out(root)
    (root / "my-course" / "10_one.ipynb").write_text("{")
    reset_notebook("one", root)
    assert sources(mine_of(root, "10_one.ipynb")) == sources(course()["10_one.ipynb"])


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("on", "there is no notebook 'on'; did you mean one?"), ("99", "there are: one, two")],
)
def test_a_notebook_that_is_not_there(root: Path, wanted: str, said: str) -> None:
    hand_out(root)
    with pytest.raises(CourseError, match=said.replace("?", r"\?")):
        reset_notebook(wanted, root)


def test_a_stub_is_found_and_a_wrong_name_gets_a_similar_one(root: Path) -> None:
    assert find_stub("g", root) == stub("g").source
    with pytest.raises(CourseError, match=r"^there is no exercise 'ff'; did you mean f\?$"):
        find_stub("ff", root)


def test_the_course_itself_is_handed_out(tmp_path: Path) -> None:
    """Its notebooks and exercises, whatever they are called in this edition."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    hand_out(tmp_path)
    record = read_record(tmp_path / "my-course")
    assert record is not None
    names = [
        cell.exercise for cells in record.notebooks.values() for cell in cells if cell.exercise
    ]
    assert len(names) == len(set(names)) > 30
    assert find_stub(names[-1], tmp_path)


def test_what_is_committed_is_handed_out_not_what_somebody_worked_on(root: Path) -> None:
    from tests.course.repository import commit

    commit(root)
    worked = copy.deepcopy(course())
    worked["10_one.ipynb"].cells[1].source = ANSWER
    write(root / "notebooks", worked)
    (root / "notebooks" / "draft.ipynb").write_text("a draft")
    hand_out(root)
    assert as_text(mine(root)) == as_text(course())
    assert learner.read_record(root / "my-course") is not None
