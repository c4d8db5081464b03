"""An edition: what was handed out, notebook by notebook, cell by cell, each with its digest.

A three-way update needs to know what the learner was given, and a digest is enough to see what
has changed since. `my-course/.edition.json` holds it:

    {"notebooks": {NAME: [[id, digest, exercise, [tag, …]], …]},
     "files": {NAME: digest}, "earlier": {id: [digest, …]}, "brought": [digest, …]}

`earlier` has what older editions handed out, so that a notebook that an open JupyterLab wrote
back is still known not to be the learner's; `brought` has what was brought in from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from helpers.course.git import git_bytes, git_text
from helpers.course.notebook import (
    Cell,
    CourseError,
    Notebook,
    clear,
    digest,
    exercise_of,
    is_stub,
    read,
    sha,
    tags_of,
    topic_of,
)

__all__ = ["Edition", "Given", "Handed", "build_edition", "first_edition", "read_given"]

FIRST = Path(__file__).with_name("first_edition.json")
#: The lesson whose notebook has the same name in every edition.
OPENING = "start_here"
#: What a folder of notebooks holds that is not handed out.
PRIVATE = ("__pycache__",)


@dataclass(frozen=True)
class Handed:
    """A cell as it was handed out."""

    id: str
    digest: str
    exercise: str = ""
    tags: tuple[str, ...] = ()


@dataclass
class Edition:
    """What was handed out."""

    notebooks: dict[str, list[Handed]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    earlier: dict[str, list[str]] = field(default_factory=dict)
    brought: list[str] = field(default_factory=list)

    def is_handed(self, handed: Handed, found: str) -> bool:
        """Say whether a digest is that of a cell as this or an older edition handed it out."""
        return found == handed.digest or found in self.earlier.get(handed.id, ())

    def follow(self, before: Edition) -> None:
        """Remember what an older edition handed out, and what was brought in."""
        self.brought = list(before.brought)
        self.earlier = {id: list(known) for id, known in before.earlier.items()}
        self.remember(before)

    def remember(self, before: Edition) -> None:
        """Remember what an older edition handed out."""
        for cells in before.notebooks.values():
            for cell in cells:
                known = self.earlier.setdefault(cell.id, [])
                if cell.digest not in known and cell.digest not in self._now(cell.id):
                    known.append(cell.digest)

    def _now(self, id: str) -> list[str]:
        return [c.digest for cells in self.notebooks.values() for c in cells if c.id == id]

    def as_json(self) -> str:
        """Write the record."""
        notebooks = {
            name: [[c.id, c.digest, c.exercise, list(c.tags)] for c in cells]
            for name, cells in self.notebooks.items()
        }
        record = {
            "notebooks": notebooks,
            "files": self.files,
            "earlier": self.earlier,
            "brought": self.brought,
        }
        return json.dumps(record, separators=(",", ":")) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Edition:
        """Read the record.

        Raises:
            ValueError: it is not one.
        """
        try:
            record = json.loads(text)
            notebooks = {
                str(name): [Handed(i, d, e, tuple(tags)) for i, d, e, tags in cells]
                for name, cells in record["notebooks"].items()
            }
            return cls(
                notebooks, record["files"], record["earlier"], list(record.get("brought", []))
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a record of an edition: {error!r}") from None


@dataclass(frozen=True)
class Given:
    """The notebooks and the other files of a folder, by their names within it."""

    notebooks: Mapping[str, Notebook]
    files: Mapping[str, bytes]


def build_edition(given: Given) -> Edition:
    """Sum up what is handed out.

    Args:
        given: the notebooks and files.
    """
    notebooks = {name: [hand(cell) for cell in nb.cells] for name, nb in given.notebooks.items()}
    return Edition(notebooks, {name: sha(content) for name, content in given.files.items()})


def hand(cell: Cell) -> Handed:
    """Sum up a cell."""
    return Handed(cell.id, digest(cell), exercise_of(cell), tags_of(cell))


def read_given(root: Path) -> Given:
    """Read what this edition hands out: `notebooks/` as it is committed, without outputs.

    A file that somebody has worked in is taken from git, so that their work is not handed out;
    without git it is taken as it is.

    Args:
        root: the folder of the course.

    Raises:
        CourseError: a notebook cannot be read, or there is none.
    """
    folder = root / "notebooks"
    contents = {name: (folder / name).read_bytes() for name in names_in(folder)}
    committed = changed_files(root)
    if committed is None:
        for name in left_over(contents):
            del contents[name]
    for name, before in (committed or {}).items():
        contents.pop(name, None)
        if before is not None:
            contents[name] = before
    given = make_given(contents, "notebooks")
    if not given.notebooks:
        raise CourseError(f"there is no notebook in {folder}; get the course anew")
    return given


def make_given(contents: Mapping[str, bytes], place: str) -> Given:
    """Tell notebooks from other files, and clear their outputs.

    Args:
        contents: what is in each file, by its name within the folder.
        place: the folder's name, for errors.
    """
    notebooks, files = {}, {}
    for name, content in sorted(contents.items()):
        if name.endswith(".ipynb") and "/" not in name:
            notebooks[name] = clear(read(content.decode("utf-8", "replace"), f"{place}/{name}"))
        else:
            files[name] = content
    return Given(notebooks, files)


def names_in(folder: Path) -> list[str]:
    """List the files in a folder and below, without what begins with a dot."""
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(p.startswith(".") or p in PRIVATE for p in parts):
            found.append("/".join(parts))
    return found


def left_over(names: Iterable[str]) -> list[str]:
    """Name the notebooks of the first edition beside which this one has the same lesson."""
    old = first_edition().notebooks
    topics = {topic_of(name) for name in names if name not in old}
    return [name for name in names if name in old and topic_of(name) in topics]


def changed_files(root: Path) -> dict[str, bytes | None] | None:
    """Find what differs from git in `notebooks/`, with what git has; None if git has nothing.

    Args:
        root: the folder of the course.

    Returns:
        The files by their names within `notebooks/`; None where they are in no clone.
    """
    if not git_bytes(root, "ls-files", "notebooks"):
        return None
    prefix = (git_text(root, "rev-parse", "--show-prefix") or "").strip()
    status = git_text(root, "status", "--porcelain", "-z", "-uall", "--no-renames", "notebooks")
    found: dict[str, bytes | None] = {}
    for line in filter(None, (status or "").split("\0")):
        name = line[3:].removeprefix(f"{prefix}notebooks/")
        if not any(part.startswith(".") for part in name.split("/")):
            found[name] = git_bytes(root, "show", f"HEAD:./notebooks/{name}")
    return found


def first_edition() -> Edition:
    """What the first edition handed out, in which learners worked in `notebooks/`."""
    try:
        return Edition.from_json(FIRST.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CourseError(f"{FIRST.name} is damaged ({error}); get the course anew") from None


def only_in_the_first() -> set[str]:
    """Name the notebooks that only the first edition had: all but the course's first."""
    return {name for name in first_edition().notebooks if topic_of(name) != OPENING}


def without_answers(edition: Edition, given: Given, known: Edition) -> Edition:
    """Take out of what was committed what a learner may have committed: answers and cells.

    Args:
        edition: what is in git.
        given: the same, as notebooks.
        known: the edition that it must be, by the names of its notebooks.
    """
    ids = {cell.id for cells in known.notebooks.values() for cell in cells}
    stubs = {c.exercise: c.digest for cells in known.notebooks.values() for c in cells}
    first = bool(only_in_the_first() & set(edition.notebooks))
    kept: dict[str, list[Handed]] = {}
    for name, cells in edition.notebooks.items():
        sources = {cell.id: cell.source for cell in given.notebooks[name].cells}
        kept[name] = [
            Handed(c.id, stubs.get(c.exercise, ""), c.exercise, c.tags)
            if c.exercise and not is_stub(sources[c.id])
            else c
            for c in cells
            if not first or c.id in ids
        ]
    return Edition(kept, dict(edition.files))
