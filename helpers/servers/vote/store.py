"""What vote keeps in SQLite: polls, and one vote a voter and poll; totals are counted from them.

Each function is one piece of work for `Database.run`, and takes the connection first.
"""

import secrets
import sqlite3
from typing import Any

from helpers.serving.schema import Refusal

KEPT = 1_000  # polls; the oldest that is closed makes room
ALPHABET = "BCDFGHJKMNPQRSTVWXYZ23456789"  # nothing that looks like another, and no words
CODE_LENGTH = 6

SCHEMA = """
CREATE TABLE IF NOT EXISTS polls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    request TEXT NOT NULL UNIQUE,   -- whoever asks again gets the same poll
    owner TEXT NOT NULL,            -- the hash of a token
    question TEXT NOT NULL,
    open INTEGER NOT NULL DEFAULT 1,
    version INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS options (
    poll INTEGER NOT NULL REFERENCES polls ON DELETE CASCADE,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (poll, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS votes (
    poll INTEGER NOT NULL REFERENCES polls ON DELETE CASCADE,
    voter TEXT NOT NULL,            -- the hash of a token
    option INTEGER NOT NULL,
    turn INTEGER NOT NULL,          -- of the voter's choices here, the newest counts
    PRIMARY KEY (poll, voter)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS totals ON votes (poll, option);
"""
CAST = """
INSERT INTO votes (poll, voter, option, turn) VALUES (?, ?, ?, ?)
ON CONFLICT (poll, voter) DO UPDATE SET option = excluded.option, turn = excluded.turn
WHERE excluded.turn > votes.turn
"""

Poll = dict[str, Any]


def new_code() -> str:
    """Return a poll's code, such as `K7QX2M`."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def create(
    db: sqlite3.Connection, request: str, owner: str, question: str, options: list[str]
) -> str:
    """Add a poll, unless this request has made one already.

    Args:
        db: the database.
        request: the asking voter's own name for it, with the voter's hash before it.
        owner: the hash of the owner's token.
        question: what is asked.
        options: what can be chosen.

    Returns:
        The poll's code.

    Raises:
        Refusal: too_many_polls, when all that are kept are open.
    """
    if known := db.execute("SELECT code FROM polls WHERE request = ?", (request,)).fetchone():
        return str(known[0])
    if db.execute("SELECT count(*) FROM polls").fetchone()[0] >= KEPT:
        _make_room(db)
    code = new_code()
    row = db.execute(
        "INSERT INTO polls (code, request, owner, question) VALUES (?, ?, ?, ?)",
        (code, request, owner, question),
    )
    numbered = [(row.lastrowid, number, text) for number, text in enumerate(options)]
    db.executemany("INSERT INTO options VALUES (?, ?, ?)", numbered)
    return code


def _make_room(db: sqlite3.Connection) -> None:
    oldest = db.execute("SELECT min(id) FROM polls WHERE NOT open").fetchone()[0]
    if oldest is None:
        fact = f"{KEPT:,} polls are open here; close one that is over"
        raise Refusal("too_many_polls", fact)
    for sql in ("votes WHERE poll", "options WHERE poll", "polls WHERE id"):
        db.execute(f"DELETE FROM {sql} = ?", (oldest,))


def find(db: sqlite3.Connection, code: str) -> tuple[int, bool]:
    """Return the number of a poll, and whether it is open.

    Raises:
        Refusal: no_such_poll.
    """
    row = db.execute("SELECT id, open FROM polls WHERE code = ?", (code.upper(),)).fetchone()
    if not row:
        raise Refusal("no_such_poll", "there is no poll with this code; look at it once more")
    return row[0], bool(row[1])


def cast(
    db: sqlite3.Connection, code: str, voter: str, option: int, turn: int
) -> tuple[dict[str, int], bool]:
    """Store a voter's choice, unless they have chosen anew since.

    Args:
        db: the database.
        code: the poll's.
        voter: the hash of the voter's token.
        option: the number of what they choose, from 0.
        turn: the number of this choice, rising from 1; a retry has the same.

    Returns:
        What counts now, `mine` and `turn`, and whether that is new.

    Raises:
        Refusal: no_such_poll, no_such_option or closed.
    """
    poll, is_open = find(db, code)
    now = mine(db, poll, voter)
    if turn <= now["turn"]:  # a retry, or one that was overtaken
        return now, False
    known = db.execute("SELECT 1 FROM options WHERE poll = ? AND number = ?", (poll, option))
    if not known.fetchone():
        raise Refusal("no_such_option", f"this poll has no option {option}")
    if not is_open:
        raise Refusal("closed", "this poll is closed: votes count no more")
    db.execute(CAST, (poll, voter, option, turn))
    db.execute("UPDATE polls SET version = version + 1 WHERE id = ?", (poll,))
    return {"mine": option, "turn": turn}, True


def mine(db: sqlite3.Connection, poll: int, voter: str) -> dict[str, Any]:
    """Return what a voter has chosen: `mine`, None for nothing yet, and `turn`."""
    sql = "SELECT option, turn FROM votes WHERE poll = ? AND voter = ?"
    option, turn = db.execute(sql, (poll, voter)).fetchone() or (None, 0)
    return {"mine": option, "turn": turn}


def totals(db: sqlite3.Connection, code: str) -> Poll:
    """Count a poll's votes.

    Returns:
        `code`, `version`, `open`, `totals` (one an option) and `voters`.

    Raises:
        Refusal: no_such_poll.
    """
    poll, is_open = find(db, code)
    sql = (
        "SELECT (SELECT count(*) FROM votes WHERE votes.poll = options.poll AND "
        "option = number) FROM options WHERE poll = ? ORDER BY number"
    )
    counted = [row[0] for row in db.execute(sql, (poll,))]
    version = db.execute("SELECT version FROM polls WHERE id = ?", (poll,)).fetchone()[0]
    about = {"code": code.upper(), "version": version, "open": is_open}
    return about | {"totals": counted, "voters": sum(counted)}


def describe(db: sqlite3.Connection, code: str, voter: str) -> Poll:
    """Return all that one voter may know about a poll.

    Raises:
        Refusal: no_such_poll.
    """
    poll, _ = find(db, code)
    question = db.execute("SELECT question FROM polls WHERE id = ?", (poll,)).fetchone()[0]
    sql = "SELECT text FROM options WHERE poll = ? ORDER BY number"
    options = [row[0] for row in db.execute(sql, (poll,))]
    about = {"question": question, "options": options}
    return totals(db, code) | about | mine(db, poll, voter)


def close(db: sqlite3.Connection, code: str, owner: str) -> bool:
    """Close a poll for good.

    Args:
        db: the database.
        code: the poll's.
        owner: the hash of the token of whoever asks.

    Returns:
        Whether it was open until now.

    Raises:
        Refusal: no_such_poll or not_owner.
    """
    poll, is_open = find(db, code)
    known = db.execute("SELECT owner FROM polls WHERE id = ?", (poll,)).fetchone()[0]
    if not secrets.compare_digest(known, owner):
        raise Refusal("not_owner", "only who made this poll can close it")
    db.execute("UPDATE polls SET open = 0, version = version + open WHERE id = ?", (poll,))
    return is_open
