"""A ballot box: two connections to one file, and what an error of SQLite means."""

from __future__ import annotations

import sqlite3

import pytest

from helpers.lessons.live_voting.ballot import ballot, means


def test_what_is_not_committed_is_seen_by_one_connection_alone() -> None:
    with ballot() as box:
        box.votes.execute("INSERT INTO votes VALUES ('lunch', 'Ann', 0, 1)")
        assert box.rows(committed=False) == {("lunch", "Ann"): (0, 1)}
        assert box.rows(committed=True) == {}
        box.votes.commit()
        assert box.rows(committed=True) == {("lunch", "Ann"): (0, 1)}


def test_a_poll_is_closed_for_all_once_that_is_committed() -> None:
    with ballot() as box:
        box.open("lunch", "a fingerprint")
        with box.votes:
            box.votes.execute("UPDATE polls SET open = 0")
        assert box.closed(committed=True) == {"lunch"}


def test_the_connection_is_shown_by_the_name_of_the_parameter() -> None:
    with ballot() as box:
        box.votes.name = "polls"
        assert repr(box.votes) == "polls"


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
    with ballot() as box:
        box.put("lunch", "Ann", 1)
        with pytest.raises(sqlite3.Error) as error:
            box.votes.execute(sql)
        assert meaning in means(error.value)[0]


def test_other_errors_have_none() -> None:
    assert means(KeyError("Ann")) == []
    assert means(None) == []
