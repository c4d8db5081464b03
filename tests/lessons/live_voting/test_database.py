"""A temporary database: two connections to one file."""

from __future__ import annotations

from helpers.lessons.live_voting.database import open_database


def test_what_is_not_committed_is_seen_by_one_connection_alone() -> None:
    with open_database() as database:
        database.votes.execute("INSERT INTO votes VALUES ('lunch', 'Ann', 0, 1)")
        assert database.rows(committed=False) == {("lunch", "Ann"): (0, 1)}
        assert database.rows(committed=True) == {}
        database.votes.commit()
        assert database.rows(committed=True) == {("lunch", "Ann"): (0, 1)}


def test_a_poll_is_closed_for_all_once_that_is_committed() -> None:
    with open_database() as database:
        database.open("lunch", "a fingerprint")
        with database.votes:
            database.votes.execute("UPDATE polls SET open = 0")
        assert database.closed(committed=True) == {"lunch"}


def test_the_connection_is_shown_by_the_name_of_the_parameter() -> None:
    with open_database() as database:
        database.votes.name = "polls"
        assert repr(database.votes) == "polls"
