"""What an error of SQLite means to whoever wrote the call."""

from __future__ import annotations

import sqlite3

import pytest

from helpers.exercises.engine.attempt import NotYet
from helpers.lessons.live_voting.database import open_database
from helpers.lessons.live_voting.mistakes import explain_failure


def caused_by(error: BaseException | None) -> NotYet:
    failure = NotYet("cast(votes)", [], [])
    failure.__cause__ = error
    return failure


@pytest.mark.parametrize(
    ("sql", "meaning"),
    [
        ("INSERT INTO votes VALUES ('lunch', 'Ann', 0, 1)", "She has a row already"),
        ("SELECT * FROM votes WHERE voter = 'O'Hara'", "Is a value part of the SQL text?"),
        ("SELECT * FROM votes WHERE poll = ?", "As many `?` as values"),
        ("SELECT * FROM votes WHERE Ann", "write `?` instead"),
    ],
)
def test_an_error_of_sqlite_gets_a_meaning(sql: str, meaning: str) -> None:
    with open_database() as database:
        database.put("lunch", "Ann", 1)
        with pytest.raises(sqlite3.Error) as error:
            database.votes.execute(sql)
        assert meaning in explain_failure(caused_by(error.value))


def test_other_errors_have_none() -> None:
    assert explain_failure(caused_by(KeyError("UNIQUE"))) == ""
    assert explain_failure(caused_by(None)) == ""
