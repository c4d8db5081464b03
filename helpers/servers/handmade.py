"""handmade: the server that two lessons build, finished, on asyncio streams and `helpers.wire`.

Protocol:

- at /ws every message, text or binary, goes to every client at /ws, its sender as well;
- at /echo every message goes back to its sender alone.

A handshake that breaks a rule is answered 400, 403, 405, 426 or 431, a request for another host
421, one too many 503, and one that takes too long not at all. A fault in frames closes with 1002,
in text with 1007, a message over the limit (1 MiB) with 1009, the end of the server with 1001. A
silent client gets a ping; one that stays silent, or does not read, is dropped. The page is at /,
the health at /healthz.
"""

import argparse
import asyncio
import contextlib
import itertools
import logging
import socket

from helpers.serving import hosts, program, static
from helpers.wire import handshake
from helpers.wire.frames import CloseCode, Frame, Opcode, ProtocolError
from helpers.wire.messages import MessageReader, build_close

SLICE_BYTES = 16_384  # how much is read, and worked on, before the others are served
MAX_CONNECTIONS = 200  # conversations
MAX_ASKING = 200  # connections that are not conversations yet; the oldest makes room for the next
MAX_WAITING_MESSAGES = 2  # how many of the largest size may wait for a slow client

log = logging.getLogger("handmade")
numbers = itertools.count(1)


class Client:
    """One connection: its streams, and whether frames may be sent."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        options: argparse.Namespace,
    ) -> None:
        self.number = next(numbers)
        self.reader, self.writer = reader, writer
        self.options = options
        self.max_waiting_bytes = MAX_WAITING_MESSAGES * options.max_size
        self.open = False  # from the 101 to the close frame

    def send(self, frame: bytes) -> None:
        """Send a frame without waiting; drop the client if it does not read."""
        if self.writer.transport.get_write_buffer_size() > self.max_waiting_bytes:
            log.info("connection %d dropped: it does not read", self.number)
            self.open = False
            self.writer.transport.abort()
        elif self.open:
            self.writer.write(frame)

    def close(self, code: int | None, reason: str = "") -> None:
        """Send a close frame, after which nothing else may be sent."""
        if self.open:
            self.open = False
            log.info("connection %d closed with %s %s", self.number, code, reason)
            short = reason.encode()[:123].decode(errors="ignore")
            self.writer.write(Frame(Opcode.CLOSE, build_close(code, short)).encode())

    async def read(self) -> bytes:
        """Return the next bytes; after a long silence, ask once whether the client is alive."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.options.ping_s):
                return await self.reader.read(SLICE_BYTES)
        self.send(Frame(Opcode.PING).encode())
        async with asyncio.timeout(self.options.pong_s):
            return await self.reader.read(SLICE_BYTES)

    async def read_request(self) -> tuple[handshake.Request, bytes]:
        """Return the request, and the bytes that follow it."""
        head = handshake.HeadReader()
        async with asyncio.timeout(self.options.handshake_s):
            while data := await self.reader.read(SLICE_BYTES):
                if request := head.feed(data):
                    return handshake.parse_request(request), head.rest
        raise EOFError("no request")

    async def hang_up(self) -> None:
        """End our half and read to the end of the other, or our last bytes might be lost."""
        with contextlib.suppress(OSError):
            self.writer.write_eof()
            async with asyncio.timeout(self.options.leave_s):
                while await self.reader.read(SLICE_BYTES):
                    pass
        self.writer.transport.abort()


class Server:
    """All connections, each in a task of its own."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.tasks: dict[asyncio.Task[None], Client] = {}
        self.asking: dict[Client, None] = {}  # those without a conversation yet, the oldest first
        self.talking: set[Client] = set()  # those with a conversation
        self.everybody: set[Client] = set()  # at /ws

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Give a new connection its own task, and keep a reference to it while it runs."""
        client = Client(reader, writer, self.options)
        self.asking[client] = None
        if len(self.asking) > MAX_ASKING:
            oldest = next(iter(self.asking))
            del self.asking[oldest]
            oldest.writer.transport.abort()
        task = asyncio.create_task(self.serve(client))
        self.tasks[task] = client
        task.add_done_callback(self.tasks.pop)

    async def serve(self, client: Client) -> None:
        """Serve one connection, from its first byte to its last."""
        try:
            await self.answer(client)
        except handshake.HandshakeError as error:
            client.writer.write(handshake.refusal(error).encode())
        except ProtocolError as error:
            client.close(error.code, str(error))
        except (OSError, EOFError) as error:  # a deadline is an OSError
            log.info("connection %d lost: %s", client.number, str(error) or "too slow")
            client.writer.transport.abort()
            error.__traceback__ = None  # the stream keeps the error, which must not keep our data
        finally:
            self.everybody.discard(client)
            self.talking.discard(client)
            if not client.writer.transport.is_closing():
                await client.hang_up()
            self.asking.pop(client, None)

    async def answer(self, client: Client) -> None:
        """Answer the request: with a page, with a refusal, or with 101 and a conversation."""
        request, rest = await client.read_request()
        hosts.check(request.headers, client.writer.get_extra_info("sockname"))
        files = {"server": "handmade", "page": "echo"}
        plain = static.reply(request.method, request.path, sockets=("/ws", "/echo"), **files)
        if plain:
            client.writer.write(handshake.Response(*plain).encode())
            return
        response = handshake.answer(request)
        if len(self.talking) >= MAX_CONNECTIONS:
            raise handshake.HandshakeError("too many connections are open, try later", 503)
        self.asking.pop(client, None)
        self.talking.add(client)
        client.writer.write(response.encode())
        client.open = True
        log.info("connection %d opened at %s", client.number, request.path)
        if request.path == "/ws":
            self.everybody.add(client)
        await self.talk(client, rest)

    async def talk(self, client: Client, data: bytes) -> None:
        """Read messages and react to them, until one side closes."""
        messages = MessageReader(masked=True, max_size=self.options.max_size)
        while not messages.closed:
            for item in messages.feed(data):
                self.react(client, item)
                async with asyncio.timeout(self.options.pong_s):
                    await client.writer.drain()  # waits for the sender alone, never for others
            await asyncio.sleep(0)  # for the others: read() does not wait if it has bytes
            if not messages.closed and not (data := await client.read()):
                raise EOFError("no close frame")

    def react(self, client: Client, item: str | bytes | Frame) -> None:
        """Pass on a message, encoded once for all; answer a control frame."""
        match item:
            case Frame(opcode=Opcode.CLOSE, payload=payload):
                client.close(int.from_bytes(payload[:2]) or None)  # with the same code
            case Frame(opcode=Opcode.PING, payload=payload):
                client.send(Frame(Opcode.PONG, payload).encode())
            case str() | bytes():
                kind = Opcode.TEXT if isinstance(item, str) else Opcode.BINARY
                frame = Frame(kind, item.encode() if isinstance(item, str) else item).encode()
                for recipient in self.everybody if client in self.everybody else {client}:
                    recipient.send(frame)

    async def close_all(self) -> None:
        """Close every conversation with 1001, and abort those that do not answer."""
        for client in self.tasks.values():
            client.close(CloseCode.GOING_AWAY, "the server is stopping")
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=self.options.leave_s)
        for client in self.tasks.values():
            client.writer.transport.abort()
        while self.tasks:
            await asyncio.wait(self.tasks)


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    server = Server(options)
    accepting = await asyncio.start_server(server.accept, sock=listener)
    program.ready(listener, "/ws", "/echo")
    await stop.wait()
    accepting.close()
    await server.close_all()


def flags() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = program.parser(__doc__, "handshake_s", "ping_s", "pong_s", "leave_s")
    flags.add_argument("--max-size", type=program.size_bytes, default=2**20, metavar="BYTES")
    return flags


if __name__ == "__main__":
    program.run(main, flags())
