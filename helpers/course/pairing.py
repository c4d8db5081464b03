"""Which cell is which: of the learner's copy, of what was handed out, and of a new edition.

An exercise keeps its name for good, in whichever notebook it is; every other cell is known by its
id, and where several notebooks have that id, by the lesson too. Some programs throw all ids away:
then a cell is known by its text, and an answer by the function that it defines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

from helpers.course.edition import Edition, Handed, hand
from helpers.course.notebook import Cell, Notebook, digest, topic_of

__all__ = ["Place", "pair_editions", "pair_learner"]

#: A cell of an edition: the name of its notebook, and its number there.
Place = tuple[str, int]
Keys = Iterable[tuple[Place, Hashable]]


def pair_editions(before: Edition, after: Mapping[str, Notebook]) -> dict[Place, Place]:
    """Find each cell that was handed out in the new edition.

    Args:
        before: what was handed out.
        after: the notebooks of the new edition.

    Returns:
        For each cell that is still there, where it is now.
    """
    new = {name: [hand(cell) for cell in nb.cells] for name, nb in after.items()}
    found: dict[Place, Place] = {}
    for keys in (_exercises, _ids_in_lessons, _ids):
        _join(found, keys(before.notebooks), keys(new))
    return found


def pair_learner(
    handed: Sequence[Handed], cells: Sequence[Cell]
) -> tuple[dict[int, int], list[int]]:
    """Find each cell of a learner's notebook among those that were handed out in it.

    Args:
        handed: the cells that were handed out in this notebook.
        cells: the learner's cells.

    Returns:
        The number of the handed cell for that of each cell, and the numbers of the learner's own.
    """
    found: dict[int, int] = {}
    free = dict(enumerate(handed))

    def join(number: int, key: int) -> None:
        found[number] = key
        del free[key]

    by_id = {cell.id: key for key, cell in free.items()}
    for number, cell in enumerate(cells):
        if by_id.get(cell.id) in free:
            join(number, by_id[cell.id])
    for number, cell in enumerate([] if found else cells):  # a program threw the ids away
        mine = digest(cell)
        same = [k for k, h in free.items() if h.digest == mine]
        named = [k for k, h in free.items() if h.exercise and _defines(cell, h.exercise)]
        if same or named:
            join(number, (same or named)[0])
    return found, [number for number in range(len(cells)) if number not in found]


def _defines(cell: Cell, name: str) -> bool:
    pattern = rf"^(?:async\s+)?def\s+{re.escape(name)}\b"
    return cell.cell_type == "code" and bool(re.search(pattern, cell.source, re.MULTILINE))


def _join(found: dict[Place, Place], before: Keys, after: Keys) -> None:
    """Pair what has the same key and is not paired yet, unless several have that key."""
    taken = set(found.values())
    old = _once((place, key) for place, key in before if place not in found)
    new = _once((place, key) for place, key in after if place not in taken)
    found.update({old[key]: new[key] for key in old.keys() & new.keys()})


def _once(keys: Keys) -> dict[Hashable, Place]:
    pairs = list(keys)
    times = Counter(key for _, key in pairs)
    return {key: place for place, key in pairs if times[key] == 1}


def _exercises(notebooks: Mapping[str, Sequence[Handed]]) -> Keys:
    for name, cells in notebooks.items():
        yield from (((name, n), c.exercise) for n, c in enumerate(cells) if c.exercise)


def _ids_in_lessons(notebooks: Mapping[str, Sequence[Handed]]) -> Keys:
    for name, cells in notebooks.items():
        yield from (((name, n), (topic_of(name), c.id)) for n, c in enumerate(cells))


def _ids(notebooks: Mapping[str, Sequence[Handed]]) -> Keys:
    for name, cells in notebooks.items():
        yield from (((name, n), c.id) for n, c in enumerate(cells))
