"""A client of the chat for its tests: it joins, sends, and waits for what it expects."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

DEADLINE_S = 20
Message = dict[str, Any]
_numbers = itertools.count(1)


def fresh(name: str) -> str:
    """Return a name that no other test takes."""
    return f"{name} {next(_numbers)}"


class Client:
    """One connection, and everything that arrived on it."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket
        self.received: list[Message] = []

    async def send(self, kind: str, **fields: object) -> None:
        """Send one message."""
        await self.raw(json.dumps({"type": kind} | fields))

    async def raw(self, data: str | bytes) -> None:
        """Send raw data."""
        await self.websocket.send(data)

    async def next(self) -> Message:
        """Return the next message."""
        raw = await asyncio.wait_for(self.websocket.recv(), DEADLINE_S)
        message: Message = json.loads(raw)
        self.received.append(message)
        return message

    async def until(self, kind: str, **fields: object) -> Message:
        """Return the next message of a type, with these fields; the ones before it are kept."""
        while True:
            message = await self.next()
            if message["type"] == kind and fields.items() <= message.items():
                return message

    async def code(self) -> str:
        """Return the code of the next error."""
        return str((await self.until("error"))["code"])

    async def join(self, name: str, **fields: object) -> Message:
        """Come in, and return the welcome."""
        await self.send("join", name=name, **fields)
        return await self.until("welcome")

    async def say(self, id: str, text: str, **fields: object) -> Message:
        """Say something, and return its acknowledgement."""
        await self.send("say", id=id, text=text, **fields)
        return await self.until("ack", id=id)

    async def settled(self) -> list[Message]:
        """Return what arrived so far, once the server has answered everything."""
        await self.send("history", before=0)
        await self.until("history")
        return self.received

    async def texts(self) -> list[str]:
        """Return the texts of the live messages that arrived so far."""
        return [m["text"] for m in await self.settled() if m["type"] == "message"]

    async def close_code(self) -> int | None:
        """Return the code that the server closes with."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.next()
        received = self.websocket.protocol.close_rcvd
        return received.code if received else None

    def cut(self) -> None:
        """Lose the connection, without a close frame."""
        self.websocket.transport.abort()


@contextlib.asynccontextmanager
async def client(url: str, **options: Any) -> AsyncIterator[Client]:
    """Open a connection for the length of a block."""
    limits = {"max_size": 2**23, "max_queue": None}  # None: close with messages unread
    async with connect(url, compression=None, **(limits | options)) as websocket:
        yield Client(websocket)


@contextlib.asynccontextmanager
async def members(url: str, *names: str) -> AsyncIterator[list[Client]]:
    """Open connections for these names, and let each settle."""
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(client(url)) for _ in names]
        for each, name in zip(clients, names, strict=True):
            await each.join(name)
        for each in clients:
            await each.settled()
            each.received.clear()
        yield clients
