"""What vote keeps in SQLite: polls, and one vote for each voter and poll; totals are counted.

Each function is one piece of work for `Database.run`, and takes the connection first.
"""

import secrets
import sqlite3
from typing import Any

from helpers.serving.schema import Refusal

KEPT = 1_000  # polls; the oldest closed one is deleted for a new one
MAX_OWNED = 50  # open polls that one voter has made
ALPHABET = "BCDFGHJKMNPQRSTVWXYZ23456789"  # no two that look alike, and no vowels, so no words
CODE_LENGTH = 6

SCHEMA = """
CREATE TABLE IF NOT EXISTS polls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    request TEXT NOT NULL UNIQUE,   -- a retry gets the same poll
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
    turn INTEGER NOT NULL,          -- rises with each choice of the voter here
    PRIMARY KEY (poll, voter)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS makers (
    poll INTEGER PRIMARY KEY REFERENCES polls ON DELETE CASCADE,
    voter TEXT NOT NULL             -- the hash of the token of whoever made it
);
CREATE INDEX IF NOT EXISTS made ON makers (voter);
CREATE INDEX IF NOT EXISTS totals ON votes (poll, option);
"""
CAST = """
INSERT INTO votes (poll, voter, option, turn) VALUES (?, ?, ?, ?)
ON CONFLICT (poll, voter) DO UPDATE SET option = excluded.option, turn = excluded.turn
WHERE excluded.turn > votes.turn
"""

Poll = dict[str, Any]


def make_code() -> str:
    """Make up the code of a poll, such as `K7QX2M`."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def create(
    db: sqlite3.Connection,
    request: str,
    voter: str,
    owner: str,
    question: str,
    options: list[str],
) -> str:
    """Add a poll, unless this request has made one already.

    Args:
        db: the database.
        request: the hash of the voter and of the id that they chose; a retry has the same.
        voter: the hash of the token of the voter who makes it.
        owner: the hash of the owner's token.
        question: what the poll asks.
        options: what voters can choose.

    Returns:
        The poll's code.

    Raises:
        Refusal: too_many_polls, when the voter has too many that are open, or when every poll
            that is kept is still open.
    """
    if known := db.execute("SELECT code FROM polls WHERE request = ?", (request,)).fetchone():
        return str(known[0])
    made = "SELECT count(*) FROM makers JOIN polls ON id = poll WHERE voter = ? AND open"
    if db.execute(made, (voter,)).fetchone()[0] >= MAX_OWNED:
        fact = f"you have {MAX_OWNED} open polls, as many as one voter may; close one first"
        raise Refusal("too_many_polls", fact)
    if db.execute("SELECT count(*) FROM polls").fetchone()[0] >= KEPT:
        _delete_oldest(db)
    code = make_code()
    row = db.execute(
        "INSERT INTO polls (code, request, owner, question) VALUES (?, ?, ?, ?)",
        (code, request, owner, question),
    )
    db.execute("INSERT INTO makers (poll, voter) VALUES (?, ?)", (row.lastrowid, voter))
    numbered = [(row.lastrowid, number, text) for number, text in enumerate(options)]
    db.executemany("INSERT INTO options VALUES (?, ?, ?)", numbered)
    return code


def _delete_oldest(db: sqlite3.Connection) -> None:
    oldest = db.execute("SELECT min(id) FROM polls WHERE NOT open").fetchone()[0]
    if oldest is None:
        fact = f"{KEPT:,} polls are open; close one that is over"
        raise Refusal("too_many_polls", fact)
    for sql in ("votes WHERE poll", "options WHERE poll", "makers WHERE poll", "polls WHERE id"):
        db.execute(f"DELETE FROM {sql} = ?", (oldest,))


def find(db: sqlite3.Connection, code: str) -> tuple[int, bool]:
    """Find a poll; return its number, and whether it is open.

    Raises:
        Refusal: no_such_poll.
    """
    row = db.execute("SELECT id, open FROM polls WHERE code = ?", (code.upper(),)).fetchone()
    if not row:
        raise Refusal("no_such_poll", "there is no poll with this code; check the code")
    return row[0], bool(row[1])


def cast(
    db: sqlite3.Connection, code: str, voter: str, option: int, turn: int
) -> tuple[dict[str, int], bool]:
    """Store a voter's choice, unless a newer one is stored.

    Args:
        db: the database.
        code: the poll's.
        voter: the hash of the voter's token.
        option: the number of the option, from 0.
        turn: the number of this choice, rising from 1; a retry has the same.

    Returns:
        The choice that counts now, `mine` and `turn`, and whether it is new.

    Raises:
        Refusal: no_such_poll, no_such_option or closed.
    """
    poll, is_open = find(db, code)
    choice = find_choice(db, poll, voter)
    if turn <= choice["turn"]:  # a retry, or a choice that a newer one overtook
        return choice, False
    known = db.execute("SELECT 1 FROM options WHERE poll = ? AND number = ?", (poll, option))
    if not known.fetchone():
        raise Refusal("no_such_option", f"this poll has no option {option}")
    if not is_open:
        raise Refusal("closed", "this poll is closed and accepts no more votes")
    db.execute(CAST, (poll, voter, option, turn))
    db.execute("UPDATE polls SET version = version + 1 WHERE id = ?", (poll,))
    return {"mine": option, "turn": turn}, True


def find_choice(db: sqlite3.Connection, poll: int, voter: str) -> dict[str, Any]:
    """Find what a voter has chosen: `mine`, None if nothing yet, and `turn`."""
    sql = "SELECT option, turn FROM votes WHERE poll = ? AND voter = ?"
    option, turn = db.execute(sql, (poll, voter)).fetchone() or (None, 0)
    return {"mine": option, "turn": turn}


def count_votes(db: sqlite3.Connection, code: str) -> Poll:
    """Count a poll's votes.

    Returns:
        `code`, `version`, `open`, `totals` (one number for each option) and `voters`.

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
    return {
        "code": code.upper(),
        "version": version,
        "open": is_open,
        "totals": counted,
        "voters": sum(counted),
    }


def describe(db: sqlite3.Connection, code: str, voter: str) -> Poll:
    """Describe a poll, with everything that one voter may know about it.

    Raises:
        Refusal: no_such_poll.
    """
    poll, _ = find(db, code)
    question = db.execute("SELECT question FROM polls WHERE id = ?", (poll,)).fetchone()[0]
    sql = "SELECT text FROM options WHERE poll = ? ORDER BY number"
    options = [row[0] for row in db.execute(sql, (poll,))]
    about = {"question": question, "options": options}
    return count_votes(db, code) | about | find_choice(db, poll, voter)


def close(db: sqlite3.Connection, code: str, owner: str) -> bool:
    """Close a poll for good.

    Args:
        db: the database.
        code: the poll's.
        owner: the hash of the token that the client sent.

    Returns:
        Whether it was open until now.

    Raises:
        Refusal: no_such_poll or not_owner.
    """
    poll, is_open = find(db, code)
    known = db.execute("SELECT owner FROM polls WHERE id = ?", (poll,)).fetchone()[0]
    if not secrets.compare_digest(known, owner):
        raise Refusal("not_owner", "only the person who made this poll can close it")
    db.execute("UPDATE polls SET open = 0, version = version + open WHERE id = ?", (poll,))
    return is_open
