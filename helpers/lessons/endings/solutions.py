"""Solutions of the lesson endings."""

import asyncio
from collections.abc import Mapping

from websockets import ClientConnection, ConnectionClosed, InvalidMessage, InvalidStatus


def next_step(error: Exception) -> str:
    """Say what to do about the end of a connection."""
    if isinstance(error, ConnectionClosed):
        if error.rcvd is None or error.rcvd.code in (1001, 1011, 1012, 1013):
            return "again"
        return "finish" if error.rcvd.code in (1000, 1005) else "fix"
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return "again" if status >= 500 or status in (408, 429) else "fix"
    if isinstance(error, InvalidMessage):
        return "again" if isinstance(error.__cause__, EOFError) else "fix"
    return "again" if isinstance(error, OSError) else "fix"


async def find_dead(peers: Mapping[str, ClientConnection]) -> list[str]:
    """Return the names of the peers that do not answer a ping."""

    async def is_dead(websocket: ClientConnection) -> bool:
        try:
            async with asyncio.timeout(1):
                pong = await websocket.ping()
                await pong
        except (TimeoutError, ConnectionClosed):
            return True
        return False

    asked = dict(peers)  # others may join or leave while it waits
    dead = await asyncio.gather(*map(is_dead, asked.values()))
    return [name for name, gone in zip(asked, dead, strict=True) if gone]
