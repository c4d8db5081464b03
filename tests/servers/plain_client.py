"""What the tests' clients of servers on plain WebSockets share: typed messages, and an end."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Message = dict[str, Any]
C = TypeVar("C", bound="PlainClient")


class PlainClient:
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

    async def next(self) -> Any:
        """Return the next message."""
        raise NotImplementedError

    async def join(self, name: str, **fields: object) -> Message:
        """Come in, and return the welcome."""
        raise NotImplementedError

    async def settled(self) -> list[Message]:
        """Return what arrived so far, once the server has answered everything."""
        raise NotImplementedError

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
async def opened(kind: type[C], url: str, **options: Any) -> AsyncIterator[C]:
    """Open a connection for the length of a block."""
    limits = {"max_size": 2**23, "max_queue": None}  # None: close with messages unread
    async with connect(url, compression=None, **(limits | options)) as websocket:
        yield kind(websocket)


@contextlib.asynccontextmanager
async def joined(kind: type[C], url: str, *names: str) -> AsyncIterator[list[C]]:
    """Open connections for these names, and let each settle."""
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(opened(kind, url)) for _ in names]
        for each, name in zip(clients, names, strict=True):
            await each.join(name)
        for each in clients:
            await each.settled()
            each.received.clear()
        yield clients
