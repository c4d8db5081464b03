"""What the lesson says and its stored outputs do not show, each sentence with its test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from helpers.exercises.engine.program import save
from helpers.exercises.stage.chat_client import ending, hear, join, tell
from helpers.launcher import launch, stop_all
from helpers.lessons.slow_readers import solutions as earlier
from helpers.lessons.strangers.stage import ATTACK, parse
from tests.notebooks.kernel import Kernel, as_text, errors, kernel
from tests.notebooks.lessons import LESSONS

LESSON = next(lesson for lesson in LESSONS if lesson.topic == "strangers")
SOURCES = {cell.id: cell.source for cell in LESSON.code}
KEEP = """
from helpers.exercises.engine.yours import keep
from helpers.lessons.strangers import solutions
for name in {names!r}:
    keep(name, getattr(solutions, name))
"""


@pytest.fixture(scope="module")
def ran() -> Iterator[Kernel]:
    """A kernel in which the cells up to the learner's program have run."""
    with kernel() as running:
        for cell in LESSON.code:
            if cell.id == "23c70001":
                break
            if not cell.metadata.get("tags"):
                assert errors(running.run(cell.source, timeout_s=60)) == []
        yield running


def again(ran: Kernel, cells: str, *solved: str) -> str:
    """Run cells again, after some checks have said correct."""
    ran.run(KEEP.format(names=solved), timeout_s=60)
    outputs = [ran.run(SOURCES[cell], timeout_s=60) for cell in cells.split()]
    return as_text([output for each in outputs for output in each])


def test_with_checked_name_nobody_hears_of_a_list_and_look_alikes_are_alice(ran: Kernel) -> None:
    assert again(ran, "23c20002", "checked_name").startswith("thrown out []\n")
    assert "welcome thrown out welcome welcome" in again(ran, "23c20003", "checked_name")
    said = as_text(ran.run("[yours.checked_name(n) for n in LOOK_ALIKES]", timeout_s=60))
    assert said.strip() == "['Alice', None, 'Alice', 'Alice']"


def test_with_line_the_image_is_a_part_of_the_text(ran: Kernel) -> None:
    cells = "23c10001 23c10002 23c10003 436b0c28 23c30002 76a7de48 23c30004"
    said = again(ran, cells, "line")
    assert "'Mallory: <img src=" in said
    assert "<img src onerror>" not in said


def test_with_take_place_alice_is_let_in(ran: Kernel) -> None:
    said = again(ran, "436b0c28 23c50001 23c50003", "take_place")
    assert "Alice gets: welcome" in said
    assert "what happened  True" in said


FORGET = "from helpers.exercises.engine import yours as part; part._passed.clear()"
NEVER_LEFT = """
url = await start(chat)
async with guests(url, "Bob") as (bob,):
    async with connect(url) as mallory:
        await answer(mallory, '{"name": ["Alice"]}')
    await tell(bob, "say", text="Who was that?")
    await hear(bob, "joined")
    print(await hear(bob, "left", "message"))
"""


def test_a_list_is_announced_and_never_leaves(ran: Kernel) -> None:
    """After `joined`, the next thing that Bob hears is what he says himself."""
    ran.run(FORGET, timeout_s=60)
    assert "Who was that?" in as_text(ran.run(NEVER_LEFT, timeout_s=60))


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


async def test_half_an_emoji_locks_everybody_out_of_the_program_of_the_lesson_before(
    mine: Path,
) -> None:
    functions: list[Any] = [earlier.post, earlier.allow, earlier.catch_up]
    save("chat", functions)
    url = (await asyncio.to_thread(launch, "mine/chat.py")).url
    async with connect(url) as mallory:
        await join(mallory, "Mallory")
        await hear(mallory, "joined")
        await mallory.send('{"type": "say", "id": "1", "text": "\\ud83d"}')
        with pytest.raises(ConnectionClosed):
            await hear(mallory, "ack")
    for _ in range(2):
        async with connect(url) as erin:
            await tell(erin, "join", name="Erin")
            assert "1011" in str(await ending(erin))


def test_a_script_element_and_an_image_are_both_elements() -> None:
    assert parse("Mallory: <script>alert(1)</script>")[1] == "<script>"
    assert parse(ATTACK) == ["<img src onerror>"]
    assert json.loads(json.dumps(ATTACK)) == ATTACK


async def test_the_stage_says_what_became_of_a_stranger() -> None:
    from websockets.asyncio.server import ServerConnection

    from helpers.exercises.stage.own_server import start, stop
    from helpers.lessons.strangers.stage import answer

    async def doorman(websocket: ServerConnection) -> None:
        async for raw in websocket:
            if raw == "bye":
                return
            kind = {"hi": {"type": "welcome"}}.get(str(raw), {"type": "error", "code": "what"})
            await websocket.send(json.dumps(kind))

    async with connect(await start(doorman)) as ws:
        assert [await answer(ws, raw) for raw in ("hi", "7", "bye")] == [
            "welcome",
            "what",
            "thrown out",
        ]
    await stop()
