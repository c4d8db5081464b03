"""Whatever an answer does or starts, its check ends, says so, and nothing of it goes on."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from helpers.exercises.engine.exercise import Attempt, Exercise
from helpers.exercises.engine.watch import Interrupted

started: list[Any] = []


async def judge_later(attempt: Attempt) -> None:
    attempt.equal(await attempt("a"), "A", "Capitals, please.")


async def judge_handler(attempt: Attempt) -> None:
    """As a library does: in a task of its own."""
    await asyncio.wait([asyncio.ensure_future(attempt.guarded("a"))], timeout=1)


def judge(attempt: Attempt) -> None:
    attempt.equal(attempt("a"), "A", "Capitals, please.")


LATER = Exercise(judge_later, ("one", "two"), timeout_s=0.3, total_s=2)
HANDLER = Exercise(judge_handler, ("one", "two"), timeout_s=0.3, total_s=2)
PLAIN = Exercise(judge, ("one", "two"), timeout_s=0.3, total_s=2)


class Left:
    """What is there after a check, and was not before."""

    def __init__(self) -> None:
        self.text = ""
        self.tasks: list[str] = []
        self.threads: list[str] = []
        self.complaints: list[str] = []


def judged(exercise: Exercise, function: Any) -> Left:
    left = Left()
    threads = set(threading.enumerate())

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: left.complaints.append(context["message"]))
        if exercise.awaited:
            left.text = str(await exercise.outcome_later(function))
        else:
            left.text = str(exercise.outcome(function))
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        left.tasks = [str(task) for task in others]
        left.threads = [
            thread.name
            for thread in set(threading.enumerate()) - threads
            if not thread.name.startswith("asyncio_")
        ]
        started.clear()
        gc.collect()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(run())
    left.complaints += [str(warning.message) for warning in caught]
    return left


async def leaves_a_task(text: str) -> str:
    started.append(asyncio.create_task(asyncio.sleep(60)))
    return text.upper()


async def leaves_a_task_that_does_not_end(text: str) -> str:
    async def stay() -> None:
        while True:
            with contextlib.suppress(BaseException):
                await asyncio.sleep(0.01)

    started.append(asyncio.create_task(stay()))
    return text.upper()


async def leaves_a_task_that_fails(text: str) -> str:
    async def fail() -> None:
        raise ValueError("nobody asks")

    started.append(asyncio.create_task(fail()))
    await asyncio.sleep(0)
    return text.upper()


async def leaves_a_task_that_freezes(text: str) -> str:
    async def freeze() -> None:
        while True:
            pass

    started.append(asyncio.create_task(freeze()))
    await asyncio.sleep(0.01)
    return text.upper()


async def leaves_a_thread_that_counts(text: str) -> str:
    def count() -> None:
        number = 0
        while number >= 0:
            number += 1

    asyncio.get_running_loop().run_in_executor(None, count)
    threading.Thread(target=count, daemon=True).start()
    return text.upper()


async def leaves_a_server(text: str) -> str:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    started.append(await asyncio.open_connection(host, port))
    return text.upper()


async def leaves_a_socket(text: str) -> str:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    started.append(sock)
    return text.upper()


@pytest.mark.parametrize(
    "function",
    [
        leaves_a_task,
        leaves_a_task_that_does_not_end,
        leaves_a_task_that_fails,
        leaves_a_task_that_freezes,
        leaves_a_thread_that_counts,
        leaves_a_server,
        leaves_a_socket,
    ],
)
def test_what_a_right_answer_leaves_behind_ends_with_its_check(
    function: Callable[[str], Coroutine[Any, Any, str]],
) -> None:
    left = judged(LATER, function)
    assert left.text == "None"
    assert (left.tasks, left.threads, left.complaints) == ([], [], [])


def test_a_task_that_a_plain_answer_starts_ends_too() -> None:
    def task(text: str) -> str:
        started.append(asyncio.ensure_future(asyncio.sleep(60)))
        return text.upper()

    left = judged(PLAIN, task)
    assert (left.text, left.tasks, left.complaints) == ("None", [], [])


def test_a_thread_that_nothing_ends_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    over = threading.Event()

    def task(text: str) -> str:
        threading.Thread(target=over.wait, args=(30,), name="stayer", daemon=True).start()
        return text.upper()

    try:
        assert judged(PLAIN, task).text == "None"
        assert "nothing can end, `stayer`: restart the kernel" in capsys.readouterr().out
    finally:
        over.set()


def test_the_tasks_of_others_are_left_alone() -> None:
    async def run() -> bool:
        others = asyncio.create_task(asyncio.sleep(60))
        await LATER.outcome_later(leaves_a_task)
        alive = not others.done()
        others.cancel()
        return alive

    assert asyncio.run(run())


# --- what ends a task, a loop or a kernel ---------------------------------------------------


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError, BaseException]
)
def test_no_exception_leaves_a_check(error: type[BaseException]) -> None:
    def plain(text: str) -> str:
        raise error

    async def later(text: str) -> str:
        raise error

    async def in_a_task(text: str) -> str:
        await asyncio.gather(asyncio.create_task(later(text)))
        return text

    for exercise, function in (
        (PLAIN, plain),
        (LATER, later),
        (HANDLER, later),
        (LATER, in_a_task),
        (HANDLER, in_a_task),
    ):
        left = judged(exercise, function)
        assert left.text.startswith("not yet: "), (exercise.name, left.text)
        assert error.__name__ in left.text
        assert "check itself failed" not in left.text
        assert (left.tasks, left.complaints) == ([], [])


def test_a_task_that_cancels_itself() -> None:
    async def task(text: str) -> str:
        me = asyncio.current_task()
        assert me is not None
        me.cancel()
        await asyncio.sleep(1)
        return text

    for exercise in LATER, HANDLER:
        assert "CancelledError" in judged(exercise, task).text


def test_a_plain_answer_has_no_task_to_cancel() -> None:
    def task(text: str) -> str:
        me = asyncio.current_task()
        if me is not None:
            me.cancel()
        return text.upper()

    assert judged(PLAIN, task).text == "None"


def test_a_handler_that_swallows_its_cancellation_ends() -> None:
    async def task(text: str) -> None:
        while True:
            with contextlib.suppress(BaseException):
                await asyncio.get_running_loop().create_future()

    for exercise in LATER, HANDLER:
        assert judged(exercise, task).tasks == []


@pytest.mark.parametrize("exercise", [LATER, HANDLER], ids=lambda exercise: exercise.name)
def test_a_real_interrupt_ends_a_check_at_once(exercise: Exercise) -> None:
    async def task(text: str) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            with contextlib.suppress(BaseException):
                time.sleep(0.001)  # noqa: ASYNC251

    async def run() -> str:
        try:
            await exercise.outcome_later(task)
        except Interrupted:
            await asyncio.sleep(0)
            return "interrupted, and the loop goes on"
        return "not interrupted"

    began = time.monotonic()
    slow = Exercise(exercise.judge, exercise.hints, timeout_s=60, total_s=60)
    exercise = slow
    assert asyncio.run(run()) == "interrupted, and the loop goes on"
    assert time.monotonic() - began < 10


# --- odd answers and odd results ------------------------------------------------------------


def test_input_has_nobody_to_ask() -> None:
    assert "Nobody is there to be asked" in judged(PLAIN, lambda text: input()).text


def test_a_check_reaches_only_this_machine() -> None:
    def task(text: str) -> None:
        socket.create_connection(("192.0.2.1", 80), timeout=1)

    def by_name(text: str) -> None:
        socket.create_connection(("example.org", 80), timeout=1)

    for function in task, by_name:
        text = judged(PLAIN, function).text
        assert "PermissionError: a check reaches only this machine" in text
        assert "use the address that it is given" in text


def test_what_an_answer_prints_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    def task(text: str) -> str:
        for _ in range(10_000):
            print("here")
        return text.upper()

    judged(PLAIN, task)
    out = capsys.readouterr().out
    assert len(out) < 5_000
    assert "… and 46,000 more characters that the answer prints" in out


def test_a_message_of_an_exception_is_cut() -> None:
    def task(text: str) -> str:
        raise ValueError("x" * 1_000_000)

    assert len(judged(PLAIN, task).text) < 600


class Hostile:
    """An object of which each method does something worse."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act

    def __repr__(self) -> str:
        return str(self._act())

    def __eq__(self, other: object) -> bool:
        return bool(self._act())

    def __hash__(self) -> int:
        return 1


def interrupt() -> None:
    raise KeyboardInterrupt


def loop() -> None:
    while True:
        pass


def recurse() -> None:
    recurse()


@pytest.mark.parametrize("act", [interrupt, loop, recurse, sys.exit])
def test_a_hostile_result_is_refused(act: Callable[[], Any]) -> None:
    def task(text: str) -> object:
        return Hostile(act)

    assert judged(PLAIN, task).text.startswith("not yet: ")


@pytest.mark.parametrize("act", [interrupt, loop, recurse, sys.exit])
def test_a_judge_that_compares_a_hostile_result_itself(act: Callable[[], Any]) -> None:
    def careless(attempt: Attempt) -> None:
        attempt.require(attempt("a") == "A", "Capitals, please.")

    def task(text: str) -> object:
        return Hostile(act)

    exercise = Exercise(careless, ("one", "two"), timeout_s=0.3, total_s=1)
    text = judged(exercise, task).text
    assert text.startswith("not yet: ")
    assert "check itself failed" not in text


def test_huge_values_are_shown_in_short() -> None:
    huge: list[Any] = [list(range(3_000_000)), "x" * 50_000_000, dict.fromkeys(range(10**6)), 7]
    huge[3] = 10**1_000_000
    for value in huge:
        text = judged(PLAIN, lambda _, value=value: value).text
        assert text.startswith("not yet: ")
        assert len(text) < 600


class Wraps:
    """A function that wraps itself, as `functools.wraps` never makes."""

    def __call__(self, text: str) -> str:
        return text.upper()

    @property
    def __wrapped__(self) -> Wraps:
        return self


class Everything:
    """An object that has every attribute, and is called."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any) -> Any:
        return self


@pytest.mark.parametrize("given", [Wraps(), Everything(), int, type, str.upper, print, ..., {}])
def test_an_odd_function_gets_a_verdict(given: Any) -> None:
    text = judged(PLAIN, given).text
    assert text == "None" or text.startswith("not yet: ")
    assert "check itself failed" not in text
