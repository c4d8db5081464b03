"""How attackers reach a server: bare TCP connections, so that anything can be written.

1. Only an address in 127.0.0.0/8 is attacked: `Target` refuses every other one.
2. Connections are bounded by the door's `most`, which the limit on open files bounds in turn.
3. A line that is closed is reset, as that of a client that crashes.
"""

import asyncio
import base64
import contextlib
import ipaddress
import resource
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

from helpers.wire.frames import Frame, Opcode

MASK = b"\1\2\3\4"
KEY = base64.b64encode(b"soak-soak-soak-s").decode()
SPARE_FILES = 100  # of this process, for all but its lines
WITHIN_S = 5.0  # for anything a server should answer at once


class NotLoopback(ValueError):
    """An address that nobody here may attack."""


@dataclass(frozen=True)
class Target:
    """A server on this machine: an IPv4 loopback address and a port.

    Raises:
        NotLoopback: for any other address, or a name.
    """

    host: str
    port: int

    def __post_init__(self) -> None:
        try:
            own = ipaddress.IPv4Address(self.host) in ipaddress.IPv4Network("127.0.0.0/8")
        except ValueError:
            own = False
        if not own:
            raise NotLoopback(
                f"expected an address in 127.0.0.0/8, got {self.host!r}: "
                "attacks are for servers on this machine, and a name may lead elsewhere"
            )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Line:
    """One connection of an attacker."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.rest = b""  # what came after what was waited for

    async def send(self, data: bytes) -> None:
        """Write bytes, and wait until the kernel has taken them, for a while."""
        self.writer.write(data)
        async with asyncio.timeout(WITHIN_S):
            await self.writer.drain()

    async def pour(self, data: bytes) -> None:
        """Write bytes to a server that may not want them any more."""
        with contextlib.suppress(OSError):  # a deadline is an OSError, too
            await self.send(data)

    async def send_text(self, *messages: str) -> None:
        """Send text messages, in one write."""
        await self.send(b"".join(map(text, messages)))

    async def until(self, wanted: bytes, within_s: float = WITHIN_S) -> bytes:
        """Read until these bytes have come."""
        seen, self.rest = self.rest, b""
        async with asyncio.timeout(within_s):
            while wanted not in seen:
                data = await self.reader.read(65_536)
                if not data:
                    raise EOFError(f"closed before {wanted!r}")
                seen += data
        before, found, self.rest = seen.partition(wanted)
        return before + found

    async def listen(self, for_s: float) -> bytes:
        """Read whatever comes, for a while or until the server closes."""
        seen, self.rest = self.rest, b""
        with contextlib.suppress(OSError):
            async with asyncio.timeout(for_s):
                while data := await self.reader.read(65_536):
                    seen = (seen + data)[-65_536:]
        return seen


class Door:
    """The way to one server, for a bounded number of lines at once."""

    def __init__(self, target: Target, most: int) -> None:
        self.target = target
        self._places = asyncio.Semaphore(most)
        self.signing_in, self.cookie = asyncio.Lock(), ""  # of the attackers' one account

    @contextlib.asynccontextmanager
    async def line(self, deaf: bool = False) -> AsyncIterator[Line]:
        """Open a connection, and reset it in the end; a deaf one takes in next to nothing."""
        async with self._places:
            raw = socket.socket()
            raw.setblocking(False)
            if deaf:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            try:
                async with asyncio.timeout(WITHIN_S):
                    address = self.target.host, self.target.port
                    await asyncio.get_running_loop().sock_connect(raw, address)
                    reader, writer = await asyncio.open_connection(sock=raw, limit=4_096)
            except BaseException:
                raw.close()
                raise
            try:
                yield Line(reader, writer)
            finally:
                linger = b"\1\0\0\0\0\0\0\0"  # on, for 0 s: the end is a reset
                with contextlib.suppress(OSError):
                    writer.get_extra_info("socket").setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, linger
                    )
                writer.transport.abort()

    @contextlib.asynccontextmanager
    async def websocket(
        self, path: str, deaf: bool = False, headers: str = ""
    ) -> AsyncIterator[Line]:
        """Open a WebSocket by its handshake."""
        async with self.line(deaf) as line:
            await line.send(handshake(self.target, path, headers))
            head = await line.until(b"\r\n\r\n")
            if head.startswith(b"HTTP/1.1 400") and "sid=" not in path:
                raise ValueError(f"the handshake of the attack is wrong: {head + line.rest!r}")
            if not head.startswith(b"HTTP/1.1 101"):
                raise EOFError(f"refused: {head[:30]!r}")
            yield line

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: str = ""
    ) -> tuple[int, bytes]:
        """Send one request; return the status of the answer, and all of it."""
        length = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.target}\r\nConnection: close\r\n"
            f"{length}{headers}\r\n"
        )
        async with self.line() as line:
            await line.send(head.encode() + body)
            answer = await line.listen(WITHIN_S)
        if not answer.startswith(b"HTTP/1."):
            raise EOFError("no answer")
        return int(answer[9:12]), answer


def handshake(target: Target, path: str, headers: str = "") -> bytes:
    """Return the request that opens a WebSocket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {target}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n"
        f"Sec-WebSocket-Version: 13\r\n{headers}\r\n"
    ).encode()


def text(message: str) -> bytes:
    """Return a text message as a client's frame; a lone surrogate stays as it is."""
    return Frame(Opcode.TEXT, message.encode(errors="surrogatepass"), mask=MASK).encode()


def binary(message: bytes) -> bytes:
    """Return a binary message as a client's frame."""
    return Frame(Opcode.BINARY, message, mask=MASK).encode()


def allow_files(wanted: int) -> int:
    """Raise this process's limit on open files towards `wanted`; return how many lines fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    fitting = most if soft == resource.RLIM_INFINITY else min(soft, wanted)
    return max(1, fitting - SPARE_FILES)
