"""A page without a browser: `sync` brings a document and a server's together."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from pycrdt import Text, create_sync_message, handle_sync_message
from websockets.asyncio.client import ClientConnection, connect

__all__ = ["sync", "visit"]

STEP_1, STEP_2 = b"\0\0", b"\0\1"
PATIENCE_S = 0.5  # after the last message, until a silent server has nothing to say


async def sync(ws: ClientConnection, text: Text) -> set[str]:
    """Ask for what is missing, and answer the same question, if the server asks it.

    Args:
        ws: the connection; JSON messages on it are skipped.
        text: what the client has written.

    Returns:
        What the server did: `"asked"`, `"answered"`, both or nothing.
    """
    done: set[str] = set()
    await ws.send(create_sync_message(text.doc))
    while len(done) < 2:
        try:
            async with asyncio.timeout(PATIENCE_S):
                message = await ws.recv()
        except TimeoutError:
            break
        if isinstance(message, str):
            continue
        answer = handle_sync_message(message[1:], text.doc)
        if answer:
            await ws.send(answer)
        done |= {STEP_1: {"asked"}, STEP_2: {"answered"}}.get(message[:2], set())
    return done


async def visit(url: str, name: str, text: Text) -> None:
    """Log in to the lesson's program or to `document`, bring both documents together, and leave.

    Args:
        url: the server's address.
        name: who it is.
        text: what the client has written.
    """
    async with connect(url) as ws:
        await ws.send(json.dumps({"type": "login", "name": name}))
        if "asked" in await sync(ws, text):
            await saved(ws)


async def saved(ws: ClientConnection) -> None:
    """Wait until the server says that it has saved what it was sent."""
    async with asyncio.timeout(5):
        while True:
            message: Any = await ws.recv()
            if isinstance(message, str) and json.loads(message)["type"] == "saved":
                return
