"""Exercises of the lesson live_voting: cast, tally, close_poll and coalesce."""

from __future__ import annotations

import hashlib
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.exercise import exercise
from helpers.lessons.live_voting.coalescing import (
    burst,
    in_the_pause,
    one_vote,
    play,
    steady_stream,
)
from helpers.lessons.live_voting.database import VoteDatabase, open_database
from helpers.lessons.live_voting.mistakes import explain_failure

CASTS: tuple[tuple[tuple[str, str, int, int], tuple[int, int], str], ...] = (
    (("lunch", "Ann", 0, 1), (0, 1), "Her first vote: one new row, and return what it holds."),
    (("lunch", "Ben", 0, 1), (0, 1), "He is another voter, so the row is another one."),
    (("lunch", "Ann", 1, 2), (1, 2), "Ann changed her mind: turn 2 is newer than turn 1."),
    (("lunch", "Ann", 1, 2), (1, 2), "A retry: she has voted so already, and it stays so."),
    (
        ("lunch", "Ann", 0, 1),
        (1, 2),
        "That is an old retry, which comes late: turn 1, and the table has turn 2. It changes "
        "nothing, and the answer is what the table has.",
    ),
    (("lunch", "Ann", 0, 2), (1, 2), "The row has the same turn already: it stays as it is."),
    (("dinner", "Ann", 2, 1), (2, 1), "It is another poll, in which she has not voted yet."),
    (("lunch", "Pat O'Hara", 1, 7), (1, 7), "A voter like all others: let SQLite put values in."),
)


@exercise(
    hints=(
        "`INSERT … ON CONFLICT (poll, voter) DO UPDATE SET …`, as in section 3, with one column "
        "more.",
        "The update may have a condition: `… DO UPDATE SET … WHERE excluded.turn > votes.turn`. "
        "`excluded` is the row that was to be inserted.",
        "`with votes:` around it commits at the end of the block.",
        "Then `SELECT option, turn FROM votes WHERE poll = ? AND voter = ?`, and return "
        "`.fetchone()`: what the table has, whatever was asked for.",
    )
)
def cast(attempt: Attempt) -> None:
    """Two voters, a change of mind, a retry, an old retry, another poll, an odd name."""
    with open_database() as database:
        expected: dict[tuple[str, str], tuple[int, int]] = {}
        for (poll, voter, option, turn), answer, nudge in CASTS:
            got = call(attempt, database, "votes", poll, voter, option, turn)
            expected[poll, voter] = answer
            require_stored(attempt, database, expected, nudge)
            if got != answer and got == (option, turn):
                attempt.fail("That is what was asked for: return what the table has now.")
            attempt.equal(got, answer, "The row is right: return its option and its turn.")


def call(attempt: Attempt, database: VoteDatabase, table: str, *arguments: Any) -> Any:
    """Call the learner's function with the database, and explain an error of SQLite."""
    database.votes.name = table
    try:
        return attempt.call(database.votes, *arguments)
    except NotYet as failure:
        nudge = explain_failure(failure)
        failure.lines += (nudge,) if nudge else ()
        raise


def require_stored(
    attempt: Attempt,
    database: VoteDatabase,
    expected: dict[tuple[str, str], tuple[int, int]],
    nudge: str,
) -> None:
    """Refuse unless everybody can read the expected rows."""
    stored, own = database.rows(committed=True), database.rows(committed=False)
    if stored != own and own == expected:
        attempt.fail(
            "Nobody else can see that yet, and a crash would lose it: commit before you return."
        )
    for key in sorted({*own, *expected}):
        if own.get(key) != expected.get(key):
            poll, voter = key
            row = own.get(key, "no row")
            wanted = expected.get(key, "no row")
            attempt.fail(
                f"{nudge} In {poll!r}, {voter} now has {row}, and {wanted} is expected: "
                "(option, turn)."
            )


@exercise(
    hints=(
        "`SELECT option, COUNT(*) FROM votes WHERE poll = ? GROUP BY option` gives a row for "
        "each option that somebody chose.",
        "Begin with `totals = [0] * options`, and put in what the rows say.",
    )
)
def tally(attempt: Attempt) -> None:
    """Votes in two polls, an option that nobody chose, no votes at all, a change of mind."""
    lunch = {"Ann": 2, "Ben": 0, "Cara": 2, "Dave": 2}
    with open_database() as database:
        for voter, option in lunch.items():
            database.put("lunch", voter, option)
        for voter in ("Ann", "Erin"):
            database.put("dinner", voter, 1)
        require_count(attempt, database, "lunch", [1, 0, 3, 0], everything=[1, 2, 3, 0])
        require_count(attempt, database, "dinner", [0, 2], everything=[1, 2])
        require_count(attempt, database, "breakfast", [0, 0, 0], everything=[1, 2, 3])
        database.put("lunch", "Dave", 1)
        require_count(attempt, database, "lunch", [1, 1, 2, 0], everything=[1, 3, 2, 0])


def require_count(
    attempt: Attempt, database: VoteDatabase, poll: str, expected: list[int], everything: list[int]
) -> None:
    """Ask for the totals of one poll."""
    got = call(attempt, database, "votes", poll, len(expected))
    wanted = dict(enumerate(expected))
    attempt.of_type(got, list)
    if got and all(isinstance(item, tuple) for item in got):
        attempt.fail("Those are rows. A list of numbers is asked for: place 0 for option 0 …")
    attempt.require(got != everything, "That counts the votes of all polls: `WHERE poll = ?`.")
    present = [n for n in expected if n]
    if got != expected and len(expected) != len(got) and sorted(got) == sorted(present):
        attempt.fail(
            "An option that nobody chose has no row in the answer of SQLite: its total is 0, "
            f"and it needs its place: {len(expected)} options, {len(expected)} numbers."
        )
    same = sorted(got, key=str) == sorted(expected)
    nudge = "The numbers are right, and in other places: option 0 comes first." if same else ""
    attempt.equal(got, expected, nudge or f"The totals by option: {wanted}.")


@exercise(
    hints=(
        "What the client sent becomes a fingerprint first: "
        "`hashlib.sha256(owner.encode()).hexdigest()`.",
        "One `UPDATE polls SET open = 0 WHERE poll = ? AND owner = ?`, in `with polls:`.",
        "`execute(…)` returns a cursor, and its `rowcount` is the number of rows that the "
        "`WHERE` found: 1 when poll and owner belong together, else 0.",
    )
)
def close_poll(attempt: Attempt) -> None:
    """A stranger, the owner of another poll, a stolen fingerprint, the owner, the owner again."""
    prints = {who: hashlib.sha256(who.encode()).hexdigest() for who in ("ann's", "ben's")}
    with open_database() as database:
        database.open("lunch", prints["ann's"])
        database.open("dinner", prints["ben's"])
        refused = (
            ("lunch", "guess", "That is not the owner's secret."),
            ("lunch", "ben's", "Ben owns another poll, not this one: look at both columns."),
            (
                "lunch",
                prints["ann's"],
                "That is the fingerprint itself, out of a stolen table. It must open nothing: "
                "hash what comes from the client, then compare.",
            ),
            ("supper", "ann's", "There is no such poll: False."),
        )
        for poll, owner, nudge in refused:
            got = call(attempt, database, "polls", poll, owner)
            require_closed(attempt, database, set(), nudge)
            require_answer(attempt, got, False, nudge)
        for again in (False, True):
            got = call(attempt, database, "polls", "lunch", "ann's")
            nudge = "The owner of this poll closes it. Is her secret hashed before you compare?"
            if again:
                nudge = "She closes it again, because the answer got lost: it is closed, so True."
            require_closed(attempt, database, {"lunch"}, nudge)
            require_answer(attempt, got, True, nudge)
        for poll, owner, _ in refused:
            got = call(attempt, database, "polls", poll, owner)
            nudge = "The poll is closed by now, and this is still not its owner's secret."
            require_closed(attempt, database, {"lunch"}, nudge)
            require_answer(attempt, got, False, nudge)


def require_closed(
    attempt: Attempt, database: VoteDatabase, expected: set[str], nudge: str
) -> None:
    """Refuse unless exactly these polls are closed, for everybody."""
    own, stored = database.closed(committed=False), database.closed(committed=True)
    extra = own - expected
    if "dinner" in extra and expected == {"lunch"}:
        attempt.fail("It closed the poll of somebody else, too: `WHERE poll = ?`.")
    if extra:
        attempt.fail(f"{nudge} And yet {' and '.join(sorted(extra))} is closed now.")
    attempt.require(own == expected, f"{nudge} The poll is still open.")
    attempt.require(stored == own, "Nobody else can see that yet: commit before you return.")


def require_answer(attempt: Attempt, got: Any, expected: bool, nudge: str) -> None:
    """Refuse anything but the expected truth value."""
    attempt.of_type(got, bool, "Return True when the poll is closed by its owner, else False.")
    attempt.equal(got, expected, nudge)


@exercise(
    hints=(
        "A loop: `totals = await changes.get()` waits for the next one, and None ends it.",
        "What else is in the queue is newer: `while not changes.empty(): … changes.get_nowait()`, "
        "and only the last of it counts.",
        "None may be among those. Then send the newest totals, and return.",
        "After each `await send(totals)` comes `await asyncio.sleep(pause_s)`. What arrives "
        "meanwhile waits in the queue, and is not lost.",
    ),
    timeout_s=8.0,
    total_s=30.0,
)
async def coalesce(attempt: Attempt) -> None:
    """One vote, a burst of votes, a last one in the pause, and a steady stream of votes."""
    await play(attempt, "one vote, then the end", 0.0, one_vote)
    await play(attempt, "100 votes at once, then the end", 0.0, burst)
    await play(attempt, "votes come, and no end yet", 0.02, in_the_pause)
    await play(attempt, "votes keep coming", 0.0, steady_stream)
