"""An echo server with one fault, to see whether the judge finds that fault and no other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from helpers.wire import handshake
from helpers.wire.frames import Frame, FrameReader, Opcode, ProtocolError
from helpers.wire.messages import MessageReader, build_close

#: What a server breaks that does not close as it was asked to.
UNCLOSED = {
    "answers a close frame with 1000 with a close frame, then ends",
    "answers a close frame with a reason with a close frame, then ends",
    "answers a close frame without a code with a close frame, then ends",
    "answers a close frame with 3000, a code of an application with a close frame, then ends",
    "sends no code in a close frame that may not travel",
    "sends nothing after its close frame",
    "answers a close frame between two fragments",
}
SILENT = "the connection ends without a close frame that says why"
#: Each with the rules that it breaks.
FAULTS = {
    "every accept key is the RFC's example": {
        "answers another key with another accept key",
    },
    "a foreign version is let in": {
        "refuses another version, and says that it speaks 13",
    },
    "every offered subprotocol gets the server's own": {
        "names no subprotocol that the client did not offer",
    },
    "frames need no mask": {
        "closes the connection when a client's frame is not masked",
    },
    "no ping is answered": {
        "answers a ping between two fragments, and loses neither",
        "answers a ping with text in it with a pong that holds the same",
        "answers a ping without a payload with a pong that holds the same",
        "answers a ping of 125 bytes with a pong that holds the same",
    },
    "pongs are empty": {
        "answers a ping between two fragments, and loses neither",
        "answers a ping with text in it with a pong that holds the same",
        "answers a ping of 125 bytes with a pong that holds the same",
    },
    "binary comes back as text": {
        "takes the kind of a message from its first fragment",
        "sends binary data back as binary, even if it looks like text",
    },
    "every fragment is a message": {
        "joins the fragments of a message",
        "answers a close frame between two fragments",
        "joins many fragments, empty ones among them",
        "takes the kind of a message from its first fragment",
        "answers a ping between two fragments, and loses neither",
        "closes the connection on a continuation that continues nothing",
        "closes the connection when a message begins inside another",
        "lets a fragment end in the middle of a character",
        "closes the connection on text that is not UTF-8: bytes that no text has",
        "closes the connection on text that is not UTF-8: half a surrogate pair",
        "closes the connection on text that is not UTF-8: half a character at the end",
        "closes the connection on a character that two fragments spoil",
        "treats a reason that is not UTF-8 as a fault",
    },
    "a close frame is not answered": UNCLOSED,
    "the connection stays open after the close frames": UNCLOSED,
    "a missing code is answered with 1005": {
        "answers a close frame without a code with a close frame, then ends",
        "sends no code in a close frame that may not travel",
    },
    SILENT: set(),  # what a server says when it hangs up is a SHOULD
    "one client's fault ends all connections": {
        "lets no other client notice the fault of one",
    },
}


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """Serve on asyncio streams, give the address, and leave no connection and no task."""
    tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks[task] = writer
        with contextlib.suppress(ConnectionError):
            await handler(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        for task, writer in tasks.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in tasks.values():
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


class FaultyEcho:
    """An echo server on asyncio streams that is right but for one fault; "" for none."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.writers: set[asyncio.StreamWriter] = set()

    def has(self, fault: str) -> bool:
        assert fault in FAULTS
        return self.fault == fault

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Serve, and give the address."""
        async with serving(self.serve) as url:
            yield url

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        with contextlib.suppress(ConnectionError, EOFError):
            if await self.shake_hands(reader, writer):
                await self.talk(reader, writer)
        self.writers.discard(writer)
        writer.close()

    async def shake_hands(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        head = handshake.HeadReader()
        while (found := head.feed(data := await reader.read(65_536))) is None:
            if not data:
                raise EOFError
        try:
            request = handshake.parse_request(found)
            if self.has("a foreign version is let in"):
                request = with_header(request, "Sec-WebSocket-Version", "13")
            answer = handshake.answer(request)
        except handshake.HandshakeError as error:
            writer.write(handshake.refusal(error).encode())
            return False
        if self.has("every accept key is the RFC's example"):
            answer = with_header(answer, "Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        encoded = answer.encode()
        own = self.has("every offered subprotocol gets the server's own")
        if own and request.header("Sec-WebSocket-Protocol"):
            encoded = encoded[:-2] + b"Sec-WebSocket-Protocol: mine\r\n\r\n"
        writer.write(encoded)
        self.rest = head.rest
        return True

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        masked = None if self.has("frames need no mask") else True
        each = self.has("every fragment is a message")
        items: FrameReader | MessageReader = (
            FrameReader(masked=masked) if each else MessageReader(masked=masked)
        )
        try:
            while data := await reader.read(65_536):
                for item in items.feed(data):
                    if await self.react(item, writer):
                        return
        except ProtocolError as error:
            if not self.has(SILENT):
                writer.write(Frame(Opcode.CLOSE, build_close(error.code, "")).encode())
            if self.has("one client's fault ends all connections"):
                for each_writer in self.writers:
                    each_writer.transport.abort()

    async def react(self, item: str | bytes | Frame, writer: asyncio.StreamWriter) -> bool:
        """React to a message or a frame; return whether this ends the connection."""
        match item:
            case Frame(opcode=Opcode.CLOSE, payload=payload):
                if self.has("a close frame is not answered"):
                    return True
                code = int.from_bytes(payload[:2]) or None
                answer = build_close(code, "")
                if code is None and self.has("a missing code is answered with 1005"):
                    answer = (1005).to_bytes(2)
                writer.write(Frame(Opcode.CLOSE, answer).encode())
                if self.has("the connection stays open after the close frames"):
                    await asyncio.sleep(60)  # longer than any judge waits
                return True
            case Frame(opcode=Opcode.PING, payload=payload):
                if self.has("pongs are empty"):
                    payload = b""
                if not self.has("no ping is answered"):
                    writer.write(Frame(Opcode.PONG, payload).encode())
            case Frame(opcode=Opcode.PONG):
                pass
            case Frame(opcode=opcode, payload=payload):
                kind = Opcode.BINARY if opcode is Opcode.BINARY else Opcode.TEXT
                writer.write(Frame(kind, payload).encode())
            case str():
                writer.write(Frame(Opcode.TEXT, item.encode()).encode())
            case bytes():
                text = self.has("binary comes back as text")
                payload = item.decode("latin-1").encode() if text else item
                writer.write(Frame(Opcode.TEXT if text else Opcode.BINARY, payload).encode())
        return False


Head = TypeVar("Head", handshake.Request, handshake.Response)


def with_header(head: Head, name: str, value: str) -> Head:
    """Return a request or a response with another value for one header."""
    fields = tuple((n, value if n == name else v) for n, v in head.headers)
    return replace(head, headers=fields)
