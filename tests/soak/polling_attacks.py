"""What can be done to a Socket.IO server by HTTP: sessions taken and left, and odd requests."""

import asyncio

from tests.soak.attack import Attack, Siege
from tests.soak.line import WITHIN_S, handshake
from tests.soak.socketio_attacks import NONSENSE, auth

PATH = "/socket.io/?EIO=4&transport=polling"
FOREIGN = "Origin: http://evil.example\r\n"
ODD = ["&j=0", "&j=x", "&sid=", "&sid=id-1", "&EIO=3", "&transport=flash", "&t=" + "a" * 5_000]


async def session(siege: Siege) -> str:
    """Open a session by polling, and return the path of its requests."""
    status, answer = await siege.door.ask("GET", PATH)
    if status != 200:
        raise EOFError(f"refused with {status}")
    sid = answer.partition(b'"sid":"')[2].partition(b'"')[0].decode()
    return f"{PATH}&sid={sid}"


async def sessions_left(siege: Siege) -> None:
    """Open sessions without a sid, as a foreign page's pictures can, and leave them."""
    for _ in range(10):
        await siege.door.ask("GET", PATH)


async def sessions_joined_and_left(siege: Siege) -> None:
    """Connect by polling, and never poll again; or say goodbye while connecting."""
    path = await session(siege)
    await siege.door.ask("POST", path, auth(siege).encode())
    if siege.chance.random() < 0.5:
        await siege.door.ask("POST", path, b"41\x1e1")


async def goodbyes_while_connecting(siege: Siege) -> None:
    """Say goodbye in one body with the CONNECT packet, whose name is then held by nobody."""
    path = await session(siege)
    await siege.door.ask("POST", path, auth(siege).encode() + b"\x1e1")


async def bodies_of_nonsense(siege: Siege) -> None:
    """POST what is no payload."""
    path = await session(siege)
    packets = siege.chance.sample(NONSENSE, 5)
    bodies = [
        b"abc",
        b"",
        b"\xff\xfe",
        b"d=4%22",
        b"\x1e" * 500,
        b"4" * 70_000,
        siege.chance.randbytes(100),
        "\x1e".join(packets).encode(),
    ]
    for body in siege.chance.sample(bodies, 3):
        await siege.door.ask("POST", path, body)


async def bodies_unfinished(siege: Siege) -> None:
    """POST a body that comes a byte a second, or stops."""
    path = await session(siege)
    head = f"POST {path} HTTP/1.1\r\nHost: {siege.door.target}\r\nContent-Length: 5000\r\n\r\n"
    async with siege.door.line() as line:
        await line.send(head.encode() + b"42")
        for _ in range(100):
            await line.send(b"a")
            await asyncio.sleep(1.0)


async def bodies_too_long(siege: Siege) -> None:
    """POST more than the server takes, again and again, and read no answer."""
    path = await session(siege)
    body = b"4" * 80_000
    head = f"POST {path} HTTP/1.1\r\nHost: {siege.door.target}\r\nContent-Length: {len(body)}\r\n"
    async with siege.door.line(deaf=True) as line:
        for _ in range(10):
            await line.pour(head.encode() + b"\r\n" + body)


async def polls_doubled(siege: Siege) -> None:
    """Poll twice at once, and give up in the middle of a poll."""
    path = await session(siege)
    await siege.door.ask("POST", path, auth(siege).encode())
    asked = f"GET {path} HTTP/1.1\r\nHost: {siege.door.target}\r\n\r\n".encode()
    async with siege.door.line() as one, siege.door.line() as two:
        await asyncio.gather(one.send(asked), two.send(asked))
        await asyncio.gather(one.listen(0.5), two.listen(0.5))


async def requests_odd(siege: Siege) -> None:
    """Ask with methods, versions, sids and origins that are none of the server's."""
    path = PATH + siege.chance.choice(ODD)
    method = siege.chance.choice(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
    foreign = siege.chance.choice(["", FOREIGN, "Cookie: a=M\xfc\r\n", "Origin: null\r\n"])
    await siege.door.ask(method, path, b"4abc" if method == "POST" else b"", foreign)
    await siege.door.ask("GET", f"{PATH}&sid={siege.chance.randbytes(15).hex()}")


async def upgrades_half_open(siege: Siege) -> None:
    """Begin an upgrade, and stay silent before the probe or after it."""
    path = (await session(siege)).replace("polling", "websocket")
    async with siege.door.websocket(path) as line:
        if siege.chance.random() < 0.5:
            await line.send_text("2probe")
        while not line.reader.at_eof():
            await line.listen(WITHIN_S)


async def upgrades_doubled(siege: Siege) -> None:
    """Open two WebSockets on one session, and take both for upgraded."""
    path = (await session(siege)).replace("polling", "websocket")
    async with siege.door.websocket(path) as one, siege.door.websocket(path) as two:
        await asyncio.gather(one.send_text("2probe"), two.send_text("2probe"))
        probed = await asyncio.gather(one.listen(0.5), two.listen(0.5))
        if all(b"3probe" in answer for answer in probed):
            siege.seen["two WebSockets upgraded one session"] += 1
        await asyncio.gather(one.send_text("5"), two.send_text("5"))
        await one.pour(b"\x81\x80\0\0\0\0")
        await asyncio.gather(one.listen(0.5), two.listen(0.5))


async def upgrades_of_nonsense(siege: Siege) -> None:
    """Send an upgrade what is no packet, a packet of another kind, or reset it."""
    path = (await session(siege)).replace("polling", "websocket")
    async with siege.door.websocket(path) as line:
        await line.send_text(siege.chance.choice(["abc", "", "5", "4x", "2", "2probe"]))
        await line.send_text(siege.chance.choice(["abc", "4x", "6", "2probe"]))
        await line.listen(0.3)
    async with siege.door.line() as line:
        await line.send(handshake(siege.door.target, path + "&sid=invented"))
        await line.listen(0.3)


async def sign_in_junk(siege: Siege) -> None:
    """Ask to sign in with what is no JSON, no password, or the wrong one."""
    bodies = [
        b"{",
        b"[" * 4_000,
        b"\xff",
        b'{"name":7,"password":[]}',
        b'{"name":"\\ud800","password":"tea and cake"}',
        b'{"name":"honest 1","password":"wrong wrong"}',
        b'{"name":"' + ("a" + "\u0315\u0300" * 500).encode() + b'","password":"tea and cake"}',
    ]
    json = "Content-Type: application/json\r\n"
    path = siege.chance.choice(["/sign-in", "/sign-up", "/sign-out"])
    await siege.door.ask("POST", path, siege.chance.choice(bodies), json)
    await siege.door.ask("POST", path, b'{"everywhere":true}', json + FOREIGN)
    await siege.door.ask("GET", "/me", headers="Cookie: rooms_session=gAAAAAB" + "x" * 50 + "\r\n")


ATTACKS = [
    Attack(sessions_left, 0.3, 4),
    Attack(sessions_joined_and_left, 0.5, 3),
    Attack(goodbyes_while_connecting, 0.5, 3),
    Attack(bodies_of_nonsense, 0.3, 4),
    Attack(bodies_unfinished, 1.0, 20),
    Attack(bodies_too_long, 2.0, 2),
    Attack(polls_doubled, 0.5, 3),
    Attack(requests_odd, 0.2, 4),
    Attack(upgrades_half_open, 0.5, 30),
    Attack(upgrades_doubled, 0.5, 2),
    Attack(upgrades_of_nonsense, 0.5, 3),
]
ROOMS_ATTACKS = [Attack(sign_in_junk, 1.0, 2)]
