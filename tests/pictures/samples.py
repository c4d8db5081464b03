"""Recordings to draw, with everything random, dated or versioned made different on request."""

from __future__ import annotations

import base64
import random

from helpers.wire.frames import Frame, Opcode
from helpers.wire.handshake import (
    HandshakeError,
    Request,
    Response,
    accept_key,
    answer,
    build_request,
    refusal,
)
from helpers.wire.transcript import CLIENT_TO_SERVER, SERVER_TO_CLIENT, Chunk, Mark, Transcript

RFC_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HELLO = bytes.fromhex("81 05 48 65 6c 6c 6f")
MASKED_HELLO = bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58")
COMPRESSED_HELLO = bytes.fromhex("c1 07 f2 48 cd c9 c9 07 00")


class Recorder:
    """Writes a recording; what is random comes from the seed."""

    def __init__(self, seed: int = 1, port: int = 43121) -> None:
        self.random = random.Random(seed)
        self.port = port
        self.transcript = Transcript()
        self.now_s = self.random.random()

    def some(self, size: int) -> bytes:
        return self.random.randbytes(size)

    def sent(self, connection: int, direction: str, data: bytes) -> None:
        self.now_s += self.random.random()
        self.transcript.add(Chunk(connection, direction, data, self.now_s))

    def up(self, connection: int, *frames: Frame) -> None:
        for frame in frames:
            masked = Frame(frame.opcode, frame.payload, frame.fin, frame.rsv1, mask=self.some(4))
            self.sent(connection, CLIENT_TO_SERVER, masked.encode())

    def down(self, connection: int, *frames: Frame) -> None:
        for frame in frames:
            self.sent(connection, SERVER_TO_CLIENT, frame.encode())

    def mark(self, connection: int | None, what: str) -> None:
        self.now_s += self.random.random()
        self.transcript.add(Mark(connection, what, self.now_s))

    def handshake(self, connection: int = 1, key: str | None = None) -> None:
        key = key or base64.b64encode(self.some(16)).decode()
        agent = f"Python/3.{self.random.randrange(11, 20)} websockets/{self.random.random()}"
        day = f"Sat, {self.random.randrange(10, 30)} Nov 2025 21:58:00 GMT"
        request = build_request(f"127.0.0.1:{self.port}", "/ws", key=key)
        headers = (*request.headers, ("User-Agent", agent))
        request = Request("GET", "/ws", headers)
        agreed = (
            ("Date", day),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept_key(key)),
            ("Server", agent),
        )
        self.mark(connection, "opened")
        self.sent(connection, CLIENT_TO_SERVER, request.encode())
        response = Response(101, "Switching Protocols", agreed)
        self.sent(connection, SERVER_TO_CLIENT, response.encode())


def talk(seed: int = 1, port: int = 43121, connections: int = 1) -> Transcript:
    """A conversation with a bit of everything."""
    recorder = Recorder(seed, port)
    for connection in range(1, connections + 1):
        recorder.handshake(connection)
        recorder.up(connection, Frame(Opcode.TEXT, b"Hello"))
        recorder.down(connection, Frame(Opcode.TEXT, b"Hello"))
        recorder.up(
            connection,
            Frame(Opcode.TEXT, "Grüße · ".encode(), fin=False),
            Frame(Opcode.PING, recorder.some(4)),
            Frame(Opcode.CONTINUATION, b"<script>alert(1)</script>"),
        )
        recorder.mark(None, "frozen")
        recorder.down(connection, Frame(Opcode.PING, recorder.some(4)))
        recorder.down(connection, Frame(Opcode.BINARY, bytes(range(256))))
        recorder.up(connection, Frame(Opcode.CLOSE, b"\x03\xe8bye"))
        recorder.down(connection, Frame(Opcode.CLOSE, b"\x03\xe8"))
        recorder.mark(connection, "closed by server")
    return recorder.transcript


def short_talk(seed: int = 1) -> Transcript:
    """A handshake, one message there and back, and the end."""
    recorder = Recorder(seed)
    recorder.handshake()
    recorder.up(1, Frame(Opcode.TEXT, b"Hello"))
    recorder.down(1, Frame(Opcode.TEXT, b"Hello"))
    recorder.mark(1, "cut")
    return recorder.transcript


def refused(seed: int = 1, port: int = 43121) -> Transcript:
    """A handshake from a stranger's page."""
    recorder = Recorder(seed, port)
    recorder.mark(1, "opened")
    request = build_request(f"127.0.0.1:{port}", "/ws", key=RFC_KEY, origin="http://evil.example")
    recorder.sent(1, CLIENT_TO_SERVER, request.encode())
    try:
        answer(request)
    except HandshakeError as error:
        recorder.sent(1, SERVER_TO_CLIENT, refusal(error).encode())
    recorder.mark(1, "closed by server")
    return recorder.transcript


def broken(seed: int = 1) -> Transcript:
    """A conversation that one frame ends, and half of another."""
    recorder = Recorder(seed)
    recorder.handshake()
    recorder.sent(1, CLIENT_TO_SERVER, b"\xa1\x85" + recorder.some(9))
    recorder.down(1, Frame(Opcode.CLOSE, b"\x03\xea"))
    recorder.sent(1, SERVER_TO_CLIENT, b"\x81\x05He")
    return recorder.transcript


def rfc_handshake() -> tuple[Request, Response]:
    """The handshake of RFC 6455 §1.3."""
    request = build_request(
        "server.example.com",
        "/chat",
        key=RFC_KEY,
        origin="http://server.example.com",
        subprotocols=("chat", "superchat"),
    )
    return request, answer(request, subprotocols=("chat",))


def polled(
    connection: int, recorder: Recorder, body: bytes, sid: str = "", up: bool = False
) -> None:
    """One request of Engine.IO's polling and its answer, on a connection of its own."""
    method, ask, answered = ("POST", body, b"OK") if up else ("GET", b"", body)
    query = f"EIO=4&transport=polling&t={recorder.random.random()}{sid and f'&sid={sid}'}"
    head = f"{method} /socket.io/?{query} HTTP/1.1\r\nContent-Length: {len(ask)}\r\n\r\n"
    size = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answered)}\r\n\r\n"
    recorder.mark(connection, "opened")
    recorder.sent(connection, CLIENT_TO_SERVER, head.encode() + ask)
    recorder.sent(connection, SERVER_TO_CLIENT, size.encode() + answered)
    recorder.mark(connection, "closed by server")


def socketio(seed: int = 1, sessions: int = 1) -> Transcript:
    """Sessions that begin by polling and go over to a WebSocket."""
    recorder = Recorder(seed)
    for first in range(1, 3 * sessions, 3):
        sid, other = (base64.urlsafe_b64encode(recorder.some(15)).decode() for _ in "12")
        fields = '"upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":9'
        polled(first, recorder, f'0{{"sid":"{sid}",{fields}}}'.encode())
        polled(first + 1, recorder, b"40", sid, up=True)
        socket = first + 2
        recorder.mark(socket, "opened")
        query = f"EIO=4&transport=websocket&sid={sid}"
        request = build_request("h", f"/socket.io/?{query}", key=RFC_KEY)
        recorder.sent(socket, CLIENT_TO_SERVER, request.encode())
        recorder.sent(socket, SERVER_TO_CLIENT, answer(request).encode())
        recorder.down(socket, Frame(Opcode.TEXT, f'40{{"sid":"{other}"}}'.encode()))
        recorder.up(socket, Frame(Opcode.TEXT, b'421["chat","hi"]'))
        recorder.down(socket, Frame(Opcode.TEXT, b'431[{"sid":"mine"}]'))
        recorder.mark(socket, "closed by client")
    return recorder.transcript
