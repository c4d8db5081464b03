"""The detectives find what they look for, and accuse nobody else."""

from __future__ import annotations

import asyncio
import sys
import sysconfig
import time

import pytest

from helpers.lessons.frozen_server import detective
from helpers.lessons.frozen_server.detective import asyncio_log, watch_loop

SLOW_S = 0.5


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


def spin() -> None:
    begin = time.perf_counter()
    while time.perf_counter() - begin < SLOW_S:
        pass


async def test_the_watcher_names_a_line_of_python_that_computes() -> None:
    """Python code hands over the interpreter lock now and then, so the watcher can look."""
    with watch_loop() as freezes:
        await asyncio.sleep(0)
        spin()
    assert [(freeze.function, freeze.with_all) for freeze in freezes] == [("spin", False)]


@pytest.mark.skipif(
    bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="no thread of this Python holds all"
)
async def test_one_call_into_c_stops_the_loop_and_the_watcher() -> None:
    """The watcher has overslept, and says where the loop is when it can look again."""
    with watch_loop() as freezes:
        await asyncio.sleep(0)
        begin = time.perf_counter()
        sum(range(10**8))
        took_s = time.perf_counter() - begin
    assert freezes[0].with_all
    assert took_s * 0.8 < freezes[0].lasted_s < took_s * 4
    frozen, _, seen = repr(freezes[0]).partition(" with all other threads, next seen in ")
    assert frozen.startswith("frozen for ≈ ")
    assert seen == f"{freezes[0].function}: {freezes[0].line}"


async def test_nobody_is_guilty_when_the_machine_lets_the_program_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "process_time", lambda: 0.0)
    with watch_loop() as freezes:
        await asyncio.to_thread(sum, range(5 * 10**7))
    assert not any(freeze.with_all for freeze in freezes)


async def test_a_loop_that_waits_for_its_next_event_is_not_accused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a machine with too much to do it is slow to answer, and nobody is guilty."""
    monkeypatch.setattr(asyncio.get_running_loop(), "call_soon_threadsafe", lambda answer: None)
    with watch_loop() as freezes:
        await asyncio.sleep(SLOW_S)
    assert freezes == []


def test_after_a_freeze_of_all_threads_the_loop_may_be_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = sys._getframe()
    monkeypatch.setattr(detective, "IDLE", (frame.f_code.co_name,))
    idle = detective.Freeze(frame, 1.0, with_all=True)
    assert repr(idle) == "frozen for ≈ 1.0 s with all other threads, next seen idle"


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
