"""Bring a learner's work from elsewhere into `my-course/`, each cell once, and take nothing away.

What was brought is written down cell by cell, so that an older version does not come back later
beside what the learner has made of it in `my-course/` since.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from helpers.course.edition import Edition, names_in, only_in_the_first
from helpers.course.learner import (
    COPY,
    PROGRESS,
    RECORD,
    IsFree,
    Report,
    is_trusted,
    notebook_writes,
    read_mine,
    read_record,
    trust,
    union_progress,
)
from helpers.course.merge import merge
from helpers.course.notebook import (
    Cell,
    Notebook,
    digest,
    exercise_of,
    is_stub,
    sha,
    topic_of,
    write_text,
)
from helpers.course.pairing import pair_learner
from helpers.course.swap import digest_of, free_name, said_plainly, swap

__all__ = ["Work", "bring", "bring_files"]


@dataclass
class Work:
    """Notebooks that somebody has worked in.

    Attributes:
        place: where they are, for people.
        before: what they were when they were handed out.
        notebooks: what they are now.
        unreadable: the files that are not notebooks, and why.
        is_asked: whether the learner asked for it, and did not just leave it there.
    """

    place: str
    before: Edition
    notebooks: dict[str, Notebook]
    unreadable: list[str] = field(default_factory=list)
    is_asked: bool = False

    def written(self) -> Iterator[tuple[str, Cell]]:
        """Give every cell that is not as it was handed out, with the name of its notebook."""
        for name, notebook in self.notebooks.items():
            handed = self.before.notebooks[name]
            found, own = pair_learner(handed, notebook.cells)
            for number, cell in enumerate(notebook.cells):
                is_own = number in own and bool(cell.source.strip())
                if is_own or (
                    number in found
                    and not self.before.is_handed(handed[found[number]], digest(cell))
                ):
                    yield name, cell

    def is_a_learners(self) -> bool:
        """Say whether there is an answer, or anything at all in the first edition.

        Whoever writes the course changes `notebooks/` too, and leaves the stubs unsolved.
        """
        written = list(self.written())
        if self.is_asked or only_in_the_first() & set(self.before.notebooks):
            return bool(written)
        return any(exercise_of(cell) and not is_stub(cell.source) for _, cell in written)

    def without(self, brought: Iterable[str]) -> Work:
        """Leave out the cells that were brought in before."""
        known, rest = set(brought), copy.deepcopy(self.notebooks)
        for name, notebook in rest.items():
            notebook.cells = [cell for cell in notebook.cells if key_of(name, cell) not in known]
        return Work(self.place, self.before, rest, self.unreadable, self.is_asked)


def key_of(name: str, cell: Cell) -> str:
    """Sum up a cell of a notebook, whatever number that has."""
    return sha(topic_of(name) + digest(cell))


def bring(root: Path, work: Work, *, is_free: IsFree | None = None) -> Report | None:
    """Bring work into the learner's copy, which has been handed out; each cell only once.

    Args:
        root: the folder of the course.
        work: what was found.
        is_free: as for `hand_out`.

    Returns:
        What was done; None if there was nothing to bring.

    Raises:
        CourseError: something cannot be read or written; nothing was changed.
    """
    folder = root / COPY
    record = read_record(folder)
    if record is None or not work.is_a_learners():
        return None
    work = work.without(record.brought)
    written = [key_of(name, cell) for name, cell in work.written()]
    if not written:
        return None
    mine = read_mine(folder, record)
    merged = merge(work.before, work.notebooks, mine, again=True)
    writes = notebook_writes(folder, merged.notebooks, mine)
    for name, notebook in merged.kept.items():
        content = write_text(notebook).encode("utf-8", "surrogatepass")
        writes[f"kept/{free_name(folder / 'kept', name)}"] = content
    report = Report(False, merged, sorted(writes))
    report.kept = [name for name in writes if name.startswith("kept/")]
    if is_free is not None:
        is_free(report.changed)
    record.brought += written
    report.backup = swap(folder, {**writes, RECORD: record.as_json().encode()})
    trust(merged.notebooks[n] for n in writes if n in mine and is_trusted(mine[n]))
    return report


def bring_files(root: Path, other: Path) -> list[str]:
    """Copy programs, own notebooks, changed files and progress from another copy of the course.

    Args:
        root: the folder of the course.
        other: the other one.

    Returns:
        The files that were copied; one that is here already stays.
    """
    folder, source = root / COPY, other / COPY
    record, copied = read_record(source) or Edition(), []
    for place in (source / PROGRESS, other / "notebooks" / PROGRESS):
        union_progress(folder, place)
    for name in names_in(source) if source.is_dir() else []:
        if name in record.notebooks or digest_of(source / name) == record.files.get(name):
            continue
        target = folder / ("kept" if name in record.files else "") / name
        if target.exists():
            continue
        with said_plainly(folder):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target)
        copied.append(target.relative_to(folder).as_posix())
    return copied
