"""The learner's steady chat: nothing is lost or there twice, whatever the line does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from helpers.exercises.engine.program import save
from helpers.launcher import Server, launch, stop_all
from helpers.lessons.broken_network import solutions
from helpers.lessons.broken_network.waiting import until
from helpers.recorder.tap import Tap, tap

DEADLINE_S = 120
SOLVED: list[Any] = [solutions.heartbeat, solutions.resume_feed]
LEFT = "unclosed (<socket|transport)"
MESSAGES, CUTS, SEED = 1_000, 50, 26


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


async def launched(solved: list[Any]) -> Server:
    save("steady", solved)
    return await asyncio.to_thread(launch, "mine/steady.py")


async def follow(url: str, got: list[tuple[int, str]], count: int) -> None:
    """Follow the chat over a line that breaks, until so many messages are known."""
    while len(got) < count:
        try:
            async with connect(url) as ws:
                await ws.send(json.dumps({"type": "resume", "after": len(got)}))
                while len(got) < count:
                    message = json.loads(await ws.recv())
                    if "number" in message:
                        got.append((message["number"], message["text"]))
        except (WebSocketException, OSError):
            continue


async def hear_all(ws: ClientConnection) -> list[str | bytes]:
    """Return everything that arrives until the connection ends."""
    heard: list[str | bytes] = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            heard.append(await ws.recv())
    return heard


async def cut_at(wire: Tap, got: list[tuple[int, str]], counts: list[int]) -> None:
    """Cut the line each time when somebody has got so many messages."""
    for count in counts:
        await until(lambda count=count: len(got) >= count, DEADLINE_S)  # type: ignore[misc]
        await asyncio.to_thread(wire.cut)
        await asyncio.to_thread(wire.heal)


@pytest.mark.timeout(300)
# asyncio leaves a connection that it accepts while its server closes to the garbage collector.
@pytest.mark.filterwarnings(f"ignore:.*{LEFT}:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings(f"ignore:{LEFT}:ResourceWarning")
async def test_a_thousand_messages_survive_fifty_random_cuts() -> None:
    server = await launched(SOLVED)
    wire = await asyncio.to_thread(tap, server)
    texts = [f"message {number}" for number in range(MESSAGES)]
    counts = sorted(random.Random(SEED).sample(range(1, MESSAGES - 1), CUTS))
    got: list[tuple[int, str]] = []
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
        group.create_task(follow(wire.url, got, MESSAGES))
        group.create_task(cut_at(wire, got, counts))
        for first in range(0, MESSAGES, 20):
            waiting = {text: text for text in texts[first : first + 20]}
            await solutions.say_surely(wire.url, waiting)
    assert got == list(enumerate(texts, start=1))
    marks = [entry.text for entry in wire.entries() if entry.kind == "mark"]
    assert marks.count("cut") == CUTS


async def test_naive_it_forgets_what_a_client_has_missed() -> None:
    server = await launched([])
    assert "still naive: heartbeat, resume_feed" in server.log()
    await solutions.say_surely(server.url, {"a": "missed"})
    async with asyncio.timeout(DEADLINE_S), connect(server.url) as ws:
        await ws.send('{"type": "resume", "after": 0}')
        await ws.send('{"type": "say", "id": "b", "text": "is the feed on?"}')
        while json.loads(await ws.recv()) != {"ack": "b"}:
            pass
        await ws.send('{"type": "say", "id": "c", "text": "heard"}')
        heard = [json.loads(await ws.recv())]
        while not ({"ack": "c"} in heard and {"number": 3, "text": "heard"} in heard):
            heard.append(json.loads(await ws.recv()))
    assert {"number": 1, "text": "missed"} not in heard


@pytest.mark.parametrize(
    "said",
    [
        '{"type": "resume", "after": -1}',
        '{"type": "resume", "after": 2}',
        '{"type": "resume", "after": "0"}',
        '{"type": "say", "id": 7, "text": "x"}',
        '{"type": "dance"}',
        "[]",
    ],
)
async def test_it_does_nothing_that_it_does_not_understand(said: str) -> None:
    server = await launched(SOLVED)
    await solutions.say_surely(server.url, {"a": "one"})
    async with asyncio.timeout(DEADLINE_S), connect(server.url) as ws:
        await ws.send(said)
        await ws.send('{"type": "say", "id": "a", "text": "one"}')
        assert json.loads(await ws.recv()) in ({"ack": "a"}, {"type": "ping"})
    assert "Traceback" not in server.log()


@pytest.mark.parametrize("said", ["nonsense", "[" * 100_000, b"\xff"])
async def test_nonsense_ends_the_connection_and_nothing_else(said: str | bytes) -> None:
    server = await launched(SOLVED)
    async with asyncio.timeout(DEADLINE_S):
        async with connect(server.url) as ws:
            await ws.send(said)
            await hear_all(ws)
        await solutions.say_surely(server.url, {"a": "one"})
    assert "Traceback" not in server.log()


async def test_a_client_that_answers_nothing_is_left() -> None:
    server = await launched(SOLVED)
    async with asyncio.timeout(DEADLINE_S), connect(server.url, ping_interval=None) as ws:
        asked = await hear_all(ws)
    assert asked == ['{"type": "ping"}']
