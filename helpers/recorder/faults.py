"""What is wrong with the network at the moment, in a tap: cut, frozen, delayed, or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from typing import NamedTuple

MAX_DELAY_MS = 60_000


class State(NamedTuple):
    """Which faults are on: several may be."""

    cut: bool = False
    frozen: bool = False
    delay_ms: float = 0.0


class Faults:
    """What is wrong with the network now; every direction asks it before passing bytes on."""

    def __init__(self) -> None:
        self.state = State()
        self._changed = asyncio.Event()

    def set(self, state: State) -> None:
        """Change the faults, even for bytes that are already waiting."""
        self.state = state
        self._changed.set()
        self._changed = asyncio.Event()

    async def pass_on(self, arrived: float) -> None:
        """Wait until bytes that arrived at this time may be passed on."""
        while (rest_s := self._rest_s(arrived)) is None or rest_s > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), rest_s)

    def _rest_s(self, arrived: float) -> float | None:
        if self.state.frozen:
            return None
        return arrived + self.state.delay_ms / 1000 - time.monotonic()


def check_delay(ms: object) -> float:
    """Return how much later everything arrives, in milliseconds.

    Raises:
        ValueError: it is not a number of milliseconds, or too many.
    """
    if isinstance(ms, bool) or not isinstance(ms, int | float) or not math.isfinite(ms):
        raise ValueError(f"delay must be a number of milliseconds, got {ms!r}")
    if not 0 <= ms <= MAX_DELAY_MS:
        raise ValueError(f"delay must be 0 to {MAX_DELAY_MS:,} ms, got {ms:g}")
    return ms
