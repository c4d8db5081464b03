"""Three-way merge of a whole course: what was handed out, what the learner has, what is new.

1. A cell that only the edition changed becomes the new one; one that only the learner changed
   stays as the learner has it.
2. A cell that both changed is there twice: the edition's, a note, and the learner's below it.
3. A cell of the learner's own follows the cell it was below, into whichever notebook that moved.
4. What the learner had changed and the edition has no more goes into a notebook in `kept/`.
5. A cell that the learner deleted stays deleted, until an edition changes it.
6. Where the edition kept the order of a notebook's cells, the learner's order stays.

nbdime merges one notebook at a time, by place and likeness, and writes conflict markers into
cells; exercises that move to another notebook, and answers that have to run, need this instead.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field

import nbformat

from helpers.course.edition import Edition, Handed
from helpers.course.notebook import (
    Cell,
    Notebook,
    as_node,
    digest,
    exercise_of,
    is_stub,
    make_cell,
    tags_of,
    topic_of,
)
from helpers.course.pairing import Place, pair_editions, pair_learner

__all__ = ["Merged", "merge"]

YOURS = "**Yours, from before the update.** The lesson has changed the cell above."
NOTES = {
    "exercise": f"{YOURS} Your answer is below; keep the better one.",
    "code": f"{YOURS} Your version is below, as text: select it, and press Y to make it code.",
    "markdown": f"{YOURS} Your version is below; delete what you no longer need.",
    "raw": f"{YOURS} Your version is below; delete what you no longer need.",
}
GONE = "What you wrote into cells of `{}` that are no longer in the course."
LEFT = "Cells of your own from `{}`, which is no longer in the course."


@dataclass
class Merged:
    """The new copy, and what there is to say about it.

    Attributes:
        notebooks: all notebooks of the new edition, with the learner's work in them.
        kept: notebooks for the folder `kept/`.
        conflicts: notebook and cell of what is there twice.
        answers: the exercise and the notebook of every answer that is kept.
        moved: the exercise, and the notebooks from which and to which its answer moved.
        gone: the exercise, or `a cell`, and the notebook of what went into `kept/`.
        own: how many cells of the learner's own there are.
    """

    notebooks: dict[str, Notebook] = field(default_factory=dict)
    kept: dict[str, Notebook] = field(default_factory=dict)
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    moved: list[tuple[str, str, str]] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)
    own: int = 0


def merge(
    before: Edition,
    mine: Mapping[str, Notebook],
    after: Mapping[str, Notebook],
    *,
    again: bool = False,
) -> Merged:
    """Bring the learner's work into a new edition.

    Args:
        before: what was handed out.
        mine: the learner's notebooks, by file name; those that are missing were never opened.
        after: the notebooks of the new edition.
        again: `after` may have the learner's work already, which is not added twice.

    Returns:
        The new copy.
    """
    return _Merge(before, mine, after, again).run()


class _Merge:
    """One merge; places in `after` are called slots."""

    def __init__(
        self,
        before: Edition,
        mine: Mapping[str, Notebook],
        after: Mapping[str, Notebook],
        again: bool,
    ) -> None:
        self.before, self.after, self.again = before, after, again
        self.mine = {name: nb for name, nb in mine.items() if name in before.notebooks}
        self.now = pair_editions(before, after)
        self.was = {slot: place for place, slot in self.now.items()}
        self.result = Merged()
        self.slots: dict[Place, list[Cell]] = {}
        self.above: dict[Place, list[Cell]] = {}
        self.below: dict[Place, list[Cell]] = {}
        self.order: dict[str, list[Place]] = {}
        self.have = {n: {c.source.strip() for c in nb.cells} for n, nb in after.items()}

    def run(self) -> Merged:
        pairs = {
            name: pair_learner(self.before.notebooks[name], nb.cells)
            for name, nb in self.mine.items()
        }
        theirs: dict[Place, Cell] = {
            (name, key): self.mine[name].cells[number]
            for name, (found, _) in pairs.items()
            for number, key in found.items()
        }
        for name, notebook in self.after.items():
            for number, cell in enumerate(notebook.cells):
                self.slots[name, number] = self._settle((name, number), cell, theirs)
        for name, (found, own) in pairs.items():
            self._place_own(name, found, own)
            self._keep_gone(name, found)
        for name in self.after:
            self.order[name] = self._order(name, pairs.get(name, ({}, []))[0])
            self.result.notebooks[name] = self._assemble(name)
        return self.result

    def _settle(self, slot: Place, new: Cell, theirs: Mapping[Place, Cell]) -> list[Cell]:
        """Choose what is in one place of the new edition: one cell, none, or three."""
        place = self.was.get(slot)
        if place is None or place[0] not in self.mine:
            return [copy.deepcopy(new)]
        handed = self.before.notebooks[place[0]][place[1]]
        cell, changed = theirs.get(place), digest(new) != handed.digest
        if cell is None:
            return [copy.deepcopy(new)] if changed or self.again else []
        if digest(cell) == digest(new):
            return [_adopt(cell, new, handed)]
        if self.before.is_handed(handed, digest(cell)) or (changed and not cell.source.strip()):
            return [copy.deepcopy(new)]
        if handed.exercise and not is_stub(cell.source):
            self._count_answer(handed.exercise, place[0], slot[0])
        if not changed:
            return [_adopt(cell, new, handed)]
        if self.again and cell.source.strip() in self.have[slot[0]]:
            return [copy.deepcopy(new)]
        self.result.conflicts.append((slot[0], _name_of(new, handed)))
        return [copy.deepcopy(new), *_yours(cell, bool(handed.exercise))]

    def _count_answer(self, exercise: str, old: str, new: str) -> None:
        self.result.answers.append((exercise, new))
        if topic_of(old) != topic_of(new):
            self.result.moved.append((exercise, old, new))

    def _place_own(self, name: str, found: Mapping[int, int], own: list[int]) -> None:
        """Put each cell of the learner's own below the cell that it was below."""
        slot_of = {n: self.now[name, k] for n, k in found.items() if (name, k) in self.now}
        home = self._home(name)
        for number in own:
            cell = copy.deepcopy(self.mine[name].cells[number])
            earlier = [n for n in slot_of if n < number]
            later = [n for n in slot_of if n > number]
            if earlier:
                slot, where = slot_of[max(earlier)], self.below
            elif later:
                slot, where = slot_of[min(later)], self.above
            elif home and self.after[home].cells:
                slot, where = (home, len(self.after[home].cells) - 1), self.below
            else:
                self._keep(name, LEFT, [cell])
                continue
            if not (self.again and cell.source.strip() in self.have[slot[0]]):
                where.setdefault(slot, []).append(cell)
                self.result.own += 1

    def _home(self, name: str) -> str | None:
        """Find the notebook that a notebook of the old edition has become."""
        if name in self.after:
            return name
        return next((new for new in self.after if topic_of(new) == topic_of(name)), None)

    def _keep_gone(self, name: str, found: Mapping[int, int]) -> None:
        """Keep what the learner wrote into cells that the new edition has no more."""
        for number, key in sorted(found.items()):
            cell, handed = self.mine[name].cells[number], self.before.notebooks[name][key]
            is_gone = (name, key) not in self.now and cell.source.strip()
            if is_gone and not self.before.is_handed(handed, digest(cell)):
                self._keep(name, GONE, [copy.deepcopy(cell)])
                what = f"`{handed.exercise}`" if handed.exercise else "a cell"
                self.result.gone.append((what, name))

    def _keep(self, name: str, why: str, cells: list[Cell]) -> None:
        if name not in self.result.kept:
            notebook: Notebook = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
            notebook.metadata = copy.deepcopy(self.mine[name].metadata)
            self.result.kept[name] = notebook
        kept = self.result.kept[name].cells
        heading = why.format(name)
        if not any(cell.source == heading for cell in kept):
            kept.append(make_cell("markdown", heading))
        kept += cells

    def _order(self, name: str, found: Mapping[int, int]) -> list[Place]:
        """Give the order of a notebook's slots: the edition's, or the learner's if it fits."""
        new = [(name, number) for number in range(len(self.after[name].cells))]
        old = [self.now.get((name, k)) for k in range(len(self.before.notebooks.get(name, [])))]
        if name not in self.mine or self.again or old != new:
            return new
        order = [(name, found[number]) for number in sorted(found)]
        for slot in new:  # those that the learner deleted, below the one that was above them
            if slot not in order:
                order.insert(order.index((name, slot[1] - 1)) + 1 if slot[1] else 0, slot)
        return order

    def _assemble(self, name: str) -> Notebook:
        notebook = copy.deepcopy(self.after[name])
        former = self.mine.get(name) or next(
            (nb for old, nb in self.mine.items() if topic_of(old) == topic_of(name)), None
        )
        if former is not None and not self.again:
            notebook.metadata = as_node({**notebook.metadata, **former.metadata})
        notebook.cells, taken = [], {cell.id for cell in self.after[name].cells}
        for slot in self.order[name]:
            around = self.above.get(slot, []), self.below.get(slot, [])
            for cell in (*around[0], *around[1]):
                if cell.id in taken:  # the learner brought it from another notebook
                    cell.id = make_cell("raw", "").id
                taken.add(cell.id)
            notebook.cells += [*around[0], *self.slots[slot], *around[1]]
        return notebook


def _adopt(cell: Cell, new: Cell, handed: Handed) -> Cell:
    """Take the learner's cell, with the id of the edition's, and its tags beside their own."""
    adopted = copy.deepcopy(cell)
    own = [tag for tag in tags_of(cell) if tag not in handed.tags]
    tags = [*tags_of(new), *(tag for tag in own if tag not in tags_of(new))]
    others = {key: value for key, value in cell.metadata.items() if key != "tags"}
    adopted.id = new.id
    adopted.metadata = as_node(others | ({"tags": tags} if tags else {}))
    return adopted


def _yours(cell: Cell, is_answer: bool) -> list[Cell]:
    """Make the note and the learner's version; only an answer stays code that runs."""
    kind = "exercise" if is_answer and cell.cell_type == "code" else cell.cell_type
    version = copy.deepcopy(cell)
    if kind == "code":
        version = make_cell("raw", cell.source)
    version.id = make_cell("raw", "").id
    tags = [tag for tag in tags_of(cell) if tag not in ("exercise", "check", "raises-exception")]
    version.metadata = as_node({"tags": tags} if tags else {})
    return [make_cell("markdown", NOTES[kind]), version]


def _name_of(new: Cell, handed: Handed) -> str:
    """Name a cell for people: its exercise, or how it begins."""
    name = exercise_of(new) or handed.exercise
    return f"`{name}`" if name else f"“{(new.source.strip() or '…').splitlines()[0][:40]}”"
