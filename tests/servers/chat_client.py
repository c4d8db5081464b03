"""A client of the chat for its tests: it joins, sends, and waits for what it expects."""

import asyncio
import contextlib
import itertools
import json
from typing import Any

from tests.servers.plain_client import Message, PlainClient, joined, opened

DEADLINE_S = 20
_numbers = itertools.count(1)


def fresh(name: str) -> str:
    """Return a name that no other test takes."""
    return f"{name} {next(_numbers)}"


class Client(PlainClient):
    """One connection, and everything that arrived on it."""

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


def client(url: str, **options: Any) -> contextlib.AbstractAsyncContextManager[Client]:
    """Open a connection for the length of a block."""
    return opened(Client, url, **options)


def members(url: str, *names: str) -> contextlib.AbstractAsyncContextManager[list[Client]]:
    """Open connections for these names, and let each settle."""
    return joined(Client, url, *names)
