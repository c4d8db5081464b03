"""Bring `my-course/` up to date, with all of the learner's work, and say what was done.

`python -m helpers.course.install` and `python -m helpers.course.update` both call it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from helpers.course.bring import Work, bring, bring_files
from helpers.course.earlier import find_in_folder, find_work
from helpers.course.learner import COPY, PROGRESS, ROOT, Report, hand_out, union_progress
from helpers.course.merge import Merged
from helpers.course.notebook import CourseError, topic_of
from helpers.course.open_notebooks import require_closed

__all__ = ["renew"]


def renew(root: Path = ROOT, folder: Path | None = None) -> list[str]:
    """Make the learner's copy or bring it up to date; then bring in work from elsewhere.

    Args:
        root: the folder of the course.
        folder: another folder of the course, whose work is to be brought in.

    Returns:
        What to tell the learner, line by line; empty if nothing was done.

    Raises:
        CourseError: something cannot be read or written; the message says what to do.
    """
    copy = root / COPY
    works = [] if folder is None else list(find_in_folder(root, folder))
    if folder is not None and (folder / COPY).resolve() == copy.resolve():
        raise CourseError(f"{folder} is this folder; name the one of the old edition")
    lines = tell(hand_out(root, is_free=lambda names: require_closed(copy, names)))
    for work in (*find_work(root), *works):
        report = bring(root, work, is_free=lambda names: require_closed(copy, names))
        lines += tell_brought(work, report)
    union_progress(copy, root / "notebooks" / PROGRESS)
    if folder is not None:
        copied = bring_files(root, folder)
        lines += [f"copied from {folder}: {listed(copied)}"] if copied else []
    return lines


def tell(report: Report) -> list[str]:
    """Say what an update did.

    Args:
        report: what was done.
    """
    if report.is_new:
        return [f"{COPY}/ is yours: a copy of the lessons, to work in"]
    if not report.changed:
        return []
    notebooks = [name for name in report.changed if name.endswith(".ipynb") and "/" not in name]
    files = f"{len(notebooks)} notebook{'' if len(notebooks) == 1 else 's'}"
    return [f"{COPY}/ has the new edition: {files} changed", *tell_work(report)]


def tell_brought(work: Work, report: Report | None) -> list[str]:
    """Say what was brought in from elsewhere.

    Args:
        work: where it was.
        report: what was done, if anything.
    """
    lines = [f"left alone in {work.place}: {problem}" for problem in work.unreadable]
    if report is None:
        return lines
    merged = report.merged
    lines.append(f"copied from {work.place}: {tell_kept(merged)}")
    return [*lines, *(line for line in tell_work(report) if not line.startswith("  kept: "))]


def tell_work(report: Report) -> list[str]:
    """Say where the learner's work is.

    Args:
        report: what was done.
    """
    merged = report.merged
    lines = [f"  kept: {tell_kept(merged)}"] if merged.answers or merged.own else []
    lines += [f"  `{name}` is in {new} now" for name, old, new in merged.moved]
    by_notebook: dict[str, list[str]] = {}
    for notebook, cell in merged.conflicts:
        by_notebook.setdefault(notebook, []).append(cell)
    for notebook, cells in by_notebook.items():
        lines.append(f"  both versions are in {notebook}, yours below: {listed(cells)}")
    if merged.gone:
        whats = [f"{what} of {topic_of(name)}" for what, name in merged.gone]
        lines.append(f"  no longer in the course: {listed(whats)}")
    if report.kept:
        lines.append(f"  kept in {COPY}/: {listed(report.kept)}")
    if report.backup:
        lines.append(f"  as it was before: {COPY}/.backup/{report.backup.name}/")
    return lines


def tell_kept(merged: Merged) -> str:
    """Say how much there is of the learner's."""
    answers, cells = count(len(merged.answers), "answer"), count(merged.own, "cell")
    return f"{answers}, {cells} of your own"


def count(number: int, what: str) -> str:
    """Count things: `1 answer`, `2 answers`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def listed(names: Iterable[str], most: int = 6) -> str:
    """List names, and say how many more there are."""
    names = list(names)
    more = [f"{len(names) - most} more"] if len(names) > most else []
    return ", ".join([*names[:most], *more])
