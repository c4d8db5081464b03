"""A client of `files` for its tests: it sends files in chunks, fetches them, and can be cut."""

import asyncio
import contextlib
import hashlib
import json
import struct
from collections.abc import Callable
from typing import Any

from tests.servers.plain_client import Message, PlainClient, joined, opened

DEADLINE_S = 20
CHUNK, WINDOW = 65_536, 8 * 65_536
HEADER = struct.Struct("!IQ")


def digest(data: bytes | bytearray) -> str:
    """Return the SHA-256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


class Client(PlainClient):
    """One connection, and the messages that arrived on it."""

    async def next(self) -> Message | bytes:
        """Return the next message: a dictionary, or the bytes of a chunk."""
        raw = await asyncio.wait_for(self.websocket.recv(), DEADLINE_S)
        if isinstance(raw, bytes):
            return raw
        message: Message = json.loads(raw)
        self.received.append(message)
        return message

    async def until(self, kind: str, **fields: object) -> Message:
        """Return the next message of a type, with these fields; the ones before it are kept."""
        while True:
            message = await self.next()
            if isinstance(message, bytes):
                continue
            if message["type"] == kind and fields.items() <= message.items():
                return message

    async def code(self) -> str:
        """Return the code of the next error."""
        return str((await self.until("error"))["code"])

    async def join(self, name: str, **fields: object) -> Message:
        """Come in, and return the welcome."""
        await self.send("join", name=name, **fields)
        return await self.until("welcome")

    async def offer(self, id: str, name: str, size: int) -> Message:
        """Offer a file, and return what the server says to that."""
        await self.send("offer", id=id, name=name, size=size)
        while True:
            message = await self.next()
            if isinstance(message, dict) and message.get("id") == id:
                return message

    async def chunk(self, transfer: int, offset: int, data: bytes) -> None:
        """Send one chunk."""
        await self.raw(HEADER.pack(transfer, offset) + data)

    async def pour(
        self,
        data: bytes,
        ready: Message,
        saved: Callable[[int], object] = lambda offset: None,
    ) -> None:
        """Send the rest of a file, a window at a time, until all of it is saved.

        Args:
            data: the whole file.
            ready: what the server said to the offer.
            saved: called with each offset that is saved.
        """
        sent = done = ready["offset"]
        while done < len(data):
            while sent < len(data) and sent - done < WINDOW:
                await self.chunk(ready["transfer"], sent, data[sent : sent + CHUNK])
                sent = min(len(data), sent + CHUNK)
            message = await self.next()
            if isinstance(message, dict) and message["type"] == "error":
                raise AssertionError(message)
            if isinstance(message, dict) and message.get("id") == ready["id"]:
                done = message["offset"]
                saved(done)

    async def upload(self, id: str, name: str, data: bytes) -> Message:
        """Send a whole file, and return how it is listed."""
        ready = await self.offer(id, name, len(data))
        await self.pour(data, ready)
        return await self.finish(id, data)

    async def finish(self, id: str, data: bytes) -> Message:
        """Have an upload verified, and return how the file is listed."""
        await self.send("finish", id=id, sha256=digest(data))
        return dict((await self.until("stored", id=id))["file"])

    async def fetch(self, file: str, data: bytearray) -> Message:
        """Download a file, from where `data` ends, and return the message after the last chunk."""
        await self.send("fetch", file=file, offset=len(data))
        sending = await self.until("sending")
        while True:
            message = await self.next()
            if isinstance(message, bytes):
                number, offset = HEADER.unpack_from(message)
                assert (number, offset) == (sending["transfer"], len(data))
                data += message[HEADER.size :]
                await self.send("got", transfer=number, offset=len(data))
            elif message.get("transfer") == sending["transfer"]:
                return message

    async def settled(self) -> list[Message]:
        """Return what arrived so far, once the server has answered everything."""
        await self.send("ping")
        await self.until("pong")
        return self.received


def client(url: str, **options: Any) -> contextlib.AbstractAsyncContextManager[Client]:
    """Open a connection for the length of a block."""
    return opened(Client, url, **options)


def members(url: str, *names: str) -> contextlib.AbstractAsyncContextManager[list[Client]]:
    """Open connections for these names, and let each settle."""
    return joined(Client, url, *names)
