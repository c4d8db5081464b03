"""How much work updates may cost, before it is done.

A step is a run of letters that is looked at, in about a tenth of a microsecond. Hostile updates
make Yjs look at all of them again and again.

1. An update that costs too much is refused for good.
2. One that comes too soon after others of the same connection has to wait.
3. So has a heavy one, too soon after other heavy ones of anybody: it holds everybody up.
"""

import time
from collections.abc import Callable

from helpers.servers.document.encoding import bad
from helpers.servers.document.updates import Update, read_update
from helpers.serving.schema import Refusal

MOST_STEPS = 4_000_000  # of one update: the whole document, once the server has lost it
LIGHT = 20_000  # steps: it holds nobody up
STEPS_PER_S = 200_000  # in the long run: of one connection, and of all heavy updates
STEPS_PER_STRUCT = 64  # to read and to write it
STEPS_PER_BYTE = 2  # to read what proves to be bad


class Effort:
    """What one update has cost so far.

    Args:
        allowed: how much it may now.
        heavy: how much it may now if it is heavy.
    """

    def __init__(self, allowed: float = MOST_STEPS, heavy: float = MOST_STEPS) -> None:
        self.spent = 0
        self._allowed = min(allowed, max(heavy, LIGHT))

    def spend(self, steps: int) -> None:
        """Count steps.

        Raises:
            Refusal: bad_update when these are too many, too_fast when they are too many now.
        """
        self.spent += steps
        if self.spent > MOST_STEPS:
            raise bad(f"expected an update that takes {MOST_STEPS:,} steps, got one with more")
        if self.spent > self._allowed:
            raise Refusal("too_fast", "these updates take much work: send the document later")

    def read(self, data: bytes) -> Update:
        """Read an update, and count what that costs.

        Raises:
            Refusal: bad_update, or too_fast.
        """
        try:
            update = read_update(data)
        except Refusal:
            self.spend(len(data) * STEPS_PER_BYTE)
            raise
        self.spend(sum(map(len, update.structs.values())) * STEPS_PER_STRUCT)
        return update


class Allowance:
    """What updates may cost, of one connection or of all: it grows with time.

    Args:
        clock: tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: float = MOST_STEPS
        self._at = clock()

    def left(self) -> float:
        """Return how many steps there are now."""
        now = self._clock()
        self._left = min(MOST_STEPS, self._left + (now - self._at) * STEPS_PER_S)
        self._at = now
        return self._left

    def pay(self, steps: int) -> None:
        """Take off what an update has cost."""
        self._left = max(0, self._left - steps)
