"""The messages of the rooms, in SQLite: each room keeps its newest, in one order.

Each function is one piece of work for `Database.run`, and takes the connection first.
"""

import sqlite3
from collections.abc import Iterable
from typing import Any

from helpers.servers.rooms.store import Person, Room
from helpers.serving.messages import fitting

KEPT = 1_000  # messages of a room; older ones are deleted
RECENT = 50  # messages in one answer, at most

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    room INTEGER NOT NULL REFERENCES rooms,
    author INTEGER NOT NULL REFERENCES people,
    id TEXT NOT NULL,               -- the author's own: a retry is the same message
    at TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (room, author, id)
);
CREATE INDEX IF NOT EXISTS said_in ON messages (room, seq);
"""

Message = dict[str, Any]


def add_message(
    db: sqlite3.Connection, room: Room, author: Person, id: str, at: str, text: str
) -> tuple[Message, bool]:
    """Add a message, unless its author has sent one with this id to the room.

    Returns:
        The message as it is stored, and whether it is new.
    """
    added = db.execute(
        "INSERT INTO messages (room, author, id, at, text) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (room, author, id) DO NOTHING",
        (room.id, author.id, id, at, text),
    )
    found = "WHERE messages.room = ? AND author = ? AND messages.id = ?"
    (message,) = _find_messages(db, found, (room.id, author.id, id))
    db.execute(
        "DELETE FROM messages WHERE room = :room AND seq <= (SELECT seq FROM messages "
        "WHERE room = :room ORDER BY seq DESC LIMIT 1 OFFSET :kept)",
        {"room": room.id, "kept": KEPT},
    )
    return message, added.rowcount == 1


def find_messages_before(
    db: sqlite3.Connection, room: Room, seq: int | None, at_most: int = RECENT
) -> tuple[list[Message], bool]:
    """Find the messages of a room before `seq`, oldest first, and whether there are older ones.

    Args:
        db: the database.
        room: the room.
        seq: None for the newest messages.
        at_most: the largest number of messages.
    """
    found = "WHERE messages.room = ? AND (? IS NULL OR seq < ?) ORDER BY seq DESC LIMIT ?"
    newest = _find_messages(db, found, (room.id, seq, seq, at_most + 1))
    fit = fitting(message["text"] for message in newest[:at_most])
    return newest[:fit][::-1], len(newest) > fit


def _find_messages(db: sqlite3.Connection, which: str, values: Iterable[Any]) -> list[Message]:
    rows = db.execute(
        "SELECT seq, messages.id, at, name, text FROM messages "
        f"JOIN people ON people.id = author {which}",
        tuple(values),
    )
    return [dict(zip(("seq", "id", "at", "from", "text"), row, strict=True)) for row in rows]
