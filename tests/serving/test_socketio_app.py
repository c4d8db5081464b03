"""What every server on Socket.IO shares, tested on socketio_chat by clients that break rules."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from helpers.launcher import Server
from tests.servers.chat_client import DEADLINE_S, fresh
from tests.servers.socketio_client import python

WebSocket = aiohttp.ClientWebSocketResponse
HELLO = "40" + json.dumps({"name": "Mallory"})


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("socketio_chat", ("--return-s=0.1", "--leave-s=0.2")) as server:
        server.start()
        yield server


@contextlib.asynccontextmanager
async def raw(
    server: Server, *, joined: bool = True
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open a WebSocket to Socket.IO, without a client that would keep to its rules."""
    async with aiohttp.ClientSession() as session:
        url = f"{server.url}socket.io/?EIO=4&transport=websocket"
        async with session.ws_connect(url, autoping=True) as ws:
            await ws.receive_str(timeout=DEADLINE_S)
            if joined:
                await ws.send_str("40" + json.dumps({"name": fresh("Mallory")}))
                while not (await ws.receive_str(timeout=DEADLINE_S)).startswith('42["welcome"'):
                    pass
            yield ws


async def ended(ws: WebSocket) -> int | None:
    """Read to the end of a connection, and return the close code."""
    while (message := await ws.receive(timeout=DEADLINE_S)).type is aiohttp.WSMsgType.TEXT:
        pass
    return ws.close_code if message.data is None else message.data


async def still_serves(server: Server) -> None:
    async with python(server.url, {"name": fresh("Alice")}) as one:
        assert (await one.call("say", {"id": "1", "text": "well"}))["ok"]


NONSENSE = [
    "",
    "9",
    "4",
    "42",
    "42{",
    '42"chat"',
    "42[]",
    "42[[]]",
    "42[{}]",
    "42[null]",
    "4x",
    '42["say"',
    "43",
    '43999["x"]',
    "4" * 50,
    "42" + "[" * 20_000,
    '42/nowhere,["say"]',
    '421e999["say",{}]',
    "44",
    "41/other",
    "40/other,",
    '42["connect"]',
    '42["disconnect","x"]',
]


async def test_nonsense_costs_nobody_anything(server: Server) -> None:
    async with raw(server) as ws:
        for text in NONSENSE:
            with contextlib.suppress(ConnectionError):
                await ws.send_str(text)
        await still_serves(server)
    log = server.log()
    assert "Traceback" not in log, log


async def test_a_client_that_is_dropped_leaves_soon(server: Server) -> None:
    """The library itself fails on an empty packet, and would keep the name for 45 s."""

    async with python(server.url, {"name": fresh("Alice")}) as alice:
        async with raw(server) as ws:
            while not (mallory := (await alice.event("joined"))["name"]).startswith("Mallory"):
                pass  # whoever an earlier test left behind
            await ws.send_str("")
            await ended(ws)
        while (await alice.event("left"))["name"] != mallory:
            pass


@pytest.mark.parametrize("text", NONSENSE)
async def test_each_nonsense_leaves_the_connection_or_ends_it(server: Server, text: str) -> None:
    async with raw(server) as ws:
        await ws.send_str(text)
        with contextlib.suppress(ConnectionError):
            await ws.send_str('4277["history",{"before":0}]')
        while (message := await ws.receive(timeout=DEADLINE_S)).type is aiohttp.WSMsgType.TEXT:
            if message.data.startswith("4377"):
                return
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


@pytest.mark.parametrize(
    "packet", ['451-["say",{"_placeholder":true,"num":0}]', b"\x00\x01", "459999-[]"]
)
async def test_binary_packets_end_the_connection(server: Server, packet: str | bytes) -> None:
    async with raw(server) as ws:
        await (ws.send_str(packet) if isinstance(packet, str) else ws.send_bytes(packet))
        assert await ended(ws) in (1000, 1006, None)
        await still_serves(server)


async def test_endless_nonsense_ends_the_connection(server: Server) -> None:
    server.log()

    async with raw(server) as ws:
        with contextlib.suppress(ConnectionError):
            for _ in range(2000):
                await ws.send_str("42{")
        await ended(ws)
        await still_serves(server)
    assert server.log().count("a malformed packet") == 1, "one line per client, not per packet"


async def test_a_packet_that_is_too_large_ends_the_connection(server: Server) -> None:
    async with raw(server) as ws:
        with contextlib.suppress(ConnectionError):
            await ws.send_str('42["say",{"id":"1","text":"' + "x" * 70_000 + '"}]')
        assert await ended(ws) in (1009, 1006, None)
        await still_serves(server)


async def test_a_client_outside_the_namespace_hears_nothing() -> None:
    with Server("socketio_chat") as server:  # with nobody from other tests, who may just leave
        await asyncio.to_thread(server.start)
        async with raw(server, joined=False) as ws:
            await ws.send_str('420["say",{"id":"1","text":"not in"}]')
            await ws.send_str(HELLO)
            answer = await ws.receive_str(timeout=DEADLINE_S)
            assert answer.startswith(("40", "44")), answer
            await ws.send_str(HELLO)  # again: this makes no second member
            await still_serves(server)


async def test_methods_files_and_origins(server: Server) -> None:
    io = "socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as session:
        for method, path, status in (
            ("GET", "", 200),
            ("GET", "shared/base.css", 200),
            ("GET", "nothing", 404),
            ("POST", "", 405),
            ("DELETE", io, 405),
            ("GET", "socket.io/", 400),
            ("POST", io, 400),
            ("GET", f"{io}&sid=guessed", 400),
            ("GET", "../x", 404),
        ):
            async with session.request(method, server.url + path) as response:
                assert (response.status, method, path) == (status, method, path)
        own = server.url.rstrip("/")
        for origin, status in (
            (own, 200),
            (own.replace("http", "https"), 200),
            ("null", 400),
            ("http://127.0.0.1:1", 400),
            ("https://example.com", 400),
        ):
            headers = {"Origin": origin}
            async with session.get(server.url + io, headers=headers) as response:
                assert (response.status, origin) == (status, origin)
                foreign = response.headers.get("Access-Control-Allow-Origin")
                assert foreign in (None, origin if status == 200 else None)


async def test_no_compression_is_agreed_on(server: Server) -> None:
    """One frame can go to all clients only if no connection is compressed."""

    async with aiohttp.ClientSession() as session:
        url = f"{server.url}socket.io/?EIO=4&transport=websocket"
        async with session.ws_connect(url, compress=15) as ws:
            assert ws.compress == 0


async def test_many_packets_in_one_request(server: Server) -> None:
    """A client that polls may send many events at once."""

    async with aiohttp.ClientSession() as session:
        url = f"{server.url}socket.io/?EIO=4&transport=polling"
        async with session.get(url) as response:
            url += "&sid=" + json.loads((await response.text())[1:])["sid"]
        await (await session.post(url, data="40" + json.dumps({"name": fresh("A")}))).read()
        asked = [f'42{n}["history",{{"before":0}}]' for n in range(40)]
        async with session.post(url, data="\x1e".join(asked)) as response:
            assert response.status == 200
        seen: set[str] = set()
        while not {f"43{n}[" for n in range(40)} <= seen:
            async with asyncio.timeout(DEADLINE_S), session.get(url) as response:
                for packet in (await response.text()).split("\x1e"):
                    seen.add(packet.partition("[")[0] + "[")
