"""What the lesson says and no cell shows, and that its detectives find what they look for."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.sync.client import connect as connect_sync

from helpers.exercises.stage.own_server import start, stop
from helpers.lessons.frozen_server.detective import asyncio_log, watch_loop

SLOW_S = 0.5

PROGRAM = """
import asyncio, time

async def main():
    asyncio.current_task().set_name("reporter")
    time.sleep(0.3)

asyncio.run(main())
"""
FORGOTTEN = """
async def send(text: str) -> None: ...

async def main() -> None:
    send("Hello")
"""
DROPPED = """
import asyncio

async def main() -> None:
    asyncio.create_task(asyncio.sleep(1))
"""


async def block(websocket: ServerConnection) -> None:
    async for message in websocket:
        if message == "report":
            time.sleep(SLOW_S)  # noqa: ASYNC251  # what the lesson is about
        await websocket.send(message)


async def test_bob_in_another_thread_waits_as_long() -> None:
    """His client is not frozen: nobody at the server reads what he sends."""
    url, waited = await start(block), []
    is_there, may_speak = threading.Event(), threading.Event()

    def bob() -> None:
        with connect_sync(url) as ws:
            is_there.set()
            may_speak.wait()
            begin = time.perf_counter()
            ws.send("hi")
            ws.recv()
            waited.append(time.perf_counter() - begin)

    async with connect(url) as alice:
        running = asyncio.create_task(asyncio.to_thread(bob))
        await asyncio.to_thread(is_there.wait)
        asyncio.get_running_loop().call_soon(may_speak.set)
        await alice.send("report")
        await running
    await stop()
    assert waited[0] > SLOW_S * 0.8


async def test_the_watcher_names_the_line() -> None:
    with watch_loop() as freezes:
        await asyncio.sleep(0)
        time.sleep(SLOW_S)  # noqa: ASYNC251
    assert len(freezes) == 1
    assert freezes[0].function == "test_the_watcher_names_the_line"
    assert freezes[0].line.startswith("time.sleep(SLOW_S)")
    assert SLOW_S * 0.5 < freezes[0].lasted_s < SLOW_S * 4
    assert repr(freezes[0]).startswith("frozen for ≈ ")


async def test_the_watcher_finds_nothing_where_nothing_blocks() -> None:
    with watch_loop() as freezes:
        await asyncio.to_thread(time.sleep, SLOW_S)
    assert freezes == []


def test_the_log_keeps_what_asyncio_says_and_then_lets_go() -> None:
    asyncio.run(keep_a_log())  # in a loop whose errors no plugin of pytest collects


async def keep_a_log() -> None:
    loop = asyncio.get_running_loop()

    async def fails() -> None:
        raise OSError("disk full")

    with asyncio_log() as log:
        task = asyncio.create_task(fails())
        await asyncio.wait([task])
        del task
    assert log == ["Task exception was never retrieved OSError('disk full')"]
    with asyncio_log(debug=True) as log:
        assert loop.get_debug()
        task = asyncio.create_task(sleepy(), name="reporter")
        await task
    assert len(log) == 1
    assert log[0].startswith("Executing <Task 'reporter' …> took ≈ ")
    assert not loop.get_debug()


async def sleepy() -> None:
    time.sleep(0.2)  # noqa: ASYNC251


def test_python_x_dev_is_debug_mode(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, "utf-8")
    plain, dev = (
        subprocess.run([sys.executable, *flags, program], capture_output=True, text=True).stderr
        for flags in ([], ["-X", "dev"])
    )
    assert plain == ""
    assert "Executing <Task finished name='reporter'" in dev
    assert "took 0.3" in dev


@pytest.mark.parametrize(
    ("source", "tool", "says"),
    [
        (FORGOTTEN, ("mypy", "--cache-dir", ".mypy"), "unused-coroutine"),
        (DROPPED, ("ruff", "check", "--no-cache", "--select", "RUF006"), "RUF006"),
    ],
)
def test_a_tool_finds_it(tmp_path: Path, source: str, tool: tuple[str, ...], says: str) -> None:
    (tmp_path / "program.py").write_text(source, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", *tool, "program.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert says in done.stdout


async def test_a_name_in_a_function_holds_a_task_only_until_it_returns() -> None:
    saved: list[str] = []

    async def listen() -> None:
        saved.append(await asyncio.Queue[str]().get())

    async def begin() -> None:
        task = asyncio.create_task(listen())
        await asyncio.sleep(0)
        gc.collect()
        assert not task.done()

    with asyncio_log() as log:
        await begin()
        gc.collect()
    assert log == ["Task was destroyed but it is pending!"]


async def test_a_task_that_is_held_survives_and_one_that_is_not_vanishes() -> None:
    ended: list[str] = []

    async def wait(name: str) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append(name)

    held = asyncio.create_task(wait("held"))
    with asyncio_log() as log:
        asyncio.create_task(wait("dropped"))  # noqa: RUF006
        await asyncio.sleep(0)
        gc.collect()
    assert ended == ["dropped"]
    assert log == ["Task was destroyed but it is pending!"]
    held.cancel()
