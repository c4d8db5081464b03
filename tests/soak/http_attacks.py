"""What can be done to any server with bare bytes and requests, before any protocol begins."""

import asyncio

from tests.soak.attack import Attack, Siege
from tests.soak.line import WITHIN_S, handshake

HELD = 1_100  # lines that never finish a request: more files than the server may open
BYTE_S = 1.0  # between two bytes of a slow writer
LATIN_1 = b"Cookie: name=M\xfcller\r\n"

RIGHTLY = (b"503", b"505")  # there is no room now; a version that does not exist

PATHS = dict.fromkeys(("echo", "handmade", "chat", "document", "files"), "/ws")
SOCKETIO_PATH = "/socket.io/?EIO=4&transport=websocket"


def websocket_path(server: str) -> str:
    """Return where a server's WebSocket is."""
    return PATHS.get(server, SOCKETIO_PATH)


def broken_requests(siege: Siege) -> list[bytes]:
    """Return requests that are malformed or far too long."""
    target, path = siege.door.target, websocket_path(siege.server)
    good = handshake(target, path)
    host = f"Host: {target}\r\n".encode()
    return [
        siege.chance.randbytes(300),
        b"\r\n\r\n",
        b"GET",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),  # TLS on a plain port
        b"GET / HTTP/9.9\r\n" + host + b"\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n" + host + b"\r\n",
        b"GET / HTTP/1.1\r\n" + host + LATIN_1 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + host + b"no colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + host + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 20_000 + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + host + b"\r\n",
        b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 9999999999\r\n\r\n" + b"a" * 70_000,
        b"POST / HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\n" + host + b"Content-Length: -1\r\n\r\n",
        good[:-2] + LATIN_1 + b"\r\n",
        good[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate; x=1, " * 200 + b"\r\n\r\n",
    ]


def forbidden_handshakes(siege: Siege) -> dict[str, bytes]:
    """Return handshakes that must open nothing, by what is wrong with them."""
    target = siege.door.target
    good = handshake(target, websocket_path(siege.server))
    host, evil = f"Host: {target}\r\n".encode(), b"Host: evil.example\r\n"
    origin = b"Origin: http://evil.example\r\n"
    return {
        "HTTP/1.0": good.replace(b"HTTP/1.1", b"HTTP/1.0"),
        "version 12": good.replace(b"Version: 13", b"Version: 12"),
        "no key": good.replace(b"Sec-WebSocket-Key", b"X-Key"),
        "a foreign Origin": good[:-2] + origin + b"\r\n",
        "a foreign Host": good.replace(host, evil),
        "a foreign Host with its Origin": good.replace(host, evil + origin),
    }


async def requests_broken(siege: Siege) -> None:
    """Send one malformed request, and read the answer."""
    request = siege.chance.choice(broken_requests(siege))
    async with siege.door.line() as line:
        await line.pour(request)
        answer = await line.listen(1.0)
    if answer[9:10] == b"5" and answer[9:12] not in RIGHTLY:
        siege.seen[f"{answer[9:12].decode()} for what a client did"] += 1


async def handshakes_forbidden(siege: Siege) -> None:
    """Send a handshake of a foreign page, or one that breaks a rule, and look who is let in."""
    what, request = siege.chance.choice([*forbidden_handshakes(siege).items()])
    async with siege.door.line() as line:
        await line.pour(request)
        answer = await line.listen(0.5)
    if answer[9:12] == b"101":
        siege.seen[f"let in: {what}"] += 1


async def requests_unfinished(siege: Siege) -> None:
    """Send a request a byte a second, and never end it."""
    async with siege.door.line() as line:
        for byte in b"GET / HTTP/1.1\r\nX-Slow: ".ljust(10_000, b"a"):
            await line.send(bytes([byte]))
            await asyncio.sleep(BYTE_S)
            if line.reader.at_eof():
                return


async def connections_silent(siege: Siege) -> None:
    """Open a connection without a word, for as long as the server lets it."""
    async with siege.door.line() as line:
        await line.listen(siege.left_s)


async def answers_unread(siege: Siege) -> None:
    """Ask for the page again and again, and read nothing."""
    asked = f"GET / HTTP/1.1\r\nHost: {siege.door.target}\r\n\r\n".encode() * 50
    async with siege.door.line(deaf=True) as line:
        for _ in range(20):
            await line.send(asked)
        await asyncio.sleep(WITHIN_S)


async def handshakes_reset(siege: Siege) -> None:
    """Send a handshake, or half of one, and reset the connection."""
    good = handshake(siege.door.target, websocket_path(siege.server))
    async with siege.door.line() as line:
        await line.send(good[: siege.chance.randrange(1, len(good) + 1)])


async def handshakes_half_closed(siege: Siege) -> None:
    """End the sending half of a connection after the handshake."""
    async with siege.door.websocket(websocket_path(siege.server)) as line:
        line.writer.write_eof()
        await line.listen(WITHIN_S)


ATTACKS = [
    Attack(requests_broken, 0.1, 10),
    Attack(handshakes_forbidden, 0.3, 4),
    Attack(requests_unfinished, 0.02, HELD),
    Attack(connections_silent, 0.5, 50),
    Attack(answers_unread, 2.0, 3),
    Attack(handshakes_reset, 0.1, 5),
    Attack(handshakes_half_closed, 1.0, 5),
]
