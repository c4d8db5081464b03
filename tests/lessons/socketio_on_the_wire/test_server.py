"""The chat that judges `join_chat` asks for what the real chat asks, and no more."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import websockets

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.launcher import Server
from helpers.lessons.socketio_on_the_wire.checks import join_chat as judged
from helpers.lessons.socketio_on_the_wire.solutions import join_chat

DEADLINE_S = 20
PATH = "socket.io/?EIO=4&transport=websocket"


def test_the_solution_talks_to_the_real_chat() -> None:
    async def session(server: Server) -> Any:
        async with asyncio.timeout(DEADLINE_S):
            address = server.page_url.replace("http", "ws", 1) + PATH
            return await join_chat(address, "Ada", "hello")

    with Server("socketio_chat") as server:
        server.start()
        answer = asyncio.run(session(server))
    assert (answer["ok"], answer["seq"]) == (True, 1)


async def hangs(address: str, name: str, text: str) -> None:
    async with websockets.connect(address):
        await asyncio.get_running_loop().create_future()


async def leaves(address: str, name: str, text: str) -> None:
    async with websockets.connect(address) as ws:
        await ws.recv()


async def never_comes(address: str, name: str, text: str) -> dict[str, bool]:
    return {"ok": bool(text)}


async def sends_bytes(address: str, name: str, text: str) -> None:
    async with websockets.connect(address) as ws:
        await ws.send(b"\x04")
        await ws.recv()


async def sends_nonsense(address: str, name: str, text: str) -> None:
    async with websockets.connect(address) as ws:
        await ws.recv()
        await ws.send("40" + json.dumps({"name": name}))
        await ws.recv()
        await ws.send('42{"say":1}')
        await ws.wait_closed()


@pytest.mark.parametrize(
    ("function", "nudge"),
    [
        (hangs, "After the open packet the server waits for your `40`."),
        (leaves, "After the open packet the server waits for your `40`."),
        (never_comes, "Nobody came to the chat"),
        (sends_bytes, "The first packet from you is `40`, and behind it your auth."),
        (sends_nonsense, "an event is an array that begins with its name"),
    ],
)
def test_whatever_a_learner_does_it_ends_with_a_sentence(function: Any, nudge: str) -> None:
    async def session() -> None:
        async with asyncio.timeout(DEADLINE_S):
            judging = judged.judge(Attempt("join_chat", function, awaited=True))
            assert judging is not None  # an `async def`
            await judging

    with pytest.raises(NotYet) as caught:
        asyncio.run(session())
    assert nudge in " ".join(caught.value.lines)
