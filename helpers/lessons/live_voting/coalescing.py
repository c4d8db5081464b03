"""A feed of changes, and a learner's coroutine that sends the newest of them."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Coroutine
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.stage.verdict import list_forgotten_awaits

PAUSE_S = 0.1
AT_ONCE = "It never arrived, or late: send a change as soon as there is one."
TICK_S = PAUSE_S / 20
LATE_TICKS = 10  # half a pause, or a loop that took as many turns
WAIT_S = 2.0  # how long a state may take to be sent


class Feed:
    """The queue that the learner's coroutine reads, and the states that it sends.

    Attributes:
        states: what was sent, in order.
        over: whether the end, None, is in the queue.
        left: whether the learner's coroutine has ended, so that nothing more is sent.
        early: whether it ended before the end was in the queue.
        ticks: how many short sleeps a state took that was to be sent at once.
    """

    def __init__(self, changes: asyncio.Queue[Any], takes_s: float) -> None:
        self.states: list[Any] = []
        self.at: list[float] = []  # when each was sent, by the loop's clock
        self.over = self.left = self.early = False
        self.ticks = 0
        self._changes, self._takes_s = changes, takes_s
        self._news = asyncio.Event()

    async def send(self, totals: Any) -> None:
        """Take a state to send, which takes some time."""
        self.states.append(totals)
        self.at.append(asyncio.get_running_loop().time())
        self._news.set()
        await asyncio.sleep(self._takes_s)

    def put(self, *numbers: int) -> None:
        """Put changes into the queue: so many votes for the first option."""
        for number in numbers:
            self._changes.put_nowait([number, 0])

    def end(self) -> None:
        """Put the end into the queue."""
        self.over = True
        self._changes.put_nowait(None)

    def leave(self, task: asyncio.Task[Any]) -> None:
        """Note that the learner's coroutine has ended."""
        self.left = True
        self.early = not self.over and not task.cancelled()
        self._news.set()

    async def sends_at_once(self, number: int) -> bool:
        """Wait until a state was sent; say whether no pause came first, however slow all is."""
        ticker = asyncio.ensure_future(self._tick())
        sent = await self.until(number)
        ticker.cancel()
        return sent and self.ticks < LATE_TICKS

    async def _tick(self) -> None:
        """Count short sleeps: a loop that stands still makes one of them long, not many."""
        self.ticks = 0
        while True:
            await asyncio.sleep(TICK_S)
            self.ticks += 1

    async def until(self, number: int) -> bool:
        """Wait until a state was sent, no longer than the deadline."""
        try:
            async with asyncio.timeout(WAIT_S):
                while [number, 0] not in self.states and not self.left:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return [number, 0] in self.states


Script = Callable[[Feed], Coroutine[Any, Any, str]]


async def play(attempt: Attempt, title: str, takes_s: float, script: Script) -> None:
    """Run the learner's coroutine beside a script that puts changes into its queue.

    Args:
        attempt: the coroutine on trial: `(changes, send, pause_s)`.
        title: what happens, for the outcome's first line.
        takes_s: how long a `send` takes, in seconds.
        script: puts changes into the feed; returns what was wrong.

    Raises:
        NotYet: something was.
    """
    changes: asyncio.Queue[Any] = asyncio.Queue()
    feed = Feed(changes, takes_s)
    task = asyncio.ensure_future(attempt(changes, feed.send, PAUSE_S))
    task.add_done_callback(feed.leave)
    try:
        nudge = await script(feed)
        if task.done() or not nudge:
            async with asyncio.timeout(WAIT_S):
                await task
    except TimeoutError:
        nudge = "None was in the queue, and it did not return: send what is left, and return."
    except NotYet as failure:
        failure.title = title
        raise
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=1)
    attempt.call_text, attempt.result_text = title, None
    if sum(took_s > 0.9 * PAUSE_S for took_s in attempt.blocked) > 1:
        nudge = "`time.sleep` stops the whole loop: `await asyncio.sleep(…)` only this task."
    nudge = explain_run(feed) or nudge
    if nudge:
        raise NotYet(
            title, [("sent", shorten(feed.states))], [nudge, *list_forgotten_awaits(attempt)]
        )


def shorten(states: list[Any]) -> str:
    """Write the states that were sent, however many there are."""
    text = ", ".join(map(str, states[:5])) or "nothing"
    return text if len(states) <= 5 else f"{text}, … ({len(states)} in all)"


def explain_run(feed: Feed) -> str:
    """Say what would be wrong in any script: None or a state twice was sent, or it ended early."""
    if None in feed.states:
        return "None is the end, not a state: it must not be sent."
    if any(a == b for a, b in zip(feed.states, feed.states[1:], strict=False)):
        return "It sent the same state twice: send only when something has changed."
    if feed.early:
        return "It returned before None came: go on until then."
    return ""


async def one_vote(feed: Feed) -> str:
    """A vote must be sent at once, not after a pause."""
    feed.put(1)
    if not await feed.sends_at_once(1):
        return AT_ONCE
    await asyncio.sleep(2 * PAUSE_S)
    feed.end()
    return ""


async def burst(feed: Feed) -> str:
    """Of many changes that wait, only the newest counts."""
    feed.put(*range(1, 101))
    feed.end()
    if not await feed.until(100):
        return "The last state is missing: whatever is left out, it must be sent, None or not."
    if len(feed.states) > 2:
        return "They all waited already: only the newest is worth a message."
    return ""


async def in_the_pause(feed: Feed) -> str:
    """A change during the pause is sent after it; then nothing happens."""
    feed.put(1)
    if not await feed.until(1):
        return AT_ONCE
    feed.put(2, 3)
    if not await feed.until(3):
        return "The last state came during the pause, and got lost: it must be sent after it."
    await asyncio.sleep(3 * PAUSE_S)
    feed.end()
    return ""


async def steady_stream(feed: Feed) -> str:
    """While votes keep coming, there is a pause between messages, and some before the end."""
    began = time.monotonic()
    for number in range(1, 61):
        feed.put(number)
        await asyncio.sleep(PAUSE_S / 20)
    told, took_s = len(feed.states), time.monotonic() - began
    gaps = [after - before for before, after in itertools.pairwise(feed.at)]
    feed.end()
    if not await feed.until(60):
        return "The last state is missing: whatever is left out, it must be sent, None or not."
    if not told:
        return "Nothing was sent while votes came: do not wait for the end."
    if told < 2:
        return "The votes do not stop, and others wait: send again after the first pause."
    if told > took_s / PAUSE_S + 2 or any(gap < 0.9 * PAUSE_S for gap in gaps):
        return "That is too many messages: wait `pause_s` seconds after each."
    return ""
