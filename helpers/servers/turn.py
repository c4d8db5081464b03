"""One write a turn: what several messages leave for a client is written together.

A system call for each message and client is what a fan-out costs most. Whoever has something to
write says so once a turn of the loop, and is called when the turn is over.
"""

import asyncio
from collections.abc import Callable


class Turn:
    """Those who have something to write in this turn of one server's loop.

    First used: notebooks/04_chat.ipynb
    """

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def at_its_end(self, write: Callable[[], None]) -> None:
        """Call something when this turn is over.

        Args:
            write: called once, without waiting for anybody.
        """
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._end)
        self._waiting.append(write)

    def _end(self) -> None:
        waiting, self._waiting = self._waiting, []
        for write in waiting:
            write()
