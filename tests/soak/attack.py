"""An attack is a coroutine that does one round; rounds follow each other until the deadline.

What a server does to an attacker (closes, resets, does not answer) is an ordinary end of a
round. Every other error is a fault of the attack itself, and is reported, or an attack that no
longer works would look like a server that withstands it.
"""

import asyncio
import dataclasses
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.soak.line import Door

ORDINARY = (OSError, EOFError)  # TimeoutError and ConnectionError are OSErrors


@dataclass
class Siege:
    """What every round knows: the way in, its dice, and when all must be over."""

    door: Door
    server: str
    chance: random.Random
    ends: float  # by time.monotonic()
    seen: Counter[str] = field(default_factory=Counter)  # what no server may do

    @property
    def left_s(self) -> float:
        """Return how many seconds are left."""
        return max(0.0, self.ends - time.monotonic())

    def name(self) -> str:
        """Return a name that nobody else takes."""
        return f"mallory {self.chance.getrandbits(40):x}"


Round = Callable[[Siege], Awaitable[None]]


@dataclass(frozen=True)
class Attack:
    """One kind of attack.

    Attributes:
        round: what is done, once; it ends by itself or lasts until the siege's end.
        every_s: from the start of one round to the start of the next.
        at_once: how many rounds may run side by side.
    """

    round: Round
    every_s: float = 0.5
    at_once: int = 4

    @property
    def name(self) -> str:
        """Return the name by which it is chosen and reported."""
        return getattr(self.round, "__name__", "?")


@dataclass
class Tally:
    """What was done.

    Attributes:
        rounds: how many of each attack were begun.
        cut: how many of these the server ended.
        why: how it ended the first of them.
        faults: what went wrong in the attacks themselves.
        seen: what the server did that no server may do.
    """

    rounds: Counter[str] = field(default_factory=Counter)
    cut: Counter[str] = field(default_factory=Counter)
    why: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(vars(self))


async def besiege(siege: Siege, attacks: list[Attack]) -> Tally:
    """Run attacks side by side until the siege ends.

    Args:
        siege: where, and for how long.
        attacks: what is done.

    Returns:
        What was done.
    """
    tally = Tally(seen=siege.seen)
    dice = [random.Random(siege.chance.getrandbits(64)) for _ in attacks]
    async with asyncio.TaskGroup() as group:
        for attack, chance in zip(attacks, dice, strict=True):
            own = dataclasses.replace(siege, chance=chance)
            group.create_task(_repeat(own, attack, tally))
    return tally


async def _repeat(siege: Siege, attack: Attack, tally: Tally) -> None:
    running: set[asyncio.Task[None]] = set()
    while siege.left_s > 0:
        if len(running) < attack.at_once:
            task = asyncio.create_task(_once(siege, attack, tally))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.sleep(min(attack.every_s, siege.left_s))
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def _once(siege: Siege, attack: Attack, tally: Tally) -> None:
    tally.rounds[attack.name] += 1
    try:
        async with asyncio.timeout(siege.left_s):
            await attack.round(siege)
    except ORDINARY as error:
        if siege.left_s:
            tally.cut[attack.name] += 1
            tally.why.setdefault(attack.name, repr(error))
    except Exception as error:
        tally.faults.setdefault(attack.name, f"{type(error).__name__}: {error}")
