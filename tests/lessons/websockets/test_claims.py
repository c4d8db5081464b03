"""What the lesson says and no cell shows, each sentence with its test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK

from helpers.exercises.stage import own_server
from helpers.exercises.stage.own_server import leave, start, stop

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


async def test_a_message_may_have_one_mebibyte_over_all_its_fragments() -> None:
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

    fast = {"ping_interval": 0.1, "ping_timeout": 0.1, "close_timeout": 0.1}
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


async def test_start_closes_the_server_before_and_stop_says_what_was_logged() -> None:
    async def dies(websocket: ServerConnection) -> None:
        raise ValueError("not today")

    first = await start(echo)
    async with connect(await start(dies)) as ws:
        with pytest.raises(ConnectionClosedError, match="1011"):
            await ws.recv()
    with pytest.raises(ConnectionRefusedError):
        await connect(first)
    assert await stop() == ["connection handler failed: ValueError: not today"]
    assert own_server._server is None


async def test_a_list_of_everything_that_stops_a_server_is_not_kept_for_the_next() -> None:
    async def dies(websocket: ServerConnection) -> None:
        raise ValueError

    async with connect(await start(dies)) as ws:
        await ws.wait_closed()
    async with connect(await start(echo)) as ws:
        await ws.send("Hello")
        assert await ws.recv() == "Hello"
    assert await stop() == []


async def test_a_group_ends_the_consumer_when_the_producer_fails() -> None:
    async def produce() -> None:
        raise OSError("no news today")

    async def desk(websocket: ServerConnection) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(produce())
            async for _ in websocket:
                pass

    async with connect(await start(desk)) as ws:
        with pytest.raises(ConnectionClosedError, match="1011"):
            await ws.recv()
