"""A chat with one client, on Engine.IO and Socket.IO, that says at once what was wrong.

server   open                                          client   40{"name":"Ada"}
         40{"sid":…}, then events                                42N["say",{id, text}]
         a ping, an event                                        3
         43N[{"ok":true,…}]                                      close
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from helpers.exercises.stage.listening import GONE, NO_ANSWER, unread_log
from helpers.exercises.stage.websocket import receive, send
from helpers.wire import engineio, socketio
from helpers.wire.engineio import EngineIOError
from helpers.wire.socketio import SocketIOError

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

EARLY_S = 0.15  # a message within that time did not wait for the server's 40
OPEN = {
    "sid": "id-1",
    "upgrades": [],
    "pingInterval": 25000,
    "pingTimeout": 20000,
    "maxPayload": 1000000,
}


@dataclass(frozen=True)
class Violation(Exception):
    """A violation of the protocol: the next step, and what the chat got."""

    nudge: str
    got: Any = None


@dataclass
class Conversation:
    """One conversation: what is expected of the client, and what went wrong."""

    name: str
    text: str
    due: dict[str, Any]
    address: str = ""
    violation: Violation | None = None
    connected: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_until_over(self, within_s: float) -> bool:
        """Wait until the conversation has ended, no longer than the deadline."""
        try:
            async with asyncio.timeout(within_s):
                await self.ended.wait()
        except TimeoutError:
            return False
        return True

    async def serve(self, websocket: Any) -> None:
        """Serve one client; the first violation ends the conversation."""
        self.connected = True
        try:
            if "aiohttp" in websocket.request.headers.get("User-Agent", ""):
                raise Violation("Connect with `websockets`, and no client library on top of it.")
            await self.admit(websocket)
            number = await self.receive_event(websocket)
            await self.ping(websocket)
            await send(websocket, f"43{number}{json.dumps([self.due])}")
            await websocket.wait_closed()
        except Violation as violation:
            self.violation = self.violation or violation
            await websocket.close()
        finally:
            self.ended.set()

    async def admit(self, websocket: Any) -> None:
        """Take the connect packet, which has the name in its auth."""
        await send(websocket, "0" + json.dumps(OPEN))
        got = await receive(websocket)
        if got is NO_ANSWER or got is GONE:
            raise Violation("After the open packet the server waits for your `40`.")
        if not isinstance(got, str) or not got.startswith("40"):
            raise Violation("The first packet from you is `40`, and behind it your auth.", got)
        try:
            auth = json.loads(got[2:] or "null")
        except ValueError:
            raise Violation("The auth behind `40` is JSON: `json.dumps` writes it.", got) from None
        if not isinstance(auth, dict) or auth.get("name") != self.name:
            raise Violation('The auth is an object with your name: `{"name": …}`.', got)
        early = await receive(websocket, EARLY_S)
        if early is not NO_ANSWER and early is not GONE:
            raise Violation(
                "You spoke before you were let in: first await the server's `40`.", early
            )
        await send(websocket, '40{"sid":"id-2"}')
        await send(websocket, '42["welcome",{"people":["Eve"]}]')

    async def receive_event(self, websocket: Any) -> int:
        """Take the event `say`; return the number for its acknowledgement."""
        got = await receive(websocket)
        if got is NO_ANSWER:
            raise Violation("You are in, and say nothing: emit the event `say`.")
        if got is GONE:
            raise Violation("You left without a word: emit the event `say`.")
        packet = read_event(got)
        if packet.event != "say":
            raise Violation("The event is called `say`.", got)
        if packet.id is None:
            raise Violation("Nobody will acknowledge this: a number is missing behind `42`.", got)
        (said, *more) = packet.arguments or [None]
        if more or not isinstance(said, dict) or not {"id", "text"} <= set(said):
            raise Violation('`say` carries one object: `{"id": …, "text": …}`.', got)
        if said["text"] != self.text:
            raise Violation("That is not the text that you were given.", got)
        if not isinstance(said["id"], str) or not said["id"]:
            raise Violation("The `id` of a message is a text of your own, such as `m1`.", got)
        return packet.id

    async def ping(self, websocket: Any) -> None:
        """Ping, then send an event, both before the acknowledgement."""
        await send(websocket, "2")
        await send(websocket, '42["typing",{"name":"Eve","on":true}]')
        got = await receive(websocket)
        if got is GONE:
            raise Violation("You left before the acknowledgement came. First came a ping, `2`.")
        if got is NO_ANSWER:
            raise Violation("The server pinged, `2`, and no `3` came: it takes you for dead.")
        if got != "3":
            raise Violation("The server pinged, `2`. The answer is `3`.", got)


def read_event(message: Any) -> socketio.Packet:
    """Return the event that a WebSocket message carries; refuse everything else."""
    try:
        packet = engineio.decode(message)
        if packet.type is not engineio.PacketType.MESSAGE or isinstance(packet.data, bytes):
            raise Violation("An event is a text that begins with `42`.", message)
        found, attachments = socketio.decode(packet.data)
    except (EngineIOError, SocketIOError) as error:
        raise Violation(f"That is no packet: {error}.", message) from None
    if found.type is not socketio.PacketType.EVENT or attachments:
        raise Violation("An event is a text that begins with `42`.", message)
    return found


@asynccontextmanager
async def serve_chat(name: str, text: str, due: dict[str, Any]) -> AsyncIterator[Conversation]:
    """Serve one conversation on a free port.

    Args:
        name: who must join.
        text: what they must say.
        due: what they get for it, in the acknowledgement.

    Returns:
        A context manager that gives the chat.
    """
    from websockets.asyncio.server import serve

    chat = Conversation(name, text, due)
    ends: list[ServerConnection] = []

    async def handler(websocket: Any) -> None:
        ends.append(websocket)
        await chat.serve(websocket)

    options: dict[str, Any] = {"logger": unread_log, "close_timeout": 0.5, "ping_interval": None}
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        host, port = server.sockets[0].getsockname()[:2]
        chat.address = f"ws://{host}:{port}/socket.io/?EIO=4&transport=websocket"
        try:
            yield chat
        finally:
            for end in ends:
                end.transport.abort()
