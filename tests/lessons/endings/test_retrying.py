"""What the lesson says about coming back: which ends ask for it, and how long the loop waits."""

from __future__ import annotations

import ast
import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.client import backoff
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.http11 import Request, Response

from helpers.exercises.stage.own_server import start, stop
from helpers.lessons.endings.solutions import find_dead, next_step

DEADLINE_S = 10
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
async def stopped() -> AsyncIterator[None]:
    yield
    await stop()


def defined(cell_id: str, **names: Any) -> dict[str, Any]:
    """What the functions of a cell are, with the names that they use."""
    (path,) = (ROOT / "notebooks").glob("[0-9][0-9]_endings.ipynb")
    notebook = nbformat.read(path, as_version=4)
    (cell,) = (c for c in notebook.cells if c.id == cell_id)
    names |= {"asyncio": asyncio, "connect": connect, "ConnectionClosed": ConnectionClosed}
    exec(compile(ast.parse(cell.source), cell_id, "exec"), names)
    return names


async def test_a_client_that_slept_gets_1011_and_should_come_back() -> None:
    async def wait(websocket: ServerConnection) -> None:
        await websocket.wait_closed()
        ended.set()

    ended = asyncio.Event()
    url = await start(wait, ping_interval=0.1, ping_timeout=0.1, close_timeout=0.2)
    async with asyncio.timeout(DEADLINE_S), connect(url) as ws:
        ws.transport.pause_reading()  # as a laptop does that is asleep
        await ended.wait()
        ws.transport.resume_reading()
        with pytest.raises(ConnectionClosed, match=r"received 1011 .* keepalive") as caught:
            await ws.recv()
    assert next_step(caught.value) == "again"


@pytest.mark.parametrize(("says", "step"), [(b"", "again"), (b"220 smtp\r\n\r\n", "fix")])
async def test_a_server_that_hangs_up_may_be_called_again(says: bytes, step: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(says)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        with pytest.raises(InvalidMessage) as caught:
            await connect(f"ws://{host}:{port}")
    assert isinstance(caught.value.__cause__, EOFError) == (step == "again")
    assert next_step(caught.value) == step


async def test_pongs_stop_when_too_many_messages_are_unread() -> None:
    async def stuck(websocket: ServerConnection) -> None:
        await websocket.wait_closed()

    answered = 0
    async with connect(await start(stuck, close_timeout=0.1), close_timeout=0.1) as ws:
        with contextlib.suppress(TimeoutError):
            while answered < 100:
                await ws.send("Hello?")
                await asyncio.wait_for(await ws.ping(), 1)
                answered += 1
        ws.transport.abort()
    assert 15 <= answered <= 20


async def test_the_first_wait_is_random_and_then_they_grow_from_3_seconds() -> None:
    waits = list(islice(backoff(), 6))
    assert 0 <= waits[0] < 5
    assert waits[1] == pytest.approx(3.1)
    assert waits[1:] == sorted(waits[1:])


async def refusing(*statuses: int) -> str:
    """Serve welcomes, each to be followed by an abort, with refusals after the first."""
    visits = 0

    def admit(connection: ServerConnection, request: Request) -> Response | None:
        nonlocal visits
        visits += 1
        refused = 2 <= visits < 2 + len(statuses)
        return connection.respond(HTTPStatus(statuses[visits - 2]), "") if refused else None

    async def welcome(websocket: ServerConnection) -> None:
        await websocket.recv()
        await websocket.send("welcome")
        if visits == 1:
            websocket.transport.abort()
        else:
            await websocket.close()

    return await start(welcome, process_request=admit)


async def attends(url: str, step: Callable[[Exception], str]) -> list[str]:
    diary: asyncio.Queue[str] = asyncio.Queue()
    names = defined("16e70005", yours=SimpleNamespace(next_step=step), diary=diary)
    names = defined("16e70001", **names)
    names["patient"] = {"reconnect_delays": lambda: iter([0.0] * 5)}
    async with asyncio.timeout(DEADLINE_S):
        await names["attend"](url, "Bob")
    return [diary.get_nowait() for _ in range(diary.qsize())]


@pytest.mark.parametrize("status", [408, 429, 500, 501, 507])
async def test_it_comes_back_after_a_refusal_that_may_pass(status: int) -> None:
    heard = await attends(await refusing(status), next_step)
    assert heard == ["welcome", "lost", "welcome", "lost"]


async def test_it_comes_back_after_any_refusal_if_next_step_says_so() -> None:
    heard = await attends(await refusing(403), step_of_anybody)
    assert heard == ["welcome", "lost", "welcome", "lost"]


def step_of_anybody(error: Exception) -> str:
    return "again" if isinstance(error, InvalidStatus) else next_step(error)


async def test_a_refusal_for_good_ends_it() -> None:
    with pytest.raises(InvalidStatus):
        await attends(await refusing(403), next_step)


async def test_a_client_that_never_says_its_name_leaves_nothing_in_the_log() -> None:
    here: dict[str, Any] = {}
    names = defined("14c50004", here=here, yours=SimpleNamespace(find_dead=find_dead))
    async with connect(await start(names["roll_call"])):
        pass
    assert await stop() == []
    assert here == {}


async def test_whoever_comes_back_during_a_roll_call_stays_on_the_list() -> None:
    asking, back = asyncio.Event(), asyncio.Event()
    here: dict[str, Any] = {}

    async def find(peers: dict[str, Any]) -> list[str]:
        asking.set()
        await back.wait()
        return ["Bob"]

    names = defined("14c50004", here=here, yours=SimpleNamespace(find_dead=find))
    url = await start(names["roll_call"])
    async with asyncio.timeout(DEADLINE_S), connect(url) as alice, connect(url) as bob:
        for ws, name in (alice, "Alice"), (bob, "Bob"):
            await ws.send(name)
            await ws.recv()
        await alice.send("Who is here?")
        await asking.wait()
        async with connect(url) as again:
            await again.send("Bob")
            await again.recv()
            back.set()
            assert await alice.recv() == "Alice, Bob"
