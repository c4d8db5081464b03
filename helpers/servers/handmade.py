"""handmade: the server of notebooks 01 and 02, finished, on asyncio streams and `helpers.wire`.

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

from helpers.servers import program
from helpers.wire.frames import CloseCode, Frame, Opcode, ProtocolError
from helpers.wire.handshake import (
    HandshakeError,
    HeadReader,
    Request,
    Response,
    answer,
    parse_request,
    refusal,
)
from helpers.wire.messages import MessageReader, build_close

SLICE_BYTES = 65_536  # how much is read, and worked on, in one turn
HANDSHAKE_S = 10.0  # from the first byte to the end of the head
SILENCE_S = 20.0  # until a ping is sent, and again until the peer counts as dead
CLOSE_S = 1.0  # what a peer has for its half of a close
MAX_CONNECTIONS = 500
MAX_WAITING_MESSAGES = 4  # so many of the largest size may wait for a slow client

log = logging.getLogger("handmade")
numbers = itertools.count(1)


class Client:
    """One connection: its streams, and what may still be sent."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, max_waiting_bytes: int
    ) -> None:
        self.number = next(numbers)
        self.reader, self.writer = reader, writer
        self.max_waiting_bytes = max_waiting_bytes
        self.closing = False

    def send(self, data: bytes) -> None:
        """Hand over bytes without waiting for anybody; drop a client that does not read them."""
        if self.closing or self.writer.transport.is_closing():
            return
        if self.writer.transport.get_write_buffer_size() > self.max_waiting_bytes:
            log.info("connection %d dropped: it does not read", self.number)
            self.writer.transport.abort()
        else:
            self.writer.write(data)

    def close(self, payload: bytes) -> None:
        """Send a close frame and the end of the stream; nothing can follow them."""
        if not self.closing:
            log.info("connection %d closes: %s", self.number, Frame(Opcode.CLOSE, payload))
            self.send(Frame(Opcode.CLOSE, payload).encode())
            self.closing = True
            self.writer.write_eof()

    async def read(self) -> bytes:
        """Return the next bytes, b"" at the end; TimeoutError if the peer answers no ping."""
        try:
            async with asyncio.timeout(SILENCE_S):
                return await self.reader.read(SLICE_BYTES)
        except TimeoutError:
            self.send(Frame(Opcode.PING).encode())
            async with asyncio.timeout(SILENCE_S):
                return await self.reader.read(SLICE_BYTES)

    async def read_request(self) -> tuple[Request, bytes]:
        """Return the request, and the bytes after it."""
        head_reader = HeadReader()
        async with asyncio.timeout(HANDSHAKE_S):
            while not (head := head_reader.feed(data := await self.reader.read(SLICE_BYTES))):
                if not data:
                    raise EOFError
        return parse_request(head), head_reader.rest

    async def hang_up(self) -> None:
        """End our half, take in what is under way, let go: else our last words may be lost."""
        with contextlib.suppress(OSError):
            self.writer.write_eof()
            async with asyncio.timeout(CLOSE_S):
                while await self.reader.read(SLICE_BYTES):
                    pass
        self.writer.transport.abort()


class Server:
    """Everybody who is connected, and the turn that each of them gets."""

    def __init__(self, max_size: int) -> None:
        self.max_size = max_size
        self.turns: dict[asyncio.Task[None] | None, Client] = {}
        self.room: set[Client] = set()  # who is at /ws

    async def turn(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, from its first byte to its last."""
        client = Client(reader, writer, MAX_WAITING_MESSAGES * self.max_size)
        self.turns[asyncio.current_task()] = client
        try:
            await self.serve(client)
        except HandshakeError as error:
            client.send(refusal(error).encode())
        except ProtocolError as error:
            reason = str(error).encode()[:123].decode(errors="ignore")
            client.close(build_close(error.code, reason))
        except (OSError, EOFError) as error:  # a deadline is an OSError, too
            log.info("connection %d lost: %s", client.number, type(error).__name__)
            writer.transport.abort()
        finally:
            self.room.discard(client)
            await client.hang_up()
            del self.turns[asyncio.current_task()]

    async def serve(self, client: Client) -> None:
        """Answer the request; if it opens a WebSocket, talk."""
        request, rest = await client.read_request()
        if len(self.turns) > MAX_CONNECTIONS:
            raise HandshakeError(f"{MAX_CONNECTIONS} connections are open, try again later", 503)
        plain = program.reply(
            request.method,
            request.path,
            server="handmade",
            page="echo.html",
            sockets=("/ws", "/echo"),
        )
        if plain:
            client.send(Response(*plain).encode())
            return
        client.send(answer(request).encode())
        log.info("connection %d opened at %s", client.number, request.path)
        if request.path == "/ws":
            self.room.add(client)
        await self.talk(client, rest)

    async def talk(self, client: Client, data: bytes) -> None:
        """Read messages and react, until one of the two closes."""
        messages = MessageReader(masked=True, max_size=self.max_size)
        while not messages.closed:
            for item in messages.feed(data):
                self.react(client, item)
                async with asyncio.timeout(SILENCE_S):
                    await client.writer.drain()  # our own client's pace, nobody else's
            data = b"" if messages.closed else await client.read()
            if not data and not messages.closed:
                raise EOFError

    def react(self, client: Client, item: str | bytes | Frame) -> None:
        """Send on a message, answer a control frame; whatever is sent is encoded once."""
        match item:
            case Frame(opcode=Opcode.CLOSE, payload=payload):
                client.close(payload[:2])  # the same code comes back
            case Frame(opcode=Opcode.PING, payload=payload):
                client.send(Frame(Opcode.PONG, payload).encode())
            case str() | bytes():
                kind = Opcode.TEXT if isinstance(item, str) else Opcode.BINARY
                data = item.encode() if isinstance(item, str) else item
                frame = Frame(kind, data).encode()
                for listener in self.room if client in self.room else {client}:
                    listener.send(frame)

    async def goodbye(self) -> None:
        """Close every connection with 1001, and let go of those that do not answer."""
        turns = dict(self.turns)
        for client in turns.values():
            client.close(build_close(CloseCode.GOING_AWAY, "the server ends"))
        if turns:
            await asyncio.wait([task for task in turns if task], timeout=CLOSE_S)
        for client in self.turns.values():
            client.writer.transport.abort()


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then close every connection with 1001.

    First used: notebooks/02_frames.ipynb
    """
    server = Server(options.max_size)
    async with await asyncio.start_server(server.turn, sock=listener):
        program.ready(listener)
        await stop.wait()
    await server.goodbye()


if __name__ == "__main__":
    flags = program.parser(__doc__)
    flags.add_argument("--max-size", type=program.size_bytes, default=2**20, metavar="BYTES")
    program.run(main, flags)
