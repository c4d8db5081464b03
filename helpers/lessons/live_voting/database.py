"""A temporary database: the tables of a vote in an SQLite file, with two connections to it."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

SCHEMA = """
CREATE TABLE votes (poll TEXT, voter TEXT, option INTEGER, turn INTEGER,
                    PRIMARY KEY (poll, voter));
CREATE TABLE polls (poll TEXT PRIMARY KEY, owner TEXT, open INTEGER);
"""


class Recorded(sqlite3.Connection):
    """A connection that is shown by a name.

    Attributes:
        name: the name of the exercise's parameter.
    """

    name = "votes"

    def __repr__(self) -> str:
        return self.name


class VoteDatabase:
    """Two connections to one file: the learner's, and one that sees only what is committed.

    Attributes:
        votes: the connection that a learner's function gets.
    """

    def __init__(self, votes: Recorded, others: sqlite3.Connection) -> None:
        self.votes, self._others = votes, others

    def rows(self, *, committed: bool) -> dict[tuple[str, str], tuple[int, int]]:
        """Read all votes: (poll, voter) → (option, turn).

        Args:
            committed: as anybody else sees them, or as the learner's connection does.
        """
        found = self._at(committed).execute("SELECT poll, voter, option, turn FROM votes")
        return {(poll, voter): (option, turn) for poll, voter, option, turn in found}

    def closed(self, *, committed: bool) -> set[str]:
        """Read which polls are closed.

        Args:
            committed: as for `rows`.
        """
        found = self._at(committed).execute("SELECT poll FROM polls WHERE NOT open")
        return {poll for (poll,) in found}

    def put(self, poll: str, voter: str, option: int) -> None:
        """Store a vote, whatever was there before."""
        with self._others:
            self._others.execute(
                "INSERT OR REPLACE INTO votes VALUES (?, ?, ?, 1)", (poll, voter, option)
            )

    def open(self, poll: str, owner: str) -> None:
        """Open a poll with its owner's fingerprint."""
        with self._others:
            self._others.execute("INSERT INTO polls VALUES (?, ?, 1)", (poll, owner))

    def _at(self, committed: bool) -> sqlite3.Connection:
        return self._others if committed else self.votes


@contextlib.contextmanager
def open_database() -> Iterator[VoteDatabase]:
    """Make the tables in a temporary file, which is removed afterwards.

    Returns:
        A context manager that gives the database.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder, "vote.db")
        with (
            contextlib.closing(sqlite3.connect(file)) as others,
            contextlib.closing(sqlite3.connect(file, timeout=0.5, factory=Recorded)) as votes,
        ):
            others.executescript(SCHEMA)
            yield VoteDatabase(votes, others)
