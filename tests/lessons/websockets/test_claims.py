"""What the lesson says and no cell shows, each sentence with its test."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosedError

from helpers.exercises.stage import own_server
from helpers.exercises.stage.own_server import start, stop
from helpers.lessons.websockets import naive, solutions

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


def desks() -> dict[str, Any]:
    """What the cells about news define; what they do is done by each test."""
    (path,) = (ROOT / "notebooks").glob("[0-9][0-9]_websockets.ipynb")
    notebook = nbformat.read(path, as_version=4)
    cells = {cell.id: cell.source for cell in notebook.cells}
    names: dict[str, Any] = {"asyncio": asyncio}
    for cell in "14c20007", "4011194a", "14c20006":
        tree = ast.parse(cells[cell])
        tree.body = [n for n in tree.body if isinstance(n, DEFINES)]
        exec(compile(tree, cell, "exec"), names)
    return names


async def hear_hello(*clients: ClientConnection, answer: str = "HELLO") -> None:
    for ws in clients:
        await ws.send("hello")
        assert await ws.recv() == answer


@pytest.mark.parametrize("handler", ["desk", "tidy_desk"])
async def test_every_client_hears_the_same_news(handler: str) -> None:
    names = desks()
    url = await start(names[handler])
    async with connect(url) as alice, connect(url) as bob:
        await hear_hello(alice, bob)
        for text in "news: 1", "news: 2":
            names["publish"](text)
            assert [await alice.recv(), await bob.recv()] == [text, text]


@pytest.mark.parametrize(("answer", "left"), [(solutions, 0), (naive, 1)])
async def test_nobodys_leaving_disturbs_anybody(answer: Any, left: int) -> None:
    """The naive newsroom leaves the inbox of whoever vanished, and an error in the log."""
    inboxes: set[asyncio.Queue[str]] = set()

    async def room(websocket: ServerConnection) -> None:
        await answer.newsroom(websocket, inboxes)

    url = await start(room)
    async with connect(url) as alice, connect(url) as bob, connect(url) as carol:
        await hear_hello(alice, bob, carol, answer="got: hello")
        alice.transport.abort()
        await bob.close()
        for text in "news: 1", "news: 2":
            for inbox in inboxes:
                inbox.put_nowait(text)
            assert await carol.recv() == text
    assert [line.partition(":")[0] for line in await stop()] == [
        "connection handler failed"
    ] * left
    assert len(inboxes) == left


async def test_a_client_that_vanishes_leaves_its_inbox_at_the_careless_desk() -> None:
    names = desks()
    async with connect(await start(names["desk"])) as alice:
        await hear_hello(alice)
        alice.transport.abort()
    assert "ConnectionClosedError" in (await stop())[0]
    assert len(names["inboxes"]) == 1
    assert names["producers"][0].cancel()


async def test_the_tidy_desk_cleans_up_on_every_way_out() -> None:
    names = desks()
    for politely in True, False:
        async with connect(await start(names["tidy_desk"])) as alice:
            await hear_hello(alice)
            if not politely:
                alice.transport.abort()
        assert len(await stop()) == (not politely)
        assert names["inboxes"] == set()
        assert names["producers"][-1].done()


async def test_no_news_reaches_a_client_whose_producer_has_failed() -> None:
    names = desks()
    async with connect(await start(names["tidy_desk"])) as alice:
        await hear_hello(alice)
        for item in 7, "news: 1", "news: 2":
            names["publish"](item)
        await hear_hello(alice, alice)
    assert isinstance(names["producers"][-1].exception(), TypeError)


async def test_a_slow_reader_fills_its_inbox_without_limit() -> None:
    """The leak that is left: the newsroom serves on, and what waits has no bound."""
    inboxes: set[asyncio.Queue[str]] = set()

    async def room(websocket: ServerConnection) -> None:
        await solutions.newsroom(websocket, inboxes)

    async with connect(await start(room, compression=None), max_queue=1) as slow:
        await hear_hello(slow, answer="got: hello")
        slow.transport.pause_reading()
        (inbox,) = inboxes
        for _ in range(300):
            inbox.put_nowait("x" * 50_000)
            await asyncio.sleep(0)
        assert inbox.qsize() > 100
        slow.transport.abort()


async def test_a_cancelled_task_does_not_count_as_failed() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.Event().wait()).cancel()


async def test_a_plain_except_does_not_catch_what_is_in_a_group() -> None:
    async def fail() -> None:
        raise TypeError("not a text")

    async def block() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
        except TypeError:
            pass

    with pytest.raises(ExceptionGroup):
        await block()


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


async def test_the_blocks_own_error_arrives_in_a_group_too() -> None:
    async def block() -> None:
        async with asyncio.TaskGroup():
            raise TypeError("mine alone")

    with pytest.raises(ExceptionGroup) as caught:
        await block()
    assert [repr(error) for error in caught.value.exceptions] == ["TypeError('mine alone')"]
