"""What the lesson says and no cell shows, each sentence with its test."""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
)

from helpers.exercises.stage import own_server
from helpers.exercises.stage.own_server import leave, start, stop

DEADLINE_S = 10
ROOT = Path(__file__).resolve().parents[3]
DEFINES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Assign


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
    assert own_server.OWN not in own_server._servers


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


def desks() -> dict[str, Any]:
    """What the cells about news define; what they do is done by each test."""
    (path,) = (ROOT / "notebooks").glob("[0-9][0-9]_websockets.ipynb")
    notebook = nbformat.read(path, as_version=4)
    cells = {cell.id: cell.source for cell in notebook.cells}
    names: dict[str, Any] = {"asyncio": asyncio, "ConnectionClosed": ConnectionClosed}
    for cell in "14c20007", "4011194a", "14c20006":
        tree = ast.parse(cells[cell])
        tree.body = [n for n in tree.body if isinstance(n, DEFINES) and not _awaits(n)]
        exec(compile(tree, cell, "exec"), names)
    return names


def _awaits(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Await)


async def hear_hello(*clients: ClientConnection) -> None:
    for ws in clients:
        await ws.send("hello")
        assert await ws.recv() == "HELLO"


@pytest.mark.parametrize("handler", ["desk", "safe_desk"])
async def test_every_client_hears_the_same_news(handler: str) -> None:
    names = desks()
    url = await start(names[handler])
    async with connect(url) as alice, connect(url) as bob:
        await hear_hello(alice, bob)
        for text in "news: 1", "news: 2":
            names["publish"](text)
            assert [await alice.recv(), await bob.recv()] == [text, text]


async def test_nobodys_leaving_disturbs_anybody_and_nothing_is_left() -> None:
    names = desks()
    url = await start(names["safe_desk"])
    async with connect(url) as alice, connect(url) as bob, connect(url) as carol:
        await hear_hello(alice, bob, carol)
        alice.transport.abort()
        await bob.close()
        for text in "news: 1", "news: 2":
            names["publish"](text)
            assert await carol.recv() == text
    assert await stop() == []
    assert names["inboxes"] == set()
    assert all(producer.done() for producer in names["producers"])


async def test_a_client_that_vanishes_leaves_its_inbox_at_the_careless_desk() -> None:
    names = desks()
    async with connect(await start(names["desk"])) as alice:
        await hear_hello(alice)
        alice.transport.abort()
    assert "ConnectionClosedError" in (await stop())[0]
    assert len(names["inboxes"]) == 1
    assert names["producers"][0].cancel()


async def test_a_handler_in_a_group_must_cancel_its_producer() -> None:
    """A group waits for its tasks: without `cancel` the handler of a client goes on."""
    left: asyncio.Future[None] = asyncio.Future()
    tasks: list[asyncio.Task[None]] = []

    async def waits(websocket: ServerConnection) -> None:
        async with asyncio.TaskGroup() as group:
            tasks.append(group.create_task(asyncio.Event().wait()))  # type: ignore[arg-type]
            async for _ in websocket:
                pass
            left.set_result(None)
        tasks.clear()

    async with connect(await start(waits)):
        pass
    await asyncio.wait_for(left, DEADLINE_S)
    await asyncio.sleep(0)
    assert not tasks[0].done()
    tasks[0].cancel()
