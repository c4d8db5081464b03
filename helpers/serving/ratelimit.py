"""How fast a client may send: a bucket of tokens for each, and patience that ends.

A client that sends faster than its bucket fills is refused, and costs nobody else anything.
"""

import logging
import time

from helpers.serving.schema import Refusal

PATIENCE = 500  # refusals of one client for haste or nonsense, more or less in a row


class Bucket:
    """A bucket of tokens: each message takes one, and they come back at a steady rate.

    Args:
        burst: how many messages may come at once.
        per_second: how many tokens come back in a second.

    Attributes:
        refused: how many messages were refused of late; each one that is let through makes up
            for ten.
    """

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst, self._per_second = burst, per_second
        self._tokens, self._at = burst, time.monotonic()
        self.refused = 0

    @property
    def exhausted(self) -> bool:
        """Whether so much was refused that the client should be dropped."""
        return self.refused >= PATIENCE

    def take(self) -> None:
        """Take one token.

        Raises:
            Refusal: too_fast, when the bucket is empty.
        """
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        if self._tokens < 1:
            self.refused += 1
            wait_s = max(0.1, (1 - self._tokens) / self._per_second)
            raise Refusal("too_fast", f"too many messages at once; wait {wait_s:.1f} s")
        self._tokens -= 1
        self.refused = max(0, self.refused - 10)

    def refund(self) -> None:
        """Give the token of the latest message back: it has been paid for otherwise."""
        self._tokens = min(self._burst, self._tokens + 1)


class LineLimit(logging.Filter):
    """Leaves out lines of a log that come faster than a bucket fills, and says so once.

    A client that sends ten thousand messages would otherwise fill the disk with what it said.

    Args:
        burst: how many lines may come at once.
        per_second: how many more lines a second has.
    """

    def __init__(self, burst: float, per_second: float) -> None:
        super().__init__()
        self._bucket = Bucket(burst, per_second)
        self._leaving_out = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a line is logged; in place of the first that is not, say that."""
        try:
            self._bucket.take()
        except Refusal:
            if self._leaving_out or record.levelno > logging.INFO:
                return record.levelno > logging.INFO
            self._leaving_out = True
            record.msg, record.args = "too many lines at once: some are left out", ()
        else:
            self._leaving_out = False
        return True
