"""Loading what was stored: each update passes the parser again, and the bad ones are left out.

A store may hold what an older server let in. It must not end the process, nor hold it up, nor
cost anybody the good updates. What waits for a missing update is tried again after the others.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from helpers.servers.document.effort import Effort
from helpers.servers.document.letters import Letters
from helpers.servers.document.owners import check_count
from helpers.servers.document.updates import write_update
from helpers.serving.schema import Refusal


@dataclass
class Loaded:
    """What stored updates make.

    Attributes:
        letters: the document.
        updates: what was new in each of them; together they are the document.
        left_out: why updates were not taken, or not all of them, by their numbers.
        idle: numbers of updates in which nothing was new.
    """

    letters: Letters = field(default_factory=Letters)
    updates: list[bytes] = field(default_factory=list)
    left_out: dict[int, str] = field(default_factory=dict)
    idle: list[int] = field(default_factory=list)


def load(rows: Iterable[tuple[int, bytes]]) -> Loaded:
    """Load updates.

    Args:
        rows: numbers and updates, oldest first.
    """
    loaded = Loaded()
    waiting: dict[int, bytes] = {}
    seen: set[bytes] = set()
    for number, data in rows:
        digest = hashlib.sha256(data).digest()
        if digest in seen:
            loaded.idle.append(number)
        elif not _take(loaded, number, data):
            waiting[number] = data
        seen.add(digest)
    while waiting:
        ready = [number for number, data in waiting.items() if _take(loaded, number, data)]
        if not ready:
            break
        for number in ready:
            del waiting[number]
    loaded.left_out |= dict.fromkeys(waiting, "it waits for an update that is missing")
    return loaded


def _take(loaded: Loaded, number: int, data: bytes) -> bool:
    """Take what can be taken of an update; False when some of it waits."""
    effort = Effort()
    try:
        update = effort.read(data)
        letters = loaded.letters
        new = letters.news(update.structs)
        check_count(len(letters.runs), sum(client not in letters.runs for client in new))
        merged = letters.merge(new, update.deletions, effort, partly=True)
    except Refusal as error:
        loaded.left_out[number] = str(error)
        return True
    if merged.update.structs or merged.update.deletions:
        loaded.updates.append(write_update(merged.update))
    elif not merged.waiting:
        loaded.idle.append(number)
    return not merged.waiting
