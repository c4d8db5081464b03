"""Solutions of the lesson frozen_server."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from websockets import ServerConnection


async def unfrozen(websocket: ServerConnection, slow: Callable[[str | bytes], str]) -> None:
    """Answer each message with slow(message) without freezing others."""
    async for message in websocket:
        await websocket.send(await asyncio.to_thread(slow, message))


def look_after(
    work: Coroutine[Any, Any, Any],
    tasks: set[asyncio.Task[Any]],
    complain: Callable[[BaseException], object],
) -> asyncio.Task[Any]:
    """Start the work as a task that neither vanishes nor fails in silence."""

    def end(task: asyncio.Task[Any]) -> None:
        tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            complain(error)

    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(end)
    return task
