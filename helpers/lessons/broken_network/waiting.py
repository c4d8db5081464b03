"""`until`: wait until something is so, which no event tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LOOK_EACH_S = 0.005


async def until(condition: Callable[[], object], within_s: float = 10.0) -> None:
    """Wait until a condition holds.

    Args:
        condition: anything that can be asked again and again.
        within_s: how long to wait, in seconds.

    Raises:
        TimeoutError: it did not hold in time.
    """
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  # a condition is not an event
            await asyncio.sleep(LOOK_EACH_S)
