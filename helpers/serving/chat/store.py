"""What the chat keeps in SQLite: people, by the hash of their token, and messages, in order.

Each function is one piece of work for `Database.run`, and takes the connection first.
"""

import sqlite3
from typing import Any, NamedTuple

from helpers.serving.messages import RECENT, fitting

KEPT = 10_000  # messages; the oldest make room
PAGE = 200  # messages at most in one answer to `catch_up`

SCHEMA = """
CREATE TABLE IF NOT EXISTS people (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,     -- its hash
    online INTEGER NOT NULL         -- then the name is held after a crash
);
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice
    author INTEGER NOT NULL REFERENCES people,
    id TEXT NOT NULL,               -- the author's own: a retry is the same message
    at TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    recipient INTEGER REFERENCES people,    -- of a private message
    recipient_name TEXT,
    UNIQUE (author, id)
);
"""
COLUMNS = "seq, id, at, name, text, recipient_name"
VISIBLE = "(recipient IS NULL OR author = :person OR recipient = :person)"

Message = dict[str, Any]
Page = dict[str, Any]  # the fields of an answer: messages, and whether there are more, or older


class Person(NamedTuple):
    """Somebody in the table of people: `id` and `name`."""

    id: int
    name: str


def as_message(row: tuple[Any, ...]) -> Message:
    """Turn a row into the message that clients get."""
    seq, id_, at, name, text, to = row
    message = {"type": "message", "seq": seq, "id": id_, "at": at, "from": name, "text": text}
    return message if to is None else message | {"to": to}


def add_person(db: sqlite3.Connection, name: str, token: str) -> Person:
    """Add somebody new, online; `token` is the hash of a token."""
    row = db.execute("INSERT INTO people (name, token, online) VALUES (?, ?, 1)", (name, token))
    assert row.lastrowid
    return Person(row.lastrowid, name)


def find_person(db: sqlite3.Connection, token: str) -> Person | None:
    """Find somebody by the hash of a token."""
    row = db.execute("SELECT id, name FROM people WHERE token = ?", (token,)).fetchone()
    return row and Person(*row)


def forget_strangers(db: sqlite3.Connection) -> None:
    """Forget people who are offline and have no messages: their tokens are worth nothing."""
    db.execute(
        "DELETE FROM people WHERE NOT online AND id NOT IN (SELECT author FROM messages) AND "
        "id NOT IN (SELECT recipient FROM messages WHERE recipient IS NOT NULL)"
    )


def set_online(db: sqlite3.Connection, person: int, online: bool) -> None:
    """Store that somebody is online, or has left."""
    db.execute("UPDATE people SET online = ? WHERE id = ?", (online, person))


def were_online(db: sqlite3.Connection) -> list[Person]:
    """List the people who were online when the server ended."""
    return [Person(*row) for row in db.execute("SELECT id, name FROM people WHERE online")]


def add_message(
    db: sqlite3.Connection, author: Person, id: str, at: str, text: str, to: Person | None
) -> tuple[Message, bool]:
    """Add a message, unless its author has sent one with this id.

    Args:
        db: the database.
        author: the person who says it.
        id: the author's own name for it.
        at: the time, for a new message.
        text: what is said.
        to: the only one who may read it; None for everybody.

    Returns:
        The message as it is stored, and whether it is new.
    """
    recipient = (to.id, to.name) if to else (None, None)
    added = db.execute(
        "INSERT INTO messages (author, id, at, name, text, recipient, recipient_name) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (author, id) DO NOTHING",
        (author.id, id, at, author.name, text, *recipient),
    )
    found = f"SELECT {COLUMNS} FROM messages WHERE author = ? AND id = ?"
    message = as_message(db.execute(found, (author.id, id)).fetchone())
    db.execute("DELETE FROM messages WHERE seq <= ?", (message["seq"] - KEPT,))
    return message, added.rowcount == 1


def first_page(db: sqlite3.Connection, person: int, after: int | None) -> Page:
    """Store that somebody is online, and return the first messages that they get.

    Args:
        db: the database.
        person: the id of the person who has come in.
        after: the last `seq` that they have seen; None for somebody new, who gets the newest.
    """
    set_online(db, person, True)
    if after is None:
        page = previous_page(db, person, None)
        return {"messages": page["messages"], "more": False, "older": page["older"]}
    return next_page(db, person, after) | {"older": True}


def next_page(db: sqlite3.Connection, person: int, seq: int) -> Page:
    """Return what somebody may read after `seq`, oldest first, and whether there is more."""
    sql = f"SELECT {COLUMNS} FROM messages WHERE seq > :seq AND {VISIBLE} ORDER BY seq LIMIT :n"
    messages, more = _read(db, sql, person, seq, PAGE)
    return {"messages": messages, "more": more}


def previous_page(db: sqlite3.Connection, person: int, seq: int | None) -> Page:
    """Return what somebody may read before `seq`, oldest first, and whether there are older ones.

    Args:
        db: the database.
        person: the id of the reader, whose private messages are among them.
        seq: None for the newest.
    """
    sql = (
        f"SELECT {COLUMNS} FROM messages WHERE (:seq IS NULL OR seq < :seq) AND {VISIBLE} "
        "ORDER BY seq DESC LIMIT :n"
    )
    messages, older = _read(db, sql, person, seq, RECENT)
    return {"messages": messages[::-1], "older": older}


def _read(
    db: sqlite3.Connection, sql: str, person: int, seq: int | None, at_most: int
) -> tuple[list[Message], bool]:
    rows = db.execute(sql, {"person": person, "seq": seq, "n": at_most + 1}).fetchall()
    messages = [as_message(row) for row in rows[:at_most]]
    fit = fitting(message["text"] for message in messages)
    return messages[:fit], len(rows) > fit
