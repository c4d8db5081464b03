"""One write a turn: what several messages leave for a client is written together.

A system call for each message and client is what a fan-out costs most. Whoever has something to
write says so once, and is called when the turn of the loop is over; after a long flush the next
one waits a moment, in which more may gather. A message that comes alone is not kept waiting.
"""

import asyncio
from collections.abc import Callable

AT_ONCE_BYTES = 65_536  # for one client: more is written before the turn is over
LONGEST_PAUSE_S = 0.003  # between two flushes: what it takes a message to come and be stored


class Turn:
    """Those who have something to write in this turn of one server's loop.

    First used: notebooks/04_chat.ipynb
    """

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []
        self._not_before = 0.0

    def at_its_end(self, write: Callable[[], None]) -> None:
        """Call something when this turn is over.

        Args:
            write: called once, without waiting for anybody.
        """
        if not self._waiting:
            loop = asyncio.get_running_loop()
            if loop.time() < self._not_before:
                loop.call_at(self._not_before, self._end)
            else:
                loop.call_soon(self._end)
        self._waiting.append(write)

    def _end(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        waiting, self._waiting = self._waiting, []
        for write in waiting:
            write()
        now = loop.time()
        self._not_before = now + min(LONGEST_PAUSE_S, (now - began) / 2)
