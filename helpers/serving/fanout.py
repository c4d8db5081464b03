"""A client manager for python-socketio that encodes an event once, for however many clients.

python-socketio makes a task, and the WebSocket library a frame, for each client and event. Here:

1. An event becomes one packet and one WebSocket frame. A client whose outbox is empty gets that
   frame; what it gets in one iteration of the loop is one write, whatever the number of events.
2. For every other client (polling, upgrading, or with a backlog) the packet goes into the outbox,
   which the library empties. So each client gets its events in the order of the emits.
3. A client that does not read is dropped once `MAX_WAITING_BYTES` wait, so memory has a bound.
4. Callbacks and binary attachments are left to the library, as is everything else.

`AsyncServer(client_manager=FanOut())`, then `install(sio)`. It leans on attributes of
python-engineio that are not documented: `sockets`, and a socket's `queue`, `upgraded`, `closed`.
Where a release has moved them, every event takes the library's own path, and the log says so.
"""

import asyncio
import contextvars
import logging
from collections.abc import Iterable
from typing import Any

import socketio
from aiohttp import web
from engineio import packet as engineio_packet
from socketio import packet as socketio_packet

from helpers.serving import program
from helpers.serving.flush import MAX_WAITING_BYTES, FlushScheduler, Writer
from helpers.wire.frames import Frame, Opcode

log = logging.getLogger("fanout")

OVERHEAD_BYTES = 256  # of a packet that waits, roughly
request_of = contextvars.ContextVar[web.Request | None]("request_of", default=None)


class Outbox(Writer, asyncio.Queue[Any]):
    """What waits for one client: a queue with a bound in bytes.

    Args:
        server: the Engine.IO server whose client it is.
        flushes: when to write.

    Attributes:
        transport: of its WebSocket; None before there is one.
        waiting_bytes: how much waits.
        dropped: whether the client was dropped, because it does not read.
    """

    def __init__(self, server: Any, flushes: FlushScheduler) -> None:
        request = request_of.get()
        Writer.__init__(self, flushes, request.transport if request is not None else None)
        asyncio.Queue.__init__(self)
        self._server = server
        self._asked = False  # whether the task that empties it waits for more
        self.waiting_bytes = 0
        self.dropped = False

    @property
    def idle(self) -> bool:
        """Whether everything that was put in has been written."""
        return self._asked and not self._queue  # type: ignore[attr-defined]

    async def get(self) -> Any:
        """Wait for the next packet, and take it out."""
        self._asked = True
        try:
            return await super().get()
        finally:
            self._asked = False

    def _put(self, item: Any) -> None:
        self._write()  # what was sent before it
        if self.dropped and item is not None:
            return
        super()._put(item)
        self.waiting_bytes += _size(item)
        if self.waiting_bytes > MAX_WAITING_BYTES:
            self.too_slow()

    def _get(self) -> Any:
        item = super()._get()
        self.waiting_bytes -= _size(item)
        return item

    def too_slow(self) -> None:
        """End the connection of a client that does not read."""
        if self.dropped:
            return
        self.dropped = True
        for socket in self._server.sockets.values():
            if socket.queue is self:
                end = socket.close(wait=False, abort=True, reason="transport error")
                program.spawn(end)
        if self.transport is not None:
            self.transport.abort()


class FanOut(socketio.AsyncManager):  # type: ignore[misc]
    """The manager: `AsyncManager`, with a shorter way for an event that goes to many.

    For several processes, put it below Redis: `class Manager(AsyncRedisManager, FanOut)`.
    """

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        **kwargs: Any,
    ) -> None:
        """Emit an event, as `AsyncManager.emit` does."""
        room = to or room
        if callback or not self.installed:
            await super().emit(event, data, namespace, room, skip_sid, callback, **kwargs)
        else:
            self.emit_now(event, data, namespace, room=room, skip_sid=skip_sid)

    @property
    def installed(self) -> bool:
        """Whether the clients have outboxes, which `install` sees to."""
        return getattr(self.server.eio, "has_outboxes", False)

    def emit_now(
        self,
        event: str,
        data: Any,
        namespace: str = "/",
        *,
        room: Any = None,
        skip_sid: Any = None,
    ) -> None:
        """Emit an event now: what is emitted first arrives first, and nobody is waited for.

        Args:
            event: its name.
            data: what JSON takes, or bytes; a tuple is several arguments.
            namespace: where it is emitted.
            room: a room, several in a list, one client's sid; None for everybody.
            skip_sid: a client that does not get it, or several in a list.
        """
        packets = self._packets(event, data, namespace)
        frame = _frame(packets)
        skipped = set(skip_sid) if isinstance(skip_sid, list) else {skip_sid}
        find = self.server.eio.sockets.get
        for sid, eio_sid in self.get_participants(namespace, room):
            if sid in skipped:
                continue
            socket = find(eio_sid)
            if socket is not None and not socket.closed:
                _pass_on(socket, packets, frame)

    def _packets(self, event: str, data: Any, namespace: str) -> list[Any]:
        arguments = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        made = self.server.packet_class(
            socketio_packet.EVENT, namespace=namespace, data=[event, *arguments]
        ).encode()
        parts = made if isinstance(made, list) else [made]
        return [engineio_packet.Packet(engineio_packet.MESSAGE, part) for part in parts]


def install(sio: socketio.AsyncServer) -> None:
    """Give every client of a server an outbox; call it before the first of them connects.

    Args:
        sio: a server whose `client_manager` is a `FanOut`.
    """
    flushes = FlushScheduler()
    sio.eio.create_queue = lambda: Outbox(sio.eio, flushes)
    sio.eio.has_outboxes = supported(sio)
    if not sio.eio.has_outboxes:
        log.warning(
            "this release of python-engineio is unknown: events take the library's own path"
        )


def supported(sio: socketio.AsyncServer) -> bool:
    """Tell whether python-engineio has what this module needs.

    Args:
        sio: a server.
    """
    from engineio.async_socket import AsyncSocket

    try:
        socket = AsyncSocket(sio.eio, "nobody")
        return isinstance(socket.queue, Outbox) and not (
            socket.upgraded or socket.closed or sio.eio.sockets
        )
    except (AttributeError, TypeError):
        return False


@web.middleware
async def note_request(request: web.Request, handler: Any) -> web.StreamResponse:
    """Remember the connection of a request, and agree on no compression."""
    fields = [
        (name, _as_text(value))
        for name, value in request.headers.items()
        if name.lower() != EXTENSIONS
    ]
    request = request.clone(headers=fields)
    request_of.set(request)
    response: web.StreamResponse = await handler(request)
    return response


def upgrading(sio: socketio.AsyncServer, request: web.Request) -> None:
    """Note the connection on which a client of the polling transport opens its WebSocket.

    Args:
        sio: the server.
        request: any request, perhaps a handshake.
    """
    socket = sio.eio.sockets.get(request.query.get("sid", ""))
    wanted = request.headers.get("Upgrade", "").lower() == "websocket"
    if wanted and socket is not None and not (socket.upgraded or socket.upgrading):
        socket.queue.transport = request.transport


EXTENSIONS = "sec-websocket-extensions"


def _as_text(value: str) -> str:
    """Return a header's value that can be encoded again, whatever its bytes were."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _size(item: Any) -> int:
    data = getattr(item, "data", None)
    return OVERHEAD_BYTES + (len(data) if isinstance(data, str | bytes) else 0)


def _frame(packets: Iterable[Any]) -> bytes | None:
    """Return the frame of an event in one text packet; None if it has attachments."""
    first, *attachments = packets
    text = first.encode()
    if attachments or not isinstance(text, str):
        return None
    return Frame(Opcode.TEXT, text.encode()).encode()


def _pass_on(socket: Any, packets: Iterable[Any], frame: bytes | None) -> None:
    outbox = socket.queue
    if frame and socket.upgraded and outbox.idle and outbox.transport is not None:
        outbox.send(frame)  # past the queue
        return
    for packet in packets:  # one with bytes remembers its encoding for one transport
        mine = packet if frame else engineio_packet.Packet(packet.packet_type, packet.data)
        outbox.put_nowait(mine)
