"""`start`: a function becomes a server with a page, and the next one takes its place."""

import asyncio
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection

from helpers.launcher import stop_all
from helpers.lessons.start_here import naive
from helpers.lessons.start_here.program import start
from helpers.pictures.page import page


async def echo(ws: ServerConnection) -> None:
    async for message in ws:
        await ws.send(message)


async def greet(ws: ServerConnection) -> None:
    await ws.send("welcome")


async def test_it_serves_a_page_and_calls_the_function_for_each_client() -> None:
    server = await start(echo)
    html = await asyncio.to_thread(lambda: urlopen(server.page_url).read().decode())
    assert "Type a message" in html
    for word in ("one", "two"):
        async with connect(server.url) as ws:
            await ws.send(word)
            assert await ws.recv() == word
    assert server.page_url in str(page(server))
    stop_all()


async def test_the_next_one_takes_its_place_and_hangs_up() -> None:
    first = await start(echo)
    async with connect(first.url) as ws:
        second = await start(greet)
        async with asyncio.timeout(10):
            assert [message async for message in ws] == []
        assert ws.close_code == 1001
    async with connect(second.url) as ws:
        assert await ws.recv() == "welcome"
    with pytest.raises(ConnectionRefusedError):
        await connect(first.url)
    stop_all()


async def test_stop_all_stops_it(capsys: pytest.CaptureFixture[str]) -> None:
    server = await start(echo)
    stop_all()
    assert "your server" in capsys.readouterr().out
    with pytest.raises(ConnectionError):  # refused, or reset where it was about to be accepted
        await connect(server.url)


def test_the_naive_shout_returns_the_message() -> None:
    assert naive.shout("hello") == "hello"
