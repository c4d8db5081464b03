"""A client of `files` for its tests: it sends files in chunks, fetches them, and can be cut."""

import asyncio
import contextlib
import hashlib
import json
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

DEADLINE_S = 20
CHUNK, WINDOW = 65_536, 8 * 65_536
HEADER = struct.Struct("!IQ")
Message = dict[str, Any]


def digest(data: bytes | bytearray) -> str:
    """Return the SHA-256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


class Client:
    """One connection, and the messages that arrived on it."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket
        self.received: list[Message] = []

    async def send(self, kind: str, **fields: object) -> None:
        """Send one message."""
        await self.raw(json.dumps({"type": kind} | fields))

    async def raw(self, data: str | bytes) -> None:
        """Send raw data."""
        await self.websocket.send(data)

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
