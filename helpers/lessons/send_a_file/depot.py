"""The other side of an upload: a depot that loses connections where a check wants it to.

It talks as the depot of the lesson does: `ready`, `saved` for each chunk, `stored` or `error`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from helpers.exercises.stage.listening import unread_log

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

#: What becomes of a connection.
WELL, REFUSED, LOST_FIRST, LOST_LAST = "well", "refused", "lost first", "lost last"
SOON_S = 0.05  # half of what is asked for
Fate = int | str  # a number: so many chunks are saved, one more is lost, and the line breaks


@dataclass
class Depot:
    """What arrived, and on how many connections.

    Attributes:
        fates: what becomes of each connection, in order; after the last, all is well.
        reason: an error with which each offer is answered; empty for none.
        saved: the bytes that are saved.
        offers: what was offered first, on each connection.
        sent: how many bytes of chunks arrived, saved or lost.
        tries: how many connections were opened or refused.
        hasty: whether a refused client came back at once.
        trouble: the first thing that does not belong into the conversation.
    """

    fates: Sequence[Fate] = ()
    reason: str = ""
    saved: bytearray = field(default_factory=bytearray)
    offers: list[Any] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    sent: int = 0
    tries: int = 0
    hasty: bool = False
    trouble: str = ""
    stored: bool = False
    _not_before: float = 0.0

    def fate(self) -> Fate:
        """Return what becomes of the connection that was opened last."""
        return self.fates[self.tries - 1] if self.tries <= len(self.fates) else WELL

    def refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse a handshake, if that is its fate."""
        self.tries += 1
        now = asyncio.get_running_loop().time()
        self.hasty |= now < self._not_before
        if self.fate() == REFUSED:
            self._not_before = now + SOON_S
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "back in a moment\n")
        return None

    async def talk(self, websocket: ServerConnection) -> None:
        """Take a file, as far as it comes."""
        fate = self.fate()
        if fate == LOST_FIRST:
            websocket.transport.abort()
            return
        first = await websocket.recv()
        try:
            offer = json.loads(first)
            size, digest = offer["size"], offer["sha256"]
        except (ValueError, TypeError, KeyError):
            self.trouble = "The first message is the offer, as JSON: `json.dumps(offer)`."
            return
        self.offers.append(offer)
        if self.reason:
            await _tell(websocket, type="error", reason=self.reason)
            await websocket.wait_closed()
            return
        self.starts.append(len(self.saved))
        await _tell(websocket, type="ready", offset=len(self.saved))
        if not await self._take(websocket, size, fate):
            return
        if fate == LOST_LAST:
            websocket.transport.abort()
            return
        self.stored = hashlib.sha256(self.saved).hexdigest() == digest
        reply = {"type": "stored"} if self.stored else {"type": "error", "reason": "checksum"}
        await _tell(websocket, **reply)
        await websocket.wait_closed()

    async def _take(self, websocket: ServerConnection, size: int, fate: Fate) -> bool:
        """Take chunks; False when the connection is lost on the way."""
        chunks = 0
        while len(self.saved) < size:
            part = await websocket.recv()
            if not isinstance(part, bytes):
                self.trouble = self.trouble or (
                    "After `ready` come chunks, as bytes: a text came. Is the offer sent twice?"
                )
                return False
            self.sent += len(part)
            if isinstance(fate, int) and chunks == fate:
                websocket.transport.abort()
                return False
            chunks += 1
            self.saved += part
            await _tell(websocket, type="saved", offset=len(self.saved))
        return True


async def _tell(websocket: ServerConnection, **message: object) -> None:
    await websocket.send(json.dumps(message))


@asynccontextmanager
async def open_depot(depot: Depot) -> AsyncIterator[str]:
    """Serve a depot on a free port; give its address.

    Args:
        depot: with the fates of its connections.
    """
    from websockets.asyncio.server import serve
    from websockets.exceptions import ConnectionClosed

    async def handler(websocket: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await depot.talk(websocket)

    options: dict[str, Any] = {"logger": unread_log, "close_timeout": 0.5, "ping_interval": None}
    server = await serve(
        handler, "127.0.0.1", 0, process_request=depot.refuse, compression=None, **options
    )
    try:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"ws://{host}:{port}"
    finally:
        server.close()
        closed = asyncio.ensure_future(server.wait_closed())
        await asyncio.wait([closed], timeout=1)
        for connection in server.connections:
            connection.transport.abort()
        await asyncio.wait([closed], timeout=1)
        closed.cancel()
