"""What stands in for the exercises of the lesson frozen_server until they are solved."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from websockets import ServerConnection


async def unfrozen(websocket: ServerConnection, slow: Callable[[str | bytes], str]) -> None:
    """Answer each message with slow(message), while everybody else waits."""
    async for message in websocket:
        await websocket.send(slow(message))


def look_after(
    work: Coroutine[Any, Any, Any],
    tasks: set[asyncio.Task[Any]],
    complain: Callable[[BaseException], object],
) -> asyncio.Task[Any]:
    """Start the work as a task, and forget it."""
    return asyncio.create_task(work)
