"""Honest clients of the servers on plain WebSockets, which say and hear numbered messages."""

import asyncio
import itertools
import json
import re
from typing import Any

import pycrdt
from websockets.asyncio.client import ClientConnection, connect

from tests.servers import files_client
from tests.servers.chat_client import Client
from tests.servers.document_client import Writer
from tests.soak.ledger import Ledger

ENTER_S = 20.0  # for the first ones, on a busy machine
LEAVE_S = 5.0
CONTENT = bytes(10_000)  # of each file
MARKER = re.compile(r"soak-\d+;")
_numbers = itertools.count(1)


def marker() -> str:
    """Return what tells a message from all others."""
    return f"soak-{next(_numbers)};"


class Voice:
    """One honest client, which speaks and listens.

    Args:
        url: the server's page, `http://127.0.0.1:PORT/`.
        number: which of them it is; newcomers, who only join, have numbers from 1,000.
        ledger: where it notes what it heard.
    """

    echoes = False  # whether whoever speaks is the only one who hears it

    def __init__(self, url: str, number: int, ledger: Ledger) -> None:
        self.url, self.number, self.ledger = url, number, ledger
        self.websocket_url = url.replace("http", "ws", 1) + "ws"
        self.reading: asyncio.Task[None] | None = None
        self.leaving = False

    async def enter(self) -> None:
        """Connect, and join; from then on it listens."""
        raise NotImplementedError

    async def say(self, marker: str) -> None:
        """Send a message that holds the marker."""
        raise NotImplementedError

    async def leave(self) -> None:
        """Disconnect."""
        raise NotImplementedError

    def listen(self, reading: Any) -> None:
        """Keep reading in a task, and note it as a trouble when that ends by itself."""

        async def read() -> None:
            try:
                await reading
            except Exception as error:
                self._lost(type(error).__name__)
            else:
                self._lost("the server closed")

        self.reading = asyncio.create_task(read())

    def _lost(self, why: str) -> None:
        if not self.leaving:
            self.ledger.troubles[f"connection lost: {why}"] += 1

    async def stop_reading(self) -> None:
        """Listen no more."""
        self.leaving = True
        if self.reading:
            self.reading.cancel()
            await asyncio.gather(self.reading, return_exceptions=True)


class EchoVoice(Voice):
    """A client of `echo`: whatever it says comes back to it."""

    echoes = True

    async def enter(self) -> None:
        """Connect."""
        self.websocket = await _connected(self.websocket_url)
        self.listen(self._read())

    async def _read(self) -> None:
        async for message in self.websocket:
            if isinstance(message, str) and (found := MARKER.match(message)):
                self.ledger.hear(found[0], self.number)

    async def say(self, marker: str) -> None:
        """Send the marker and some words."""
        await self.websocket.send(marker + "x" * 100)

    async def leave(self) -> None:
        """Disconnect."""
        await self.stop_reading()
        await self.websocket.close()


class RoomVoice(EchoVoice):
    """A client of `handmade` at /ws: whatever anybody says, everybody hears."""

    echoes = False


class ChatVoice(Voice):
    """A member of `chat`."""

    async def enter(self) -> None:
        """Connect, and join."""
        self.client = Client(await _connected(self.websocket_url))
        await self.client.join(f"honest {self.number}")
        self.listen(self._read())

    async def _read(self) -> None:
        async for raw in self.client.websocket:  # with no deadline: at the end nobody talks
            message = json.loads(raw)
            if message["type"] in ("message", "ack"):
                self.ledger.hear(message["id"], self.number)
            elif message["type"] == "error":
                self.ledger.troubles[f"refused: {message['code']}"] += 1

    async def say(self, marker: str) -> None:
        """Say it to everybody; whoever speaks waits for the acknowledgement."""
        await self.client.send("say", id=marker, text=marker)

    async def leave(self) -> None:
        """Disconnect."""
        await self.stop_reading()
        await self.client.websocket.close()


class FilesVoice(Voice):
    """A member of `files`: what it says is the name of a small file, which it removes again."""

    async def enter(self) -> None:
        """Connect, and join."""
        self.client = files_client.Client(await _connected(self.websocket_url))
        await self.client.join(f"honest {self.number}")
        self.listen(self._read())

    async def _read(self) -> None:
        async for raw in self.client.websocket:  # with no deadline, as in the chat
            message = json.loads(raw)
            if message["type"] == "ready":
                await self.client.chunk(message["transfer"], 0, CONTENT)
                digest = files_client.digest(CONTENT)
                await self.client.send("finish", id=message["id"], sha256=digest)
            elif message["type"] == "stored":
                await self.client.send("remove", file=message["file"]["id"])
            elif message["type"] == "added" and (found := MARKER.match(message["file"]["name"])):
                self.ledger.hear(found[0], self.number)
            elif message["type"] == "error":
                self.ledger.troubles[f"refused: {message['code']}"] += 1

    async def say(self, marker: str) -> None:
        """Offer a file; the rest follows from what the server answers."""
        await self.client.send("offer", id=marker, name=marker, size=len(CONTENT))

    async def leave(self) -> None:
        """Disconnect."""
        await self.stop_reading()
        await self.client.websocket.close()


class DocumentVoice(Voice):
    """A writer of the shared document: each writes the markers at the document's start.

    The first one has the whole document. The others have what they wrote themselves, or this one
    process would merge everything fifty times, and its haste would be what is measured.
    """

    async def enter(self) -> None:
        """Connect, log in, and wait for the text."""
        self.writer = _Author(self)
        await self.writer.log_in()
        assert self.writer._reading
        self.listen(self.writer._reading)

    async def say(self, marker: str) -> None:
        """Write it."""
        self.writer.waiting.append(marker)
        await self.writer.write(marker, 0)

    async def leave(self) -> None:
        """Disconnect."""
        self.leaving = True
        await self.writer.leave()


class _Author(Writer):
    """The tests' own writer, which tells its voice what comes."""

    def __init__(self, voice: DocumentVoice) -> None:
        super().__init__(voice.websocket_url, f"honest {voice.number}")
        self.voice = voice
        self.waiting: list[str] = []  # what it wrote itself, and is not known to be saved

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "saved":
            self.saved = message["count"]
            if self.waiting and self.saved >= self.sent:
                for own in self.waiting:
                    self.voice.ledger.hear(own, self.voice.number)
                self.waiting.clear()
        elif message["type"] == "error":
            self.voice.ledger.troubles[f"refused: {message['code']}"] += 1
        elif message["type"] == "welcome":
            self.received.append(message)

    async def _merge(self, raw: bytes) -> None:
        if self.voice.number == 0 or raw[1] == pycrdt.YSyncMessageType.SYNC_STEP1:
            await super()._merge(raw)
        self.frames.clear()
        for found in MARKER.findall(raw.decode(errors="ignore")):
            self.voice.ledger.hear(found, self.voice.number)


async def _connected(url: str) -> ClientConnection:
    return await connect(
        url, compression=None, max_size=2**24, max_queue=None, open_timeout=ENTER_S
    )


async def leave_all(voices: list[Voice]) -> None:
    """Let everybody leave, whatever has become of the server."""

    async def leave(voice: Voice) -> None:
        async with asyncio.timeout(LEAVE_S):
            await voice.leave()

    await asyncio.gather(*map(leave, voices), return_exceptions=True)
