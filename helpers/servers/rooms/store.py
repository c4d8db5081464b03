"""What rooms keeps in SQLite: people, their sessions, rooms and members.

1. A password is stored as its scrypt hash, the id of a session as its SHA-256: whoever reads the
   database can sign in with neither.
2. Names of people and of rooms are unique to the eye: look-alikes have the same `key`.
3. A person is a member of a room, not a tab or a session; the membership outlives them all.

Each function is one piece of work for `Database.run`, and takes the connection first. The
messages of the rooms are in messages.py.
"""

import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

from helpers.serving import names, schema
from helpers.serving.schema import Refusal

MAX_PEOPLE = 10_000
MAX_SESSIONS = 20  # of one person; one more ends the oldest
MAX_ROOMS = 200
MAX_OWNED = 20  # rooms of one person
MAX_MEMBERS = 1_000  # of a room

SCHEMA = """
CREATE TABLE IF NOT EXISTS people (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL          -- salt and scrypt hash
);
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY,            -- the hash of the token in the cookie
    person INTEGER NOT NULL REFERENCES people,
    expires REAL NOT NULL           -- seconds since 1970
);
CREATE TABLE IF NOT EXISTS rooms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used twice
    name TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    owner INTEGER NOT NULL REFERENCES people
);
CREATE TABLE IF NOT EXISTS members (
    room INTEGER NOT NULL REFERENCES rooms,
    person INTEGER NOT NULL REFERENCES people,
    PRIMARY KEY (room, person)
);
CREATE INDEX IF NOT EXISTS rooms_of ON members (person);
"""


class Person(NamedTuple):
    """Somebody who has signed up: `id` and `name`."""

    id: int
    name: str


class Session(NamedTuple):
    """A session that has not ended: `id` is the hash, `expires` is in seconds since 1970."""

    id: str
    person: Person
    expires: float


class Room(NamedTuple):
    """A room: `id`, `name` as others see it, and the `owner`, the only one who may close it."""

    id: int
    name: str
    owner: Person

    @property
    def key(self) -> str:
        """The key that its name shares with its look-alikes."""
        return names.name_key(self.name)


def add_person(db: sqlite3.Connection, name: str, password: str) -> Person:
    """Add somebody; `password` is already hashed.

    Raises:
        Refusal: name_taken; full.
    """
    if db.execute("SELECT COUNT(*) FROM people").fetchone()[0] >= MAX_PEOPLE:
        raise Refusal("full", f"{MAX_PEOPLE:,} people have signed up, and no more can")
    row = db.execute(
        "INSERT INTO people (name, key, password) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING",
        (name, names.name_key(name), password),
    )
    if not row.rowcount or row.lastrowid is None:
        raise Refusal("name_taken", "somebody has signed up with this name; choose another")
    return Person(row.lastrowid, name)


def find_person(db: sqlite3.Connection, name: str) -> tuple[Person, str] | None:
    """Find somebody by any spelling of their name, with the hash of their password."""
    found = "SELECT id, name, password FROM people WHERE key = ?"
    row = db.execute(found, (names.name_key(name),)).fetchone()
    return row and (Person(*row[:2]), row[2])


def refresh_keys(db: sqlite3.Connection) -> None:
    """Make the keys of names anew, which an older edition made by other rules.

    Two names that only now look the same keep their keys: both have their owners.
    """
    for table in ("people", "rooms"):
        for id, name, key in db.execute(f"SELECT id, name, key FROM {table}").fetchall():
            if (new := names.name_key(name)) != key:
                db.execute(f"UPDATE OR IGNORE {table} SET key = ? WHERE id = ?", (new, id))


def start_session(
    db: sqlite3.Connection, session: Session, instead_of: str | None, now: float
) -> list[str]:
    """Add a session; forget those that expired before `now`.

    Returns:
        The ids of the sessions that it ends: `instead_of`, which its browser had before, and the
        oldest ones, if the person has too many.
    """
    db.execute("DELETE FROM sessions WHERE expires <= ?", (now,))
    ended = _end(db, "id = ?", (instead_of,))
    ended += _end(
        db,
        "id IN (SELECT id FROM sessions WHERE person = ? ORDER BY expires DESC LIMIT -1 OFFSET ?)",
        (session.person.id, MAX_SESSIONS - 1),
    )
    row = (session.id, session.person.id, session.expires)
    db.execute("INSERT INTO sessions (id, person, expires) VALUES (?, ?, ?)", row)
    return ended


def find_session(db: sqlite3.Connection, id: str, now: float) -> Session | None:
    """Find a session that has neither ended nor expired."""
    row = db.execute(
        "SELECT sessions.id, person, name, expires FROM sessions "
        "JOIN people ON people.id = person WHERE sessions.id = ? AND expires > ?",
        (id, now),
    ).fetchone()
    return row and Session(row[0], Person(*row[1:3]), row[3])


def end_session(db: sqlite3.Connection, id: str, everywhere: bool) -> list[str]:
    """End a session, or all sessions of its person; return the ids of those that end."""
    if everywhere:
        return _end(db, "person = (SELECT person FROM sessions WHERE id = ?)", (id,))
    return _end(db, "id = ?", (id,))


def _end(db: sqlite3.Connection, which: str, values: Iterable[Any]) -> list[str]:
    ended = db.execute(f"DELETE FROM sessions WHERE {which} RETURNING id", tuple(values))
    return [id for (id,) in ended.fetchall()]


def list_rooms(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """List the rooms: name, owner, and the number of members."""
    rows = db.execute(
        "SELECT rooms.name, people.name, COUNT(members.person) FROM rooms "
        "JOIN people ON people.id = owner LEFT JOIN members ON members.room = rooms.id "
        "GROUP BY rooms.id ORDER BY rooms.key"
    )
    return [{"name": name, "owner": owner, "members": count} for name, owner, count in rows]


def list_joined(db: sqlite3.Connection, person: int) -> list[str]:
    """List the names of the rooms that a person is a member of."""
    rows = db.execute(
        "SELECT name FROM rooms JOIN members ON members.room = rooms.id "
        "WHERE person = ? ORDER BY key",
        (person,),
    )
    return [name for (name,) in rows]


def find_room(db: sqlite3.Connection, name: str) -> Room:
    """Find a room by any spelling of its name.

    Raises:
        Refusal: no_such_room.
    """
    row = db.execute(
        "SELECT rooms.id, rooms.name, owner, people.name FROM rooms "
        "JOIN people ON people.id = owner WHERE rooms.key = ?",
        (names.name_key(name),),
    ).fetchone()
    if row is None:
        raise Refusal("no_such_room", f"there is no room {schema.brief(name)}")
    return Room(row[0], row[1], Person(*row[2:]))


def find_joined(db: sqlite3.Connection, name: str, person: int) -> Room:
    """Find a room that a person is a member of.

    Raises:
        Refusal: no_such_room; not_a_member.
    """
    room = find_room(db, name)
    member = "SELECT 1 FROM members WHERE room = ? AND person = ?"
    if db.execute(member, (room.id, person)).fetchone() is None:
        raise Refusal("not_a_member", f"join the room {schema.brief(room.name)} first")
    return room


def add_room(db: sqlite3.Connection, name: str, owner: Person) -> Room:
    """Add a room, with its owner as the first member.

    Raises:
        Refusal: room_taken; too_many_rooms.
    """
    owned = "SELECT COUNT(*), COUNT(*) FILTER (WHERE owner = ?) FROM rooms"
    every, mine = db.execute(owned, (owner.id,)).fetchone()
    if every >= MAX_ROOMS or mine >= MAX_OWNED:
        fact = f"at most {MAX_OWNED} rooms per person and {MAX_ROOMS} in all; close one first"
        raise Refusal("too_many_rooms", fact)
    row = db.execute(
        "INSERT INTO rooms (name, key, owner) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING",
        (name, names.name_key(name), owner.id),
    )
    if not row.rowcount or row.lastrowid is None:
        raise Refusal(
            "room_taken", "there is a room with this name; join it, or choose another name"
        )
    room = Room(row.lastrowid, name, owner)
    db.execute("INSERT INTO members (room, person) VALUES (?, ?)", (room.id, owner.id))
    return room


def join(db: sqlite3.Connection, name: str, person: Person) -> tuple[Room, bool]:
    """Make somebody a member of a room; return the room, and whether they are a new member.

    Raises:
        Refusal: no_such_room; room_full.
    """
    room = find_room(db, name)
    added = db.execute(
        "INSERT INTO members (room, person) SELECT :room, :person WHERE "
        "(SELECT COUNT(*) FROM members WHERE room = :room) < :most ON CONFLICT DO NOTHING",
        {"room": room.id, "person": person.id, "most": MAX_MEMBERS},
    )
    if not added.rowcount and person.name not in list_members(db, room):
        raise Refusal("room_full", f"the room has {MAX_MEMBERS:,} members and takes no more")
    return room, added.rowcount == 1


def leave(db: sqlite3.Connection, name: str, person: int) -> Room:
    """End a membership; the person may join the room again.

    Raises:
        Refusal: no_such_room; not_a_member.
    """
    room = find_joined(db, name, person)
    db.execute("DELETE FROM members WHERE room = ? AND person = ?", (room.id, person))
    return room


def close(db: sqlite3.Connection, name: str, person: int) -> Room:
    """Close a room for good, and delete its messages.

    Raises:
        Refusal: no_such_room; not_owner.
    """
    room = find_room(db, name)
    if room.owner.id != person:
        fact = f"only its owner, {schema.brief(room.owner.name)}, may close this room"
        raise Refusal("not_owner", fact)
    for table, column in (("messages", "room"), ("members", "room"), ("rooms", "id")):
        db.execute(f"DELETE FROM {table} WHERE {column} = ?", (room.id,))
    return room


def list_members(db: sqlite3.Connection, room: Room) -> list[str]:
    """List the names of a room's members."""
    rows = db.execute(
        "SELECT name FROM people JOIN members ON person = id WHERE room = ? ORDER BY key",
        (room.id,),
    )
    return [name for (name,) in rows]
