"""How fast a client may send: a bucket of tokens for each, and patience that ends.

A client that sends faster than its bucket fills is refused, and costs nobody else anything.
"""

import time

from helpers.serving.schema import Refusal

PATIENCE = 500  # refusals of one client for haste or nonsense, more or less in a row


class Bucket:
    """A bucket of tokens: each message takes one, and they come back at a steady rate.

    Args:
        burst: how many messages may come at once.
        per_second: how many come back in a second.
    """

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst, self._per_second = burst, per_second
        self._left, self._at = burst, time.monotonic()
        self.refused = 0  # of late: each message that is taken makes up for ten

    def take(self) -> None:
        """Take one token.

        Raises:
            Refusal: too_fast, when none is left.
        """
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            self.refused += 1
            wait_s = max(0.1, (1 - self._left) / self._per_second)
            raise Refusal("too_fast", f"too many messages at once; wait {wait_s:.1f} s")
        self._left -= 1
        self.refused = max(0, self.refused - 10)
