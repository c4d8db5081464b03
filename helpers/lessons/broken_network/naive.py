"""What stands in for the exercises of the lesson broken_network until they are solved."""

import asyncio
import json
from collections.abc import Callable

from websockets import ClientConnection, ServerConnection, connect

from helpers.lessons.broken_network.feed import Feed


def backoff(failures: int, chance: Callable[[], float]) -> float:
    """Wait a second, every time."""
    return 1.0


async def heartbeat(
    websocket: ClientConnection | ServerConnection,
    heard: asyncio.Event,
    every: float,
    patience: float,
) -> None:
    """Trust the line: wait until it is closed."""
    await websocket.wait_closed()


async def resume_feed(websocket: ServerConnection, after: int, feed: Feed) -> None:
    """Send every new message, wherever the client left off."""
    after = len(feed.messages)
    while True:
        await feed.grown(after)
        text = feed.messages[after]
        after += 1
        await websocket.send(json.dumps({"number": after, "text": text}))


async def say_surely(url: str, waiting: dict[str, str]) -> None:
    """Send what waits, once, and forget it."""
    async with connect(url) as ws:
        for id, text in waiting.items():
            await ws.send(json.dumps({"type": "say", "id": id, "text": text}))
    waiting.clear()
