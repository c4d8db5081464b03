"""How much work the updates of one connection may cost, before it is done.

A step is a run of letters that is looked at. Hostile updates make Yjs look at all of them again
and again; one that costs too much is refused, and one that comes too soon after others has to
wait.
"""

import time
from collections.abc import Callable

from helpers.servers.document.encoding import bad
from helpers.servers.document.updates import Update, read_update
from helpers.serving.schema import Refusal

MOST_STEPS = 4_000_000  # of one update: less than a second
STEPS_PER_S = 200_000  # of one connection, in the long run
STEPS_PER_STRUCT = 16  # to read it
STEPS_PER_BYTE = 2  # to read what proves to be bad


class Effort:
    """What one update has cost so far.

    Args:
        most: how much it may.
        allowed: how much it may now; less than `most` after others.
    """

    def __init__(self, most: int = MOST_STEPS, allowed: float | None = None) -> None:
        self.spent = 0
        self._most = most
        self._allowed = most if allowed is None else min(allowed, most)

    def spend(self, steps: int) -> None:
        """Count steps.

        Raises:
            Refusal: bad_update when these are too many, too_fast when they are too many now.
        """
        self.spent += steps
        if self.spent > self._most:
            raise bad(f"expected an update that takes {self._most:,} steps, got one with more")
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
    """What the updates of one connection may cost: it grows with time.

    Args:
        clock: tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: float = MOST_STEPS
        self._at = clock()

    def effort(self) -> Effort:
        """Return what the next update may cost."""
        now = self._clock()
        self._left = min(MOST_STEPS, self._left + (now - self._at) * STEPS_PER_S)
        self._at = now
        return Effort(allowed=self._left)

    def pay(self, effort: Effort) -> None:
        """Take off what an update has cost."""
        self._left = max(0, self._left - effort.spent)
