"""What `take_edit` is judged by: rooms, the edits that arrive there, and what becomes of them."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from typing import Any

from helpers.lessons.shared_document.mistakes import Edit

NAMES = ("Alice", "Bob")


def build_edit(version: int, at: int, delete: int, insert: str, author: str) -> Edit:
    """Build an edit as it arrives in a room."""
    parts = {"version": version, "at": at, "delete": delete, "insert": insert}
    return parts | {"author": author}


def move(edit: Edit, other: Edit) -> Edit:
    """Move an insert past another: what a solved `transform` does."""
    later = (edit["at"], edit["author"]) > (other["at"], other["author"])
    return {**edit, "at": edit["at"] + (len(other["insert"]) if later else 0)}


def apply(text: str, edit: Edit) -> str:
    """Apply an edit: what a solved `apply_edit` does.

    Raises:
        ValueError: it does not fit.
    """
    start, end = edit["at"], edit["at"] + edit["delete"]
    if not 0 <= start <= end <= len(text):
        raise ValueError(f"an edit from {start} to {end} does not fit {len(text)} characters")
    return str(text[:start] + edit["insert"] + text[end:])


def take(room: Edit, edit: Edit) -> Edit | None:
    """Take an edit into a room: what is expected of the learner."""
    for other in room["edits"][edit["version"] :]:
        if edit["delete"] or other["delete"]:
            return None
        edit = move(edit, other)
    room["text"] = apply(room["text"], edit)
    room["edits"].append(edit)
    return edit


@dataclass
class Case:
    """One edit that arrives in a room.

    Attributes:
        text: what is written there.
        edits: what was edited before.
        edit: what arrives.
        nudge: the next step for anyone who gets it wrong.
        fits: whether it reaches no further than the text.
    """

    text: str
    edits: list[Edit]
    edit: Edit
    nudge: str
    fits: bool = True
    after: Edit = field(init=False)
    expected: Edit | None = field(init=False)

    def __post_init__(self) -> None:
        self.after = self.room()
        self.expected = take(self.after, self.edit) if self.fits else None

    def room(self) -> Edit:
        """Return the room, as new."""
        return {"text": self.text, "edits": copy.deepcopy(self.edits)}


BIG = build_edit(0, 0, 0, "big ", "Alice")
FAT = build_edit(1, 4, 0, "fat ", "Carol")
GONE = build_edit(0, 0, 1, "", "Alice")

CASES = (
    Case(
        "cat", [], build_edit(0, 3, 0, "s", "Bob"), "Nothing came in between: apply it as it is."
    ),
    Case(
        "big cat",
        [BIG],
        build_edit(0, 3, 0, "s", "Bob"),
        "Bob had seen version 0, so Alice's edit came in between: move his past hers.",
    ),
    Case(
        "big cat",
        [BIG],
        build_edit(1, 7, 0, "s", "Bob"),
        "Bob had seen version 1, so Alice's edit is in his text already. Only the edits from "
        '`edit["version"]` on came in between.',
    ),
    Case(
        "big fat cat",
        [BIG, FAT],
        build_edit(0, 3, 0, "s", "Bob"),
        "Two edits came in between. Move Bob's past the first, and the result past the second.",
    ),
    Case(
        "XXcat",
        [build_edit(0, 0, 0, "XX", "Carol")],
        build_edit(0, 0, 0, "Y", "Bob"),
        "Same place: `transform(edit, other)` decides. Is `edit` the first argument?",
    ),
    Case(
        "cats",
        [],
        build_edit(0, 3, 1, "", "Bob"),
        "A delete that was based on the newest version needs no moving: apply it.",
    ),
    Case(
        "at",
        [GONE],
        build_edit(1, 2, 0, "e", "Bob"),
        "Bob had seen the delete: it did not come in between, so it does not matter.",
    ),
    Case(
        "big cat",
        [BIG],
        build_edit(0, 0, 1, "", "Bob"),
        "That is a delete, and another edit came in between: return None, and leave the room as "
        "it is.",
    ),
    Case(
        "at",
        [GONE],
        build_edit(0, 3, 0, "s", "Bob"),
        "A delete came in between, and nothing can be moved past it: return None, and leave the "
        "room as it is.",
    ),
    Case(
        "at big",
        [GONE, build_edit(1, 2, 0, " big", "Carol")],
        build_edit(0, 3, 0, "s", "Bob"),
        "A delete is among those that came in between, though it is not the last: return None.",
    ),
    Case(
        "cat",
        [],
        build_edit(0, 9, 0, "s", "Bob"),
        "It does not fit. Let the `ValueError` of `apply_edit` through, and leave the room as it "
        "was: apply first, then change the room.",
        fits=False,
    ),
)


def crossing_edits(seed: int, count: int) -> list[Edit]:
    """Make up what two people type, each of whom has not seen the other's newest edits.

    Returns:
        The edits, in the order in which they arrive.
    """
    pick = random.Random(seed)
    room: Edit = {"text": "cat", "edits": []}
    texts = ["cat"]  # of each version
    arrived: list[Edit] = []
    seen = dict.fromkeys(NAMES, 0)
    for _ in range(count):
        author = pick.choice(NAMES)
        version = pick.randint(seen[author], len(room["edits"]))
        at = pick.randint(0, len(texts[version]))
        edit = build_edit(version, at, 0, pick.choice(("a", "be", "sea ")), author)
        arrived.append(edit)
        take(room, edit)
        texts.append(room["text"])
        seen[author] = len(room["edits"])  # a page waits for the answer before it sends another
    return arrived


def find_difference(mine: Edit, after: Edit) -> str:
    """Say what is wrong with a room, though the right edit was returned.

    Args:
        mine: the learner's room.
        after: the right one.

    Returns:
        The next step; empty when nothing is.
    """
    if mine.get("text") != after["text"]:
        return 'The room has another text: `room["text"]` is the text after the moved edit.'
    edits: Any = mine.get("edits")
    if not isinstance(edits, list) or len(edits) != len(after["edits"]):
        return 'Append the moved edit to `room["edits"]`, once: the room is one version further.'
    if edits[-1].get("at") != after["edits"][-1]["at"]:
        return (
            'The edit in `room["edits"]` is not the moved one, but later edits are moved past it.'
        )
    return ""
