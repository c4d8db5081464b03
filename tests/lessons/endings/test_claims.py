"""What the lesson says and no cell shows, each sentence with its test."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
)
from websockets.http11 import Request, Response

from helpers.exercises.stage.own_server import leave, start, stop
from helpers.judges.browser import find_browser, read_page
from helpers.lessons.endings.solutions import next_step

DEADLINE_S = 10


@pytest.fixture(autouse=True)
async def stopped() -> AsyncIterator[None]:
    yield
    await stop()


async def echo(websocket: ServerConnection) -> None:
    async for message in websocket:
        await websocket.send(message)


async def end_of(how: int | str, *, sends: bool) -> ConnectionClosed | str:
    """How a handler's loop ends, or its `send`, when a client leaves in some way."""
    ended: asyncio.Future[ConnectionClosed | str] = asyncio.Future()

    async def watch(websocket: ServerConnection) -> None:
        try:
            async for _ in websocket:
                pass
            if sends:
                await websocket.send("are you there?")
            ended.set_result("the loop ended")
        except ConnectionClosed as error:
            ended.set_result(error)

    async with connect(await start(watch)) as ws:
        await leave(ws, how)
    return await asyncio.wait_for(ended, DEADLINE_S)


@pytest.mark.parametrize("how", [1000, 1001, "no code"])
async def test_three_codes_end_the_loop_and_send_raises_ok(how: int | str) -> None:
    assert await end_of(how, sends=False) == "the loop ended"
    assert isinstance(await end_of(how, sends=True), ConnectionClosedOK)


@pytest.mark.parametrize("how", [1002, 1011, 3000, 4001, "vanish"])
async def test_every_other_end_raises(how: int | str) -> None:
    assert isinstance(await end_of(how, sends=False), ConnectionClosedError)


async def test_no_code_is_reported_as_1005() -> None:
    async with connect(await start(echo)) as ws:
        await leave(ws, "no code")
        assert ws.close_code == 1005
        with pytest.raises(ConnectionClosedOK):
            await ws.recv()


async def test_a_way_to_leave_that_does_not_exist_is_refused() -> None:
    async with connect(await start(echo)) as ws:
        with pytest.raises(ValueError, match="got 'slowly'"):
            await leave(ws, "slowly")


async def test_a_message_may_be_one_mebibyte_long_over_all_its_fragments() -> None:
    async with connect(await start(echo)) as ws:
        await ws.send("x" * 2**20)
        assert len(await ws.recv()) == 2**20
        await ws.send(["x" * 2**19, "x" * 2**19, "x"])
        with pytest.raises(ConnectionClosedError, match="1009"):
            await ws.recv()


async def test_none_among_the_origins_admits_a_client_that_sends_none() -> None:
    async with connect(await start(echo, origins=[None, "https://example.com"])) as ws:
        await ws.send("Hello")
        assert await ws.recv() == "Hello"


async def test_a_peer_that_stops_reading_escapes_the_keepalive() -> None:
    """Bob's messages pile up, and the pings wait behind them: nothing ends his connection."""
    held: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def deaf(websocket: ServerConnection) -> None:
        websocket.transport.pause_reading()
        held.put_nowait(websocket)
        await websocket.wait_closed()

    fast = {"ping_interval": 0.1, "ping_timeout": 0.1, "close_timeout": 0.1, "compression": None}
    ws = await connect(await start(deaf, ping_interval=None), **fast)  # type: ignore[arg-type]
    there = await held.get()

    async def speak() -> None:
        while True:
            await ws.send("x" * 2**20)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(speak(), 2)
    assert ws.state.name == "OPEN"  # ten times as long as it takes to notice a frozen peer
    ws.transport.abort()
    there.transport.abort()


async def test_a_server_that_accepts_and_hangs_up_raises_an_invalid_handshake() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        with pytest.raises(InvalidMessage) as caught:
            await connect(f"ws://{host}:{port}")
    assert isinstance(caught.value, InvalidHandshake)
    assert issubclass(InvalidStatus, InvalidHandshake)


async def test_keepalive_is_on_for_connect_and_for_serve() -> None:
    for function in connect, serve:
        defaults = inspect.signature(function).parameters
        assert (defaults["ping_interval"].default, defaults["ping_timeout"].default) == (20, 20)


async def hangs_up(websocket: ServerConnection) -> None:
    """Accept, and vanish at once."""
    websocket.transport.abort()


class Enough(Exception):
    """The loop has paused often enough."""


async def visits(url: str, most: int, delays: list[float]) -> int:
    """How often `async for` over `connect` calls at a server; `delays` counts its pauses."""

    def pauses() -> Iterator[float]:
        while True:
            delays.append(0)
            if len(delays) > most:
                raise Enough
            yield 0

    count = 0
    async for ws in connect(url, reconnect_delays=pauses):  # type: ignore[arg-type]
        count += 1
        try:
            await ws.recv()
        except ConnectionClosed:
            if count == most:
                break
    return count


async def test_a_server_that_hangs_up_is_called_again_without_a_pause() -> None:
    delays: list[float] = []
    async with asyncio.timeout(DEADLINE_S):
        assert await visits(await start(hangs_up), 20, delays) == 20
    assert delays == []


async def test_the_loop_pauses_only_when_it_could_not_connect() -> None:
    url = await start(echo)
    await stop()
    delays: list[float] = []
    with pytest.raises(Enough):
        await visits(url, 3, delays)
    assert len(delays) == 4


async def test_a_refusal_that_would_come_again_ends_the_loop() -> None:
    url = await start(echo, origins=["https://example.com"])
    with pytest.raises(InvalidStatus):
        await visits(url, 3, [])


async def test_without_a_try_the_loop_ends_with_the_first_connection() -> None:
    count = 0

    async def read() -> None:
        nonlocal count
        async for ws in connect(await start(hangs_up)):
            count += 1
            async for _ in ws:
                pass

    with pytest.raises(ConnectionClosedError):
        await read()
    assert count == 1


async def test_a_server_that_stops_says_1001() -> None:
    async with connect(await start(echo)) as ws:
        await stop()
        with pytest.raises(ConnectionClosedOK) as caught:
            await ws.recv()
    assert next_step(caught.value) == "again"


async def test_the_frozen_peer_is_one_that_vanished_even_if_a_close_frame_was_sent() -> None:
    held: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def deaf(websocket: ServerConnection) -> None:
        websocket.transport.pause_reading()
        held.put_nowait(websocket)
        await websocket.wait_closed()

    fast = {"ping_interval": 0.1, "ping_timeout": 0.1, "close_timeout": 0.1}
    async with connect(await start(deaf, ping_interval=None), **fast) as ws:  # type: ignore[arg-type]
        with pytest.raises(ConnectionClosedError, match="sent 1011") as caught:
            await asyncio.wait_for(ws.recv(), DEADLINE_S)
    assert caught.value.rcvd is None
    assert next_step(caught.value) == "again"
    (await held.get()).transport.abort()


async def test_what_the_table_calls_kinds_of_oserror() -> None:
    assert issubclass(ConnectionRefusedError, OSError)
    assert issubclass(TimeoutError, OSError)
    assert not issubclass(InvalidHandshake, OSError)
    assert issubclass(asyncio.TimeoutError, OSError)


FROZEN = """<!doctype html><title>frozen</title><p></p><script>
  const socket = new WebSocket(location.href.replace("http", "ws"))
  socket.onopen = () => {
    socket.send("I freeze now")
    const end = Date.now() + 1500
    while (Date.now() < end) {}
    socket.send("awake")
  }
  socket.onmessage = event => document.querySelector("p").textContent = event.data
</script>"""


@pytest.mark.skipif(not find_browser(), reason="no browser is installed")
async def test_the_browser_answers_pings_while_its_page_is_frozen() -> None:
    def show(connection: ServerConnection, request: Request) -> Response | None:
        if "Upgrade" in request.headers:
            return None
        response = connection.respond(HTTPStatus.OK, FROZEN)
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "text/html"
        return response

    async def watch(websocket: ServerConnection) -> None:
        await websocket.recv()
        pongs = 0
        for _ in range(3):
            await asyncio.wait_for(await websocket.ping(), 1)
            pongs += 1
        early = websocket.latency < 1  # and the page was still frozen, as nothing else had come
        await websocket.recv()
        await websocket.send(f"{pongs} pongs, early: {early}")

    url = await start(watch, process_request=show, ping_interval=None)
    html = await read_page(url.replace("ws", "http"), "pongs", 3 * DEADLINE_S)
    assert "3 pongs, early: True" in html
