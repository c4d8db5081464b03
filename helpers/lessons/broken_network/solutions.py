"""Solutions of the lesson broken_network."""

import asyncio
import json
from collections.abc import Callable

from websockets import ClientConnection, ServerConnection, WebSocketException, connect

from helpers.lessons.broken_network.feed import Feed


def backoff(failures: int, chance: Callable[[], float]) -> float:
    """Return how many seconds to wait after so many failures."""
    ceiling: int = min(30, 2**failures)
    return chance() * ceiling


async def heartbeat(
    websocket: ClientConnection | ServerConnection,
    heard: asyncio.Event,
    every: float,
    patience: float,
) -> None:
    """Ask for signs of life; return when one does not come."""
    while True:
        heard.clear()
        await websocket.send('{"type": "ping"}')
        try:
            async with asyncio.timeout(patience):
                await heard.wait()
        except TimeoutError:
            return
        await asyncio.sleep(every)


async def resume_feed(websocket: ServerConnection, after: int, feed: Feed) -> None:
    """Send each message after number `after`, once and in order, and then every new one."""
    while True:
        await feed.grown(after)
        text = feed.messages[after]
        after += 1
        await websocket.send(json.dumps({"number": after, "text": text}))


async def say_surely(url: str, waiting: dict[str, str]) -> None:
    """Send what waits, again and again, until all of it is acknowledged."""
    while waiting:
        try:
            async with connect(url) as ws:
                for id, text in waiting.items():
                    await ws.send(json.dumps({"type": "say", "id": id, "text": text}))
                while waiting:
                    waiting.pop(json.loads(await ws.recv()).get("ack"), None)
        except (WebSocketException, OSError):
            await asyncio.sleep(0.1)
