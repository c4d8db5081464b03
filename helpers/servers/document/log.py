"""The document's activity log: who joined, who left, and who wrote how much.

The edits of one person, soon after each other, are one entry that grows. It is stored with each
edit, but sent at most twice a second, because only its latest state matters.
"""

import asyncio
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Any

from helpers.servers.document import store as document_store
from helpers.servers.document.store import Entry, Person
from helpers.servers.document.text import Change
from helpers.serving import database, messages
from helpers.serving.presence import Places

BURST = timedelta(seconds=30)
SEND_S = 0.5  # between two states of an entry


class ActivityLog:
    """What happened lately.

    Args:
        store: where it is kept.
        entries: what happened before, oldest first.
        authors: those who are sent new entries.
    """

    def __init__(
        self, store: database.Database, entries: list[Entry], authors: Places[Any]
    ) -> None:
        self.entries = entries
        self._store, self._authors = store, authors
        self._timer: asyncio.TimerHandle | None = None

    def note(self, person: Person, what: str) -> None:
        """Store that somebody `joined` or `left`."""
        entry = entry_of(person, what)
        self._store.run_later(lambda db: document_store.log(db, entry), self.written)

    def edited(self, db: Connection, person: Person, change: Change) -> Entry | None:
        """Store what an edit did to the text; called in the database's thread."""
        if change == Change(0, 0):
            return None
        entry = entry_of(person, "edited") | change._asdict()
        last = document_store.last_entry(db)
        if last and same_burst(last, entry):
            entry["seq"] = last["seq"]
            entry |= {count: entry[count] + last[count] for count in ("added", "removed")}
        return document_store.log(db, entry)

    def written(self, entry: Entry) -> None:
        """Take in a stored entry, or a new state of the last one, and send it soon."""
        if self.entries and self.entries[-1]["seq"] == entry["seq"]:
            self.entries.pop()
        elif self._timer:
            self._timer.cancel()
            self._send()  # the one about to be sent is no longer the last
        self.entries.append(entry)
        del self.entries[: -document_store.KEPT]
        if not self._timer:
            self._timer = asyncio.get_running_loop().call_later(SEND_S, self._send)

    def _send(self) -> None:
        self._timer = None
        self._authors.broadcast({"type": "log", "entry": self.entries[-1]})


def entry_of(person: Person, what: str) -> Entry:
    """Return a new entry of the log."""
    return {
        "at": messages.now(),
        "name": person.name,
        "colour": person.colour,
        "what": what,
        "added": 0,
        "removed": 0,
    }


def same_burst(last: Entry, new: Entry) -> bool:
    """Tell whether two entries are one burst: edits of one person, soon after each other."""
    alike = all(last[field] == new[field] for field in ("name", "colour", "what"))
    at = datetime.fromisoformat
    return alike and at(new["at"]) - at(last["at"]) < BURST
