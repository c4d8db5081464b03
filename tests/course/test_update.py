"""`make update` in real clones: what git gets, what is in its way, and what is said otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from helpers.course import update
from helpers.course.notebook import CourseError, exercise_of
from helpers.course.renew import renew
from helpers.course.update import pull
from tests.course.editions import Course, notebook, read, sources, stub, text, write
from tests.course.repository import commit, git

ROOT = Path(__file__).resolve().parents[2]
ANSWER = "def f(x):\n    return x"


def course() -> Course:
    return {"10_one.ipynb": notebook(text("t1", "# One"), stub("f"))}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of `tmp_path/upstream`."""
    upstream = tmp_path / "upstream"
    write(upstream / "notebooks", course())
    (upstream / "helper.py").write_text("one")
    commit(upstream)
    git(tmp_path, "clone", "--quiet", str(upstream), "clone")
    renew(tmp_path / "clone")
    return tmp_path / "clone"


def publish(clone: Path) -> None:
    """Publish a new edition, with new words above the exercise."""
    new = course()
    new["10_one.ipynb"].cells[0].source = "# The first"
    upstream = clone.parent / "upstream"
    write(upstream / "notebooks", new)
    (upstream / "helper.py").write_text("two")
    commit(upstream, "new words")


def answer(path: Path) -> None:
    opened = read(path)
    next(cell for cell in opened.cells if exercise_of(cell)).source = ANSWER
    nbformat.write(opened, path)


def mine(clone: Path) -> list[str]:
    return sources(read(clone / "my-course" / "10_one.ipynb"))


def test_it_gets_the_new_edition(clone: Path) -> None:
    answer(clone / "my-course" / "10_one.ipynb")
    assert pull(clone) == ["git has nothing new"]
    publish(clone)
    assert pull(clone) == ["git got 1 change"]
    assert renew(clone)[0] == "my-course/ has the new edition: 1 notebook changed"
    assert mine(clone) == ["# The first", ANSWER]


def test_answers_in_the_tracked_notebooks_are_not_in_the_way(clone: Path) -> None:
    answer(clone / "notebooks" / "10_one.ipynb")
    assert "copied from notebooks/: 1 answer, 0 cells of your own" in renew(clone)
    publish(clone)
    assert pull(clone) == [
        "what you changed in notebooks/ is in git's stash as well (git stash list)",
        "git got 1 change",
    ]
    renew(clone)
    assert mine(clone) == ["# The first", ANSWER]
    assert "return x" in git(clone, "stash", "show", "-p")


def test_what_is_not_in_the_way_stays_where_it_is(clone: Path) -> None:
    (clone / "notebooks" / "draft.ipynb").write_text("a draft")
    publish(clone)
    assert pull(clone) == ["git got 1 change"]
    assert (clone / "notebooks" / "draft.ipynb").read_text() == "a draft"


def test_other_changes_stay_and_are_named(clone: Path) -> None:
    (clone / "helper.py").write_text("mine")
    answer(clone / "notebooks" / "10_one.ipynb")
    publish(clone)
    with pytest.raises(
        CourseError, match=r"^files outside of notebooks/ are changed \(.*helper.py"
    ):
        pull(clone)
    assert (clone / "helper.py").read_text() == "mine"
    assert ANSWER in sources(read(clone / "notebooks" / "10_one.ipynb"))


def test_commits_of_ones_own_stay_and_the_way_out_is_said(clone: Path) -> None:
    answer(clone / "notebooks" / "10_one.ipynb")
    commit(clone, "my answers")
    publish(clone)
    with pytest.raises(
        CourseError, match=r"^your branch has commits of its own .*make update FROM="
    ):
        pull(clone)
    assert git(clone, "log", "-1", "--format=%s") == "my answers\n"


def test_without_a_network_it_says_so(clone: Path) -> None:
    (clone.parent / "upstream").rename(clone.parent / "gone")
    with pytest.raises(CourseError, match=r"^git cannot get the new edition .*check the network"):
        pull(clone)


def test_without_a_clone_or_an_upstream_it_says_what_to_do(clone: Path, tmp_path: Path) -> None:
    git(clone, "checkout", "--quiet", "-b", "mine")
    assert pull(clone)[0].startswith("git's branch mine follows no other, so nothing was fetched")
    write(tmp_path / "unpacked" / "notebooks", course())
    (said,) = pull(tmp_path / "unpacked")
    assert said.startswith("this folder is not a git clone, so nothing was fetched; for a new")
    assert said.endswith(f"run there: make update FROM={tmp_path / 'unpacked'}")


def test_packages_are_installed_where_they_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(" ".join(command[1:]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)

    def packages(lock: Path) -> int:
        asked.append(lock.name)
        return 0

    monkeypatch.setattr(update, "install_packages", packages)
    (tmp_path / "requirements.txt").write_text("a==1")
    needs = update.digests(tmp_path)
    update.install(tmp_path, needs)
    assert asked == ["-m helpers.course.install --update"]
    (tmp_path / "requirements.txt").write_text("a==2")
    update.install(tmp_path, needs)
    assert asked[1:] == ["requirements.txt", "-m helpers.course.install --update"]
    monkeypatch.setattr(update, "install_packages", lambda lock: 1)
    with pytest.raises(CourseError, match="pip could not install them"):
        update.install(tmp_path, needs)


def test_the_command_itself_in_a_clone_of_the_course(tmp_path: Path) -> None:
    """With its own code, from an edition before to this one: the pull, and then the new code."""
    upstream, clone = tmp_path / "upstream", tmp_path / "clone"
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, files.split("\0")):
        if name.startswith(("helpers/", "notebooks/", "requirements", "pyproject", ".gitignore")):
            (upstream / name).parent.mkdir(parents=True, exist_ok=True)
            (upstream / name).write_bytes((ROOT / name).read_bytes())
    commit(upstream)
    git(tmp_path, "clone", "--quiet", str(upstream), "clone")
    os.symlink(ROOT / "helpers/pages/node_modules", clone / "helpers/pages/node_modules")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "JUPYTER_DATA_DIR": str(tmp_path), "PYTHONPATH": str(clone)}
        command = [sys.executable, "-m", "helpers.course.update", *arguments]
        return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)

    done = run()
    assert done.stdout.splitlines() == [
        "my-course/ is yours: a copy of the lessons, to work in",
        "git has nothing new",
        "my-course/ is up to date",
    ], done.stderr
    path = next((upstream / "notebooks").glob("00_*.ipynb"))
    opened = read(path)
    opened.cells[0].source += "\n\nNew words."
    nbformat.write(opened, path)
    commit(upstream, "new words")
    answer(clone / "my-course" / path.name)
    (clone / "my-course" / ".progress.json").write_text('{"solved": ["shout"]}')
    done = run()
    assert done.stdout.splitlines()[:3] == [
        "git got 1 change",
        "my-course/ has the new edition: 1 notebook changed",
        "  kept: 1 answer, 0 cells of your own",
    ], done.stderr
    texts = sources(read(clone / "my-course" / path.name))
    assert "New words." in texts[0]
    assert ANSWER in texts
    assert (clone / "my-course" / ".progress.json").read_text() == '{"solved": ["shout"]}'
    failed = run("--from", str(tmp_path / "nowhere"))
    assert (failed.returncode, failed.stderr[:39]) == (
        1,
        "error: there are no notebooks in " + str(tmp_path)[:6],
    )
