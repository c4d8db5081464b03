"""When the totals of a poll are sent: right after a vote, and at most 20 times a second.

Totals are state, of which only the latest value matters. So however many votes a poll gets, it is
counted once at a time, and once more after the last change: the last totals sent are final.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from helpers.servers.vote import store as vote_store
from helpers.serving.database import Database


class Totals:
    """The polls whose totals are due.

    Args:
        store: the database with the votes.
        send: called with the totals of one poll.
        interval_s: the least time between two totals of a poll.
    """

    def __init__(
        self, store: Database, send: Callable[[dict[str, Any]], None], interval_s: float
    ) -> None:
        self._store, self._send, self._interval_s = store, send, interval_s
        self._timers: dict[str, asyncio.TimerHandle] = {}  # of polls counted a moment ago
        self._due: set[str] = set()  # those of them that have changed since

    def schedule(self, code: str) -> None:
        """Count a poll that has changed, and send its totals: now, or when it is due again."""
        if code in self._timers:
            self._due.add(code)
            return
        self._store.run_later(lambda db: vote_store.count_votes(db, code), self._send)
        loop = asyncio.get_running_loop()
        self._timers[code] = loop.call_later(self._interval_s, self._end_pause, code)

    def _end_pause(self, code: str) -> None:
        del self._timers[code]
        if code in self._due:
            self._due.discard(code)
            self.schedule(code)
