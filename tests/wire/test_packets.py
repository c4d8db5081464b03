"""Engine.IO and Socket.IO in a recording: a real server, a real client, a tap between them."""

import asyncio
import gzip
import json
import re
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import socketio
from aiohttp import ClientSession, web

from helpers import tap
from helpers.pictures.draw import draw
from helpers.wire import packets
from helpers.wire.heads import Request
from helpers.wire.packets import MAX_INFLATED, Sessions
from helpers.wire.reading import CLIENT_TO_SERVER, SERVER_TO_CLIENT
from helpers.wire.transcript import Chunk, Entry, Transcript, entries
from tests.wire.parsers import MODULES, NODE

DEADLINE_S = 20
CLIENT = Path(__file__).with_name("client.mjs")
POLLING = "/socket.io/?EIO=4&transport=polling"
Talk = Callable[[str, list[str]], Awaitable[None]]
BODY = b"4hello"


async def by_library(address: str, transports: list[str]) -> None:
    """Send an event with bytes and wait for its acknowledgement, with python-socketio."""
    heard = asyncio.Event()
    client = socketio.AsyncClient(reconnection=False)
    client.on("chat", lambda data: heard.set())
    await client.connect(address, transports=transports, wait_timeout=10)
    assert await client.call("chat", ("hé", b"GIF8")) == "ok"
    await heard.wait()
    await client.disconnect()


async def by_hand(address: str, _: list[str]) -> None:
    """The same by polling alone; the library would wait for the next ping at its end."""
    url = f"{address}socket.io/?EIO=4&transport=polling"
    event = '451-1["chat","hé",{"_placeholder":true,"num":0}]'
    async with ClientSession() as http:

        async def poll() -> str:
            async with http.get(url) as answer:
                return await answer.text()

        url += f"&sid={json.loads((await poll())[1:])['sid']}"
        for body in ("40", f"{event}\x1ebR0lGOA=="):
            async with http.post(url, data=body) as answer:
                assert await answer.text() == "OK"
            if body == "40":
                await poll()
        while '["ok"]' not in await poll():
            pass


async def recorded(transports: list[str], talk: Talk) -> list[Entry]:
    """What goes over the wire for one event with bytes, its acknowledgement, and one back."""
    server = socketio.AsyncServer(async_mode="aiohttp")
    application = web.Application()
    server.attach(application)

    @server.event
    async def chat(sid: str, text: str, picture: bytes) -> str:
        await server.emit("chat", [text, picture], to=sid)
        return "ok"

    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        with tap(f"http://127.0.0.1:{runner.addresses[0][1]}/") as wire:
            await talk(wire.page_url, transports)
            return list(wire.entries())
    finally:
        await runner.cleanup()


def said(entries: list[Entry]) -> dict[str, list[str]]:
    """The lines of each direction, without pings, which come when they like."""
    lines: dict[str, list[str]] = {CLIENT_TO_SERVER: [], SERVER_TO_CLIENT: []}
    for entry in entries:
        if entry.direction:
            lines[entry.direction] += entry.packets
    return lines


UP = [
    "Socket.IO connect",
    "Socket.IO packet · 1 more to come",
    'Socket.IO event "chat"("hé", <4 bytes>) · id 1',
]
DOWN = [
    "Engine.IO open · upgrades: {} · a ping every 25 s, its pong within 20 s",
    "Socket.IO connect",
    "Socket.IO packet · 1 more to come",
    'Socket.IO event "chat"(["hé", <4 bytes>])',
    'Socket.IO ack("ok") · id 1',
]


@pytest.mark.parametrize(
    ("transports", "upgrades"),
    [(["polling"], "none"), (["websocket"], "none"), (["polling", "websocket"], "websocket")],
    ids=["polling", "websocket", "upgrade"],
)
async def test_packets_are_read_on_every_transport(transports: list[str], upgrades: str) -> None:
    async with asyncio.timeout(DEADLINE_S):
        by = by_hand if transports == ["polling"] else by_library
        lines = said(await recorded(transports, by))
    up = [line for line in lines[CLIENT_TO_SERVER] if line.startswith("Socket.IO")]
    assert up[:3] == UP
    down = [line for line in lines[SERVER_TO_CLIENT] if "Engine.IO p" not in line]
    down = [line for line in down if line not in ("Engine.IO noop", "Engine.IO close")]
    if transports == ["polling"]:  # the server offers the upgrade; this client does not take it
        upgrades = "websocket"
    assert down[:5] == [DOWN[0].format(upgrades), *DOWN[1:]]
    if upgrades == "websocket" and len(transports) == 2:
        assert "Engine.IO ping probe" in lines[CLIENT_TO_SERVER]
        assert "Engine.IO pong probe" in lines[SERVER_TO_CLIENT]
        assert "Engine.IO upgrade" in lines[CLIENT_TO_SERVER]


def request(target: str, method: str = "GET") -> Request:
    return Request(method, target, (("Host", "x"),))


@pytest.mark.parametrize("target", ["/ws", "/socket.io/", "/socket.io/?EIO=3", "/?eio=4"])
def test_what_is_no_engine_io_is_left_alone(target: str) -> None:
    assert Sessions().find(request(target)) is None
    found = exchange(target, BODY)
    assert [(e.session, e.packets, e.message) for e in found] == [(None, (), None)] * 2


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"", "malformed Engine.IO packets: a packet begins with its type, got an empty text"),
        (b"\xff", "malformed Engine.IO packets: a polling body must be UTF-8, got bytes ff"),
        (b"hello", "malformed Engine.IO packets: a packet begins with its type, 0 to 6, got 'h'"),
        (
            b"4hello",
            "Engine.IO message hello · malformed Socket.IO packet: a packet begins with its type",
        ),
    ],
)
def test_nonsense_is_said_and_never_raised(body: bytes, line: str) -> None:
    (found,) = exchange(POLLING, body)[-1].packets
    assert found.startswith(line)
    assert " protocol " in found  # the source


def test_nonsense_in_a_websocket_message_is_a_line_as_well() -> None:
    session = Sessions().find(request("/socket.io/?EIO=4&transport=websocket"))
    assert session
    (line,) = packets.describe_message(session, "9", CLIENT_TO_SERVER)
    assert line.startswith("malformed Engine.IO packet: a packet begins with its type, 0 to 6")


def exchange(target: str, body: bytes, head: bytes = b"", connection: int = 1) -> list[Entry]:
    """A request and its answer, recorded."""
    asked = f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    size = f"Content-Length: {len(body)}\r\n\r\n".encode()
    transcript = Transcript()
    transcript.add(Chunk(connection, CLIENT_TO_SERVER, asked, 0.0))
    transcript.add(
        Chunk(connection, SERVER_TO_CLIENT, b"HTTP/1.1 200 OK\r\n" + head + size + body, 0.1)
    )
    return entries(transcript)


def posted(*requests: tuple[int, bytes]) -> list[Entry]:
    """Requests as they came, each on its connection."""
    transcript = Transcript()
    for connection, data in requests:
        transcript.add(Chunk(connection, CLIENT_TO_SERVER, data, 0.0))
    return entries(transcript)


def post(body: bytes, sid: str = "x") -> bytes:
    head = f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_a_session_goes_over_several_connections() -> None:
    picture = b'451-["pic",{"_placeholder":true,"num":0}]'
    first, second, other = posted((1, post(picture)), (2, post(b"bAQ==")), (3, post(b"2", "y")))
    assert first.packets == ("Socket.IO packet · 1 more to come",)
    assert second.packets == ('Socket.IO event "pic"(<1 byte>)',)
    assert [e.session for e in (first, second, other)] == [1, 1, 2]
    assert (first.message, second.message) == (picture.decode(), "bAQ==")


def test_the_first_request_belongs_to_the_session_that_its_answer_names() -> None:
    opened = json.dumps(
        {"sid": "x", "upgrades": [], "pingInterval": 1, "pingTimeout": 1, "maxPayload": 9}
    )
    transcript = Transcript()
    transcript.add(Chunk(1, CLIENT_TO_SERVER, f"GET {POLLING} HTTP/1.1\r\n\r\n".encode(), 0.0))
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(opened) + 1}\r\n\r\n0"
    transcript.add(Chunk(1, SERVER_TO_CLIENT, f"{head}{opened}".encode(), 0.0))
    transcript.clear()  # what was cleared is still known
    transcript.add(Chunk(2, CLIENT_TO_SERVER, post(b"40"), 0.0))
    transcript.add(Chunk(3, CLIENT_TO_SERVER, f"GET {POLLING} HTTP/1.1\r\n\r\n".encode(), 0.0))
    assert [e.session for e in entries(transcript)] == [1, 2]


def test_chunked_bodies_are_read() -> None:
    head = f"POST {POLLING}&sid=x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    (found,) = posted((1, head.encode() + b'3\r\n42[\r\n6;a=b\r\n"chat"\r\n1\r\n]\r\n0\r\n\r\n'))
    assert found.packets == ('Socket.IO event "chat"()',)
    assert isinstance(found.value, Request)
    assert found.value.body == b'42["chat"]'


@pytest.mark.parametrize(
    ("encoding", "body", "line"),
    [
        ("gzip", gzip.compress(b'42["x"]', mtime=0), 'Socket.IO event "x"()'),
        ("deflate", zlib.compress(b'42["x"]'), 'Socket.IO event "x"()'),
        ("identity", b'42["x"]', 'Socket.IO event "x"()'),
        ("gzip", gzip.compress(b"4" * (MAX_INFLATED + 1)), "1,048,576 bytes here, got more"),
        (
            "gzip",
            gzip.compress(b'42["x"]', mtime=0)[:-9],
            "a polling body must be complete gzip, got only its beginning",
        ),
        ("gzip", b'42["x"]', "a polling body must be valid gzip, got Error -3"),
        ("br", b"x", "a polling body must be gzip or deflate here, got 'br'"),
    ],
)
def test_compressed_bodies_are_read_whole_or_it_is_said(
    encoding: str, body: bytes, line: str
) -> None:
    head = f"Content-Encoding: {encoding}\r\n".encode()
    (found,) = exchange(POLLING, body, head)[-1].packets
    assert line in found


def test_the_sessions_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packets, "MAX_SESSIONS", 2)
    sessions = Sessions()

    def number(sid: str) -> int:
        session = sessions.find(request(f"{POLLING}&sid={sid}"))
        assert session is not None
        return session.number

    assert [number(sid) for sid in "abacab"] == [1, 2, 1, 3, 1, 4]  # b was silent longest
    for _ in range(5):
        sessions.find(request(POLLING))  # names none, and is kept by its connection alone
    assert len(sessions) == 2


# --- the official client ------------------------------------------------------------------


async def by_node(address: str, transports: list[str]) -> None:
    """The same with the official client, which says over what it had the acknowledgement."""
    client = await asyncio.create_subprocess_exec(
        *[str(NODE), str(CLIENT), MODULES.as_uri(), address, *transports],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await client.communicate()
    except BaseException:
        client.kill()
        await client.wait()
        raise
    assert said.decode().split() == ["ok", transports[-1]], said.decode()
    assert client.returncode == 0


@pytest.mark.skipif(
    not (NODE.exists() and MODULES.exists()), reason="python -m helpers.course.install"
)
@pytest.mark.parametrize(
    "transports",
    [["polling"], ["websocket"], ["polling", "websocket"]],
    ids=["polling", "websocket", "upgrade"],
)
def test_the_official_client_is_read_on_every_transport(transports: list[str]) -> None:
    async def within() -> list[Entry]:
        async with asyncio.timeout(DEADLINE_S):
            return await recorded(transports, by_node)

    found = asyncio.run(within())
    up, down = (said(found)[way] for way in (CLIENT_TO_SERVER, SERVER_TO_CLIENT))
    assert [line for line in up if line.startswith("Socket.IO")][:3] == [
        *UP[:2],
        UP[2].replace("id 1", "id 0"),
    ]
    for line in (*DOWN[1:4], DOWN[4].replace("id 1", "id 0")):
        assert line in down
    assert {e.session for e in found if e.direction} == {1}
    assert not [line for line in up + down if "no Engine.IO" in line or "no Socket.IO" in line]
    for view in ("frames", "sequence", "handshake"):
        twin = str(draw(found, view))
        assert not re.search(r'sid(=|": ?")(?!…)|[?&]t=(?!…)', twin), twin
    assert 'Socket.IO event "chat"("hé", <4 bytes>) · id 0' in str(draw(found, "sequence"))
    if transports != ["websocket"]:
        assert str(draw(found, "sequence")).startswith("session 1: connections 1, 2, ")
