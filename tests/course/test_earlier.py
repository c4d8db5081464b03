"""From the first edition: answers in `notebooks/`, in git's stash or in another folder, all kept.

`first_edition.json` has three of its notebooks, with ten exercises, so that no test needs the
history of the repository, which a shallow clone lacks.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from helpers.course.earlier import find_work
from helpers.course.edition import first_edition, only_in_the_first
from helpers.course.learner import hand_out
from helpers.course.notebook import CourseError, exercise_of, make_cell
from helpers.course.renew import renew
from tests.course.editions import Course, as_text, edition, notebook, read, sources, write
from tests.course.repository import commit, git

ROOT = Path(__file__).resolve().parents[2]
FIRST = Path(__file__).with_name("first_edition.json")
OWN = "print('a cell of my own')"


def first() -> Course:
    """Three notebooks of the first edition."""
    made = {}
    for name, cells in json.loads(FIRST.read_text("utf-8")).items():
        made[name] = notebook()
        for id, kind, tags, source in cells:
            made[name].cells.append(make_cell(kind, source, **({"tags": tags} if tags else {})))
            made[name].cells[-1].id = id
    return made


def answer_of(exercise: str, doc: str) -> str:
    return f"def {exercise}(*arguments):\n    {doc!r}\n    return 'my {exercise}'"


def answered() -> tuple[Course, dict[str, str]]:
    """The first edition with an answer to each exercise, and an own cell in each notebook."""
    mine, answers = first(), {}
    for content in mine.values():
        for cell in content.cells:
            if name := exercise_of(cell):
                answers[name] = cell.source = answer_of(name, "mine")
        content.cells.insert(6, make_cell("code", OWN))
    return mine, answers


def second(root: Path) -> None:
    """Put this edition's notebooks in the place of the first one's, as `git pull` does."""
    for path in (root / "notebooks").glob("*.ipynb"):
        path.unlink()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy2(path, root / "notebooks" / path.name)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of the first edition."""
    write(tmp_path / "notebooks", first())
    commit(tmp_path)
    return tmp_path


def assert_all_is_there(root: Path, answers: dict[str, str]) -> None:
    mine = {path.name: read(path) for path in (root / "my-course").glob("*.ipynb")}
    cells = [cell for content in mine.values() for cell in content.cells]
    found = {exercise_of(cell): cell.source for cell in cells if exercise_of(cell)}
    assert {name: found[name] for name in answers} == answers
    own = [name for name, content in mine.items() if OWN in sources(content)]
    assert len(own) == 3
    assert not any(cell.get("outputs") for cell in cells)


def test_the_record_of_the_first_edition_is_true() -> None:
    """It is what tells an answer from a stub where there is no git."""
    known, given = first_edition(), edition(first())
    assert {name: known.notebooks[name] for name in given.notebooks} == given.notebooks
    assert len(known.notebooks) == 10


def as_stash(root: Path) -> None:
    git(root, "stash", "--quiet")
    second(root)
    commit(root, "second edition")


def as_leftovers(root: Path) -> None:
    """An archive was unpacked over the folder, which is no clone."""
    shutil.rmtree(root / ".git")
    worked = {path.name: path.read_bytes() for path in (root / "notebooks").glob("*.ipynb")}
    second(root)
    for name, content in worked.items():
        if not (root / "notebooks" / name).exists():
            (root / "notebooks" / name).write_bytes(content)


def as_untracked(root: Path) -> None:
    """Somebody moved them away for the pull, and back again."""
    worked = {path.name: path.read_bytes() for path in (root / "notebooks").glob("*.ipynb")}
    second(root)
    commit(root, "second edition")
    for name, content in worked.items():
        (root / "notebooks" / name).write_bytes(content)


@pytest.mark.parametrize("how", [as_stash, as_untracked, as_leftovers])
def test_ten_answers_of_the_first_edition_are_all_kept(
    clone: Path, how: Callable[[Path], None]
) -> None:
    mine, answers = answered()
    assert len(answers) == 10
    write(clone / "notebooks", mine)
    (clone / "notebooks" / ".progress.json").write_text(json.dumps({"solved": sorted(answers)}))
    how(clone)
    if how is as_leftovers:  # 00 has the same name in both, and was unpacked over
        answers.pop("shout")
    lines = renew(clone)
    assert lines[0] == "my-course/ is yours: a copy of the lessons, to work in"
    assert f"{len(answers)} answers, {3 if 'shout' in answers else 2} cells" in lines[1]
    if "shout" in answers:
        assert_all_is_there(clone, answers)
    solved = json.loads((clone / "my-course" / ".progress.json").read_text())["solved"]
    assert set(solved) > set(answers) - {"shout"}
    assert renew(clone) == []


def test_from_another_folder_with_and_without_git(
    clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mine, answers = answered()
    write(clone / "notebooks", mine)
    (clone / "notebooks" / ".progress.json").write_text('{"solved": ["shout"]}')
    for with_git in (True, False):
        root = tmp_path_factory.mktemp("new")
        shutil.copytree(ROOT / "notebooks", root / "notebooks")
        if not with_git:
            shutil.rmtree(clone / ".git")
        lines = renew(root, clone)
        assert f"copied from {clone}/notebooks: 10 answers, 3 cells of your own" in lines
        assert_all_is_there(root, answers)
        assert json.loads((root / "my-course" / ".progress.json").read_text())["solved"] == [
            "shout"
        ]
        assert renew(root, clone) == []


def test_answers_that_were_committed_are_found_in_another_folder(
    clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mine, answers = answered()
    write(clone / "notebooks", mine)
    commit(clone, "my answers")
    root = tmp_path_factory.mktemp("new")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    renew(root, clone)
    assert_all_is_there(root, answers)


def test_a_copy_moves_to_another_machine(
    clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """All of `my-course/`: answers, own cells, own notebooks, programs and progress."""
    mine, answers = answered()
    write(clone / "notebooks", mine)
    as_stash(clone)
    renew(clone)
    (clone / "my-course" / "mine" / "chat.py").write_text("mine")
    nbformat.write(notebook(make_cell("code", "notes")), clone / "my-course" / "notes.ipynb")
    (clone / "notebooks" / "words.md").write_text("words")
    commit(clone)
    renew(clone)
    (clone / "my-course" / "words.md").write_text("my words")
    git(clone, "stash", "drop")
    root = tmp_path_factory.mktemp("new")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    lines = renew(root, clone)
    assert_all_is_there(root, answers)
    assert lines[-1] == f"copied from {clone}: mine/chat.py, notes.ipynb, kept/words.md"
    (root / "my-course" / "mine" / "chat.py").write_text("newer")
    assert renew(root, clone) == []
    assert (root / "my-course" / "mine" / "chat.py").read_text() == "newer"


def test_what_the_learner_did_since_is_not_overwritten(clone: Path) -> None:
    mine, answers = answered()
    write(clone / "notebooks", mine)
    as_stash(clone)
    second_name = next(p.name for p in (ROOT / "notebooks").glob("[0-9][0-9]_frames.ipynb"))
    hand_out(clone)
    path = clone / "my-course" / second_name
    opened = read(path)
    cell = next(c for c in opened.cells if exercise_of(c) == "unmask")
    cell.source = "def unmask(frame):\n    return 'newer'"
    nbformat.write(opened, path)
    lines = renew(clone)
    texts = sources(read(path))
    place = texts.index("def unmask(frame):\n    return 'newer'")
    assert texts[place + 2] == answers["unmask"], "both, the older below"
    assert f"  both versions are in {second_name}, yours below: `unmask`" in lines
    assert renew(clone) == []


def test_an_older_version_does_not_come_back_with_newer_work_beside_it(clone: Path) -> None:
    """The learner goes on in `my-course/`; then JupyterLab saves one more of the old files."""
    mine, answers = answered()
    write(clone / "notebooks", mine)
    as_untracked(clone)
    renew(clone)
    path = next((clone / "my-course").glob("[0-9][0-9]_frames.ipynb"))
    opened = read(path)
    cell = next(c for c in opened.cells if exercise_of(c) == "unmask")
    cell.source = "def unmask(frame):\n    return 'newer'"
    nbformat.write(opened, path)
    mine[next(name for name in mine if name.endswith("_frames.ipynb"))].cells.append(
        make_cell("code", "print('one cell more')")
    )
    write(clone / "notebooks", {n: nb for n, nb in mine.items() if n.endswith("_frames.ipynb")})
    lines = renew(clone)
    assert lines[0] == "copied from notebooks/: 0 answers, 1 cell of your own"
    texts = sources(read(path))
    assert "print('one cell more')" in texts
    assert answers["unmask"] not in texts


def test_whoever_writes_the_course_gets_nothing_of_it(clone: Path) -> None:
    """They change `notebooks/` too, and leave the stubs unsolved."""
    second(clone)
    commit(clone, "second edition")
    path = next((clone / "notebooks").glob("[0-9][0-9]_frames.ipynb"))
    opened = read(path)
    opened.cells[0].source += "\n\nA new sentence."
    stub = next(c for c in opened.cells if exercise_of(c))
    stub.source = stub.source.replace('"""', '"""Better words. ', 1)
    opened.cells.append(make_cell("code", "print('a new cell')"))
    nbformat.write(opened, path)
    assert len(renew(clone)) == 1
    assert as_text({"": read(clone / "my-course" / path.name)}).count("new") == as_text(
        {"": read(ROOT / "notebooks" / path.name)}
    ).count("new")


def test_a_file_that_git_left_in_conflict_is_left_alone_and_named(clone: Path) -> None:
    mine, answers = answered()
    write(clone / "notebooks", mine)
    as_stash(clone)
    path = next((clone / "notebooks").glob("[0-9][0-9]_frames.ipynb"))
    path.write_text("<<<<<<< Updated upstream\n" + path.read_text())
    lines = renew(clone)
    assert lines[1].startswith(
        f"left alone in notebooks/: {path.name} cannot be read as a notebook"
    )
    assert_all_is_there(clone, answers)
    assert path.read_text().startswith("<<<<<<<")


def test_a_folder_that_is_none_of_the_course(
    clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(CourseError, match=r"^there are no notebooks in .*; name the folder"):
        renew(clone, tmp_path_factory.mktemp("nothing"))
    hand_out(clone)
    with pytest.raises(CourseError, match="is this folder"):
        renew(clone, clone)


def test_nothing_is_found_where_nothing_was_written(clone: Path) -> None:
    assert [work.is_a_learners() for work in find_work(clone)] == [False]
    for path in (clone / "notebooks").glob("*.ipynb"):  # JupyterLab ran it, and saved it
        opened = read(path)
        opened.metadata["language_info"] = {"name": "python", "version": "3.11.2"}
        opened.cells[2].execution_count = 7
        nbformat.write(opened, path)
    assert [work.is_a_learners() for work in find_work(clone)] == [False]
    assert len(only_in_the_first()) == len(first_edition().notebooks) - 1


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs the history of the repository")
def test_the_real_first_edition_where_its_commit_is_there() -> None:
    """The record agrees with git's history, of which a shallow clone has too little."""
    name = next(name for name in first() if name.endswith("_chat.ipynb"))
    removed = git(ROOT, "log", "--format=%H", "-1", "--", f"notebooks/{name}").split()
    if not removed or git(ROOT, "rev-parse", "--is-shallow-repository").strip() == "true":
        pytest.skip("the history does not reach back to the first edition")
    content = nbformat.reads(git(ROOT, "show", f"{removed[0]}^:notebooks/{name}"), as_version=4)
    assert edition({name: content}).notebooks[name] == first_edition().notebooks[name]
