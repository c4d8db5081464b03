"""handmade: the server that two lessons build, finished, on asyncio streams and `helpers.wire`.

Protocol:

- at /ws every message, text or binary, goes to everybody who is there: alone, it is an echo;
- at /echo every message goes back to its sender alone.

A handshake that breaks a rule is answered 400, 403, 405, 426 or 431, one that takes too long not
at all, one too many 503. A fault in frames closes with 1002, in text with 1007, a message over
the limit (1 MiB) with 1009, the end of the server with 1001. Who is silent gets a ping; who stays
silent, or does not read what is sent, is dropped. The page is at /, the health at /healthz.
"""

import argparse
import asyncio
import contextlib
import itertools
import logging
import socket

from helpers.serving import program, static
from helpers.wire import handshake
from helpers.wire.frames import CloseCode, Frame, Opcode, ProtocolError
from helpers.wire.messages import MessageReader, build_close

SLICE_BYTES = 16_384  # how much is read, and worked on, before it is the others' turn
HANDSHAKE_S = 10.0  # what a client has for its request
SILENCE_S = 20.0  # until a ping is sent, and again until the peer counts as dead
CLOSE_S = 1.0  # what a peer has for its half of a close
MAX_CONNECTIONS = 200
MAX_WAITING_MESSAGES = 2  # so many of the largest size may wait for a slow client

log = logging.getLogger("handmade")
numbers = itertools.count(1)


class Client:
    """One connection: its streams, and whether frames may be sent."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, max_waiting_bytes: int
    ) -> None:
        self.number = next(numbers)
        self.reader, self.writer = reader, writer
        self.max_waiting_bytes = max_waiting_bytes
        self.open = False  # from the 101 to the close frame

    def send(self, frame: bytes) -> None:
        """Hand over a frame without waiting for anybody; drop a client that does not read."""
        if self.writer.transport.get_write_buffer_size() > self.max_waiting_bytes:
            log.info("connection %d dropped: it does not read", self.number)
            self.open = False
            self.writer.transport.abort()
        elif self.open:
            self.writer.write(frame)

    def close(self, code: int | None, reason: str = "") -> None:
        """Send a close frame, after which nothing may be sent."""
        if self.open:
            self.open = False
            log.info("connection %d closed with %s %s", self.number, code, reason)
            short = reason.encode()[:123].decode(errors="ignore")
            self.writer.write(Frame(Opcode.CLOSE, build_close(code, short)).encode())

    async def read(self) -> bytes:
        """Return the next bytes; after a long silence ask once whether anybody is there."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SILENCE_S):
                return await self.reader.read(SLICE_BYTES)
        self.send(Frame(Opcode.PING).encode())
        async with asyncio.timeout(SILENCE_S):
            return await self.reader.read(SLICE_BYTES)

    async def read_request(self) -> tuple[handshake.Request, bytes]:
        """Return the request, and the bytes that came after it."""
        head = handshake.HeadReader()
        async with asyncio.timeout(HANDSHAKE_S):
            while data := await self.reader.read(SLICE_BYTES):
                if request := head.feed(data):
                    return handshake.parse_request(request), head.rest
        raise EOFError("no request")

    async def hang_up(self) -> None:
        """End our half, take in what is under way, let go: else our last words may be lost."""
        with contextlib.suppress(OSError):
            self.writer.write_eof()
            async with asyncio.timeout(CLOSE_S):
                while await self.reader.read(SLICE_BYTES):
                    pass
        self.writer.transport.abort()


class Server:
    """Everybody who is connected."""

    def __init__(self, max_size: int) -> None:
        self.max_size = max_size
        self.turns: dict[asyncio.Task[None], Client] = {}
        self.room: set[Client] = set()  # who is at /ws

    def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Give a new connection its own task, and keep hold of it while it runs."""
        client = Client(reader, writer, MAX_WAITING_MESSAGES * self.max_size)
        task = asyncio.create_task(self.serve(client))
        self.turns[task] = client
        task.add_done_callback(self.turns.pop)

    async def serve(self, client: Client) -> None:
        """Serve one connection, from its first byte to its last."""
        try:
            await self.answer(client)
        except handshake.HandshakeError as error:
            client.writer.write(handshake.refusal(error).encode())
        except ProtocolError as error:
            client.close(error.code, str(error))
        except (OSError, EOFError) as error:  # a deadline is an OSError, too
            log.info("connection %d lost: %s", client.number, str(error) or "too slow")
            client.writer.transport.abort()
            error.__traceback__ = None  # the stream keeps the error: it must not keep our data
        finally:
            self.room.discard(client)
            if not client.writer.transport.is_closing():
                await client.hang_up()

    async def answer(self, client: Client) -> None:
        """Answer the request: with a page, with a refusal, or with 101 and a conversation."""
        request, rest = await client.read_request()
        if len(self.turns) > MAX_CONNECTIONS:
            raise handshake.HandshakeError("too many connections are open, try later", 503)
        files = {"server": "handmade", "page": "echo"}
        plain = static.reply(request.method, request.path, sockets=("/ws", "/echo"), **files)
        if plain:
            client.writer.write(handshake.Response(*plain).encode())
            return
        client.writer.write(handshake.answer(request).encode())
        client.open = True
        log.info("connection %d opened at %s", client.number, request.path)
        if request.path == "/ws":
            self.room.add(client)
        await self.talk(client, rest)

    async def talk(self, client: Client, data: bytes) -> None:
        """Read messages and react to them, until one of the two closes."""
        messages = MessageReader(masked=True, max_size=self.max_size)
        while not messages.closed:
            for item in messages.feed(data):
                self.react(client, item)
                async with asyncio.timeout(SILENCE_S):
                    await client.writer.drain()  # wait for the sender alone, never for others
            await asyncio.sleep(0)  # read() does not wait while there is something to read
            if not messages.closed and not (data := await client.read()):
                raise EOFError("no close frame")

    def react(self, client: Client, item: str | bytes | Frame) -> None:
        """Send on a message, encoded once for all; answer a control frame."""
        match item:
            case Frame(opcode=Opcode.CLOSE, payload=payload):
                client.close(int.from_bytes(payload[:2]) or None)  # the same code comes back
            case Frame(opcode=Opcode.PING, payload=payload):
                client.send(Frame(Opcode.PONG, payload).encode())
            case str() | bytes():
                kind = Opcode.TEXT if isinstance(item, str) else Opcode.BINARY
                frame = Frame(kind, item.encode() if isinstance(item, str) else item).encode()
                for listener in self.room if client in self.room else {client}:
                    listener.send(frame)

    async def goodbye(self) -> None:
        """Close every conversation with 1001, and let go of those who do not answer."""
        for client in self.turns.values():
            client.close(CloseCode.GOING_AWAY, "the server ends")
        if self.turns:
            await asyncio.wait(self.turns, timeout=CLOSE_S)
        for client in self.turns.values():
            client.writer.transport.abort()
        while self.turns:
            await asyncio.wait(self.turns)


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    server = Server(options.max_size)
    door = await asyncio.start_server(server.welcome, sock=listener)
    program.ready(listener, "/ws", "/echo")
    await stop.wait()
    door.close()
    await server.goodbye()


if __name__ == "__main__":
    flags = program.parser(__doc__)
    flags.add_argument("--max-size", type=program.size_bytes, default=2**20, metavar="BYTES")
    program.run(main, flags)
