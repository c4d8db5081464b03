"""What the lesson says and its stored outputs do not show, each sentence with its test."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, broadcast
from websockets.asyncio.server import serve as serve_websocket

from helpers.exercises.stage.chat_client import ending, guests, hear, tell
from helpers.exercises.stage.own_server import start, stop
from helpers.lessons.slow_readers import naive
from helpers.lessons.slow_readers.stage import BIG, count_heard, hears, is_there
from tests.notebooks.kernel import Kernel, as_text, errors, kernel
from tests.notebooks.lessons import LESSONS

DEADLINE_S = 10
LESSON = next(lesson for lesson in LESSONS if lesson.topic == "slow_readers")
SOURCES = {cell.id: cell.source for cell in LESSON.code}
KEEP = """
from helpers.exercises.engine.yours import keep
from helpers.lessons.slow_readers import solutions
for name in {names!r}:
    keep(name, getattr(solutions, name))
"""


@pytest.fixture(scope="module")
def ran() -> Iterator[Kernel]:
    """A kernel in which the cells up to the learner's program have run."""
    with kernel() as running:
        for cell in LESSON.code:
            if cell.id == "22c70001":
                break
            if not cell.metadata.get("tags"):
                assert errors(running.run(cell.source, timeout_s=60)) == []
        yield running


def again(ran: Kernel, cell: str, *solved: str) -> str:
    """Run a cell again, after some checks have said correct."""
    ran.run(KEEP.format(names=solved), timeout_s=60)
    return as_text(ran.run(SOURCES[cell], timeout_s=60))


def test_with_post_both_hear_all_six_words_and_carol_is_still_cut_off(ran: Kernel) -> None:
    assert "what happened  2" in again(ran, "22c20006", "post")
    said = again(ran, "22c20004", "post")
    assert "Bob heard himself 20 times" in said
    assert "still there: Bob\n" in said


def test_with_allow_bob_gets_about_twenty_messages(ran: Kernel) -> None:
    said = again(ran, "22c30002", "allow")
    assert "over 100: False" in said
    number = int(said.split("≈ ")[1].split()[0].partition(".")[0])
    assert 20 <= number <= 40


def test_with_catch_up_nothing_is_missing_and_nothing_comes_twice(ran: Kernel) -> None:
    said = again(ran, "22c60006", "catch_up")
    assert "missing: []" in said
    assert "twice: 0" in said


def test_the_last_two_acks_have_the_same_number() -> None:
    cell = next(cell for cell in LESSON.code if cell.id == "22c50002")
    text = as_text(cell.outputs)
    assert text.count('"ack", "id": "n2", "seq": 2') == 2
    assert text.count('"type": "ack"') == 3
    assert text.count('"type": "message"') == 2


def test_the_post_in_the_text_is_the_one_that_runs() -> None:
    text = "".join(c.source for c in LESSON.notebook.cells if c.cell_type == "markdown")
    shown = ast.parse(text.split("```python\n")[1].split("```")[0]).body[0]
    own = ast.parse(inspect.getsource(naive))
    runs = next(n for n in own.body if isinstance(n, ast.FunctionDef) and n.name == "post")
    assert isinstance(shown, ast.FunctionDef)
    assert [ast.dump(n) for n in shown.body] == [ast.dump(n) for n in runs.body[1:]]


@pytest.fixture
async def stopped() -> AsyncIterator[None]:
    yield
    await stop()


people: dict[str, ServerConnection] = {}


async def enter(websocket: ServerConnection) -> str:
    name: str = json.loads(await websocket.recv())["name"]
    people[name] = websocket
    await websocket.send(json.dumps({"type": "welcome", "name": name}))
    return name


async def chat(websocket: ServerConnection) -> None:
    """The chat of the lesson's first section."""
    await enter(websocket)
    try:
        async for text in websocket:
            message = {"type": "message", "text": json.loads(text)["text"]}
            for each in list(people.values()):
                await each.send(json.dumps(message))
    finally:
        people.pop(next((n for n, ws in people.items() if ws is websocket), ""), None)


@pytest.mark.usefixtures("stopped")
async def test_bob_waits_for_as_long_as_carol_likes_and_hears_when_she_reads() -> None:
    people.clear()
    async with guests(await start(chat, compression=None), "Carol", "Bob") as (carol, bob):
        carol.transport.pause_reading()
        assert await count_heard(bob) < 20
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(bob.recv(), 0.5)
        carol.transport.resume_reading()
        assert (await hear(bob, "message"))["text"] == BIG
        assert await is_there(bob)
        assert await hears(carol, "Am I still here?")


@pytest.mark.usefixtures("stopped")
async def test_whoever_was_thrown_out_is_not_there() -> None:
    async def strict(websocket: ServerConnection) -> None:
        await enter(websocket)
        await websocket.recv()

    async with guests(await start(strict), "Bob", "Eve") as (bob, eve):
        await tell(bob, "say", text="hi")
        assert not await hears(bob, "anything")
        assert not await is_there(bob)
        assert not await is_there(eve)


@pytest.mark.usefixtures("stopped")
async def test_a_million_x_are_squeezed_into_a_kilobyte() -> None:
    sizes: list[int] = []

    async def weigh(websocket: ServerConnection) -> None:
        feed, before = websocket.protocol.receive_data, 0

        def count(data: bytes | bytearray) -> None:
            nonlocal before
            before += len(data)
            feed(data)

        websocket.protocol.receive_data = count  # type: ignore[method-assign]
        await websocket.recv()
        sizes.append(before)

    async with connect(await start(weigh)) as ws:
        await ws.send("x" * 1_000_000)
        await ending(ws)
    assert 500 < sizes[0] < 2_000


async def test_keepalive_does_not_notice_somebody_to_whom_broadcast_sends_too_much() -> None:
    held: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def hold(websocket: ServerConnection) -> None:
        held.put_nowait(websocket)
        await websocket.wait_closed()

    hasty: Any = {"ping_interval": 0.1, "ping_timeout": 0.1, "compression": None}
    async with serve_websocket(hold, "127.0.0.1", 0, **hasty) as server:
        host, port = server.sockets[0].getsockname()
        ws = await connect(f"ws://{host}:{port}", ping_interval=None, compression=None)
        ws.transport.pause_reading()
        there = await held.get()
        for _ in range(20):
            broadcast([there], BIG)
        with pytest.raises(TimeoutError):  # ten times as long as it takes otherwise
            await asyncio.wait_for(there.wait_closed(), 2)
        ws.transport.abort()
        there.transport.abort()


async def test_a_longer_history_in_one_message_locks_everybody_out() -> None:
    """Python's library hangs up with 1009, each time; two messages are enough."""

    async def now(websocket: ServerConnection) -> None:
        await websocket.send(json.dumps({"messages": ["y" * 600_000] * 2}))
        await websocket.wait_closed()

    url = await start(now)
    for _ in range(2):
        async with connect(url) as ws:
            assert "1009" in str(await ending(ws))
    await stop()
