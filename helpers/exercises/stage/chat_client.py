"""The clients of a chat in a lesson's cells: they join, say something, listen, and leave, in JSON.

Each waits for what it asks for, so a cell can await its own evidence: `hear` for a message,
`ending` for the end of the connection, and `rest` for everything that had arrived by then.
`guests` opens several connections that join at once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

HEAR_S = 5.0  # how long a client waits for a message


async def tell(ws: ClientConnection, kind: str, **fields: object) -> None:
    """Send one message to the server.

    Args:
        ws: the client's connection.
        kind: the message's type, such as `"say"`.
        **fields: whatever else is in it.
    """
    await ws.send(json.dumps({"type": kind} | fields))


async def hear(ws: ClientConnection, *kinds: str) -> dict[str, Any]:
    """Wait for the next message of one of these types, and skip all others.

    Args:
        ws: the client's connection.
        *kinds: types, such as `"message"`.

    Returns:
        The message.

    Raises:
        TimeoutError: no such message arrives within 5 s.
        ConnectionClosed: the connection ends before.
    """
    async with asyncio.timeout(HEAR_S):
        while True:
            message: dict[str, Any] = json.loads(await ws.recv())
            if message["type"] in kinds:
                return message


async def join(ws: ClientConnection, name: str) -> dict[str, Any]:
    """Ask to join under a name.

    Args:
        ws: the client's connection.
        name: whatever the client would like to be called.

    Returns:
        The answer: a `welcome`, or an `error`.
    """
    await tell(ws, "join", name=name)
    return await hear(ws, "welcome", "error")


async def rest(ws: ClientConnection) -> list[str | bytes]:
    """Hang up.

    Args:
        ws: the client's connection.

    Returns:
        Each message that had arrived and nobody had read yet.
    """
    from websockets.exceptions import ConnectionClosed

    closing, messages = asyncio.create_task(ws.close()), list[str | bytes]()
    with suppress(ConnectionClosed):
        async for message in ws:  # whoever does not read does not hear the goodbye either
            messages.append(message)
    await closing
    return messages


async def ending(ws: ClientConnection) -> Exception:
    """Read until the connection ends.

    Args:
        ws: the client's connection.

    Returns:
        How it ended: a `ConnectionClosed`.

    Raises:
        TimeoutError: it is still open after 5 s.
    """
    from websockets.exceptions import ConnectionClosed

    async with asyncio.timeout(HEAR_S):
        while True:
            try:
                await ws.recv()
            except ConnectionClosed as error:
                return error


@asynccontextmanager
async def guests(url: str, *names: str) -> AsyncIterator[tuple[ClientConnection, ...]]:
    """Connect, and join, once for each name; at the end, all of them hang up.

    Args:
        url: the server's address.
        *names: who joins, in this order.

    Returns:
        A context manager that gives their connections.
    """
    from websockets.asyncio.client import connect

    connections: list[ClientConnection] = []
    try:
        for name in names:
            connections.append(await connect(url))
            await join(connections[-1], name)
        yield tuple(connections)
    finally:
        for connection in connections:
            connection.transport.resume_reading()  # a lesson may have paused it
        await asyncio.gather(*(rest(connection) for connection in connections))
