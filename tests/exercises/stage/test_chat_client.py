"""The clients of a chat: they hear what they wait for, and leave with all that had arrived."""

from __future__ import annotations

import json

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from helpers.exercises.stage import chat_client, own_server
from helpers.exercises.stage.chat_client import ending, guests, hear, join, rest, tell
from helpers.exercises.stage.own_server import start, stop
from helpers.launcher import stop_all

FLOOD = 200  # messages: more than a client takes unread


async def doorman(websocket: ServerConnection) -> None:
    """Welcome everybody but Mallory; answer a `say` with three messages, a `flood` with many."""
    async for text in websocket:
        match json.loads(text):
            case {"type": "join", "name": "Mallory"}:
                await websocket.send('{"type": "error", "code": "bad_name"}')
            case {"type": "join", "name": name}:
                await websocket.send(json.dumps({"type": "welcome", "name": name}))
            case {"type": "say"}:
                for kind in "joined", "message", "left":
                    await websocket.send(json.dumps({"type": kind}))
            case {"type": "flood"}:
                for number in range(FLOOD):
                    await websocket.send(json.dumps({"type": "message", "number": number}))
            case {"type": "bye"}:
                return


async def test_join_returns_a_welcome_or_an_error() -> None:
    async with connect(await start(doorman)) as ws:
        assert await join(ws, "Mallory") == {"type": "error", "code": "bad_name"}
        assert await join(ws, "Alice") == {"type": "welcome", "name": "Alice"}
    await stop()


async def test_hear_skips_what_it_does_not_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_client, "HEAR_S", 0.05)
    async with connect(await start(doorman)) as ws:
        await tell(ws, "say", text="hi")
        assert await hear(ws, "message", "left") == {"type": "message"}
        assert await rest(ws) == ['{"type": "left"}']
    async with connect(await start(doorman)) as ws:
        with pytest.raises(TimeoutError):
            await hear(ws, "message")
        with pytest.raises(TimeoutError):
            await ending(ws)
        await tell(ws, "bye")
        assert "1000" in str(await ending(ws))
    await stop()


async def test_rest_has_all_that_arrived_however_much() -> None:
    async with connect(await start(doorman)) as ws:
        await tell(ws, "flood")
        await hear(ws, "message")
        assert len(await rest(ws)) == FLOOD - 1
    async with connect(await start(doorman)) as ws:
        ws.transport.abort()
        assert await rest(ws) == []
    await stop()


async def test_guests_are_there_and_leave_even_if_they_do_not_read() -> None:
    url = await start(doorman)
    async with guests(url, "Alice", "Mallory") as (alice, mallory):
        await tell(alice, "flood")
        alice.transport.pause_reading()
        await tell(mallory, "bye")
    with pytest.raises(ConnectionClosed):
        await alice.send("after the end")
    assert await stop() == []


async def test_a_server_with_a_name_of_its_own_goes_on_beside_the_others() -> None:
    first = await start(doorman, "another server")
    url = await start(doorman)
    url = await start(doorman)
    async with guests(first, "Alice") as (alice,), guests(url, "Bob") as (bob,):
        for ws in alice, bob:
            await tell(ws, "say")
            assert await hear(ws, "message") == {"type": "message"}
    await start(doorman, "another server")
    with pytest.raises(ConnectionRefusedError):
        await connect(first)
    await stop()
    assert own_server._servers.keys() == {"another server"}
    stop_all()
