"""A model of many clients whose server has gone down: when does each of them try again?

The clients and the seconds are not real, so a minute of them takes a moment. What is real is the
function that says how long to wait.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass

Chance = Callable[[], float]
Backoff = Callable[[int, Chance], float]

CLIENTS = 500
DOWN_S = 5  # how long the server is down
ROOM = 50
END_S = 600  # when the model gives up
SEED = 26


@dataclass(frozen=True)
class Stampede:
    """What came of it.

    Attributes:
        attempts: how many there were in each second, the first one first.
        admitted: how many clients are back at last.
        over_s: in which second the last of them was back.
    """

    attempts: list[int]
    admitted: int
    over_s: int

    @property
    def worst(self) -> int:
        """How many attempts the busiest second had, once the server was up again."""
        return max(self.attempts[DOWN_S:], default=0)

    def __str__(self) -> str:
        back = "all are back" if self.admitted == CLIENTS else f"{self.admitted} are back"
        return f"worst second: {self.worst} attempts, {back} after {self.over_s} s"


def stampede(backoff: Backoff, room: int = ROOM) -> Stampede:
    """Let 500 clients lose their server, which is down for 5 s and then greets 50 a second.

    Args:
        backoff: takes how often a client has failed, and a function that gives a random number
            from 0 up to 1; returns how many seconds the client waits.
        room: how many clients the server greets in a second; it refuses all others.
    """
    chance = random.Random(SEED).random
    waiting = [(backoff(0, chance), client, 1) for client in range(CLIENTS)]
    heapq.heapify(waiting)
    attempts, admitted, over_s = [0] * END_S, 0, 0
    while waiting and waiting[0][0] < END_S:
        now, client, failures = heapq.heappop(waiting)
        second = int(now)
        attempts[second] += 1
        if second >= DOWN_S and attempts[second] <= room:
            admitted, over_s = admitted + 1, second + 1
        else:
            again = now + backoff(failures, chance)
            heapq.heappush(waiting, (again, client, failures + 1))
    last = max((second for second, count in enumerate(attempts) if count), default=0)
    return Stampede(attempts[: last + 1], admitted, over_s)
