"""When the totals of a poll are told: soon after a vote, and at most 20 times a second.

Totals are state, worth only its latest value. So however many votes come, each poll has one count
under way at most, and whatever changes meanwhile has one more after it: the last told is the last.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from helpers.servers.vote import store as vote_store
from helpers.serving.database import Database

INTERVAL_S = 0.05


class Totals:
    """The totals that are to be told.

    Args:
        store: the database with the votes.
        tell: called with the totals of one poll.
    """

    def __init__(self, store: Database, tell: Callable[[dict[str, Any]], None]) -> None:
        self._store, self._tell = store, tell
        self._timers: dict[str, asyncio.TimerHandle] = {}  # of the polls told a moment ago
        self._waiting: set[str] = set()  # those of them that have changed since

    def changed(self, code: str) -> None:
        """Note that the votes of a poll have changed."""
        if code in self._timers:
            self._waiting.add(code)
            return
        self._store.run_later(lambda db: vote_store.totals(db, code), self._tell)
        loop = asyncio.get_running_loop()
        self._timers[code] = loop.call_later(INTERVAL_S, self._again, code)

    def _again(self, code: str) -> None:
        del self._timers[code]
        if code in self._waiting:
            self._waiting.discard(code)
            self.changed(code)
