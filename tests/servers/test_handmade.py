"""The handmade server on real sockets: the essence of Autobahn's groups, and hostile clients.

Autobahn itself needs Python 2.7 and is not part of the tests. Its 301 cases of groups 1 to 7, 9
and 10 are what these tests were made from; the names of the groups are kept.
"""

import argparse
import asyncio
import contextlib
import gc
import select
import socket
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from helpers.servers import handmade
from helpers.serving import program
from helpers.wire.frames import Frame, FrameReader, Opcode
from helpers.wire.handshake import (
    HeadReader,
    Response,
    build_request,
    check_response,
    parse_response,
)
from helpers.wire.messages import MessageReader, build_close, parse_close

MIB = 2**20
DEADLINE_S = 20
KEY, MASK = "dGhlIHNhbXBsZSBub25jZQ==", b"\x37\xfa\x21\x3d"


class Peer:
    """A client that sends whatever bytes it likes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = FrameReader(masked=False)
        self.frames: list[Frame] = []

    def send(self, data: bytes, slice_bytes: int | None = None) -> None:
        """Send bytes, all at once or in slices."""
        for start in range(0, len(data), slice_bytes or max(1, len(data))):
            self.socket.sendall(data[start : start + (slice_bytes or len(data))])

    def ask(self, request: bytes, slice_bytes: int | None = None) -> Response:
        """Send an HTTP request and return the answer with its body."""
        self.send(request, slice_bytes)
        reader = HeadReader()
        while (head := reader.feed(self.receive())) is None:
            pass
        response = parse_response(head)
        body = reader.rest
        if response.status != 101:
            while data := self.receive():
                body += data
            return Response(response.status, response.reason, response.headers, body)
        self.frames += self.reader.feed(body)
        return response

    def open(self, path: str, slice_bytes: int | None = None) -> "Peer":
        """Do the opening handshake."""
        request = build_request(f"127.0.0.1:{self.port}", path, key=KEY).encode()
        check_response(self.ask(request, slice_bytes), KEY)
        return self

    def receive(self) -> bytes:
        """Return the next bytes, b"" at the end of the stream."""
        return self.socket.recv(2**18)

    def next(self) -> Frame | None:
        """Return the next frame, None at the end of the stream."""
        while not self.frames:
            if not (data := self.receive()):
                return None
            self.frames += self.reader.feed(data)
        return self.frames.pop(0)

    def text(self, text: str) -> None:
        """Send a text message."""
        self.send(frame(Opcode.TEXT, text.encode()))

    def closed_with(self) -> tuple[int | None, str]:
        """Return what the server closes with, and answer; the end of the stream must follow."""
        last = self.next()
        assert last is not None
        assert last.opcode is Opcode.CLOSE
        with contextlib.suppress(ConnectionError):
            self.send(frame(Opcode.CLOSE, last.payload))
        assert self.next() is None
        return parse_close(last.payload)

    def reset(self) -> None:
        """Vanish with a reset, without an end of the stream."""
        size = "hh" if sys.platform == "win32" else "ii"
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(size, 1, 0))
        self.socket.close()

    def gone(self) -> bool:
        """Tell whether the server dropped the connection; waits for it."""
        with contextlib.suppress(ConnectionError):
            while self.receive():
                pass
        return True


def frame(opcode: Opcode, payload: bytes = b"", fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin, mask=MASK).encode()


def raw(head: str, payload: bytes = b"") -> bytes:
    """Bytes that `Frame` refuses to write: a head in hex, a mask of zeros, a payload."""
    return bytes.fromhex(head) + bytes(4) + payload


class Running:
    """The server, running in a thread, and its clients."""

    all: ClassVar[list["Running"]] = []

    def __init__(self, options: argparse.Namespace) -> None:
        self.all.append(self)
        self.options = options
        self.listener = program.listen("127.0.0.1", 0)
        self.port = self.listener.getsockname()[1]
        self.complaints: list[str] = []
        self.peers: list[Peer] = []
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)

    async def serve(self) -> None:
        """Run the server; afterwards there may be no task left, and no error unseen."""
        self.loop, self.stop = asyncio.get_running_loop(), asyncio.Event()
        self.loop.set_exception_handler(lambda _, facts: self.complaints.append(str(facts)))
        await handmade.main(self.options, self.listener, self.stop)
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        self.complaints += [f"task left: {task}" for task in left]

    def connect(self) -> Peer:
        """Open a connection, and send nothing."""
        self.peers.append(Peer(self.port))
        return self.peers[-1]

    def open(self, path: str = "/echo") -> Peer:
        """Open a connection and do the opening handshake."""
        return self.connect().open(path)

    def end(self) -> None:
        """Stop the server and wait for it."""
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive()


@pytest.fixture(scope="module", autouse=True)
def _no_error_is_left_unseen() -> Iterator[None]:
    yield
    gc.collect()  # a task that nobody asked for its exception says so when it is collected
    assert [complaint for server in Running.all for complaint in server.complaints] == []


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Running]]:
    built: list[Running] = []

    def build(*flags: str) -> Running:
        server = Running(handmade.flags().parse_args(flags))
        monkeypatch.setattr(program, "ready", lambda listener, *paths: server.ready.set())
        server.thread.start()
        assert server.ready.wait(DEADLINE_S)
        built.append(server)
        return server

    yield build
    for server in built:
        for peer in server.peers:
            peer.socket.close()
        if server.thread.is_alive():
            server.end()
        server.listener.close()
        assert server.complaints == []


@pytest.fixture
def server(build: Callable[..., Running]) -> Running:
    return build()


# 1 Framing


@pytest.mark.parametrize("path", ["/ws", "/echo"])
@pytest.mark.parametrize("slice_bytes", [None, 997])
def test_text_and_binary_come_back(server: Running, path: str, slice_bytes: int | None) -> None:
    peer = server.open(path)
    for size in (0, 1, 125, 126, 127, 128, 65535, 65536):
        for opcode in (Opcode.TEXT, Opcode.BINARY):
            peer.send(frame(opcode, b"*" * size), slice_bytes)
            assert peer.next() == Frame(opcode, b"*" * size)


def test_octet_by_octet_from_the_first_byte_on(server: Running) -> None:
    peer = server.connect().open("/echo", slice_bytes=1)
    peer.send(frame(Opcode.TEXT, "Käse €".encode()) + frame(Opcode.BINARY, b"*" * 300), 1)
    assert peer.next() == Frame(Opcode.TEXT, "Käse €".encode())
    assert peer.next() == Frame(Opcode.BINARY, b"*" * 300)


def test_frames_right_after_the_handshake(server: Running) -> None:
    peer = server.connect()
    request = build_request(f"127.0.0.1:{server.port}", "/echo", key=KEY).encode()
    assert peer.ask(request + frame(Opcode.TEXT, b"early")).status == 101
    assert peer.next() == Frame(Opcode.TEXT, b"early")


# 2 Pings and pongs


@pytest.mark.parametrize("payload", [b"", b"Hello", bytes(range(0x80, 0xFD))])
def test_a_ping_is_answered_with_its_payload(server: Running, payload: bytes) -> None:
    peer = server.open()
    peer.send(frame(Opcode.PONG, b"nobody asked"))
    peer.send(frame(Opcode.PING, payload), 1)
    assert peer.next() == Frame(Opcode.PONG, payload)


def test_many_pings_are_answered_in_order(server: Running) -> None:
    peer = server.open()
    peer.send(b"".join(frame(Opcode.PING, bytes([n])) for n in range(100)), 7)
    assert [peer.next() for _ in range(100)] == [
        Frame(Opcode.PONG, bytes([n])) for n in range(100)
    ]


# 2 to 5 A frame that breaks a rule: what came before it is answered, then 1002


BAD_FRAMES = {
    "RSV1 must be 0": raw("c180"),
    "RSV2 must be 0": raw("a180"),
    "RSV3 must be 0": raw("9180"),
    "opcode must be": raw("8380"),
    "reserved for control frames": raw("8f80"),
    "client frame must be masked": bytes.fromhex("8100"),
    "ping frame must carry at most 125 bytes": raw("89fe007e", bytes(126)),
    "ping frame must not be fragmented": raw("0980"),
    "payload length 5 used 2 bytes": raw("81fe0005", b"Hello"),
    "payload length must be below": bytes.fromhex("82ffffffffffffffffff"),
    "continuation frame must follow": frame(Opcode.CONTINUATION, b"lo"),
    "unfinished message must be continued": frame(Opcode.TEXT, fin=False) + frame(Opcode.TEXT),
    "close payload must be empty": frame(Opcode.CLOSE, b"\x03"),
    "close code must be": frame(Opcode.CLOSE, b"\x03\xed"),
}


@pytest.mark.parametrize("fact", BAD_FRAMES)
@pytest.mark.parametrize("slice_bytes", [None, 1])
def test_a_broken_rule_closes_with_1002(
    server: Running, fact: str, slice_bytes: int | None
) -> None:
    peer = server.open()
    peer.send(frame(Opcode.TEXT, b"before") + BAD_FRAMES[fact], slice_bytes)
    assert peer.next() == Frame(Opcode.TEXT, b"before")
    code, reason = peer.closed_with()
    assert code == 1002
    assert fact in reason


# 5 Fragments


def test_fragments_with_control_frames_between_them(server: Running) -> None:
    peer = server.open()
    wire = frame(Opcode.TEXT, b"\xe2", fin=False) + frame(Opcode.PING, b"1")
    wire += frame(Opcode.CONTINUATION, b"\x82", fin=False) + frame(Opcode.PING, b"2")
    wire += frame(Opcode.CONTINUATION, b"", fin=False) + frame(Opcode.CONTINUATION, b"\xac")
    for slice_bytes in (None, 1):
        peer.send(wire, slice_bytes)
        assert [peer.next() for _ in range(3)] == [
            Frame(Opcode.PONG, b"1"),
            Frame(Opcode.PONG, b"2"),
            Frame(Opcode.TEXT, "€".encode()),
        ]


# 6 UTF-8


@pytest.mark.parametrize("payload", [b"\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xce"])
def test_text_that_is_not_utf8_closes_with_1007(server: Running, payload: bytes) -> None:
    peer = server.open()
    peer.send(frame(Opcode.TEXT, b"good " + payload))
    assert peer.closed_with()[0] == 1007


def test_bad_text_is_refused_before_the_rest_of_it_comes(server: Running) -> None:
    in_one_frame = frame(Opcode.TEXT, b"\xce\xba\xf4\x90" + b"*" * 96)[: 2 + 4 + 4]
    in_fragments = frame(Opcode.TEXT, b"\xce\xba\xf4", fin=False)
    in_fragments += frame(Opcode.CONTINUATION, b"\x90", fin=False)
    for wire in (in_one_frame, in_fragments):
        peer = server.open()
        peer.send(wire)
        assert peer.closed_with()[0] == 1007


def test_binary_may_be_anything(server: Running) -> None:
    peer = server.open()
    peer.send(frame(Opcode.BINARY, b"\xff\xfe"))
    assert peer.next() == Frame(Opcode.BINARY, b"\xff\xfe")


# 7 Closing


@pytest.mark.parametrize("code", [None, 1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999])
def test_a_close_frame_comes_back_with_its_code(server: Running, code: int | None) -> None:
    peer = server.open()
    late = frame(Opcode.TEXT, b"late") + frame(Opcode.PING) + b"\xff\xff"
    peer.send(frame(Opcode.CLOSE, build_close(code, "bye" if code else "")) + late)
    assert peer.closed_with() == (code, "")


def test_a_close_in_the_middle_of_a_message(server: Running) -> None:
    peer = server.open()
    peer.send(frame(Opcode.TEXT, b"un", fin=False) + frame(Opcode.CLOSE, build_close(1000)))
    assert peer.closed_with() == (1000, "")


def test_a_close_reason_must_be_utf8(server: Running) -> None:
    peer = server.open()
    peer.send(frame(Opcode.CLOSE, b"\x03\xe8\xff"))
    assert peer.closed_with()[0] == 1007


# 9 and 10 Big messages


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
@pytest.mark.parametrize("fragment_bytes", [16 * MIB, 65_536])
def test_16_mib_when_asked(
    build: Callable[..., Running], opcode: Opcode, fragment_bytes: int
) -> None:
    peer = build(f"--max-size={16 * MIB}").open("/ws")
    payload = "€ä*\n".encode() * (2 * MIB)
    payload += b"." * (16 * MIB - len(payload))
    wire = b"".join(
        frame(
            opcode if start == 0 else Opcode.CONTINUATION,
            payload[start : start + fragment_bytes],
            fin=start + fragment_bytes >= len(payload),
        )
        for start in range(0, len(payload), fragment_bytes)
    )
    sender = threading.Thread(target=peer.send, args=[wire])
    sender.start()
    got = peer.next()
    sender.join(DEADLINE_S)
    assert got is not None
    assert (got.opcode, got.payload == payload) == (opcode, True)


@pytest.mark.parametrize(("size", "fragment_bytes"), [(MIB, 64), (65_536, 1300)])
def test_many_small_fragments(server: Running, size: int, fragment_bytes: int) -> None:
    peer = server.open()
    starts = range(0, size, fragment_bytes)
    peer.send(
        b"".join(
            frame(
                Opcode.TEXT if start == 0 else Opcode.CONTINUATION,
                b"*" * min(fragment_bytes, size - start),
                fin=start == starts[-1],
            )
            for start in starts
        )
    )
    assert peer.next() == Frame(Opcode.TEXT, b"*" * size)


def test_over_the_limit_closes_with_1009(server: Running) -> None:
    for wire in (
        frame(Opcode.BINARY, bytes(MIB + 1)),
        raw("82ff0000000000100001"),  # its head is enough
        frame(Opcode.BINARY, bytes(MIB), fin=False) + frame(Opcode.CONTINUATION, b"*"),
    ):
        peer = server.open()
        peer.send(wire)
        fact = f"message must be at most {MIB} bytes here, got {MIB + 1} (RFC 6455 §10.4)"
        assert peer.closed_with() == (1009, fact)
    peer = server.open()
    peer.send(frame(Opcode.BINARY, bytes(MIB)))
    assert peer.next() == Frame(Opcode.BINARY, bytes(MIB))


# To everybody, and to the sender alone


def test_ws_is_for_everybody_and_echo_for_the_sender(server: Running) -> None:
    alice, bob, eve = server.open("/ws"), server.open("/ws"), server.open("/echo")
    alice.text("to all")
    assert alice.next() == bob.next() == Frame(Opcode.TEXT, b"to all")
    eve.text("to me")
    bob.send(frame(Opcode.BINARY, b"\x00"))
    assert alice.next() == bob.next() == Frame(Opcode.BINARY, b"\x00")
    assert eve.next() == Frame(Opcode.TEXT, b"to me")


def test_a_client_that_left_gets_nothing_and_harms_nobody(server: Running) -> None:
    alice, bob, carol = (server.open("/ws") for _ in range(3))
    bob.socket.close()
    carol.send(frame(Opcode.CLOSE))
    carol.closed_with()
    for number in range(20):
        alice.text(str(number))
        assert alice.next() == Frame(Opcode.TEXT, str(number).encode())


# HTTP


def get(path: str, *lines: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def test_the_page_and_the_health(server: Running) -> None:
    page = server.connect().ask(get("/"))
    assert (page.status, page.header("Content-Type")) == (200, "text/html; charset=utf-8")
    assert page.header("Content-Length") == str(len(page.body))
    health = server.connect().ask(get("/healthz"), slice_bytes=1)
    assert (health.status, health.body) == (200, b'{"server": "handmade", "status": "ok"}')


HANDSHAKE = build_request("localhost", "/ws", key=KEY)


@pytest.mark.parametrize(
    ("request_bytes", "status", "fact"),
    [
        (get("/nothing"), 404, b"nothing is at /nothing"),
        (get("/../handmade.py"), 404, b"nothing is at"),
        (get("/ws", method="POST"), 405, b"expected GET, got POST"),
        (get("/ws"), 426, b"Upgrade must name 'websocket', got none"),
        (HANDSHAKE.encode().replace(b"Key: ", b"Key: a"), 400, b"must be 16 bytes in base64"),
        (HANDSHAKE.encode().replace(b"ion: 13", b"ion: 8"), 426, b"must be 13, got '8'"),
        (
            build_request("localhost", "/ws", key=KEY, origin="http://evil.example").encode(),
            403,
            b"Origin must be the server's own, 'localhost', got 'http://evil.example'",
        ),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400, b"first line must not hold control characters"),
        (b"a" * 20_000, 431, b"head must be at most 16384 bytes"),
    ],
)
def test_whatever_is_not_a_handshake_is_refused(
    server: Running, request_bytes: bytes, status: int, fact: bytes
) -> None:
    response = server.connect().ask(request_bytes)
    assert response.status == status
    assert fact in response.body


def test_a_refused_client_with_more_to_send_still_reads_why(server: Running) -> None:
    peer = server.connect()
    response = peer.ask(get("/ws", "Content-Length: 100000", method="POST") + bytes(100_000))
    assert response.status == 405


# Hostile and unlucky clients


def test_a_client_that_does_not_finish_its_request_is_dropped(
    build: Callable[..., Running],
) -> None:
    server = build("--handshake-s=0.2")
    silent, slow = server.connect(), server.connect()
    slow.send(b"GET /ws HTTP/1.1\r\nX-")
    assert silent.gone()
    assert slow.gone()
    assert server.open().port == server.port


def test_a_client_that_answers_no_ping_is_dropped(build: Callable[..., Running]) -> None:
    server = build("--ping-s=0.1", "--pong-s=0.2")
    dead = server.open()
    assert dead.next() == Frame(Opcode.PING)
    assert dead.next() is None or dead.gone()


def test_a_client_that_answers_the_ping_stays(build: Callable[..., Running]) -> None:
    alive = build("--ping-s=0.1", f"--pong-s={DEADLINE_S}").open()
    for _ in range(2):
        assert alive.next() == Frame(Opcode.PING)
        alive.send(frame(Opcode.PONG))
    alive.text("still here")
    assert alive.next() == Frame(Opcode.TEXT, b"still here")


def test_a_client_that_sends_and_never_reads_is_dropped(build: Callable[..., Running]) -> None:
    server = build("--pong-s=0.3")
    greedy = server.open()
    wire = frame(Opcode.BINARY, bytes(MIB)) * 100  # more than all buffers together
    with pytest.raises(ConnectionError):  # a send fails when the server has let go
        greedy.send(wire)


def test_a_client_that_reads_late_is_slowed_down_and_loses_nothing(
    build: Callable[..., Running],
) -> None:
    late = build("--max-size=65536").open()
    wire, sent = memoryview(frame(Opcode.BINARY, bytes(65_536)) * 300), 0
    while sent < len(wire) and select.select([], [late.socket], [], 0.2)[1]:
        sent += late.socket.send(wire[sent : sent + 65_536])
    assert sent < len(wire)
    rest = threading.Thread(target=late.send, args=[wire[sent:].tobytes()])
    rest.start()
    for _ in range(300):
        assert late.next() == Frame(Opcode.BINARY, bytes(65_536))
    rest.join(DEADLINE_S)


def test_a_client_that_never_reads_is_dropped_and_slows_nobody(
    build: Callable[..., Running],
) -> None:
    server = build("--max-size=65536")
    alice, sleeper, bob = server.open("/ws"), server.open("/ws"), server.open("/ws")
    for number in range(300):  # 19 MiB: more than any socket and the limit hold
        alice.send(frame(Opcode.BINARY, bytes([number % 256]) * 65_536))
        for reader in (alice, bob):
            got = reader.next()
            assert got is not None
            assert got.payload[:1] == bytes([number % 256])
    assert sleeper.gone()
    alice.text("on")
    assert bob.next() == Frame(Opcode.TEXT, b"on")


def test_a_client_that_talks_on_after_its_close_is_cut_off(build: Callable[..., Running]) -> None:
    server = build("--leave-s=0.2")
    deaf = server.open()
    deaf.send(frame(Opcode.CLOSE))
    with pytest.raises(ConnectionError):
        deaf.send(bytes(2**30), slice_bytes=65_536)


def test_a_flood_of_tiny_frames_is_fair_to_the_others(server: Running) -> None:
    flood = frame(Opcode.CONTINUATION, b"", fin=False) * 50_000
    flooder, other = server.open(), server.open()
    sender = threading.Thread(
        target=flooder.send, args=[frame(Opcode.TEXT, fin=False) + flood + flood]
    )
    sender.start()
    for number in range(20):
        other.text(str(number))
        assert other.next() == Frame(Opcode.TEXT, str(number).encode())
    sender.join(DEADLINE_S)
    code, reason = flooder.closed_with()
    assert (code, reason) == (
        1009,
        "message must have at most 100000 frames here (RFC 6455 §10.4)",
    )


def test_one_too_many_is_told_so(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handmade, "MAX_CONNECTIONS", 2)
    alice, bob = server.open(), server.open()
    response = server.connect().ask(HANDSHAKE.encode())
    assert (response.status, response.reason) == (503, "Service Unavailable")
    bob.send(frame(Opcode.CLOSE))
    bob.closed_with()
    bob.socket.close()
    alice.text("meanwhile the server notices")
    alice.next()


def test_those_who_never_finish_their_request_take_nobody_s_place(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handmade, "MAX_CONNECTIONS", 2)
    monkeypatch.setattr(handmade, "MAX_ASKING", 3)
    alice = server.open()
    slow = [server.connect() for _ in range(8)]
    for peer in slow:
        peer.send(b"GET / HTTP/1.1\r\n")
    bob = server.open()
    for number, peer in enumerate((alice, bob)):
        peer.text(str(number))
        assert peer.next() == Frame(Opcode.TEXT, str(number).encode())
    with contextlib.suppress(ConnectionResetError):  # the oldest had to make room
        assert slow[0].socket.recv(1) == b""


def test_a_hundred_clients_that_vanish_leave_nothing_behind(server: Running) -> None:
    for number in range(100):
        peer = server.open("/ws") if number % 2 else server.connect()
        if number % 3:
            peer.send(b"\x82\xff\x00")
        peer.reset()
    alice = server.open("/ws")
    alice.text("on")
    assert alice.next() == Frame(Opcode.TEXT, b"on")


def test_a_connection_that_failed_keeps_no_memory(
    build: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its data goes with it at once: the garbage collector counts objects, not their size."""
    readers: weakref.WeakSet[MessageReader] = weakref.WeakSet()

    class Watched(MessageReader):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            readers.add(self)

    monkeypatch.setattr(handmade, "MessageReader", Watched)
    server = build("--leave-s=0.1")
    gc.disable()
    try:
        bad, lost = server.open(), server.open("/ws")
        bad.send(b"\xff\xff")
        assert bad.closed_with()[0] == 1002
        lost.send(bytes.fromhex("82ff0000000000100000") + MASK + bytes(1000))
        lost.reset()
        server.end()
        assert list(readers) == []
    finally:
        gc.enable()


def test_whoever_is_gone_in_whichever_way_is_no_longer_sent_to(
    build: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[handmade.Server] = []

    class Watched(handmade.Server):
        def __init__(self, options: argparse.Namespace) -> None:
            super().__init__(options)
            made.append(self)

    monkeypatch.setattr(handmade, "Server", Watched)
    running = build("--leave-s=0.1")
    (server,) = made
    stays = running.open("/ws")
    own = set(server.tasks)
    going = [running.open("/ws") for _ in range(4)]
    stays.text("hello")
    assert [peer.next() for peer in [stays, *going]] == [Frame(Opcode.TEXT, b"hello")] * 5
    others = set(server.tasks) - own
    vanishes, ends, leaves, breaks = going
    vanishes.reset()
    ends.socket.shutdown(socket.SHUT_WR)
    leaves.send(frame(Opcode.CLOSE, build_close(1000)))
    breaks.send(b"\xff\xff")
    assert leaves.closed_with()[0] == 1000
    assert breaks.closed_with()[0] == 1002
    asyncio.run_coroutine_threadsafe(wait_for_all(others), running.loop).result(DEADLINE_S)
    assert [client.number for client in server.everybody] == [
        client.number for client in server.tasks.values()
    ]
    stays.text("still here")
    assert stays.next() == Frame(Opcode.TEXT, b"still here")


async def wait_for_all(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


def test_the_end_of_the_server_closes_with_1001(server: Running) -> None:
    page, alice, bob = server.connect(), server.open("/ws"), server.open("/echo")
    ending = threading.Thread(target=server.end)
    ending.start()
    for peer in (alice, bob):
        assert peer.closed_with() == (1001, "the server is stopping")
        peer.socket.close()
    page.socket.close()
    ending.join(DEADLINE_S)
    assert not server.thread.is_alive()


def test_after_the_close_frame_nobody_gets_anything(build: Callable[..., Running]) -> None:
    server = build(f"--leave-s={DEADLINE_S}")
    alice, bob = server.open("/ws"), server.open("/ws")
    ending = threading.Thread(target=server.end)
    ending.start()
    last = alice.next()
    assert last is not None
    alice.text("too late")
    alice.send(frame(Opcode.CLOSE, last.payload))
    assert alice.next() is None
    assert bob.closed_with() == (1001, "the server is stopping")  # and nothing came after it
    for peer in (alice, bob):
        peer.socket.close()
    ending.join(DEADLINE_S)


def test_the_end_does_not_wait_for_clients_that_do_not_answer(
    build: Callable[..., Running],
) -> None:
    server = build("--leave-s=0.2")
    server.connect().send(b"GET")
    server.open("/ws")
    server.end()


# The program


@pytest.mark.parametrize(("flags", "limit"), [([], MIB), (["--max-size", "10"], 10)])
def test_the_program_runs_from_the_command_line(flags: list[str], limit: int) -> None:
    command = [sys.executable, "-m", "helpers.servers.handmade", *flags]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        ready = process.stdout.readline()
        port = int(ready.split(":")[2].partition("/")[0])
        sockets = f"ws://127.0.0.1:{port}/ws and ws://127.0.0.1:{port}/echo"
        assert ready == f"listening on {sockets}, page at http://127.0.0.1:{port}/\n"
        big, peer = Peer(port).open("/echo"), Peer(port).open("/ws")
        big.send(frame(Opcode.TEXT, b"*" * limit))
        assert big.next() == Frame(Opcode.TEXT, b"*" * limit)
        big.send(frame(Opcode.TEXT, b"*" * (limit + 1))[:14])
        assert big.closed_with()[0] == 1009
        process.stdin.close()  # as when the kernel ends
        assert peer.closed_with() == (1001, "the server is stopping")
        for each in (big, peer):
            each.socket.close()
        assert process.wait(DEADLINE_S) == 0
