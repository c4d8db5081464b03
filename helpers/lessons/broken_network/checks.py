"""Exercises of the lesson broken_network: backoff, heartbeat, resume_feed and say_surely."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.engine.explain import match_cause
from helpers.exercises.engine.values import shown
from helpers.exercises.stage.listening import ANSWER_S, NO_ANSWER
from helpers.exercises.stage.verdict import reword
from helpers.exercises.stage.websocket import receive
from helpers.exercises.stage.websocket_crowd import connect_crowd
from helpers.lessons.broken_network.line import Beats, Counter, SharedFeed, SharedPost, Speaking
from helpers.lessons.broken_network.mistakes import (
    CLOSED,
    TOO_LARGE,
    explain_beats,
    explain_feed,
    explain_post,
    explain_wait,
)

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

MORE_S = 0.15  # until it is clear that no more messages come
CEILINGS = {0: 1, 1: 2, 2: 4, 4: 16, 5: 30, 6: 30, 60: 30, 5000: 30}
SHARES = (0.0, 0.25, 0.5, 0.95)


class Chance:
    """Stands for chance: gives the same number each time, and counts how often."""

    def __init__(self, share: float) -> None:
        self.share, self.calls = share, 0

    def __call__(self) -> float:
        """Give the number."""
        self.calls += 1
        return self.share

    def __deepcopy__(self, _memo: object) -> Chance:
        return self

    def __repr__(self) -> str:
        return "chance"


@exercise(
    hints=(
        "First the ceiling: 1, 2, 4, 8, … is `2**failures`.",
        "`min(30, …)` keeps the ceiling at 30.",
        "`chance()` times the ceiling is somewhere between 0 and the ceiling.",
    )
)
def backoff(attempt: Attempt) -> None:
    """Some failures, many, and very many, each with several numbers for chance."""
    for failures, ceiling in CEILINGS.items():
        waits = []
        for share in SHARES:
            chance = Chance(share)
            try:
                waits.append(attempt(failures, chance))
            except NotYet as failure:
                raise reword(failure, match_cause(failure, TOO_LARGE)) from failure.__cause__
            attempt.call_text = f"backoff({failures}, chance), and chance() gives {share}"
            attempt.of_type(waits[-1], (int, float), "Return a number of seconds.")  # type: ignore[arg-type]
            attempt.require(chance.calls, explain_wait(failures, ceiling, SHARES, waits))
        expected = [share * ceiling for share in SHARES]
        turned = [(1 - share) * ceiling for share in SHARES]
        for share, wait, due, other in zip(SHARES, waits, expected, turned, strict=True):
            attempt.call_text = f"backoff({failures}, chance), and chance() gives {share}"
            attempt.result_text = shown(wait)
            if abs(wait - due) > 1e-9 and abs(wait - other) > 1e-9:
                attempt.equal(wait, due, nudge=explain_wait(failures, ceiling, SHARES, waits))


@exercise(
    hints=(
        "One round first: `heard.clear()`, send a ping, wait for `heard`.",
        "`async with asyncio.timeout(patience):` around `await heard.wait()` raises TimeoutError.",
        "Catch the TimeoutError, and `return`: the line is dead.",
        "A round that went well ends with `await asyncio.sleep(every)`, and the next one begins.",
    ),
    timeout_s=4.0,
)
async def heartbeat(attempt: Attempt) -> None:
    """A peer answers three times, the second time slowly, and then never again; another leaves."""
    attempt.copies = False
    async with Beats(answers=3) as beats:
        title = "heartbeat(…, every=0.2, patience=0.5): three pongs come, and then none"
        try:
            await attempt(beats.websocket, beats.heard, 0.2, 0.5)
        except NotYet as failure:
            raise reword(failure, explain_beats(beats, failure), title) from failure.__cause__
        attempt.call_text, attempt.result_text = title, None
        attempt.require(beats.is_right(), explain_beats(beats, None))
    async with Beats(answers=1, leaves=True) as beats:
        try:
            await attempt(beats.websocket, beats.heard, 0.2, 0.5)
        except NotYet as failure:
            if not match_cause(failure, CLOSED):
                title = "heartbeat(…): a pong comes, and then the peer closes the connection"
                nudge = "The connection is closed: let ConnectionClosed through, or return."
                raise reword(failure, nudge, title) from failure.__cause__


@exercise(
    hints=(
        "`feed.messages[after]` is message number `after + 1`, if there is one already.",
        "`await feed.grown(after)` returns at once while there is more than you have sent.",
        "So replay and live are one loop: wait until the feed has grown, send one message, count.",
    ),
)
async def resume_feed(attempt: Attempt) -> None:
    """Clients that know one, none and all messages, while others speak."""
    for after in (1, 0, 3):
        await judge_feed(attempt, after)


async def judge_feed(attempt: Attempt, after: int) -> None:
    """Let a client resume; one message comes in the middle of its replay, and two at once."""
    feed = SharedFeed(["one", "two", "three"])
    async with connect_crowd(["Alice"]) as crowd:
        alice = crowd.clients["Alice"]
        websocket = Speaking(crowd.everybody["Alice"], feed, "four")
        running = asyncio.create_task(attempt.guarded(websocket, after, feed))
        try:
            if after == 3:
                await feed.add("four")
            heard = await hear(alice, 4 - after)
            await feed.add_both("five", "six")
            heard += await hear(alice, 2)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    if attempt.failure is not None:
        raise attempt.failure
    nudge = explain_feed(heard, after, feed.messages)
    if nudge:
        title = f"resume_feed(websocket, {after}, feed)"
        raise NotYet(title, [("the client got", shown(heard))], [nudge])


async def hear(alice: ClientConnection, due: int) -> list[str | bytes]:
    """Collect what a client gets: so many messages, and those that are too many."""
    heard: list[Any] = []
    while (got := await receive(alice, ANSWER_S if len(heard) < due else MORE_S)) is not NO_ANSWER:
        heard.append(got)
    return heard


@exercise(
    hints=(
        "One connection first: `async with connect(url) as ws:`, send each message that waits.",
        'Then read: `json.loads(await ws.recv()).get("ack")` is an id that has arrived, or None, '
        "and `waiting.pop(id, None)` takes it out, if it is there.",
        "`while waiting:` around the reading ends it when nothing is waiting.",
        "A `try` around the connection catches `(WebSocketException, OSError)` and waits 0.1 s, "
        "and a second `while waiting:` around that tries again.",
    ),
    timeout_s=9.0,
    total_s=25.0,
)
async def say_surely(attempt: Attempt) -> None:
    """A server that breaks off in a handshake, before and after it stores, and is down."""
    attempt.copies = False
    texts = {"a1": "hello", "a2": "is anybody there?", "a3": "bye"}
    title = "say_surely(url, waiting), with three messages, over a line that breaks"
    async with Counter() as server:
        waiting = SharedPost(texts)
        try:
            await attempt(server.url, waiting)
        except NotYet as failure:
            nudge = explain_post(server, waiting, failure)
            raise reword(failure, nudge, title) from failure.__cause__
        attempt.call_text, attempt.result_text = title, None
        nudge = explain_post(server, waiting, None)
        if nudge:
            facts = [("the server stored", shown(server.stored)), ("waiting", shown(waiting))]
            raise NotYet(title, facts, [nudge])
