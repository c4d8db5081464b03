"""Engine.IO and Socket.IO in a recording: a real server, a real client, a tap between them."""

import asyncio
import json
from typing import Any

import pytest
import socketio
from aiohttp import ClientSession, web

from helpers import tap
from helpers.wire.heads import Request, Response
from helpers.wire.packets import Sessions
from helpers.wire.reading import CLIENT_TO_SERVER, SERVER_TO_CLIENT
from helpers.wire.transcript import Entry

DEADLINE_S = 20
BODY = b"4hello"


async def by_library(address: str, transports: list[str]) -> None:
    """Send an event with bytes and wait for its acknowledgement, with python-socketio."""
    heard = asyncio.Event()
    client = socketio.AsyncClient(reconnection=False)
    client.on("chat", lambda data: heard.set())
    await client.connect(address, transports=transports)
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


async def recorded(transports: list[str]) -> list[Entry]:
    """What goes over the wire for one event with bytes, its acknowledgement, and one back."""
    server = socketio.AsyncServer(async_mode="aiohttp")
    application = web.Application()
    server.attach(application)

    @server.event  # type: ignore[untyped-decorator]
    async def chat(sid: str, text: str, picture: bytes) -> str:
        await server.emit("chat", [text, picture], to=sid)
        return "ok"

    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    talk = by_hand if transports == ["polling"] else by_library
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
def test_packets_are_read_on_every_transport(transports: list[str], upgrades: str) -> None:
    async def within() -> list[Entry]:
        async with asyncio.timeout(DEADLINE_S):
            return await recorded(transports)

    lines = said(asyncio.run(within()))
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
    sessions = Sessions()
    response = Response(200, "OK", (), BODY)
    assert sessions.of(request(target)) is None
    assert sessions.answered(request(target), response, SERVER_TO_CLIENT) == ()
    assert sessions.asked(request(target, "POST"), b"\r\n\r\n" + BODY, CLIENT_TO_SERVER) == ()


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"", "no Engine.IO packets: a packet begins with its type, got an empty text"),
        (b"\xff", "no Engine.IO packets: 'utf-8' codec can't decode"),
        (b"hello", "no Engine.IO packets: a packet begins with its type, 0 to 6, got 'h'"),
        (
            b"4hello",
            "Engine.IO message hello · no Socket.IO packet: a packet begins with its type",
        ),
    ],
)
def test_nonsense_is_said_and_never_raised(body: bytes, line: str) -> None:
    response: Any = Response(200, "OK", (), body)
    asked = request("/socket.io/?EIO=4&transport=polling&sid=x")
    (found,) = Sessions().answered(asked, response, SERVER_TO_CLIENT)
    assert found.startswith(line)


def test_a_session_goes_over_several_connections() -> None:
    sessions = Sessions()
    asked = request("/socket.io/?EIO=4&transport=polling&sid=x", "POST")
    picture = b'451-["pic",{"_placeholder":true,"num":0}]'
    first = sessions.asked(asked, b"\r\n\r\n" + picture, CLIENT_TO_SERVER)
    assert first == ("Socket.IO packet · 1 more to come",)
    second = sessions.asked(asked, b"\r\n\r\nbAQ==", CLIENT_TO_SERVER)
    assert second == ('Socket.IO event "pic"(<1 byte>)',)
