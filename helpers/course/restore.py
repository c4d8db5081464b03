"""What `reset` gives back: an exercise's stub, or a whole notebook as it was handed out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from helpers.course.edition import Edition, build_edition, read_given
from helpers.course.learner import COPY, RECORD, ROOT, read_record, trust
from helpers.course.notebook import CourseError, exercise_of, topic_of, write_text
from helpers.course.open_notebooks import require_closed
from helpers.course.swap import swap

__all__ = ["find_stub", "reset_notebook"]


def find_stub(name: str, root: Path = ROOT) -> str:
    """Find an exercise's stub in the notebooks of this edition.

    Args:
        name: the exercise's name.
        root: the folder of the course.

    Raises:
        CourseError: there is no such exercise; the message names similar ones.
    """
    stubs: dict[str, str] = {
        exercise: cell.source
        for notebook in read_given(root).notebooks.values()
        for cell in notebook.cells
        if (exercise := exercise_of(cell))
    }
    if name not in stubs:
        raise CourseError(f"there is no exercise {name!r}{did_you_mean(name, stubs)}")
    return stubs[name]


def reset_notebook(wanted: str, root: Path = ROOT) -> str:
    """Put a notebook of the learner's copy back to what this edition hands out.

    Args:
        wanted: its number, its topic or its file's name.
        root: the folder of the course.

    Returns:
        What to tell the learner.

    Raises:
        CourseError: there is no such notebook, or it is open, or cannot be written.
    """
    copy, given = root / COPY, read_given(root)
    stem = Path(wanted).stem
    names = [n for n in given.notebooks if stem in (n[:2], Path(n).stem, topic_of(n))]
    if not names:
        topics = [topic_of(name) for name in given.notebooks]
        raise CourseError(f"there is no notebook {wanted!r}{did_you_mean(stem, topics)}")
    (name,) = names
    require_closed(copy, [name])
    notebook = given.notebooks[name]
    writes = {name: write_text(notebook).encode()}
    record, now = read_record(copy), build_edition(given)
    if record is not None:  # it is of this edition now, whatever the others are of
        before = Edition({name: record.notebooks.get(name, [])}, earlier=record.earlier)
        record.remember(before)
        record.notebooks[name] = now.notebooks[name]
        writes[RECORD] = record.as_json().encode()
    backup = swap(copy, writes)
    trust([notebook])
    kept = f"; as it was: {COPY}/.backup/{backup.name}/{name}" if backup else ""
    return f"{COPY}/{name} is as it was handed out{kept}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Ask for a similar name, or list them all."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
    return f"; did you mean {' or '.join(near)}?" if near else f"; there are: {', '.join(known)}"
