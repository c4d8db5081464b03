"""A client that plays one case: it sends whatever bytes a script says, and looks what comes back.

Everything has a deadline, so a server that says nothing breaks a rule and hangs nobody.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

from helpers.judges.target import Target
from helpers.judges.verdict import Broken
from helpers.wire.frames import Frame, Opcode, ProtocolError
from helpers.wire.handshake import HandshakeError, HeadReader, build_request, parse_response
from helpers.wire.heads import Request, Response
from helpers.wire.messages import MessageReader

ANSWER_S = 2.0  # that the server has for an answer
STEPS = 20  # in which it is waited for
SLICE_BYTES = 65_536
MASK = b"\x37\xfa\x21\x3d"  # the key of RFC 6455 §5.7
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the key of RFC 6455 §1.3
END = "the end of the connection"
SILENCE = "nothing"
A_CONNECTION = "a connection"


class Player:
    """One client for one case.

    Args:
        target: the server.
        answer_s: how many seconds the server has for each answer.

    Attributes:
        sent: what was sent, in words, for the report.
        explained: whether a close frame said why the server hung up, which it had to; None if it
            did not have to, or has not done it.
        page_url: of the page that shows what the server sends; empty if there is none.
    """

    def __init__(self, target: Target, answer_s: float = ANSWER_S, page_url: str = "") -> None:
        self.target, self.answer_s, self.page_url = target, answer_s, page_url
        self.sent: list[str] = []
        self.explained: bool | None = None
        self._lines: list[Line] = []

    # Handshakes

    def request(self, *, without: str = "", **headers: str) -> Request:
        """Build a correct request, and change headers in it.

        Args:
            without: the name of a header to leave out.
            **headers: values to replace, with `_` in place of `-`.
        """
        correct = build_request(self.target.host_header, self.target.path, key=KEY)
        changed = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        fields = [(name, changed.pop(name.lower(), value)) for name, value in correct.headers]
        fields += [(name.title(), value) for name, value in changed.items()]
        kept = tuple(field for field in fields if field[0] != without)
        return Request(correct.method, correct.target, kept)

    async def ask(self, request: Request, what: str) -> Response:
        """Send a request on a connection of its own and return the answer.

        Raises:
            Broken: there is none.
        """
        self.sent.append(what)
        line = await self._connect()
        line.writer.write(request.encode())
        answer = await line.head()
        if answer is None:
            raise Broken("an answer in HTTP", END)
        return answer

    async def is_refused(self, request: Request, what: str) -> Response | None:
        """Check that a request opens no WebSocket; return the answer, None without one."""
        self.sent.append(what)
        line = await self._connect()
        line.writer.write(request.encode())
        answer = await line.head(refused=True)
        if answer is not None and answer.status == 101:
            raise Broken("a refusal, such as 400", "101, the WebSocket is open")
        return answer

    async def open(self, *, receive_bytes: int | None = None) -> "Line":
        """Open a WebSocket.

        Args:
            receive_bytes: the size of the system's buffer for what arrives.

        Raises:
            Broken: the server does not answer a correct handshake with 101.
        """
        line = await self._connect(receive_bytes)
        line.writer.write(self.request().encode())
        answer = await line.head()
        if answer is None or answer.status != 101:
            raise Broken("101 for a correct handshake", f"{answer.status}" if answer else END)
        return line

    # Lines

    async def _connect(self, receive_bytes: int | None = None) -> "Line":
        family = socket.AF_INET6 if ":" in self.target.host else socket.AF_INET
        made = socket.socket(family)
        made.setblocking(False)
        if receive_bytes:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        try:
            async with asyncio.timeout(self.answer_s):
                loop = asyncio.get_running_loop()
                await loop.sock_connect(made, (self.target.host, self.target.port))
            reader, writer = await asyncio.open_connection(sock=made)
        except OSError as error:
            made.close()
            raise Broken(A_CONNECTION, error.strerror or "nobody answers") from None
        self._lines.append(Line(self, reader, writer))
        return self._lines[-1]

    def close(self) -> None:
        """Drop all connections."""
        for line in self._lines:
            line.writer.transport.abort()


class Line:
    """One connection of a player, after its handshake a WebSocket."""

    def __init__(
        self, player: Player, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.player, self.reader, self.writer = player, reader, writer
        self._messages = MessageReader(masked=False)
        self._items: list[str | bytes | Frame] = []
        self._fault = ""
        self._data = b""

    async def head(self, *, refused: bool = False) -> Response | None:
        """Read the answer to a request; None if the connection ends without one.

        Args:
            refused: whether it should be a refusal.
        """
        head = HeadReader()
        with self._within("an answer to the handshake"):
            while data := await self._read():
                try:
                    if found := head.feed(data):
                        self._data = head.rest
                        return parse_response(found)
                except HandshakeError as error:
                    wanted = "a refusal, such as 400" if refused else "an answer in HTTP"
                    raise Broken(wanted, str(error)) from None
        return None

    async def send(self, *frames: Frame | bytes, masked: bool = True, once: bool = True) -> None:
        """Send frames or bytes.

        Args:
            *frames: a frame without a masking key gets one; bytes are sent as they are.
            masked: whether it does.
            once: whether all of it is sent in one piece, or byte by byte.
        """
        data = b""
        for frame in frames:
            if isinstance(frame, Frame):
                key = (frame.mask or MASK) if masked else None
                keyed = Frame(
                    frame.opcode, frame.payload, frame.fin, frame.rsv1, frame.rsv2, frame.rsv3, key
                )
                self.player.sent.append(str(frame))
                data += keyed.encode()
            else:
                self.player.sent.append(shown_bytes(frame))
                data += frame
        await self._write([data] if once else [data[i : i + 1] for i in range(len(data))])

    async def _write(self, pieces: list[bytes]) -> None:
        with contextlib.suppress(ConnectionError):  # what came back says more
            for piece in pieces:
                self.writer.write(piece)
                async with asyncio.timeout(self.player.answer_s):
                    await self.writer.drain()
                await asyncio.sleep(0)

    async def get(self, expected: str) -> str | bytes | Frame | None:
        """Return the next message or control frame; None at the end.

        Raises:
            Broken: nothing arrives, or bytes that are not a server's frames.
        """
        with self._within(expected):
            async for item in self._arriving(expected):
                return item
        return None

    async def _arriving(self, expected: str) -> AsyncIterator[str | bytes | Frame]:
        while True:
            while self._items:
                yield self._items.pop(0)
            if self._fault:
                raise Broken(expected, f"a frame that breaks a rule: {self._fault}")
            data, self._data = self._data or await self._read(), b""
            if not data:
                return
            try:
                self._items.extend(self._messages.feed(data))
            except ProtocolError as error:
                self._fault = str(error)  # told after what arrived before it, however it is sliced

    async def _read(self) -> bytes:
        """Read in short steps: where this process is late for them, the server is late as well."""
        reading = asyncio.ensure_future(self.reader.read(SLICE_BYTES))
        try:
            for _ in range(STEPS):
                if (await asyncio.wait([reading], timeout=self.player.answer_s / STEPS))[0]:
                    return reading.result()
        except ConnectionError:
            return b""
        finally:
            reading.cancel()
        raise TimeoutError

    @contextlib.contextmanager
    def _within(self, expected: str) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            raise Broken(expected, SILENCE) from None

    # What must come back

    async def echoes(self, *messages: str | bytes) -> None:
        """Check that these messages come back, in this order, whatever pongs are between."""
        for message in messages:
            expected = shown(message)
            got = await self.get(expected)
            if got != message or type(got) is not type(message):
                raise Broken(expected, shown(got))

    async def pongs(self, payload: bytes) -> None:
        """Check that a pong with this payload comes back."""
        expected = shown(Frame(Opcode.PONG, payload))
        got = await self.get(expected)
        if not isinstance(got, Frame) or (got.opcode, got.payload) != (Opcode.PONG, payload):
            raise Broken(expected, shown(got))

    async def fails(self, *codes: int) -> None:
        """Check that the connection ends: with one of these codes if a close frame says why.

        That it ends is a MUST, and that a close frame comes first a SHOULD (RFC 6455 §7.1.7):
        `explained` of the player notes it.
        """
        said = " or ".join(map(str, codes))
        expected = f"the connection closed (with {said}, if it says why)"
        got = await self.get(expected)
        if explained := isinstance(got, Frame) and got.opcode is Opcode.CLOSE:
            code = int.from_bytes(got.payload[:2])
            if code not in codes:
                raise Broken(expected, f"a close frame with {code or 'no code'}")
            got = await self.get(f"{END} after the close frame")
        if got is not None:
            raise Broken(expected, shown(got))
        self.player.explained = explained

    async def closes(self) -> Frame:
        """Check that a close frame comes back, and that the connection then ends.

        Returns:
            The close frame.
        """
        expected = "a close frame"
        got = await self.get(expected)
        if not isinstance(got, Frame) or got.opcode is not Opcode.CLOSE:
            raise Broken(expected, shown(got))
        after = await self.get(f"{END} after the close frame")
        if after is not None:
            raise Broken(f"{END} after the close frame", shown(after))
        return got


def shown(item: str | bytes | Frame | None) -> str:
    """Say what was received."""
    if item is None:
        return END
    if isinstance(item, Frame):
        return str(item)
    kind = Opcode.TEXT if isinstance(item, str) else Opcode.BINARY
    return str(Frame(kind, item.encode() if isinstance(item, str) else item)).replace(" · FIN", "")


def shown_bytes(data: bytes, most: int = 16) -> str:
    """Say which bytes were sent."""
    more = f" … {len(data):,} bytes" if len(data) > most else ""
    return f"the bytes {data[:most].hex(' ')}{more}"
