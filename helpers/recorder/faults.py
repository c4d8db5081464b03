"""What is wrong with the network at the moment, in a tap: frozen, delayed, or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import time


class Faults:
    """What is wrong with the network now; every direction asks it before passing bytes on."""

    def __init__(self) -> None:
        self.frozen = False
        self.delay_s = 0.0
        self._changed = asyncio.Event()

    def set(self, *, frozen: bool | None = None, delay_s: float | None = None) -> None:
        """Change a fault, even for bytes that are already waiting."""
        self.frozen = self.frozen if frozen is None else frozen
        self.delay_s = self.delay_s if delay_s is None else delay_s
        self._changed.set()
        self._changed = asyncio.Event()

    async def pass_on(self, arrived: float) -> None:
        """Wait until bytes that arrived at this time may be passed on."""
        while (rest_s := self._rest_s(arrived)) is None or rest_s > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), rest_s)

    def _rest_s(self, arrived: float) -> float | None:
        return None if self.frozen else arrived + self.delay_s - time.monotonic()
