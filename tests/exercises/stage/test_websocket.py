"""A client that asks a learner's handler gets an answer or silence, and a verdict is reached."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.stage.listening import GONE, NO_ANSWER
from helpers.exercises.stage.verdict import refuse
from helpers.exercises.stage.websocket import ask, connect, open_peers, serve_handler


async def never_reads(websocket: Any) -> None:
    while True:  # noqa: ASYNC110  # a learner may
        await asyncio.sleep(0.01)


async def test_silence_and_a_closed_connection_are_answers() -> None:
    async def once(websocket: Any) -> None:
        await websocket.send(await websocket.recv())

    attempt = Attempt("reverse", never_reads, awaited=True)
    with pytest.raises(NotYet, match="a client leaves, before it says anything"):
        async with serve_handler(attempt) as url, connect(url) as websocket:
            assert await ask(attempt, websocket, "a") is NO_ANSWER
    attempt = Attempt("reverse", once, awaited=True)
    async with serve_handler(attempt) as url, connect(url) as websocket:
        assert await ask(attempt, websocket, "a") == "a"
        assert await ask(attempt, websocket, "b") is GONE
        assert attempt.call_text == "a client sends 'b'"
        with pytest.raises(NotYet, match="a client sends 'b'") as refused:
            refuse(attempt, GONE, "'b'", "Go on.")
    assert refused.value.facts == (("the client got", repr(GONE)), ("expected", "'b'"))
    assert refused.value.lines == ("Go on.",)


async def test_peers_are_as_they_are_told_to_be() -> None:
    states = {"A": "well", "B": "frozen", "C": "slow", "D": "gone"}
    async with open_peers(states) as connections:
        pongs = {
            name: asyncio.ensure_future(await connection.ping())
            for name, connection in connections.items()
            if name != "D"
        }
        done, waiting = await asyncio.wait(pongs.values(), timeout=1.5)
        assert done == {pongs["A"], pongs["C"]}
        assert await pongs["A"] < await pongs["C"]
        assert waiting == {pongs["B"]}
        assert connections["D"].close_code == 1000
    assert all(c.close_code is not None for c in connections.values())
