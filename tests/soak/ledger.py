"""What honest clients have said, who should hear it, and who heard it when."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

LATE_S = 2.0  # until a message must have arrived everywhere


@dataclass
class Said:
    """One message: when it was sent, and who has not heard it yet."""

    at: float
    missing: set[int]


@dataclass
class Ledger:
    """Every message, and what became of it.

    Attributes:
        worst_s: the longest time between a message and its arrival at one client.
        said: how many messages were sent.
        heard: how many arrivals were expected and seen.
        late: arrivals that took longer than `LATE_S`.
        troubles: what honest clients were refused, or lost, with a count.
        open: what has not arrived everywhere.
        all_heard: set while that is nothing.
    """

    worst_s: float = 0.0
    said: int = 0
    heard: int = 0
    late: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    open: dict[str, Said] = field(default_factory=dict)
    all_heard: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, marker: str, listeners: set[int]) -> None:
        """Note that a message goes out now, and who must hear it."""
        self.said += 1
        self.all_heard.clear()
        self.open[marker] = Said(time.monotonic(), set(listeners))

    def hear(self, marker: str, listener: int) -> None:
        """Note that somebody has heard a message; what nobody waits for is ignored."""
        said = self.open.get(marker)
        if said is None or listener not in said.missing:
            return
        said.missing.discard(listener)
        took_s = time.monotonic() - said.at
        self.heard += 1
        self.late += took_s > LATE_S
        self.worst_s = max(self.worst_s, took_s)
        if not said.missing:
            del self.open[marker]
        if not self.open:
            self.all_heard.set()

    @property
    def lost(self) -> int:
        """Return how many arrivals never were."""
        return sum(len(said.missing) for said in self.open.values())
