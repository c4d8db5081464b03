"""What can be done to any server with frames, once a WebSocket is open."""

import asyncio
import struct

from helpers.wire.frames import Frame, Opcode
from tests.soak.attack import Attack, Siege
from tests.soak.http_attacks import websocket_path
from tests.soak.line import MASK, WITHIN_S, Line, text

PINGS = Frame(Opcode.PING, b"p" * 125, mask=MASK).encode() * 100
CODES = [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535]  # RFC 6455 §7.4
UNREAD_BYTES = 8_000_000  # pinged by one client that reads nothing


def close_frame(payload: bytes) -> bytes:
    """Return a close frame with any payload."""
    return bytes([0x88, 0x80 | len(payload)]) + bytes(4) + payload


def broken_frames(siege: Siege) -> list[bytes]:
    """Return frames that break a rule of RFC 6455, and random bytes."""
    return [
        siege.chance.randbytes(200),
        b"\x81\x02ab",  # not masked
        b"\xc1\x80" + MASK,  # RSV1 without an extension
        b"\x91\x80" + MASK,
        b"\x83\x80" + MASK,  # reserved opcodes
        b"\x8b\x80" + MASK,
        b"\x80\x80" + MASK,  # a continuation of nothing
        b"\x09\x80" + MASK,  # a ping in fragments
        b"\x89\xfe\x00\x80" + MASK + bytes(128),  # a ping too long
        b"\x81\xff" + b"\xff" * 8 + MASK,  # 2⁶⁴ − 1 bytes
        b"\x81\xff" + struct.pack(">Q", 2**40) + MASK + bytes(1_000),
        b"\x81\xfe\x00\x01" + MASK + b"a",  # a length in the longer form
        b"\x81\x82" + bytes(4) + b"\xc3\x28",  # not UTF-8
        b"\x81\x83" + bytes(4) + b"\xed\xa0\x80",  # a surrogate
        b"\x01\x81" + bytes(4) + b"a" + b"\x81\x81" + bytes(4) + b"b",
        close_frame(b"\x03"),  # half of a code
        close_frame(b"\x03\xe8\xc3\x28"),
    ]


async def frames_broken(siege: Siege) -> None:
    """Send one broken frame, and read the answer."""
    async with siege.door.websocket(websocket_path(siege.server)) as line:
        await line.pour(siege.chance.choice(broken_frames(siege)))
        await line.listen(1.0)


async def codes_forbidden(siege: Siege) -> None:
    """Close with a code that may not travel, and look whether it comes back."""
    code = siege.chance.choice(CODES).to_bytes(2)
    async with siege.door.websocket(websocket_path(siege.server)) as line:
        await line.pour(close_frame(code))
        answer = await line.listen(1.0)
    if answer.endswith(b"\x88\x02" + code):
        siege.seen[f"close code {int.from_bytes(code)} sent back"] += 1


async def frames_slow(siege: Siege) -> None:
    """Send a frame a byte a second, and never end it."""
    async with siege.door.websocket(websocket_path(siege.server)) as line:
        for byte in text("a" * 10_000):
            await line.send(bytes([byte]))
            await asyncio.sleep(1.0)
            if line.reader.at_eof():
                return


async def fragments_endless(siege: Siege) -> None:
    """Begin a message, and go on with fragments that never end it."""
    async with siege.door.websocket(websocket_path(siege.server)) as line:
        await line.send(b"\x01\x80" + MASK)
        for _ in range(2_000):
            await line.send((b"\x00\x80" + MASK) * 10)
            await asyncio.sleep(0.02)


async def messages_huge(siege: Siege) -> None:
    """Send a message above every server's limit, in one frame or in fragments."""
    size = siege.chance.choice([1_100_000, 2_200_000])
    async with siege.door.websocket(websocket_path(siege.server)) as line:
        if siege.chance.random() < 0.5:
            await line.pour(text("a" * size))
        else:
            await line.pour(b"\x01\x80" + MASK)
            for _ in range(size // 50_000):
                part = text("a" * 50_000)
                await line.pour(b"\x00" + part[1:])
        await line.listen(1.0)


async def pings_unread(siege: Siege) -> None:
    """Ping without reading a single pong."""
    async with siege.door.websocket(websocket_path(siege.server), deaf=True) as line:
        for _ in range(UNREAD_BYTES // len(PINGS)):
            await line.send(PINGS)
            await asyncio.sleep(0.05)
        await asyncio.sleep(WITHIN_S)


async def sockets_reset(siege: Siege) -> None:
    """Open a WebSocket, send half of a message, and reset the connection."""
    async with siege.door.websocket(websocket_path(siege.server)) as line:
        await line.send(text("a" * 1_000)[: siege.chance.randrange(1_000)])


async def closes_unanswered(siege: Siege) -> None:
    """Send a close frame and keep the connection; or many frames after the close frame."""
    async with siege.door.websocket(websocket_path(siege.server)) as line:
        await line.send(close_frame(b"\x03\xe8"))
        await line.pour(text("after the end") * 20)
        await line.listen(WITHIN_S)


async def echoes_unread(siege: Siege) -> None:
    """Have an echo send back what nobody reads."""
    path = "/echo" if siege.server == "handmade" else "/ws"
    async with siege.door.websocket(path, deaf=True) as line:
        for _ in range(60):
            await line.send(text("a" * 100_000))
            await asyncio.sleep(0.05)


async def echoes_flooded(siege: Siege) -> None:
    """Send many small messages at once to an echo, and read what comes."""
    path = "/echo" if siege.server == "handmade" else "/ws"
    async with siege.door.websocket(path) as line:
        reading = asyncio.create_task(line.listen(2.0))
        await line.pour(text("flood") * 200)
        await reading


async def send_and_listen(line: Line, *messages: str, for_s: float = 0.5) -> None:
    """Send messages, and read for a while."""
    await line.pour(b"".join(map(text, messages)))
    await line.listen(for_s)


ATTACKS = [
    Attack(frames_broken, 0.1, 10),
    Attack(codes_forbidden, 0.3, 4),
    Attack(frames_slow, 1.0, 10),
    Attack(fragments_endless, 1.0, 3),
    Attack(messages_huge, 2.0, 2),
    Attack(pings_unread, 1.0, 6),
    Attack(sockets_reset, 0.1, 5),
    Attack(closes_unanswered, 0.5, 10),
]
ECHO_ATTACKS = [Attack(echoes_unread, 2.0, 3), Attack(echoes_flooded, 1.0, 2)]
