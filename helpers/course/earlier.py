"""A learner's work outside of `my-course/`: where the first edition had it, and in other copies.

It is found in `notebooks/`, in git's stashes, and in the folder of another copy of the course.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from helpers.course.bring import Work
from helpers.course.edition import (
    Edition,
    Handed,
    build_edition,
    changed_files,
    first_edition,
    left_over,
    make_given,
    names_in,
    only_in_the_first,
    read_given,
    without_answers,
)
from helpers.course.git import git_bytes, git_text
from helpers.course.learner import COPY, read_mine, read_record
from helpers.course.notebook import CourseError, clear, read

__all__ = ["find_in_folder", "find_work"]


def find_work(root: Path) -> Iterator[Work]:
    """Find what a learner has written into `notebooks/`, and put into git's stashes.

    Args:
        root: the folder of the course.
    """
    folder = root / "notebooks"
    committed = changed_files(root)
    before: dict[str, bytes | None] = committed or {}
    if committed is None:
        before = dict.fromkeys(left_over(names_in(folder)))
    now = {n: (folder / n).read_bytes() for n in before if (folder / n).is_file()}
    yield _make("notebooks/", before, now)
    for line in (git_text(root, "stash", "list", "--format=%H %gd") or "").splitlines():
        commit, _, name = line.partition(" ")
        changed = git_text(
            root,
            "diff",
            "--name-only",
            "--relative",
            "-z",
            f"{commit}^1",
            commit,
            "--",
            "notebooks",
        )
        files = [f.removeprefix("notebooks/") for f in (changed or "").split("\0") if f]
        yield _make(
            f"git's {name}",
            {file: git_bytes(root, "show", f"{commit}^1:./notebooks/{file}") for file in files},
            {
                file: content
                for file in files
                if (content := git_bytes(root, "show", f"{commit}:./notebooks/{file}"))
            },
        )


def _make(place: str, before: Mapping[str, bytes | None], now: Mapping[str, bytes]) -> Work:
    """Make the work of some files; one that git does not know is of the first edition."""
    first = first_edition()
    work = Work(place, Edition(), {})
    for name, content in now.items():
        old = before.get(name)
        if (
            "/" in name
            or not name.endswith(".ipynb")
            or (old is None and name not in first.notebooks)
        ):
            continue
        try:
            work.notebooks[name] = clear(read(content.decode("utf-8", "replace"), name))
        except CourseError as error:
            work.unreadable.append(str(error))
            continue
        work.before.notebooks[name] = first.notebooks.get(name, [])
        if old is not None:
            committed = build_edition(make_given({name: old}, place)).notebooks[name]
            work.before.notebooks[name] = committed + _dropped(
                first.notebooks.get(name, []), committed
            )
    return work


def _dropped(first: Sequence[Handed], committed: Sequence[Handed]) -> list[Handed]:
    """List the cells that only the first edition had.

    Where somebody put its notebook back over a newer one of that name, they are not their own.
    """
    ids = {cell.id for cell in committed}
    return [cell for cell in first if cell.id not in ids]


def find_in_folder(root: Path, folder: Path) -> Iterator[Work]:
    """Find a learner's work in another folder of the course: in `my-course/`, and in `notebooks/`.

    Args:
        root: the folder of the course.
        folder: the other one.

    Raises:
        CourseError: it is not a folder of the course.
    """
    record = read_record(folder / COPY)
    if record is not None:
        mine = read_mine(folder / COPY, record)
        yield Work(
            f"{folder}/{COPY}", record, {n: clear(nb) for n, nb in mine.items()}, is_asked=True
        )
    notebooks = folder / "notebooks"
    if not list(notebooks.glob("[0-9][0-9]_*.ipynb")):
        raise CourseError(
            f"there are no notebooks in {folder}; name the folder of the old edition"
        )
    names = [n for n in names_in(notebooks) if n.endswith(".ipynb") and "/" not in n]
    now = {name: (notebooks / name).read_bytes() for name in names}
    if changed_files(folder) is not None:
        given = read_given(folder)
        before = without_answers(build_edition(given), given, first_edition())
    else:
        first = first_edition()
        is_first = only_in_the_first() & set(names)
        before = first if is_first else build_edition(read_given(root))
    work = Work(str(notebooks), before, {}, is_asked=changed_files(folder) is not None)
    for name in sorted(set(names) & set(before.notebooks)):
        try:
            work.notebooks[name] = clear(read(now[name].decode("utf-8", "replace"), name))
        except CourseError as error:
            work.unreadable.append(str(error))
    yield work
    yield from (w for w in find_work(folder) if w.place.startswith("git"))
