"""What the lesson says and its stored outputs do not show, each sentence with its test."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from aiohttp import ClientConnectionResetError, web
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, broadcast

from helpers.exercises.stage.own_server import start, stop
from tests.notebooks.kernel import Kernel, as_text, errors, kernel
from tests.notebooks.lessons import LESSONS

DEADLINE_S = 10
LESSON = next(lesson for lesson in LESSONS if lesson.topic == "chat")
SOURCES = {cell.id: cell.source for cell in LESSON.code}
KEEP = """
from helpers.exercises.engine.yours import keep
from helpers.lessons.chat import solutions
for name in {names!r}:
    keep(name, getattr(solutions, name))
"""


@pytest.fixture(scope="module")
def ran() -> Iterator[Kernel]:
    """A kernel in which the cells of sections 2 to 5 have run."""
    with kernel() as running:
        for cell in LESSON.code:
            if cell.id == "2505f42c":
                break
            if cell.id not in ("8fdbce86",) and not cell.metadata.get("tags"):
                assert errors(running.run(cell.source, timeout_s=60)) == []
        yield running


def again(ran: Kernel, cell: str, *solved: str) -> str:
    """Run a cell again, after some checks have said correct."""
    ran.run(KEEP.format(names=solved), timeout_s=60)
    return as_text(ran.run(SOURCES[cell], timeout_s=60))


def test_with_welcome_the_second_alice_gets_an_error_and_the_first_hears_bob(ran: Kernel) -> None:
    said = again(ran, "21c30005", "welcome")
    assert "the second Alice gets: error" in said
    assert "what happened  True" in said


def test_with_typing_alice_is_not_told_any_more(ran: Kernel) -> None:
    assert "Alice: []" in again(ran, "21c40002", "typing")


def test_with_whisper_carols_list_is_empty(ran: Kernel) -> None:
    said = again(ran, "21c50002", "whisper")
    assert "Carol: []" in said
    assert "psst" in said


@pytest.fixture
async def stopped() -> AsyncIterator[None]:
    yield
    await stop()


@pytest.mark.usefixtures("stopped")
async def test_broadcast_skips_connections_that_are_closing_and_keeps_what_is_not_read() -> None:
    there: list[ServerConnection] = []

    async def hold(websocket: ServerConnection) -> None:
        there.append(websocket)
        await websocket.wait_closed()

    url = await start(hold, compression=None)
    async with connect(url, max_size=None) as alice, connect(url) as bob:
        await bob.close()
        await asyncio.wait_for(there[1].wait_closed(), DEADLINE_S)
        alice.transport.pause_reading()
        for _ in range(10):
            broadcast(there, "x" * 1_000_000)
        assert there[0].transport.get_write_buffer_size() > 2_000_000
        alice.transport.resume_reading()
        assert len(await alice.recv()) == 1_000_000


def aiohttp_names() -> dict[str, Any]:
    names: dict[str, Any] = {"PAGE": "<title>the page</title>"}
    exec(compile(ast.parse(SOURCES["21c60002"]), "21c60002", "exec"), names)
    return names


async def test_aiohttp_serves_a_page_and_its_loop_ends_without_an_error() -> None:
    names = aiohttp_names()
    ended: asyncio.Future[str] = asyncio.Future()
    sent: asyncio.Future[BaseException] = asyncio.Future()

    async def watch(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        try:
            async for _ in socket:
                pass
            ended.set_result("the loop ended")
        except BaseException as error:
            ended.set_exception(error)
            raise
        try:
            await socket.send_str("are you there?")
        except Exception as error:
            sent.set_result(error)
        return socket

    app = web.Application()
    app.add_routes([web.get("/", names["home"]), web.get("/watch", watch)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    with await asyncio.to_thread(urlopen, f"http://{host}:{port}/") as response:
        assert response.headers["Content-Type"].startswith("text/html")
        assert b"the page" in response.read()
    async with connect(f"ws://{host}:{port}/watch") as ws:
        ws.transport.abort()  # it vanishes without a goodbye
        assert await asyncio.wait_for(ended, DEADLINE_S) == "the loop ended"
    assert isinstance(await asyncio.wait_for(sent, DEADLINE_S), ClientConnectionResetError)
    await runner.cleanup()


async def test_without_a_content_type_of_its_own_the_page_would_be_plain_text() -> None:
    for changes_it, kind in ((False, "text/plain"), (True, "text/html")):
        names: dict[str, Any] = {"PAGE": "<title>the page</title>"}
        tree = ast.parse(SOURCES["a95b7b20"])
        tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        if not changes_it:
            tree.body[0].body[0].body = [
                node
                for node in tree.body[0].body[0].body
                if "Content-Type" not in ast.unparse(node)
            ]
        exec(compile(tree, "a95b7b20", "exec"), names)
        url = await start(_nobody, process_request=names["serve_page"])
        with await asyncio.to_thread(urlopen, url.replace("ws:", "http:")) as response:
            assert response.headers["Content-Type"].startswith(kind)
    await stop()


async def _nobody(websocket: ServerConnection) -> None:
    await websocket.wait_closed()
