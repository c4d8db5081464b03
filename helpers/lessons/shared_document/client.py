"""A page without a browser: `log_in`, `say` and `hear` do what the page of the lesson does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection

__all__ = ["hear", "log_in", "say"]

DEADLINE_S = 5.0


async def say(ws: ClientConnection, **message: object) -> None:
    """Send a message.

    Args:
        ws: the client's connection.
        **message: its fields, such as `type="login"`.
    """
    await ws.send(json.dumps(message))


async def hear(ws: ClientConnection, kind: str) -> dict[str, Any]:
    """Wait for the next message of a kind, and skip all others.

    Args:
        ws: the client's connection.
        kind: its type, such as `"welcome"`.

    Returns:
        The message.

    Raises:
        TimeoutError: none arrived within five seconds.
    """
    async with asyncio.timeout(DEADLINE_S):
        while True:
            message: dict[str, Any] = json.loads(await ws.recv())
            if message["type"] == kind:
                return message


async def log_in(ws: ClientConnection, name: str) -> dict[str, Any]:
    """Log in, and return the welcome.

    Args:
        ws: the client's connection.
        name: who it is.
    """
    await say(ws, type="login", name=name)
    return await hear(ws, "welcome")
