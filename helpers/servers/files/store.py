"""What `files` keeps in SQLite: people, and each file that is whole or on its way.

Each function is one piece of work for `Database.run`, and takes the connection first. A file is
whole when it has a checksum. Until then `received` says how many of its bytes are on the disk.
"""

import secrets
import sqlite3
from collections.abc import Collection
from typing import Any, NamedTuple

from helpers.servers.files.safe_names import free_name
from helpers.serving.messages import iso
from helpers.serving.names import look_key
from helpers.serving.schema import Refusal

MAX_OFFERED = 10_000  # files of which nothing need be here yet
NO_ROOM = "there is no room for this file; somebody has to remove one"
SCHEMA = """
CREATE TABLE IF NOT EXISTS people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,     -- its hash
    seen REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY,            -- made up by us: where its bytes are, and how it is asked for
    owner INTEGER NOT NULL REFERENCES people,
    upload TEXT NOT NULL,           -- the owner's own: a retry is the same file
    name TEXT NOT NULL,
    key TEXT NOT NULL,              -- what names share that look the same
    size INTEGER NOT NULL,
    received INTEGER NOT NULL DEFAULT 0,    -- bytes that are on the disk
    sha256 TEXT,                    -- NULL: it is on its way
    touched REAL NOT NULL,          -- when it last grew; once it is whole, when that was
    UNIQUE (owner, upload)
);
CREATE UNIQUE INDEX IF NOT EXISTS looks ON files (key) WHERE sha256 IS NOT NULL;
"""
SELECT = (
    "SELECT files.id, owner, upload, files.name, size, received, sha256, touched, people.name "
    "FROM files JOIN people ON people.id = owner "
)


class Person(NamedTuple):
    """Somebody in the table of people: `id` and `name`."""

    id: int
    name: str


class File(NamedTuple):
    """A file, whole or on its way."""

    id: str
    owner: int
    upload: str
    name: str
    size: int
    received: int
    sha256: str | None
    touched: float
    owner_name: str

    def described(self) -> dict[str, Any]:
        """Return what clients are told of a whole file."""
        told = {"id": self.id, "name": self.name, "size": self.size, "sha256": self.sha256}
        return told | {"owner": self.owner, "from": self.owner_name, "at": iso(self.touched)}


class Limits(NamedTuple):
    """How much there may be: bytes of a file, of a person, of all; files of a person, of all."""

    file_bytes: int
    person_bytes: int
    total_bytes: int
    person_files: int
    total_files: int


def add_person(db: sqlite3.Connection, name: str, token: str, now: float) -> Person:
    """Add somebody new; `token` is the hash of a token."""
    sql = "INSERT INTO people (name, token, seen) VALUES (?, ?, ?)"
    number = db.execute(sql, (name, token, now)).lastrowid
    assert number
    return Person(number, name)


def find_person(db: sqlite3.Connection, token: str, now: float) -> Person | None:
    """Find somebody by the hash of a token, and note that they were seen."""
    db.execute("UPDATE people SET seen = ? WHERE token = ?", (now, token))
    row = db.execute("SELECT id, name FROM people WHERE token = ?", (token,)).fetchone()
    return row and Person(*row)


def forget_people(db: sqlite3.Connection, before: float, present: Collection[int]) -> None:
    """Forget people without a file who were last seen before a time, and are not here."""
    gone = db.execute(
        "SELECT id FROM people WHERE seen < ? AND id NOT IN (SELECT owner FROM files)", (before,)
    ).fetchall()
    forgotten = [row for row in gone if row[0] not in present]
    db.executemany("DELETE FROM people WHERE id = ?", forgotten)


def list_files(db: sqlite3.Connection) -> list[File]:
    """List the files that are whole, oldest first."""
    rows = db.execute(SELECT + "WHERE sha256 IS NOT NULL ORDER BY touched, files.rowid")
    return [File(*row) for row in rows]


def list_ids(db: sqlite3.Connection) -> set[str]:
    """List the ids of all files, whole or on their way."""
    return {row[0] for row in db.execute("SELECT id FROM files")}


def find_file(db: sqlite3.Connection, id: str) -> File:
    """Find a whole file.

    Raises:
        Refusal: no_such_file.
    """
    row = db.execute(SELECT + "WHERE files.id = ? AND sha256 IS NOT NULL", (id,)).fetchone()
    if not row:
        raise Refusal("no_such_file", "there is no such file; it may have been removed")
    return File(*row)


def find_upload(db: sqlite3.Connection, owner: int, upload: str) -> File | None:
    """Find a file by its owner's own id, whole or on its way."""
    row = db.execute(SELECT + "WHERE owner = ? AND upload = ?", (owner, upload)).fetchone()
    return row and File(*row)


def offer(
    db: sqlite3.Connection,
    owner: Person,
    upload: str,
    name: str,
    size: int,
    limits: Limits,
    now: float,
) -> File:
    """Add a file that is on its way, unless its owner has offered it before.

    Args:
        db: the database.
        owner: who offers it.
        upload: the owner's own id for it.
        name: a checked one.
        size: in bytes, all of which its owner has used from now on.
        limits: how much there may be.
        now: the time.

    Raises:
        Refusal: too_large, quota, full or bad_field.
    """
    if known := find_upload(db, owner.id, upload):
        if known.sha256 is None and (known.name, known.size) != (name, size):
            fact = f"this id is that of {known.name}, of {known.size:,} bytes; choose another id"
            raise Refusal("bad_field", fact, upload)
        return known
    _check_limits(db, owner, upload, size, limits)
    id_ = secrets.token_hex(16)
    db.execute(
        "INSERT INTO files (id, owner, upload, name, key, size, touched) VALUES (?,?,?,?,?,?,?)",
        (id_, owner.id, upload, name, look_key(name), size, now),
    )
    return File(id_, owner.id, upload, name, size, 0, None, now, owner.name)


def _check_limits(
    db: sqlite3.Connection, owner: Person, upload: str, size: int, limits: Limits
) -> None:
    if size > limits.file_bytes:
        fact = f"expected a file of at most {limits.file_bytes:,} bytes, got {size:,}"
        raise Refusal("too_large", fact, upload)
    sums = "SELECT count(*), coalesce(sum(size), 0) FROM files"
    count, used = db.execute(f"{sums} WHERE owner = ?", (owner.id,)).fetchone()
    if count >= limits.person_files or used + size > limits.person_bytes:
        fact = (
            f"you have {count:,} files of {used:,} bytes together, and may have "
            f"{limits.person_files:,} of {limits.person_bytes:,}; remove one first"
        )
        raise Refusal("quota", fact, upload)
    offered = db.execute("SELECT count(*) FROM files").fetchone()[0]
    if offered >= MAX_OFFERED or not _has_room(db, limits, size, 1):
        raise Refusal("full", NO_ROOM, upload)


def _has_room(db: sqlite3.Connection, limits: Limits, bytes_: int, files: int) -> bool:
    """Tell whether so much more may be stored: what is offered takes no room, or a few could
    keep everybody out with empty promises."""
    sums = "SELECT count(sha256), coalesce(sum(received), 0) FROM files"
    count, used = db.execute(sums).fetchone()
    return bool(count + files <= limits.total_files and used + bytes_ <= limits.total_bytes)


def save(db: sqlite3.Connection, id: str, received: int, limits: Limits, now: float) -> None:
    """Note how many bytes of a file are on the disk.

    Raises:
        Refusal: no_such_upload, when it was cancelled or has expired meanwhile; full.
    """
    sql = "UPDATE files SET received = ?, touched = ? WHERE id = ? AND sha256 IS NULL"
    if not db.execute(sql, (received, now, id)).rowcount:
        raise Refusal("no_such_upload", "this upload is over; offer the file again")
    if not _has_room(db, limits, 0, 0):
        raise Refusal("full", NO_ROOM)


def finish(
    db: sqlite3.Connection, id: str, sha256: str, limits: Limits, now: float
) -> tuple[File, bool]:
    """Make a file whole, under a name that looks like no other's.

    Returns:
        The file, and whether it has become whole just now.

    Raises:
        Refusal: no_such_upload, when it was cancelled or has expired meanwhile; full.
    """
    row = db.execute(SELECT + "WHERE files.id = ?", (id,)).fetchone()
    if not row:
        raise Refusal("no_such_upload", "this upload is over; offer the file again")
    file = File(*row)
    if file.sha256 is not None:
        return file, False
    if not _has_room(db, limits, 0, 1):
        raise Refusal("full", NO_ROOM)
    taken = {row[0] for row in db.execute("SELECT key FROM files WHERE sha256 IS NOT NULL")}
    name = free_name(file.name, taken)
    sql = "UPDATE files SET sha256 = ?, name = ?, key = ?, touched = ? WHERE id = ?"
    db.execute(sql, (sha256, name, look_key(name), now, id))
    return find_file(db, id), True


def drop(db: sqlite3.Connection, id: str) -> None:
    """Forget a file that is on its way."""
    db.execute("DELETE FROM files WHERE id = ? AND sha256 IS NULL", (id,))


def cancel(db: sqlite3.Connection, owner: int, upload: str) -> File:
    """Forget a file that is on its way, by its owner's own id, and return what it was.

    Raises:
        Refusal: no_such_upload, also when the file is whole already.
    """
    file = find_upload(db, owner, upload)
    if not file or file.sha256 is not None:
        raise Refusal("no_such_upload", "no file with this id is on its way", upload)
    drop(db, file.id)
    return file


def remove(db: sqlite3.Connection, id: str, owner: int) -> None:
    """Forget a whole file, if its owner asks.

    Raises:
        Refusal: no_such_file or not_owner.
    """
    file = find_file(db, id)
    if file.owner != owner:
        raise Refusal("not_owner", f"only {file.owner_name} can remove {file.name}")
    db.execute("DELETE FROM files WHERE id = ?", (id,))


def expire(db: sqlite3.Connection, abandoned: float, old: float) -> list[File]:
    """Forget files that nobody goes on sending, and those that are old.

    Args:
        db: the database.
        abandoned: those on their way that grew last before this time.
        old: those that have been whole since before this time.

    Returns:
        What was forgotten.
    """
    due = "WHERE (sha256 IS NULL AND touched < ?) OR (sha256 IS NOT NULL AND touched < ?)"
    files = [File(*row) for row in db.execute(SELECT + due, (abandoned, old))]
    db.executemany("DELETE FROM files WHERE id = ?", [(file.id,) for file in files])
    return files
