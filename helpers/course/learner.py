"""The learner's copy, `my-course/`: made once, and brought up to date with each edition.

It holds a copy of all of `notebooks/` without outputs, `mine/` for the learner's own programs,
`kept/` for what no longer has a place, and, hidden, progress, backups and what was handed out.
What the learner wrote is never overwritten.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.course.edition import Edition, Given, build_edition, read_given
from helpers.course.merge import Merged, merge
from helpers.course.notebook import CourseError, Notebook, read, sha, write_text
from helpers.course.swap import digest_of, finish, free_name, said_plainly, swap, write_whole

__all__ = ["COPY", "ROOT", "Report", "hand_out", "read_mine", "read_record", "union_progress"]

ROOT = Path(__file__).resolve().parents[2]
#: The learner's copy, within the course.
COPY = "my-course"
#: Raises if one of these files, by their names within the copy, is open somewhere.
IsFree = Callable[[list[str]], None]
RECORD = ".edition.json"
PROGRESS = ".progress.json"
MINE = """\
# Your own programs

Programs that you write in the lessons live here. Nothing in this folder is ever changed by an
update.
"""


@dataclass
class Report:
    """What was done.

    Attributes:
        is_new: whether the copy was made just now.
        merged: what the merge has to say.
        changed: the files that were written, or removed.
        backup: where the files are as they were before; None if nothing was replaced.
        kept: files in `kept/` and in `mine/` that hold what no longer has a place.
    """

    is_new: bool
    merged: Merged
    changed: list[str] = field(default_factory=list)
    backup: Path | None = None
    kept: list[str] = field(default_factory=list)


def hand_out(root: Path = ROOT, *, is_free: IsFree | None = None) -> Report:
    """Make the learner's copy, or bring it up to date with the edition in `notebooks/`.

    Args:
        root: the folder of the course.
        is_free: called with the names of the files that are about to change; it raises if one of
            them is open somewhere.

    Returns:
        What was done.

    Raises:
        CourseError: something cannot be read or written; nothing was changed.
    """
    copy, given = root / COPY, read_given(root)
    with said_plainly(copy):
        meanwhile = finish(copy)
    before = read_record(copy)
    is_new = before is None and not any(copy.glob("*.ipynb"))
    after = build_edition(given)
    before = before or Edition(dict(after.notebooks), dict(after.files))
    mine = read_mine(copy, before)
    merged = merge(before, mine, given.notebooks)
    report = Report(is_new, merged)
    writes = notebook_writes(copy, merged.notebooks, mine)
    writes |= kept_writes(copy, merged.kept)
    writes |= file_writes(copy, before, given)
    writes |= aside_writes(copy, writes, before)
    removes = tuple(
        name
        for name in (*before.notebooks, *before.files)
        if name not in given.notebooks and name not in given.files and (copy / name).is_file()
    )
    writes |= aside_of_removed(copy, before, removes)
    report.kept = [*meanwhile, *(n for n in writes if n.startswith(("kept/", "mine/")))]
    report.changed = sorted([*writes, *removes])
    if is_free is not None and not is_new:
        is_free(report.changed)
    after.follow(before)
    record = after.as_json().encode()
    if sha(record) != digest_of(copy / RECORD):
        writes[RECORD] = record
    if not (copy / "mine").is_dir():
        writes["mine/README.md"] = MINE.encode()
    if writes or removes:
        report.backup = swap(copy, writes, removes)
        trust(
            notebook
            for name, notebook in merged.notebooks.items()
            if name in writes and (name not in mine or is_trusted(mine[name]))
        )
    return report


def read_record(copy: Path) -> Edition | None:
    """Read what was handed out; None if nothing says so."""
    try:
        return Edition.from_json((copy / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def read_mine(copy: Path, before: Edition) -> dict[str, Notebook]:
    """Read the learner's notebooks.

    Args:
        copy: the learner's copy.
        before: what was handed out.

    Raises:
        CourseError: one of them cannot be read; the message says what to do.
    """
    mine = {}
    for name in before.notebooks:
        path = copy / name
        if not path.is_file():
            continue
        try:
            with said_plainly(copy):
                text = path.read_bytes().decode("utf-8", "replace")
            mine[name] = read(text, f"{COPY}/{name}")
        except CourseError as error:
            raise CourseError(
                f"{error}; nothing was changed. Give the file another name to keep it, and run "
                f"the same command again: then {name} is made anew"
            ) from None
    return mine


def notebook_writes(
    copy: Path, merged: Mapping[str, Notebook], mine: Mapping[str, Notebook]
) -> dict[str, bytes]:
    """The notebooks that are to be written: those that differ from what the learner has."""
    return {
        name: write_text(notebook).encode("utf-8", "surrogatepass")
        for name, notebook in merged.items()
        if name not in mine or as_data(notebook) != as_data(mine[name])
    }


def kept_writes(copy: Path, kept: Mapping[str, Notebook]) -> dict[str, bytes]:
    """The notebooks for `kept/`, each under a name that is free."""
    return {
        f"kept/{free_name(copy / 'kept', name)}": write_text(notebook).encode()
        for name, notebook in kept.items()
    }


def file_writes(copy: Path, before: Edition, given: Given) -> dict[str, bytes]:
    """The other files that are to be written; one that the learner changed goes to `kept/`."""
    writes = {}
    for name, content in given.files.items():
        now, was, new = digest_of(copy / name), before.files.get(name), sha(content)
        if now == new or (now is not None and now != was and new == was):
            continue
        if now is not None and now != was:
            writes[f"kept/{free_name(copy / 'kept', name)}"] = (copy / name).read_bytes()
        writes[name] = content
    return writes


def aside_writes(copy: Path, writes: Iterable[str], before: Edition) -> dict[str, bytes]:
    """The learner's own notebooks that have the name of a new one of the edition."""
    return {
        f"mine/{free_name(copy / 'mine', name)}": (copy / name).read_bytes()
        for name in writes
        if name.endswith(".ipynb")
        and "/" not in name
        and name not in before.notebooks
        and (copy / name).is_file()
    }


def aside_of_removed(copy: Path, before: Edition, removes: Iterable[str]) -> dict[str, bytes]:
    """The files that the learner changed and the edition has no more."""
    return {
        f"kept/{free_name(copy / 'kept', name)}": (copy / name).read_bytes()
        for name in removes
        if name in before.files and digest_of(copy / name) != before.files[name]
    }


def as_data(notebook: Notebook) -> object:
    """What of a notebook makes it another one."""
    return json.loads(write_text(notebook))


def union_progress(copy: Path, other: Path) -> bool:
    """Add what is solved according to another file to the learner's progress.

    Args:
        copy: the learner's copy.
        other: a file of progress, which need not be there.

    Returns:
        Whether anything was added.
    """
    names = [_solved(copy / PROGRESS), _solved(other)]
    if names[1] <= names[0]:
        return False
    solved = sorted(names[0] | names[1])
    with said_plainly(copy):
        write_whole(copy / PROGRESS, (json.dumps({"solved": solved}, indent=1) + "\n").encode())
    return True


def _solved(path: Path) -> set[str]:
    try:
        return {str(name) for name in json.loads(path.read_text("utf-8"))["solved"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def is_trusted(notebook: Notebook) -> bool:
    """Say whether JupyterLab trusts a notebook, or would, because it shows nothing."""
    if not any(cell.get("outputs") for cell in notebook.cells):
        return True
    with contextlib.suppress(Exception):
        return bool(_notary().check_signature(notebook))
    return False


def trust(notebooks: Iterable[Notebook]) -> None:
    """Sign notebooks, so that JupyterLab keeps their pages; where it cannot, nothing is lost."""
    with contextlib.suppress(Exception):
        notary = _notary()
        for notebook in notebooks:
            notary.sign(notebook)


def _notary() -> Any:
    from nbformat.sign import NotebookNotary

    return NotebookNotary()  # type: ignore[no-untyped-call]
