"""Exercises of the lesson live_voting: cast, tally, close_poll and coalesce."""

from __future__ import annotations

import hashlib
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.exercise import exercise
from helpers.lessons.live_voting.ballot import Ballot, ballot, means
from helpers.lessons.live_voting.coalescing import heap, in_the_pause, one_vote, played, stream

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
    with ballot() as box:
        expected: dict[tuple[str, str], tuple[int, int]] = {}
        for (poll, voter, option, turn), answer, nudge in CASTS:
            got = called(attempt, box, "votes", poll, voter, option, turn)
            expected[poll, voter] = answer
            stored_as_expected(attempt, box, expected, nudge)
            if got != answer and got == (option, turn):
                attempt.fail("That is what was asked for: return what the table has now.")
            attempt.equal(got, answer, "The row is right: return its option and its turn.")


def called(attempt: Attempt, box: Ballot, table: str, *arguments: Any) -> Any:
    """Call the learner's function with the database, and say what an error of SQLite means."""
    box.votes.name = table
    try:
        return attempt.call(box.votes, *arguments)
    except NotYet as failure:
        failure.lines = (*failure.lines, *means(failure.__cause__))
        raise


def stored_as_expected(
    attempt: Attempt, box: Ballot, expected: dict[tuple[str, str], tuple[int, int]], nudge: str
) -> None:
    """Refuse unless the rows that everybody can read are the expected ones."""
    stored, own = box.rows(committed=True), box.rows(committed=False)
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
    with ballot() as box:
        for voter, option in lunch.items():
            box.put("lunch", voter, option)
        for voter in ("Ann", "Erin"):
            box.put("dinner", voter, 1)
        counted(attempt, box, "lunch", [1, 0, 3, 0], everything=[1, 2, 3, 0])
        counted(attempt, box, "dinner", [0, 2], everything=[1, 2])
        counted(attempt, box, "breakfast", [0, 0, 0], everything=[1, 2, 3])
        box.put("lunch", "Dave", 1)
        counted(attempt, box, "lunch", [1, 1, 2, 0], everything=[1, 3, 2, 0])


def counted(
    attempt: Attempt, box: Ballot, poll: str, expected: list[int], everything: list[int]
) -> None:
    """Ask for the totals of one poll."""
    got = called(attempt, box, "votes", poll, len(expected))
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
    with ballot() as box:
        box.open("lunch", prints["ann's"])
        box.open("dinner", prints["ben's"])
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
            got = called(attempt, box, "polls", poll, owner)
            closed_are(attempt, box, set(), nudge)
            is_answer(attempt, got, False, nudge)
        for again in (False, True):
            got = called(attempt, box, "polls", "lunch", "ann's")
            nudge = "The owner of this poll closes it. Is her secret hashed before you compare?"
            if again:
                nudge = "She closes it again, because the answer got lost: it is closed, so True."
            closed_are(attempt, box, {"lunch"}, nudge)
            is_answer(attempt, got, True, nudge)


def closed_are(attempt: Attempt, box: Ballot, expected: set[str], nudge: str) -> None:
    """Refuse unless exactly these polls are closed, for everybody."""
    own, stored = box.closed(committed=False), box.closed(committed=True)
    extra = own - expected
    if "dinner" in extra and expected == {"lunch"}:
        attempt.fail("It closed the poll of somebody else, too: `WHERE poll = ?`.")
    if extra:
        attempt.fail(f"{nudge} And yet {' and '.join(sorted(extra))} is closed now.")
    attempt.require(own == expected, f"{nudge} The poll is still open.")
    attempt.require(stored == own, "Nobody else can see that yet: commit before you return.")


def is_answer(attempt: Attempt, got: Any, expected: bool, nudge: str) -> None:
    """Refuse what is not the expected truth value."""
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
    """One vote, a heap of votes, votes that keep coming, a last one in the pause, and quiet."""
    names = set(getattr(getattr(attempt.function, "__code__", None), "co_names", ()))
    if {"time", "sleep"} <= names and "asyncio" not in names:
        attempt.fail("`time.sleep` stops the whole loop: `await asyncio.sleep(…)` only this task.")
    await played(attempt, "one vote, then the end", 0.0, one_vote)
    await played(attempt, "100 votes at once, then the end", 0.0, heap)
    await played(attempt, "votes come, and no end yet", 0.02, in_the_pause)
    await played(attempt, "votes keep coming", 0.0, stream)
