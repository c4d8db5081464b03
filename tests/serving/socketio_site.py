"""A Socket.IO server in this process, and clients that write HTTP and frames by hand."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import socketio

from helpers.serving import program, socketio_app
from helpers.serving.schema import Field
from helpers.serving.socketio_app import Event

DEADLINE_S = 10
PATH = "/socket.io/?EIO=4&transport=polling"


class Site:
    """The server, and what its handlers were called with."""

    def __init__(self, sio: socketio.AsyncServer, address: tuple[str, int]) -> None:
        self.sio, self.address = sio, address
        self.joined: list[Any] = []
        self.left: list[str] = []
        self.heard: list[Any] = []
        self.disk = asyncio.Event()  # `connect` waits for it
        self.disk.set()

    @property
    def url(self) -> str:
        host, port = self.address
        return f"http://{host}:{port}/"

    @property
    def sessions(self) -> list[Any]:
        return list(self.sio.eio.sockets.values())

    @property
    def refused(self) -> int:
        """How many packets of the only client were refused."""
        (session,) = self.sessions
        count: int = self.sio.limits._bucket(session).refused
        return count

    async def connect(self, sid: str, environ: object, auth: Any) -> None:
        self.joined.append(auth)
        await self.disk.wait()

    async def disconnect(self, sid: str, reason: str) -> None:
        self.left.append(reason)

    async def say(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        self.heard.append(asked["text"])
        return {"text": asked["text"]}

    async def settle(self) -> None:
        """Wait until the server has read whatever was sent before."""
        async with line(self) as other:
            assert (await other.ask("GET", "/healthz"))[0] == 200


@contextlib.asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[Site]:
    """Serve; `options` are those of `socketio_app.make`."""
    sio, stop = socketio_app.make(**options), asyncio.Event()
    with program.listen("127.0.0.1", 0) as listener:
        site = Site(sio, listener.getsockname()[:2])
        sio.on("connect", site.connect)
        sio.on("disconnect", site.disconnect)
        socketio_app.register(sio, {"say": Event({"text": Field(str)}, site.say)})
        task = asyncio.create_task(
            socketio_app.serve(sio, listener, stop, server="x", page="echo", leave_s=0.1)
        )
        try:
            async with asyncio.timeout(3 * DEADLINE_S):
                await site.settle()
                yield site
        finally:
            stop.set()
            await asyncio.wait_for(task, DEADLINE_S)


class Line:
    """One connection, on which requests are written by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: bytes = b""
    ) -> None:
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode() + headers
        if body:
            head += f"Content-Length: {len(body)}\r\n".encode()
        await self.send(head + b"\r\n" + body)

    async def answer(self) -> tuple[int, str]:
        """Read an answer: its status and its body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        fields = head.decode().lower().partition("content-length:")[2]
        length = int(fields.partition("\r\n")[0] or 0)
        return int(head.split()[1]), (await self.reader.readexactly(length)).decode()

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: bytes = b""
    ) -> tuple[int, str]:
        await self.request(method, path, body, headers)
        return await self.answer()


@contextlib.asynccontextmanager
async def line(site: Site) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection(*site.address)
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


class Polling:
    """A session by polling."""

    def __init__(self, site: Site, path: str) -> None:
        self.site, self.path = site, path

    async def post(self, *packets: str | bytes) -> int:
        """POST packets in one body, and return the status."""
        parts = [each.encode() if isinstance(each, str) else each for each in packets]
        async with line(self.site) as one:
            return (await one.ask("POST", self.path, b"\x1e".join(parts)))[0]

    async def poll(self) -> tuple[int, str]:
        async with line(self.site) as one:
            return await one.ask("GET", self.path)

    async def join(self) -> None:
        assert await self.post("40{}") == 200
        assert (await self.poll())[1].startswith('40{"sid"')


async def polling(site: Site) -> Polling:
    """Open a session by polling."""
    async with line(site) as one:
        status, text = await one.ask("GET", PATH)
    assert status == 200, text
    return Polling(site, f"{PATH}&sid={json.loads(text[1:])['sid']}")


@contextlib.asynccontextmanager
async def websocket(site: Site, sid: str = "") -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open a WebSocket: a new session, or an upgrade of one."""
    url = f"{site.url}{PATH[1:].replace('polling', 'websocket')}{sid and f'&sid={sid}'}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        if not sid:
            await ws.receive_str(timeout=DEADLINE_S)
        yield ws


@contextlib.asynccontextmanager
async def joined(site: Site) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open a WebSocket, and connect."""
    async with websocket(site) as ws:
        await ws.send_str("40{}")
        assert (await ws.receive_str(timeout=DEADLINE_S)).startswith("40{")
        yield ws


async def close_code(ws: aiohttp.ClientWebSocketResponse) -> int | None:
    """Read to the end, and return the close code."""
    while (message := await ws.receive(timeout=DEADLINE_S)).type is aiohttp.WSMsgType.TEXT:
        pass
    return message.data if message.type is aiohttp.WSMsgType.CLOSE else ws.close_code
