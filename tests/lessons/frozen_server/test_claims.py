"""What the lesson says and no cell shows."""

from __future__ import annotations

import asyncio
import gc
import re
import subprocess
import sys
import sysconfig
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
holds_all_threads = pytest.mark.skipif(
    bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="no thread of this Python holds all"
)

PROGRAM = """
import asyncio, time

async def main():
    asyncio.current_task().set_name("reporter")
    time.sleep(0.3)

asyncio.run(main())
"""
HELD = """
import faulthandler, threading

def work():
    sum(range(10**8))

faulthandler.dump_traceback_later(0.3)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
TYPED = (
    "from websockets import ServerConnection\n\nasync def hello(websocket: ServerConnection):\n"
)
BARE = "async def hello(websocket):\n"
SEND = "    websocket.send('Hello')\n"
RECV = "    answer = websocket.recv()\n"
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


async def test_a_thread_and_the_loop_sleep_side_by_side() -> None:
    woken = []

    async def sleep_less() -> None:
        await asyncio.sleep(0.1)
        woken.append("loop")

    async with asyncio.TaskGroup() as group:
        group.create_task(sleep_less())
        await asyncio.to_thread(time.sleep, SLOW_S)
        woken.append("thread")
    assert woken == ["loop", "thread"]


@holds_all_threads
async def test_most_often_the_loop_is_still_in_the_line_of_the_culprit() -> None:
    seen = []
    for _ in range(5):
        with watch_loop() as freezes:
            await asyncio.sleep(0)
            sum(range(5 * 10**7))
        seen += [freeze.line for freeze in freezes]
    assert seen.count("sum(range(5 * 10**7))") >= 3


@holds_all_threads
async def test_a_thread_does_not_help_with_a_call_that_holds_all_threads() -> None:
    gaps = []

    async def tick() -> None:
        while True:
            begin = time.perf_counter()
            await asyncio.sleep(0.01)
            gaps.append(time.perf_counter() - begin)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)  # it begins
    with watch_loop() as freezes:
        begin = time.perf_counter()
        await asyncio.to_thread(sum, range(10**8))
        took_s = time.perf_counter() - begin
    await asyncio.sleep(0.02)
    ticking.cancel()
    assert max(gaps) > took_s * 0.8
    assert freezes[0].with_all


@holds_all_threads
def test_faulthandler_sees_where_each_thread_is_even_then(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(HELD, "utf-8")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert "line 5 in work" in done.stderr


async def test_no_log_speaks_of_a_blocking_call() -> None:
    with asyncio_log() as log:
        async with connect(await start(block)) as alice:
            await alice.send("report")
            await alice.recv()
    await stop()
    assert log == []


async def named(websocket: ServerConnection) -> None:
    """What the lesson's named_reporter does."""
    task = asyncio.current_task()
    assert task
    task.set_name("reporter")
    await block(websocket)


async def mine() -> None:
    """A task of the learner's own."""
    time.sleep(0.2)  # noqa: ASYNC251


async def test_debug_mode_names_three_places_and_none_is_the_culprit(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    try:
        async with connect(await start(named)) as alice:
            await alice.send("report")
            await alice.recv()
        await stop()
        await asyncio.create_task(mine(), name="mine")
    finally:
        loop.set_debug(False)
    said = {
        name: record.getMessage()
        for record in caplog.records
        for name in ("reporter", "mine")
        if f"name='{name}'" in record.getMessage()
    }
    outermost, waits_for, made = re.findall(r"(?:running|created) at (.+?):\d+", said["reporter"])
    assert "protocol_handler() running" in said["reporter"]
    assert Path(outermost).parts[-3:] == ("websockets", "asyncio", "server.py")
    assert Path(waits_for).parent.name == "asyncio"
    assert Path(made).parts[-3:] == ("websockets", "asyncio", "server.py")
    assert __file__ not in said["reporter"]
    assert f"coro=<mine() done, defined at {__file__}:" in said["mine"]


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


def run_tool(folder: Path, source: str, *tool: str) -> str:
    (folder / "program.py").write_text(source, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", *tool, "program.py"], cwd=folder, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (TYPED + SEND, "[unused-coroutine]"),
        (BARE + SEND, "Success: no issues found"),  # it has to know the type
        (TYPED + RECV, "Success: no issues found"),  # it says nothing …
        (TYPED + RECV + "    print(answer.upper())\n", 'forgot to use "await"'),  # … until used
    ],
)
def test_mypy_finds_a_forgotten_await_if_it_knows_the_type(
    tmp_path: Path, source: str, says: str
) -> None:
    assert says in run_tool(tmp_path, source, "mypy", "--cache-dir", ".mypy")


def test_ruff_finds_a_dropped_task(tmp_path: Path) -> None:
    said = run_tool(tmp_path, DROPPED, "ruff", "check", "--no-cache", "--select", "RUF006")
    assert "RUF006" in said


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
