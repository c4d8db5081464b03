"""What listening to a client takes: how long to wait, what silence is, and where it ends."""

from __future__ import annotations

import asyncio
import logging

ANSWER_S = 1.5  # how long a client waits for an answer
LOOP_STEPS = 20  # enough for what a handler left to a task
END = "-- the judge has heard enough --"  # sent last: everything before it has arrived

#: A log that nobody reads: what the libraries say about a learner's mistake is no help.
unread_log = logging.getLogger("helpers.exercises.unread")
unread_log.addHandler(logging.NullHandler())
unread_log.propagate = False


class Silence:
    """What a client got instead of an answer."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


NO_ANSWER = Silence(f"no answer within {ANSWER_S:g} s")
NO_ACKNOWLEDGEMENT = Silence("no acknowledgement")
GONE = Silence("no answer: the connection was closed")


async def let_tasks_run() -> None:
    """Give way to the tasks that a handler has started, so that what they send is heard."""
    for _ in range(LOOP_STEPS):
        await asyncio.sleep(0)
