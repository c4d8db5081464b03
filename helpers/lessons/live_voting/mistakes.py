"""Mistakes in SQL, and what to say about them."""

from __future__ import annotations

import sqlite3

from helpers.exercises.engine.attempt import NotYet
from helpers.exercises.engine.explain import Meanings, match

MEANINGS: Meanings = (
    ("UNIQUE", "She has a row already: `ON CONFLICT (poll, voter) DO UPDATE` changes it."),
    ("syntax error", "Is a value part of the SQL text? Write `?`, and hand the values over."),
    ("no such column", "A value in the SQL text looks like a column: write `?` instead."),
    ("bindings", "As many `?` as values, please: the values are one tuple."),
    ("locked", "A transaction is still open somewhere."),
)


def explain_failure(failure: NotYet) -> str:
    """Say what an error of SQLite means to whoever wrote the call.

    Args:
        failure: how the call ended, with the error as its cause.

    Returns:
        The next step; empty for other errors, and for unknown ones of SQLite.
    """
    cause = failure.__cause__
    return match(cause, MEANINGS) if isinstance(cause, sqlite3.Error) else ""
