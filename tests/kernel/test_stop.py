"""Stop, as JupyterLab's button sends it: SIGINT to a real kernel, while a cell runs."""

import os
import time
from collections.abc import Iterator
from queue import Empty
from typing import Any

import pytest

from helpers.kernel.stop import STUCK_S, WORDS
from tests.notebooks.kernel import Kernel, errors, kernel

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a kernel gets no signals there")

AT_ONCE_S = 20.0  # far below what each cell would take by itself
LONG_S = 60
STOPPED = f"CancelledError: {WORDS}"
SETUP = """\
import asyncio, threading, time, websockets
from helpers import launch, running, stop_all
server = launch("echo")
ticks, held = [], threading.Event()
async def tick():
    while True:
        ticks.append(1)
        await asyncio.sleep(0.01)
ticking = asyncio.create_task(tick())
def soon():  # once the loop runs again: the cell awaits
    asyncio.get_running_loop().call_later(0.1, print, "go")
"""


@pytest.fixture(scope="module")
def lesson() -> Iterator[Kernel]:
    with kernel() as running:
        assert running.text(SETUP, timeout_s=60) == ""
        yield running
        running.text("held.set(); ticking.cancel(); stop_all()")


def stop(lesson: Kernel, source: str, *pauses_s: float) -> tuple[list[str], float]:
    """Run a cell, and stop it once it has printed `go`; its errors, and how long it went on.

    Args:
        source: the cell.
        pauses_s: for each further Stop how long after the one before; the last is repeated, as
            a person does who sees that the cell goes on.
    """
    client, outputs = lesson.client, list[Any]()
    again_s = pauses_s[-1] if pauses_s and pauses_s[-1] else LONG_S
    ident = client.execute(source, allow_stdin=False)
    deadline = time.monotonic() + LONG_S
    began = 0.0
    while True:
        left_s = deadline - time.monotonic()
        try:
            message = client.get_iopub_msg(timeout=min(left_s, again_s) if began else left_s)
        except Empty:
            if time.monotonic() > deadline:
                raise
            lesson.manager.interrupt_kernel()  # a busy machine took two presses for one
            continue
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") != ident:
            continue
        if kind == "stream" and content["text"].startswith("go"):
            began = time.monotonic()
            lesson.manager.interrupt_kernel()
            for pause_s in pauses_s:
                time.sleep(pause_s)  # between two presses of the button: nothing to wait for
                lesson.manager.interrupt_kernel()
        elif kind == "error":
            outputs.append({"output_type": "error", **content})
        elif kind == "status" and content["execution_state"] == "idle":
            break
    client.get_shell_msg(timeout=LONG_S)
    return errors(outputs), time.monotonic() - began


AWAITING = {
    "sleep": f"soon(); await asyncio.sleep({LONG_S})",
    "recv": "async with websockets.connect(server.url) as ws:\n    soon()\n    await ws.recv()",
    "async for": (
        "async with websockets.connect(server.url) as ws:\n    soon()\n"
        "    async for message in ws:\n        pass"
    ),
    "to_thread": "soon(); await asyncio.to_thread(held.wait)",
    "gather": f"soon(); await asyncio.gather(asyncio.sleep({LONG_S}), asyncio.sleep({LONG_S}))",
    "timeout": f"soon()\nasync with asyncio.timeout({LONG_S}):\n    await asyncio.Event().wait()",
    "task": f"soon(); await asyncio.create_task(asyncio.sleep({LONG_S}))",
    "in a cell of its own": f"get_ipython().run_cell('1'); soon(); await asyncio.sleep({LONG_S})",
}


@pytest.mark.parametrize("source", AWAITING.values(), ids=AWAITING)
def test_a_cell_that_awaits_ends_at_once(lesson: Kernel, source: str) -> None:
    said, took_s = stop(lesson, source)
    assert said == [STOPPED]
    assert took_s < AT_ONCE_S


BLOCKING = {
    "no await": f"print('go'); time.sleep({LONG_S})",
    "after an await": f"await asyncio.sleep(0); print('go'); time.sleep({LONG_S})",
    "in a loop": "await asyncio.sleep(0)\nprint('go')\nwhile True: pass",
    "in a function": (
        f"async def slow():\n    print('go')\n    time.sleep({LONG_S})\nawait slow()"
    ),
}


@pytest.mark.parametrize("source", BLOCKING.values(), ids=BLOCKING)
def test_a_cell_that_blocks_gets_a_keyboard_interrupt(lesson: Kernel, source: str) -> None:
    said, took_s = stop(lesson, source)
    assert said == ["KeyboardInterrupt: "]
    assert took_s < AT_ONCE_S


def test_a_cell_that_cleans_up_slowly_is_stopped_by_the_second_stop(lesson: Kernel) -> None:
    slow = f"""\
soon()
try:
    await asyncio.sleep({LONG_S})
finally:
    await asyncio.sleep({LONG_S})"""
    said, took_s = stop(lesson, slow, 0.2)
    assert said == [STOPPED]
    assert took_s < AT_ONCE_S


def test_a_task_that_blocks_the_cell_is_stopped_by_a_further_stop(lesson: Kernel) -> None:
    blocks = """\
async def block():
    print("go")
    while True: pass
await asyncio.gather(block())"""
    said, took_s = stop(lesson, blocks, STUCK_S + 0.1)
    assert said == [STOPPED]
    assert took_s < AT_ONCE_S


def test_two_stops_right_after_each_other_are_one(lesson: Kernel) -> None:
    said, _ = stop(lesson, AWAITING["sleep"], 0.0)
    assert said == [STOPPED]
    assert lesson.text("print(1 + 1)") == "2\n"


def test_between_two_cells_it_does_nothing(lesson: Kernel) -> None:
    pid = lesson.text("import os; print(os.getpid())")
    for source in ("1", "await asyncio.sleep(0)", "print('go'); time.sleep(0.01)"):
        lesson.run(source)
        lesson.manager.interrupt_kernel()
        lesson.manager.interrupt_kernel()
        assert lesson.text("import os; print(os.getpid())") == pid


def test_what_runs_in_the_background_goes_on(lesson: Kernel) -> None:
    stop(lesson, AWAITING["sleep"])
    stop(lesson, BLOCKING["after an await"])
    before = int(lesson.text("print(len(ticks))"))
    lesson.text("await asyncio.sleep(0.2)")
    assert int(lesson.text("print(len(ticks))")) > before
    assert lesson.text("print(ticking.done(), server.running)") == "False True\n"
    talk = "async with websockets.connect(server.url) as ws:\n    await ws.send('still here')\n"
    assert lesson.text(talk + "    print(await ws.recv())") == "still here\n"


def test_the_cell_after_it_is_stopped_too_and_ipykernel_gets_its_handler_back(
    lesson: Kernel,
) -> None:
    for _ in range(3):
        assert stop(lesson, AWAITING["sleep"])[0] == [STOPPED]
    handler = "import signal; print(signal.getsignal(signal.SIGINT).__name__)"
    assert lesson.text(handler) == "default_int_handler\n"
    assert lesson.text("await asyncio.sleep(0); " + handler) == "_on_signal\n"


def test_importing_helpers_again_installs_nothing_again(lesson: Kernel) -> None:
    again = "import helpers.kernel, importlib; importlib.reload(helpers.kernel).prepare()\n"
    count = "print(len(get_ipython().events.callbacks['pre_execute']))"
    before = lesson.text(count)
    assert lesson.text(again + count) == before
