"""A session of Engine.IO: one client, by polling or by WebSocket, held to the protocol.

python-engineio's own session trusts its client, and loses packets. Here:

1. A session has one WebSocket, and one poll at a time. A second WebSocket is closed; a second poll
   ends the session; a poll whose connection is gone takes no packet, and a newer one replaces it.
2. An upgrade is done within `upgrade_s`, and a body has arrived within `body_s`.
3. A body is read to its end, however many segments it has. The bodies of a client are read at any
   time, but their packets are carried out one body after the other.
4. A packet that is not one ends the session. One that the client may not send now is counted.
5. A session that ends answers the poll that waits.

The reports for the library are in `engineio_repairs`.

Source: github.com/socketio/engine.io-protocol, version 4.
"""

import asyncio
import contextlib
import contextvars
import time
from typing import Any, NamedTuple

from aiohttp import web
from engineio import async_socket, exceptions, packet

from helpers.serving.engineio_packets import Malformed, decode, decode_body

WRITE_S = 5.0  # for the rest to be written, and the close frame answered, at the end
refused = contextvars.ContextVar[tuple[int, str] | None]("refused", default=None)  # status, why
NOOP = packet.Packet(packet.NOOP)
REPLACED = 1008, b"this session has a WebSocket already"
UNEXPECTED = 1002, b"expected 2probe, then 5"


class Poll(NamedTuple):
    """A request that waits for packets, and the task that takes the first one."""

    request: web.Request
    taking: asyncio.Task[Any]


class Session(async_socket.AsyncSocket):  # type: ignore[misc]
    """One client's session.

    Attributes:
        websocket: the only one it has, or upgrades to.
        end_reason: why it ended.
        connecting: the timer that ends it, while it is in no namespace.
    """

    last_ping: float | None
    connected: bool
    upgraded: bool

    def __init__(self, server: Any, sid: str) -> None:
        super().__init__(server, sid)
        self.websocket: web.WebSocketResponse | None = None
        self.end_reason: str | None = None
        self.connecting: asyncio.TimerHandle | None = None
        self._ping: asyncio.TimerHandle | None = None
        self._poll: Poll | None = None
        self._returned: list[packet.Packet] = []  # by a poll that could no longer answer
        self._in_order = asyncio.Lock()
        self.queue.transport = None  # a poll's connection may serve others, behind a proxy

    # Packets to the client

    async def poll(self) -> list[packet.Packet]:
        """Wait for packets to write to the WebSocket."""
        if self._returned:
            return self._take_all()
        try:
            async with asyncio.timeout(self._patience_s):
                return self._take_all(await self.queue.get())
        except TimeoutError:
            raise exceptions.QueueEmpty from None

    @property
    def _patience_s(self) -> float:
        return float(self.server.ping_interval + self.server.ping_timeout)

    def _take_all(self, *first: packet.Packet | None) -> list[packet.Packet]:
        """Take whatever waits; None, the end, is left for the next time if it is not alone."""
        taken, self._returned = [*self._returned, *first], []
        while taken[-1] is not None and not self.queue.empty():
            taken.append(self.queue.get_nowait())
        if taken[-1] is None:
            taken.pop()
            if taken:
                self.queue.put_nowait(None)
        return taken

    async def handle_get_request(self, environ: dict[str, Any]) -> list[packet.Packet]:
        """Answer a poll with the packets that wait, or with the next one."""
        request: web.Request = environ["aiohttp.request"]
        if self.upgrading:
            return [NOOP]
        if self._poll and _is_open(self._poll.request):
            await self.end()
            raise exceptions.EngineIOError("a poll waits already")
        if not await self.check_ping_timeout():
            raise exceptions.EngineIOError("the client did not answer a ping")
        self.end_poll()
        if self._returned:
            return self._take_all()
        return await self._wait_for_packets(request)

    async def _wait_for_packets(self, request: web.Request) -> list[packet.Packet]:
        taking = asyncio.create_task(self.queue.get())
        mine = self._poll = Poll(request, taking)
        try:
            await asyncio.wait({taking}, timeout=self._patience_s)
            if taking.done() and not taking.cancelled():
                packets = self._take_all(taking.result())
                if _is_open(request):
                    return packets or [NOOP]
                self._returned = packets
                self.end_poll()  # so that a newer one asks again, and gets them
        finally:
            if self._poll is mine:
                self._poll = None
            waited_enough = taking.cancel()
        if waited_enough:
            await self.end()
            raise exceptions.QueueEmpty
        return [NOOP]

    def end_poll(self) -> None:
        """Answer the poll that waits, without a packet."""
        if self._poll:
            self._poll.taking.cancel()
            self._poll = None

    # Packets from the client

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Read a body, and carry out its packets; note in this context if it is `refused`."""
        request: web.Request = environ["aiohttp.request"]
        try:
            async with asyncio.timeout(self.server.body_s):
                packets = decode_body(await self._read(request))
        except (Malformed, exceptions.ContentTooLongError, TimeoutError) as error:
            refused.set(_tell_status(error))
            await self.server.refuse_body(self, error)
            return
        except (ConnectionError, web.RequestPayloadError):  # gone in the middle of its body
            refused.set((400, "the body is incomplete"))
            return
        async with self._in_order:
            for one in packets:
                if self.closed:
                    break
                await self.receive(one)

    async def _read(self, request: web.Request) -> bytes:
        longest = self.server.max_http_buffer_size
        body = bytearray()
        async for part in request.content.iter_any():
            body += part
            if max(len(body), request.content_length or 0) > longest:
                raise exceptions.ContentTooLongError(f"expected at most {longest} bytes")
        return bytes(body)

    async def receive(self, pkt: packet.Packet) -> None:
        """Carry out a packet, or count one that the client may not send now."""
        if pkt.packet_type == packet.MESSAGE:
            await self.server._trigger_event("message", self.sid, pkt.data, run_async=False)
        elif pkt.packet_type == packet.PONG and self.last_ping:
            self.schedule_ping()
        elif pkt.packet_type == packet.CLOSE:
            await self.close(wait=False, abort=True, reason=self.server.reason.CLIENT_DISCONNECT)
        else:
            name = packet.packet_names[pkt.packet_type]
            await self.server.on_malformed(self, Malformed(f"an unexpected packet, {name}"))

    # Pings and the end

    def schedule_ping(self) -> None:
        """Send the next ping when it is due."""
        if self.last_ping and not self.closed:
            self.last_ping = None
            loop = asyncio.get_running_loop()
            self._ping = loop.call_later(self.server.ping_interval, self._send_ping_now)

    def _send_ping_now(self) -> None:
        if not self.closing and not self.closed:
            self.last_ping = time.time()
            self.queue.put_nowait(packet.Packet(packet.PING))

    async def end(self) -> None:
        """Close the session now, without waiting for a client that may never poll again."""
        await self.close(wait=False, reason=self.server.reason.TRANSPORT_ERROR)
        self.queue.put_nowait(None)  # nothing more to write, so that the WebSocket closes

    async def close(
        self, wait: bool = True, abort: bool = False, reason: str | None = None
    ) -> None:
        """Close the session, and answer the poll that waits."""
        self.end_reason = self.end_reason or reason or self.server.reason.SERVER_DISCONNECT
        self.server.connected(self)  # nobody waits for that any more
        if self._ping:
            self._ping.cancel()
        await super().close(wait=False, abort=abort, reason=reason)
        self.server.sockets.pop(self.sid, None)
        if abort:
            self.end_poll()

    # The WebSocket

    async def serve_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Serve a WebSocket to its end: the session's first transport, or an upgrade."""
        longest = self.server.max_http_buffer_size
        ws = web.WebSocketResponse(max_msg_size=longest, compress=False)
        if self.websocket is not None or self.closed:
            await ws.prepare(request)
            code, reason = REPLACED
            await ws.close(code=code, message=reason, drain=False)
            return ws
        self.websocket, self.queue.transport = ws, request.transport
        try:
            await ws.prepare(request)
            if await self._upgrade(ws):
                await self._exchange(ws)
        finally:
            if not self.upgraded:  # polling goes on
                self.websocket = self.queue.transport = None
                self.upgrading = False
            if self.upgraded or not self.connected:
                reason = self.server.reason.TRANSPORT_CLOSE
                await self.close(wait=False, abort=True, reason=reason)
        return ws

    async def _upgrade(self, ws: web.WebSocketResponse) -> bool:
        """Take over from polling; tell whether the client kept to the protocol."""
        if not self.connected:  # the session begins with it
            self.connected = self.upgraded = True
            return True
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(self.server.upgrade_s):
                if await _receive(ws) == "2probe":
                    self.upgrading = True
                    self.end_poll()
                    await ws.send_str("3probe")
                    self.upgraded = await _receive(ws) == "5" and not self.closed
        self.upgrading = False
        if not self.upgraded:
            code, reason = UNEXPECTED
            await ws.close(code=code, message=reason, drain=False)
        return bool(self.upgraded)

    async def _exchange(self, ws: web.WebSocketResponse) -> None:
        """Read and write until either side ends."""
        writing = asyncio.create_task(self._write(ws))
        try:
            while not self.closed:
                async with asyncio.timeout(self._patience_s):
                    data = await _receive(ws)
                if data is None:
                    break
                await self.receive(decode(data))
        except Malformed as error:
            self.server.log_malformed(self, error)
            await self.end()
        except TimeoutError:
            pass
        finally:
            self.queue.put_nowait(None)
            _, late = await asyncio.wait({writing}, timeout=WRITE_S)
            for task in late:
                task.cancel()

    async def _write(self, ws: web.WebSocketResponse) -> None:
        with contextlib.suppress(ConnectionError, exceptions.QueueEmpty):
            while packets := await self.poll():
                for one in packets:
                    data = one.encode()
                    await (ws.send_bytes(data) if one.binary else ws.send_str(data))
        await ws.close()


def _is_open(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


async def _receive(ws: web.WebSocketResponse) -> str | bytes | None:
    """Read one message; None at the end."""
    message = await ws.receive()
    if message.type in (web.WSMsgType.TEXT, web.WSMsgType.BINARY):
        data: str | bytes = message.data
        return data
    return None


def _tell_status(error: Exception) -> tuple[int, str]:
    if isinstance(error, TimeoutError):
        return 408, "the body did not arrive in time"
    return 413 if isinstance(error, exceptions.ContentTooLongError) else 400, str(error)
