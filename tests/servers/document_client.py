"""A writer of the shared document for its tests: a Yjs document of its own, and a connection."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pycrdt
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

DEADLINE_S = 20
STEP_1, UPDATE = b"\0\0", b"\0\2"
Message = dict[str, Any]


class Writer:
    """Somebody who writes: the document outlives each of the connections.

    Attributes:
        received: every JSON message of all connections.
        frames: every binary message of all connections.
    """

    def __init__(self, url: str, name: str = "Alice") -> None:
        self.url, self.name = url, name
        self.token: str | None = None
        self.doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
        self.text = self.doc.get("text", type=pycrdt.Text)
        self.received: list[Message] = []
        self.frames: list[bytes] = []
        self.sent = self.saved = 0  # updates on this connection
        self.synced = False
        self._news = asyncio.Event()
        self._websocket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None

    def __str__(self) -> str:
        return str(self.text)

    @property
    def websocket(self) -> ClientConnection:
        """The connection that it has."""
        assert self._websocket
        return self._websocket

    @property
    def gone(self) -> bool:
        """Whether there is no connection."""
        return self._reading is None or self._reading.done()

    async def connect(self) -> None:
        """Open a connection, and send nothing."""
        self.sent = self.saved = 0
        self.synced = False
        self._websocket = await connect(
            self.url, compression=None, max_size=2**23, max_queue=None, open_timeout=DEADLINE_S
        )
        self._reading = asyncio.create_task(self._read(self._websocket))

    async def log_in(self, **fields: object) -> Message:
        """Log in, for the first time or again, and ask for what is missing."""
        if self.gone:
            await self.connect()
        fields = ({"token": self.token} if self.token else {}) | fields
        await self.send("login", **({"name": self.name} | fields))
        welcome = await self.next("welcome")
        self.token = welcome["token"]
        await self.raw(STEP_1 + pycrdt.write_message(self.doc.get_state()))
        await self.until(lambda: self.synced or self.gone)
        return welcome

    async def _read(self, websocket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for raw in websocket:
                if isinstance(raw, str):
                    self._take(json.loads(raw))
                else:
                    await self._merge(raw)
                    self.synced |= raw[1] == pycrdt.YSyncMessageType.SYNC_STEP2
                self._news.set()
        self._news.set()

    def _take(self, message: Message) -> None:
        self.received.append(message)
        if message["type"] == "saved":
            self.saved = message["count"]

    async def _merge(self, raw: bytes) -> None:
        self.frames.append(raw)
        assert raw[0] == pycrdt.YMessageType.SYNC
        if raw[1] == pycrdt.YSyncMessageType.SYNC_STEP1:
            self.sent += 1  # the answer is an update as well
        if reply := pycrdt.handle_sync_message(raw[1:], self.doc):
            await self.websocket.send(reply)

    async def raw(self, data: str | bytes) -> None:
        """Send raw data."""
        await self.websocket.send(data)

    async def send(self, kind: str, **fields: object) -> None:
        """Send one JSON message."""
        await self.raw(json.dumps({"type": kind} | fields))

    async def write(self, piece: str, at: int | None = None) -> None:
        """Insert a piece at a place, in characters; send it if there is a connection."""
        state = self.doc.get_state()
        before = str(self)[:at]
        self.text.insert(len(before.encode()), piece)
        await self.push(state)

    async def erase(self, start: int, stop: int) -> None:
        """Delete characters, and send that if there is a connection."""
        state, text = self.doc.get_state(), str(self)
        begin, end = (len(text[:place].encode()) for place in (start, stop))
        del self.text[begin:end]
        await self.push(state)

    async def push(self, state: bytes) -> None:
        """Send what was done since a state; what does not arrive is sent after log_in."""
        update = pycrdt.create_update_message(self.doc.get_update(state))
        with contextlib.suppress(ConnectionClosed):
            await self.raw(update)
            self.sent += 1

    async def until(self, met: Callable[[], object]) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(DEADLINE_S):
            while not met():
                self._news.clear()
                await self._news.wait()

    async def next(self, kind: str, **fields: object) -> Message:
        """Take the first message of a type, with these fields, out of what was received."""

        def found() -> Message | None:
            fitting = (
                m for m in self.received if m["type"] == kind and fields.items() <= m.items()
            )
            return next(fitting, None)

        await self.until(found)
        message = found()
        assert message
        self.received.remove(message)
        return message

    async def code(self) -> str:
        """Return the code of the next error."""
        return str((await self.next("error"))["code"])

    async def all_saved(self) -> None:
        """Wait until everything that was sent is on the disk."""
        await self.until(lambda: self.saved >= self.sent)

    async def close_code(self) -> int | None:
        """Return the code that the server closes with."""
        assert self._reading
        await asyncio.wait_for(self._reading, DEADLINE_S)
        received = self.websocket.protocol.close_rcvd
        return received.code if received else None

    async def cut(self) -> None:
        """Lose the connection, without a close frame."""
        self.websocket.transport.abort()
        assert self._reading
        await self._reading

    async def leave(self) -> None:
        """Close the connection."""
        if self._websocket and self._reading:
            await self._websocket.close()
            await self._reading


@contextlib.asynccontextmanager
async def writers(url: str, *names: str) -> AsyncIterator[list[Writer]]:
    """Log in under these names for the length of a block."""
    everybody = [Writer(url, name) for name in names]
    try:
        for each in everybody:
            await each.log_in()
            await each.all_saved()
        yield everybody
    finally:
        for each in everybody:
            await each.leave()
