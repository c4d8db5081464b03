"""What the servers on aiohttp share: one port for page and WebSocket, and a fast fan-out.

1. A plain request gets the page, a file, or a refusal; a handshake passes every rule first.
2. A message for many is encoded once, as a whole frame, and sent to each `Peer` unawaited. What
   is sent to a peer in one iteration of the loop is one write, whatever the number of messages.
3. A peer that does not read is dropped with 1013 once `flush.MAX_WAITING_BYTES` wait for it,
   pongs among them.
4. A client's close frame is answered with its own code, or with 1002 if that may not travel;
   the server's end closes with 1001.
5. A refused client hears why; 500 refusals for haste in a row end the connection with 1008.
6. Proxies lose close codes: first a message says why, `{"type": "closed", "code": …, "text": …}`.
"""

import asyncio
import contextlib
import itertools
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from aiohttp import WSMsgType, web

from helpers.serving import closing, hosts, program, static
from helpers.serving.flush import FlushScheduler, Writer
from helpers.serving.listener import KEEP_ALIVE_S, accepting
from helpers.serving.ratelimit import Bucket
from helpers.serving.schema import Refusal
from helpers.wire import handshake
from helpers.wire.frames import CloseCode, Frame, Opcode, ProtocolError
from helpers.wire.messages import build_close, check_code

log = logging.getLogger("websocket_app")

MAX_PEERS = 10_000
#: What the message before these close codes says, unless `drop` is told otherwise.
WHY: dict[int, str] = {
    CloseCode.GOING_AWAY: "stopping",
    CloseCode.PROTOCOL_ERROR: "bad_frame",
    CloseCode.INVALID_FRAME_PAYLOAD_DATA: "bad_text",
    CloseCode.POLICY_VIOLATION: "too_fast",
    CloseCode.MESSAGE_TOO_BIG: "too_big",
    CloseCode.INTERNAL_ERROR: "error",
}

Talk = Callable[["Peer"], Awaitable[None]]
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def text_frame(message: object) -> bytes:
    """Encode a message as JSON in one text frame, ready for every peer.

    Args:
        message: what `json.dumps` takes; strings without unpaired surrogates.

    Source: RFC 6455 §5.6.
    """
    payload = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    return Frame(Opcode.TEXT, payload.encode()).encode()


def binary_frame(payload: bytes) -> bytes:
    """Encode a message as one binary frame, ready for every peer.

    Source: RFC 6455 §5.6.
    """
    return Frame(Opcode.BINARY, payload).encode()


class Peer(Writer):
    """One client's WebSocket: iterate over what it sends, write to it without waiting.

    Attributes:
        number: 1 for the first connection of this server, then 2, and so on.
        closed_with: the code of the peer's own close frame; None before it has sent one.
    """

    def __init__(
        self,
        number: int,
        websocket: "_WebSocket",
        transport: Any,
        flushes: FlushScheduler,
        leave_s: float,
    ) -> None:
        super().__init__(flushes, transport)
        self.number = number
        self._websocket = websocket
        self._leave_s = leave_s  # what it has for answering a close frame
        self._leaving: asyncio.Task[None] | None = None
        self._discarder: closing.Discarder | None = None
        self.closed_with: int | None = None
        websocket.peer = self

    @property
    def gone(self) -> bool:
        """Whether nothing more can be sent: the peer has left, or is being dropped."""
        return bool(self._leaving) or bool(self.transport.is_closing())

    @property
    def said_goodbye(self) -> bool:
        """Whether the peer itself has closed the connection, with 1000."""
        return self.closed_with == CloseCode.NORMAL_CLOSURE

    def too_slow(self) -> None:
        """Drop a peer that does not read."""
        self.drop(CloseCode.TRY_AGAIN_LATER, "you read too slowly", why="too_slow")

    def drop(self, code: int, reason: str = "", *, why: str | None = None) -> None:
        """Close the connection: with a message that says why, a close frame, and for good soon.

        Args:
            code: the close code.
            reason: for people; at most 123 bytes in UTF-8.
            why: for programs: the code in the message; "" for no message. By default `WHY` knows.
        """
        if self.gone:
            return
        frames, self._frames, self._size = self._frames, [], 0  # what was sent before
        if why := WHY.get(code, "") if why is None else why:
            frames.append(text_frame({"type": "closed", "code": why, "text": reason}))
        frames.append(Frame(Opcode.CLOSE, build_close(code, reason)).encode())
        self.transport.write(b"".join(frames))
        self._discarder = closing.Discarder(self.transport, code)
        slow = code == CloseCode.TRY_AGAIN_LATER  # and what waits for it takes memory
        longest_s = 0 if slow else closing.LONGEST_S
        end = closing.close(self.transport, self._discarder, self._leave_s, longest_s)
        self._leaving = asyncio.create_task(end)

    async def wait_closed(self) -> None:
        """Wait until a dropped peer is gone."""
        if self._leaving:
            await asyncio.shield(self._leaving)

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Give each message that the peer sends, until it leaves or is dropped."""
        while True:
            message = await self._websocket.receive()
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                if not self._leaving:
                    yield message.data
            elif message.type is WSMsgType.PING:  # aiohttp's own answer would know no bound
                self.send(Frame(Opcode.PONG, bytes(message.data)).encode())
            elif message.type is WSMsgType.CLOSE:
                self._answer_close(message.data)
                return
            elif message.type is not WSMsgType.PONG:
                return

    def _answer_close(self, code: int | None) -> None:
        """Answer the peer's close frame: with its own code, which aiohttp would not do."""
        try:
            self.closed_with = check_code(code) if code else None  # a proxy may have taken it
            self.drop(code or CloseCode.NORMAL_CLOSURE, why="")
        except ProtocolError as error:  # aiohttp lets codes pass that may not travel
            self.drop(CloseCode.PROTOCOL_ERROR, str(error)[:100])
        if self._discarder:
            self._discarder.end()


class _WebSocket(web.WebSocketResponse):
    """aiohttp's WebSocket, which is closed as its `Peer` closes, even by aiohttp itself."""

    peer: Peer | None = None

    async def close(
        self, *, code: int = CloseCode.NORMAL_CLOSURE, message: bytes = b"", drain: bool = True
    ) -> bool:
        """Close the connection; the rest is for aiohttp's own timers."""
        if self.peer:
            self.peer.drop(code, message.decode())
            await self.peer.wait_closed()
        return await super().close(code=code, message=message, drain=drain)


async def serve_messages(
    peer: Peer, bucket: Bucket, react: Callable[[str | bytes], Awaitable[None]]
) -> None:
    """Carry out what a client sends, or tell it why not, until its connection ends.

    Args:
        peer: the client.
        bucket: how fast it may send.
        react: carries out one message; raises Refusal if it does not.
    """
    async for raw in peer:
        try:
            bucket.take()
            await react(raw)
        except Refusal as error:
            peer.send(text_frame(error.message()))
        if bucket.exhausted:
            peer.drop(CloseCode.POLICY_VIOLATION, "too many messages at once")


async def serve(
    talk: Talk,
    listener: socket.socket,
    stop: asyncio.Event,
    *,
    server: str,
    page: str,
    max_size: int,
    ping_s: float = program.PING_S,
    leave_s: float = program.LEAVE_S,
    routes: Mapping[str, Handler] | None = None,
) -> None:
    """Serve a page at / and a WebSocket at /ws until `stop` is set.

    Args:
        talk: called with each `Peer`; the connection ends when it returns.
        listener: the listening socket.
        stop: the event that `program.run` sets.
        server: the server's name.
        page: the folder in helpers/pages whose page is served at /.
        max_size: of a message from a peer, in bytes; a bigger one closes with 1009.
        ping_s: how many seconds of silence it takes until a peer is pinged; it has half as many
            to answer.
        leave_s: how many seconds a peer has for answering a close frame.
        routes: what else is answered by HTTP: who answers, by the beginning of the path.
    """
    peers: set[Peer] = set()
    admit = static.admit_requests()
    numbers, flushes = itertools.count(1), FlushScheduler()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        for prefix, handle in (routes or {}).items():
            if request.path.startswith(prefix):
                return await admit(request, handle)  # type: ignore[arg-type]
        if refused := refusal(request, server, page, full=len(peers) >= MAX_PEERS):
            return refused
        websocket = _WebSocket(
            autoclose=False,
            autoping=False,
            compress=False,
            max_msg_size=max_size,
            heartbeat=ping_s,
        )
        await websocket.prepare(request)
        peer = Peer(next(numbers), websocket, request.transport, flushes, leave_s)
        peers.add(peer)
        try:
            await talk(peer)
        except Exception:  # one client's trouble is nobody else's
            log.exception("connection %d", peer.number)
            peer.drop(CloseCode.INTERNAL_ERROR, "an error in the server")
        finally:
            peers.discard(peer)
            await peer.wait_closed()
        return websocket

    http = web.Server(
        answer, access_log=None, keepalive_timeout=KEEP_ALIVE_S, lingering_time=leave_s
    )
    runner = web.ServerRunner(http, shutdown_timeout=leave_s)
    await runner.setup()
    async with accepting(runner, listener):
        program.ready(listener, "/ws")
        await stop.wait()
        leaving = list(peers)
        for peer in leaving:
            peer.drop(CloseCode.GOING_AWAY, "the server is stopping")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(leave_s):
                await asyncio.gather(*(peer.wait_closed() for peer in leaving))
        for peer in leaving:
            peer.transport.abort()
    await runner.cleanup()


def refusal(
    request: web.BaseRequest, server: str, page: str, *, full: bool = False
) -> web.Response | None:
    """Answer a request that opens no WebSocket; None for a correct handshake.

    Args:
        request: the request.
        server: the server's name.
        page: the folder in helpers/pages whose page is served at /.
        full: whether there is no room for another WebSocket.

    Source: RFC 6455 §4.2.
    """
    asked = static.read_request(request)
    try:
        if request.transport:
            hosts.check(asked.headers, request.transport.get_extra_info("sockname"))
        reply = static.reply(asked.method, asked.target, server=server, page=page)
    except handshake.HandshakeError as error:
        reply = static.refuse(error.status, str(error))
    if not reply and full:
        reply = static.refuse(503, "too many connections are open, try later")
    reply = reply or static.refuse_handshake(asked)
    if not reply:
        return None
    answer = static.to_aiohttp(reply)
    answer.force_close()
    return answer
