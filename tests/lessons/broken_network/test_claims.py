"""What the lesson says and no cell shows, each sentence with its test."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from helpers.lessons.broken_network import solutions
from helpers.lessons.broken_network.feed import Feed
from helpers.lessons.broken_network.stampede import stampede

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_S = 10


def test_the_worst_second_has_133_attempts_and_the_last_client_is_back_after_41_s() -> None:
    with_jitter = stampede(solutions.backoff)
    assert (with_jitter.worst, with_jitter.over_s) == (133, 41)


async def test_the_next_pass_begins_at_once_after_a_connection_that_was_made_and_broke() -> None:
    visits = 0

    async def hang_up(websocket: ServerConnection) -> None:
        websocket.transport.abort()

    async with serve(hang_up, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()[:2]
        async with asyncio.timeout(DEADLINE_S):
            async for ws in connect(f"ws://{host}:{port}"):
                visits += 1
                if visits == 20:  # one backoff alone would take seconds for each
                    break
                with pytest.raises(ConnectionClosed):
                    await ws.recv()
    assert visits == 20


def test_closing_waits_ten_seconds_by_default() -> None:
    assert inspect.signature(connect).parameters["close_timeout"].default == 10


def test_the_page_asks_after_four_seconds_of_silence_and_waits_four_more() -> None:
    source = (ROOT / "helpers/pages/shared/connection.js").read_text("utf-8")
    assert "const SILENCE_MS = 4_000;" in source
    assert "const ANSWER_MS = 4_000;" in source
    for event in ("visibilitychange", "online"):
        assert f'("{event}"' in source


async def test_grown_returns_as_soon_as_there_are_more() -> None:
    feed = Feed()
    waiting = asyncio.create_task(feed.grown(1))
    for number in range(2):
        assert not waiting.done()
        await feed.add(f"message {number}")
        await asyncio.sleep(0)
    async with asyncio.timeout(DEADLINE_S):
        await waiting
        await feed.grown(1)
