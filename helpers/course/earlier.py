"""A learner's work outside of `my-course/`: where the first edition had it, and in other copies.

It is found in `notebooks/`, in git's stashes, and in the folder of another copy of the course.

Nothing is taken away from there. What was brought in once is written down, and not brought again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from helpers.course.edition import (
    Edition,
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
from helpers.course.learner import (
    COPY,
    PROGRESS,
    RECORD,
    IsFree,
    Report,
    notebook_writes,
    read_mine,
    read_record,
    trust,
    union_progress,
)
from helpers.course.merge import merge
from helpers.course.notebook import (
    CourseError,
    Notebook,
    clear,
    digest,
    exercise_of,
    is_stub,
    read,
    sha,
    write_text,
)
from helpers.course.pairing import pair_learner
from helpers.course.swap import free_name, said_plainly, swap

__all__ = ["Work", "bring", "find_in_folder", "find_work"]


@dataclass
class Work:
    """Notebooks that somebody has worked in.

    Attributes:
        place: where they are, for people.
        before: what they were when they were handed out.
        notebooks: what they are now.
        unreadable: the files that are not notebooks, and why.
    """

    place: str
    before: Edition
    notebooks: dict[str, Notebook]
    unreadable: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """A digest of all that the learner wrote."""
        return sha("".join(sorted(digest(c) for nb in self.notebooks.values() for c in nb.cells)))

    def is_a_learners(self) -> bool:
        """Say whether there is an answer, or anything at all in the first edition.

        Whoever writes the course changes `notebooks/` too, and leaves the stubs unsolved.
        """
        first = only_in_the_first()
        for name, notebook in self.notebooks.items():
            found, own = pair_learner(self.before.notebooks[name], notebook.cells)
            changed = [notebook.cells[n] for n in own if notebook.cells[n].source.strip()]
            for number, key in found.items():
                cell, handed = notebook.cells[number], self.before.notebooks[name][key]
                if not self.before.is_handed(handed, digest(cell)):
                    changed.append(cell)
            is_first = bool(first & set(self.before.notebooks))
            if any(is_first or (exercise_of(c) and not is_stub(c.source)) for c in changed):
                return True
        return False


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
            work.before.notebooks[name] = build_edition(make_given({name: old}, place)).notebooks[
                name
            ]
    return work


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
        yield Work(f"{folder}/{COPY}", record, {n: clear(nb) for n, nb in mine.items()})
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
    work = Work(str(notebooks), before, {})
    for name in sorted(set(names) & set(before.notebooks)):
        try:
            work.notebooks[name] = clear(read(now[name].decode("utf-8", "replace"), name))
        except CourseError as error:
            work.unreadable.append(str(error))
    yield work
    yield from (w for w in find_work(folder) if w.place.startswith("git"))


def bring(root: Path, work: Work, *, is_free: IsFree | None = None) -> Report | None:
    """Bring work into the learner's copy, which has been handed out; only once.

    Args:
        root: the folder of the course.
        work: what was found.
        is_free: as for `hand_out`.

    Returns:
        What was done; None if there was nothing to bring.

    Raises:
        CourseError: something cannot be read or written; nothing was changed.
    """
    copy = root / COPY
    record = read_record(copy)
    if record is None or work.key in record.brought or not work.is_a_learners():
        return None
    mine = read_mine(copy, record)
    merged = merge(work.before, work.notebooks, mine, again=True)
    writes = notebook_writes(copy, merged.notebooks, mine)
    for name, notebook in merged.kept.items():
        content = write_text(notebook).encode("utf-8", "surrogatepass")
        writes[f"kept/{free_name(copy / 'kept', name)}"] = content
    report = Report(False, merged, sorted(writes))
    report.kept = [name for name in writes if name.startswith("kept/")]
    if is_free is not None:
        is_free(report.changed)
    record.brought.append(work.key)
    backup = swap(copy, {**writes, RECORD: record.as_json().encode()})
    report.backup = backup
    trust(merged.notebooks[name] for name in writes if name in merged.notebooks)
    return report


def bring_files(root: Path, folder: Path) -> list[str]:
    """Copy programs, own notebooks and progress from another folder of the course.

    Args:
        root: the folder of the course.
        folder: the other one.

    Returns:
        The files that were copied; one that is here already under the same name stays.
    """
    copy, other = root / COPY, folder / COPY
    record, copied = read_record(other) or Edition(), []
    for place in (other / PROGRESS, folder / "notebooks" / PROGRESS):
        union_progress(copy, place)
    for name in names_in(other) if other.is_dir() else []:
        if name in record.notebooks or name in record.files or (copy / name).exists():
            continue
        with said_plainly(copy):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(other / name, copy / name)
        copied.append(name)
    return copied
