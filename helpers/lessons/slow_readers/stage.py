"""What the clients of the lesson slow_readers do: say something big, and find out who hears it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from helpers.exercises.stage.chat_client import hear, tell

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

BIG = "x" * 1_000_000
HEARS_S = 1.0  # how long somebody waits to hear what they have said


async def count_heard(ws: ClientConnection, times: int = 20) -> int:
    """Say a megabyte, wait until it is heard, and say it again.

    Args:
        ws: the speaker's connection.
        times: how often at most.

    Returns:
        How often the speaker heard it, until it took longer than a second.
    """
    for number in range(times):
        await tell(ws, "say", text=BIG)
        try:
            async with asyncio.timeout(HEARS_S):
                await hear(ws, "message")
        except TimeoutError:
            return number
    return times


async def hears(ws: ClientConnection, text: str) -> bool:
    """Find out whether somebody hears a message, or whether their connection ends first.

    Args:
        ws: the listener's connection.
        text: what is said.
    """
    from websockets.exceptions import ConnectionClosed

    try:
        while (await hear(ws, "message"))["text"] != text:
            pass
    except ConnectionClosed:
        return False
    return True


async def is_there(ws: ClientConnection) -> bool:
    """Find out whether somebody is still in the chat: do they hear what they say?

    Args:
        ws: their connection.
    """
    from websockets.exceptions import ConnectionClosed

    try:
        await tell(ws, "say", text="Am I still here?")
    except ConnectionClosed:
        return False
    return await hears(ws, "Am I still here?")
