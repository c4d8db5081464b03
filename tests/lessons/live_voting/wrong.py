"""Wrong answers to the lesson live_voting, each with the hint that its author needs."""

import asyncio
import hashlib
import time

from tests.lessons.wrong import wrong

UPSERT = """INSERT INTO votes (poll, voter, option, turn) VALUES (?, ?, ?, ?)
    ON CONFLICT (poll, voter) DO UPDATE SET option = excluded.option, turn = excluded.turn"""
NEWER = UPSERT + " WHERE excluded.turn > votes.turn"
MINE = "SELECT option, turn FROM votes WHERE poll = ? AND voter = ?"


@wrong("cast", hint="That is an old retry, which comes late")
def cast_takes_any_turn(votes, poll, voter, option, turn):
    with votes:
        votes.execute(UPSERT, (poll, voter, option, turn))
    return votes.execute(MINE, (poll, voter)).fetchone()


@wrong("cast", hint="return what the table has now")
def cast_returns_what_was_asked(votes, poll, voter, option, turn):
    with votes:
        votes.execute(NEWER, (poll, voter, option, turn))
    return option, turn


@wrong("cast", hint="commit before you return")
def cast_never_commits(votes, poll, voter, option, turn):
    votes.execute(NEWER, (poll, voter, option, turn))
    return votes.execute(MINE, (poll, voter)).fetchone()


@wrong("cast", hint="She has a row already")
def cast_only_inserts(votes, poll, voter, option, turn):
    with votes:
        votes.execute("INSERT INTO votes VALUES (?, ?, ?, ?)", (poll, voter, option, turn))
    return votes.execute(MINE, (poll, voter)).fetchone()


@wrong("cast", hint="turn 2 is newer than turn 1")
def cast_keeps_the_first(votes, poll, voter, option, turn):
    with votes:
        row = (poll, voter, option, turn)
        votes.execute("INSERT OR IGNORE INTO votes VALUES (?, ?, ?, ?)", row)
    return votes.execute(MINE, (poll, voter)).fetchone()


@wrong("cast", hint="That is an old retry, which comes late")
def cast_replaces(votes, poll, voter, option, turn):
    with votes:
        row = (poll, voter, option, turn)
        votes.execute("INSERT OR REPLACE INTO votes VALUES (?, ?, ?, ?)", row)
    return votes.execute(MINE, (poll, voter)).fetchone()


@wrong("cast", hint="turn 2 is newer than turn 1")
def cast_forgets_the_turn(votes, poll, voter, option, turn):
    with votes:
        sql = NEWER.replace(", turn = excluded.turn", "")
        votes.execute(sql, (poll, voter, option, turn))
    return votes.execute(MINE, (poll, voter)).fetchone()


@wrong("cast", hint="Write `?`, and hand the values over")
def cast_writes_values_into_the_text(votes, poll, voter, option, turn):
    with votes:
        values = f"('{poll}', '{voter}', {option}, {turn})"
        votes.execute(NEWER.replace("(?, ?, ?, ?)", values))
    return votes.execute(MINE, (poll, voter)).fetchone()


@wrong("cast", hint="He is another voter")
def cast_changes_all_rows(votes, poll, voter, option, turn):
    with votes:
        row = (option, turn, poll)
        found = votes.execute("UPDATE votes SET option = ?, turn = ? WHERE poll = ?", row)
        if not found.rowcount:
            votes.execute(UPSERT, (poll, voter, option, turn))
    return option, turn


@wrong("cast", hint="is a `return` missing")
def cast_returns_nothing(votes, poll, voter, option, turn):
    with votes:
        votes.execute(NEWER, (poll, voter, option, turn))


@wrong("cast", hint="return its option and its turn")
def cast_returns_the_option(votes, poll, voter, option, turn):
    with votes:
        votes.execute(NEWER, (poll, voter, option, turn))
    return votes.execute(MINE, (poll, voter)).fetchone()[0:1]


@wrong("tally", hint="An option that nobody chose has no row")
def tally_without_zeros(votes, poll, options):
    sql = "SELECT COUNT(*) FROM votes WHERE poll = ? GROUP BY option ORDER BY option"
    return [number for (number,) in votes.execute(sql, (poll,))]


@wrong("tally", hint="Those are rows")
def tally_returns_rows(votes, poll, options):
    sql = "SELECT option, COUNT(*) FROM votes WHERE poll = ? GROUP BY option"
    return votes.execute(sql, (poll,)).fetchall()


@wrong("tally", hint="That counts the votes of all polls")
def tally_counts_all_polls(votes, poll, options):
    totals = [0] * options
    for option, number in votes.execute("SELECT option, COUNT(*) FROM votes GROUP BY option"):
        if option < options:
            totals[option] = number
    return totals


@wrong("tally", hint="asks for a list")
def tally_returns_a_dict(votes, poll, options):
    sql = "SELECT option, COUNT(*) FROM votes WHERE poll = ? GROUP BY option"
    return dict(votes.execute(sql, (poll,)).fetchall())


@wrong("tally", hint="option 0 comes first")
def tally_backwards(votes, poll, options):
    totals = [0] * options
    sql = "SELECT option, COUNT(*) FROM votes WHERE poll = ? GROUP BY option"
    for option, number in votes.execute(sql, (poll,)):
        totals[-1 - option] = number
    return totals


@wrong("tally", hint="It reads past the end")
def tally_one_too_far(votes, poll, options):
    totals = [0] * (options - 1)
    sql = "SELECT option, COUNT(*) FROM votes WHERE poll = ? GROUP BY option"
    for option, number in votes.execute(sql, (poll,)):
        totals[option + 1] = number
    return totals


@wrong("close_poll", hint="out of a stolen table")
def close_poll_compares_the_secret(polls, poll, owner):
    with polls:
        sql = "UPDATE polls SET open = 0 WHERE poll = ? AND owner = ?"
        return polls.execute(sql, (poll, owner)).rowcount == 1


@wrong("close_poll", hint="The poll is still open")
def close_poll_compares_bytes(polls, poll, owner):
    fingerprint = hashlib.sha256(owner.encode()).digest()
    with polls:
        sql = "UPDATE polls SET open = 0 WHERE poll = ? AND owner = ?"
        return polls.execute(sql, (poll, fingerprint)).rowcount == 1


@wrong("close_poll", hint="out of a stolen table")
def close_poll_takes_the_fingerprint(polls, poll, owner):
    fingerprint = hashlib.sha256(owner.encode()).hexdigest()
    with polls:
        sql = "UPDATE polls SET open = 0 WHERE poll = ? AND owner IN (?, ?)"
        return polls.execute(sql, (poll, owner, fingerprint)).rowcount == 1


@wrong("close_poll", hint="That is not the owner's secret")
def close_poll_for_anybody(polls, poll, owner):
    with polls:
        polls.execute("UPDATE polls SET open = 0 WHERE poll = ?", (poll,))
    return True


@wrong("close_poll", hint="Ben owns another poll")
def close_poll_of_any_owner(polls, poll, owner):
    fingerprint = hashlib.sha256(owner.encode()).hexdigest()
    known = polls.execute("SELECT 1 FROM polls WHERE owner = ?", (fingerprint,)).fetchone()
    with polls:
        if known:
            polls.execute("UPDATE polls SET open = 0 WHERE poll = ?", (poll,))
    return bool(known)


@wrong("close_poll", hint="She closes it again")
def close_poll_only_once(polls, poll, owner):
    fingerprint = hashlib.sha256(owner.encode()).hexdigest()
    with polls:
        sql = "UPDATE polls SET open = 0 WHERE poll = ? AND owner = ? AND open = 1"
        return polls.execute(sql, (poll, fingerprint)).rowcount == 1


@wrong("close_poll", hint="commit before you return")
def close_poll_never_commits(polls, poll, owner):
    fingerprint = hashlib.sha256(owner.encode()).hexdigest()
    sql = "UPDATE polls SET open = 0 WHERE poll = ? AND owner = ?"
    return polls.execute(sql, (poll, fingerprint)).rowcount == 1


@wrong("close_poll", hint="There is no such poll")
def close_poll_is_always_glad(polls, poll, owner):
    fingerprint = hashlib.sha256(owner.encode()).hexdigest()
    row = polls.execute("SELECT owner FROM polls WHERE poll = ?", (poll,)).fetchone()
    if row and row[0] != fingerprint:
        return False
    with polls:
        polls.execute("UPDATE polls SET open = 0 WHERE poll = ?", (poll,))
    return True


@wrong("close_poll", hint="A hash takes bytes")
def close_poll_hashes_text(polls, poll, owner):
    fingerprint = hashlib.sha256(owner).hexdigest()
    with polls:
        sql = "UPDATE polls SET open = 0 WHERE poll = ? AND owner = ?"
        return polls.execute(sql, (poll, fingerprint)).rowcount == 1


@wrong("close_poll", hint="Return True when the poll is closed")
def close_poll_returns_a_number(polls, poll, owner):
    fingerprint = hashlib.sha256(owner.encode()).hexdigest()
    with polls:
        sql = "UPDATE polls SET open = 0 WHERE poll = ? AND owner = ?"
        return polls.execute(sql, (poll, fingerprint)).rowcount


@wrong("close_poll", hint="closed the poll of somebody else, too")
def close_poll_closes_all_when_hers(polls, poll, owner):
    fingerprint = hashlib.sha256(owner.encode()).hexdigest()
    sql = "SELECT 1 FROM polls WHERE poll = ? AND owner = ?"
    known = polls.execute(sql, (poll, fingerprint)).fetchone()
    with polls:
        if known:
            polls.execute("UPDATE polls SET open = 0")
    return bool(known)


@wrong("coalesce", hint="only the newest is worth a message")
async def coalesce_sends_all(changes, send, pause_s):
    while (totals := await changes.get()) is not None:
        await send(totals)


@wrong("coalesce", hint="The last state is missing")
async def coalesce_forgets_the_last(changes, send, pause_s):
    while True:
        totals = await changes.get()
        while not changes.empty():
            totals = changes.get_nowait()
        if totals is None:
            return
        await send(totals)
        await asyncio.sleep(pause_s)


@wrong("coalesce", hint="came during the pause, and got lost")
async def coalesce_throttles(changes, send, pause_s):
    last, newest = -pause_s, None
    while (totals := await changes.get()) is not None:
        newest = totals
        while not changes.empty() and newest is not None:
            newer = changes.get_nowait()
            if newer is None:
                await send(newest)
                return
            newest = newer
        if time.monotonic() - last >= pause_s:
            await send(newest)
            last = time.monotonic()


@wrong("coalesce", hint="wait `pause_s` seconds after each")
async def coalesce_never_waits(changes, send, pause_s):
    while (totals := await changes.get()) is not None:
        ended = False
        while not changes.empty() and not ended:
            newer = changes.get_nowait()
            ended = newer is None
            totals = newer or totals
        await send(totals)
        if ended:
            return


@wrong("coalesce", hint="send a change as soon as there is one")
async def coalesce_waits_for_the_end(changes, send, pause_s):
    last = None
    while (totals := await changes.get()) is not None:
        last = totals
    if last is not None:
        await send(last)


@wrong("coalesce", hint="None is the end, not a state")
async def coalesce_sends_none(changes, send, pause_s):
    totals = []
    while totals is not None:
        totals = await changes.get()
        await send(totals)
        await asyncio.sleep(pause_s)


@wrong("coalesce", hint="stops the whole loop")
async def coalesce_blocks(changes, send, pause_s):
    while (totals := await changes.get()) is not None:
        await send(totals)
        time.sleep(pause_s)  # noqa: ASYNC251  # that is the mistake


@wrong("coalesce", hint="the same state twice")
async def coalesce_is_a_clock(changes, send, pause_s):
    totals = await changes.get()
    while True:
        ended = False
        while not changes.empty() and not ended:
            newer = changes.get_nowait()
            ended = newer is None
            totals = newer or totals
        await send(totals)
        if ended:
            return
        await asyncio.sleep(pause_s)


@wrong("coalesce", hint="Nobody awaited `send(…)`")
async def coalesce_forgets_await(changes, send, pause_s):
    while (totals := await changes.get()) is not None:
        send(totals)
        await asyncio.sleep(pause_s)


@wrong("coalesce", hint="go on until then")
async def coalesce_returns_early(changes, send, pause_s):
    await send(await changes.get())
    await asyncio.sleep(pause_s)


@wrong("coalesce", hint="did not return")
async def coalesce_never_returns(changes, send, pause_s):
    while True:
        totals = await changes.get()
        if totals is not None:
            await send(totals)
            await asyncio.sleep(pause_s)
