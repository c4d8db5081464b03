"""What the document keeps in SQLite: its updates, people, and what they did.

Each function is one piece of work for `Database.run`, and takes the connection first.
"""

import logging
import sqlite3
from typing import Any, NamedTuple

import pycrdt

from helpers.servers.document.loading import load

logger = logging.getLogger("document")

KEPT = 200  # entries of the log
COLOURS = 8

SCHEMA = """
CREATE TABLE IF NOT EXISTS updates (
    number INTEGER PRIMARY KEY,
    data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS set_aside (  -- updates that the server does not understand
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    data BLOB NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS clients (
    client INTEGER PRIMARY KEY,     -- the id under which a page writes
    person INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,     -- its hash
    colour INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    name TEXT NOT NULL,
    colour INTEGER NOT NULL,
    what TEXT NOT NULL,
    added INTEGER NOT NULL,
    removed INTEGER NOT NULL
);
"""
COLUMNS = ("seq", "at", "name", "colour", "what", "added", "removed")

Entry = dict[str, Any]


class Person(NamedTuple):
    """Somebody in the table of people; `colour` is 0 to 7."""

    id: int
    name: str
    colour: int


def add_person(db: sqlite3.Connection, name: str, token: str, colour: int) -> Person:
    """Add somebody new; `token` is the hash of a token."""
    sql = "INSERT INTO people (name, token, colour) VALUES (?, ?, ?)"
    number = db.execute(sql, (name, token, colour)).lastrowid
    assert number
    return Person(number, name, colour)


def find_person(db: sqlite3.Connection, token: str) -> Person | None:
    """Find somebody by the hash of a token."""
    sql = "SELECT id, name, colour FROM people WHERE token = ?"
    row = db.execute(sql, (token,)).fetchone()
    return row and Person(*row)


def updates(db: sqlite3.Connection) -> list[bytes]:
    """Return all updates, oldest first: together they are the document."""
    return [row[0] for row in db.execute("SELECT data FROM updates ORDER BY number")]


def add_update(db: sqlite3.Connection, data: bytes) -> None:
    """Add an update."""
    db.execute("INSERT INTO updates (data) VALUES (?)", (data,))


def add_clients(db: sqlite3.Connection, clients: list[int], person: int) -> None:
    """Note under which client ids somebody writes."""
    rows = ((client, person) for client in clients)
    db.executemany("INSERT OR IGNORE INTO clients (client, person) VALUES (?, ?)", rows)


def owners(db: sqlite3.Connection) -> dict[int, int]:
    """Return whose client ids are whose: ids of persons, by client ids."""
    return dict(db.execute("SELECT client, person FROM clients").fetchall())


def sift(db: sqlite3.Connection) -> list[bytes]:
    """Return the good updates, oldest first; the others are set aside, and never deleted."""
    loaded = load(db.execute("SELECT number, data FROM updates ORDER BY number"))
    for number, reason in loaded.left_out.items():
        logger.error("update %d was set aside: %s", number, reason)
        sql = "INSERT INTO set_aside (data, reason) SELECT data, ? FROM updates WHERE number = ?"
        db.execute(sql, (reason, number))
    if loaded.left_out or loaded.idle:
        db.execute("DELETE FROM updates")
        rows = ((data,) for data in loaded.updates)
        db.executemany("INSERT INTO updates (data) VALUES (?)", rows)
    return loaded.updates


def compact(db: sqlite3.Connection) -> None:
    """Replace all updates with one: the same document, in fewer bytes.

    They are merged as updates, so one that waits for an earlier one is kept, which the document
    itself would leave out. A merged update that makes another document, as forged updates can, is
    not used.
    """
    if len(every := updates(db)) > 1 and (merged := merge(every)):
        db.execute("DELETE FROM updates")
        db.execute("INSERT INTO updates (data) VALUES (?)", (merged,))


def merge(every: list[bytes]) -> bytes | None:
    """Make one update of many; None if it would not make the same document."""
    try:
        merged = pycrdt.merge_updates(*every)
        same = text_of([merged]) == text_of([*every, merged])
    except BaseException:  # a panic in Rust is not an Exception
        logger.exception("the updates were not compacted")
        return None
    return merged if same else None


def text_of(every: list[bytes]) -> str:
    """Return the text of the document that updates make."""
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
    for update in every:
        doc.apply_update(update)
    return str(doc.get("text", type=pycrdt.Text))


def log(db: sqlite3.Connection, entry: Entry) -> Entry:
    """Write an entry of the log: a new one, or, if it has a `seq`, a new state of that one."""
    row = [entry.get(column) for column in COLUMNS]
    marks = ", ".join("?" * len(COLUMNS))
    sql = f"INSERT OR REPLACE INTO log ({', '.join(COLUMNS)}) VALUES ({marks})"
    seq = db.execute(sql, row).lastrowid
    assert seq
    db.execute("DELETE FROM log WHERE seq <= ?", (seq - KEPT,))
    return entry | {"seq": seq}


def entries(db: sqlite3.Connection) -> list[Entry]:
    """Return the log, oldest first."""
    rows = db.execute(f"SELECT {', '.join(COLUMNS)} FROM log ORDER BY seq")
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def last_entry(db: sqlite3.Connection) -> Entry | None:
    """Return the newest entry of the log."""
    row = db.execute(f"SELECT {', '.join(COLUMNS)} FROM log ORDER BY seq DESC LIMIT 1").fetchone()
    return row and dict(zip(COLUMNS, row, strict=True))
