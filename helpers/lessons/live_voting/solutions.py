"""Solutions of the lesson live_voting."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Awaitable, Callable


def cast(
    votes: sqlite3.Connection, poll: str, voter: str, option: int, turn: int
) -> tuple[int, int]:
    """Store a vote unless a newer one is there; return what is stored: (option, turn)."""
    with votes:
        votes.execute(
            """INSERT INTO votes (poll, voter, option, turn) VALUES (?, ?, ?, ?)
               ON CONFLICT (poll, voter)
               DO UPDATE SET option = excluded.option, turn = excluded.turn
               WHERE excluded.turn > votes.turn""",
            (poll, voter, option, turn),
        )
    found = votes.execute(
        "SELECT option, turn FROM votes WHERE poll = ? AND voter = ?", (poll, voter)
    )
    stored: tuple[int, int] = found.fetchone()
    return stored


def tally(votes: sqlite3.Connection, poll: str, options: int) -> list[int]:
    """Return how many votes each option has; `options` says how many there are."""
    totals = [0] * options
    rows = votes.execute(
        "SELECT option, COUNT(*) FROM votes WHERE poll = ? GROUP BY option", (poll,)
    )
    for option, number in rows:
        totals[option] = number
    return totals


def close_poll(polls: sqlite3.Connection, poll: str, owner: str) -> bool:
    """Close a poll if this is its owner's secret; return whether it is."""
    fingerprint = hashlib.sha256(owner.encode()).hexdigest()
    with polls:
        found = polls.execute(
            "UPDATE polls SET open = 0 WHERE poll = ? AND owner = ?", (poll, fingerprint)
        )
    return found.rowcount == 1


async def coalesce(
    changes: asyncio.Queue[list[int] | None],
    send: Callable[[list[int]], Awaitable[None]],
    pause_s: float,
) -> None:
    """Send the newest totals, then pause; return after None, when the last are sent."""
    while (totals := await changes.get()) is not None:
        ended = False
        while not changes.empty() and not ended:
            newer = changes.get_nowait()
            ended = newer is None
            totals = newer or totals
        await send(totals)
        if ended:
            return
        await asyncio.sleep(pause_s)
