"""A check of a handler ends, whatever the handler does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from helpers.exercises.engine.exercise import Exercise
from helpers.lessons.websockets.checks import newsroom, reverse

Handler = Callable[[Any], Coroutine[Any, Any, Any]]


async def never_reads(websocket: Any) -> None:
    while True:  # noqa: ASYNC110  # a learner may
        await asyncio.sleep(0.01)


async def waits_for_nothing(websocket: Any) -> None:
    await asyncio.get_running_loop().create_future()


async def spins(websocket: Any) -> None:
    await websocket.recv()
    while True:
        pass


async def blocks(websocket: Any) -> None:
    await websocket.recv()
    while True:
        time.sleep(0.2)  # noqa: ASYNC251


async def hangs_up(websocket: Any) -> None:
    await websocket.close()


async def closes_and_sends(websocket: Any) -> None:
    await websocket.close()
    await websocket.send("too late")


async def floods(websocket: Any) -> None:
    while True:
        await websocket.send("x" * 100_000)


async def raises_at_once(websocket: Any) -> None:
    raise ValueError("not today")


async def leaves_a_task(websocket: Any) -> None:
    global left
    left = asyncio.create_task(asyncio.sleep(60))
    await websocket.recv()


left: asyncio.Task[None]


def judged(exercise: Exercise, function: Any) -> tuple[str, set[str]]:
    """The outcome's text, and the names of what still runs when the check is over."""

    async def run() -> tuple[str, set[str]]:
        outcome = await exercise.outcome_later(function)
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        return str(outcome), {task.get_coro().__qualname__ for task in others}  # type: ignore[union-attr]

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (never_reads, "no answer within 1.5 s"),
        (waits_for_nothing, "no answer within 1.5 s"),
        (spins, "it did not end within 0.5 s"),
        (blocks, "it did not end within 0.5 s"),
        (hangs_up, "its connection closes"),
        (closes_and_sends, "its connection closes"),
        (floods, "not yet"),
        (raises_at_once, "ValueError: not today"),
    ],
)
def test_a_check_ends_and_leaves_nothing(handler: Handler, told: str) -> None:
    text, running = judged(replace(reverse, timeout_s=0.5), handler)
    assert told in text
    assert running == set()


def test_a_task_of_the_learners_ends_with_the_check() -> None:
    text, running = judged(reverse, leaves_a_task)
    assert "its connection closes" in text
    assert running == set()


def test_a_stub_is_not_tried_and_starts_no_server() -> None:
    async def stub(websocket: Any) -> None: ...

    for exercise in reverse, newsroom:
        assert str(judged(exercise, stub)[0]).startswith("not tried yet")


def test_a_plain_function_is_not_a_handler() -> None:
    def plain(websocket: Any) -> str:
        return "hello"

    assert "asks for an `async def`" in judged(reverse, plain)[0]


def test_a_handler_that_hears_that_its_client_left_is_right() -> None:
    async def with_recv(websocket: Any) -> None:
        while True:
            message = await websocket.recv()
            await websocket.send(message[::-1])

    async def in_a_group(websocket: Any) -> None:
        async with asyncio.TaskGroup() as group:
            await group.create_task(with_recv(websocket))

    assert judged(reverse, with_recv)[0] == "None"
    assert judged(reverse, in_a_group)[0] == "None"


def test_the_first_verdict_stands() -> None:
    async def late(websocket: Any) -> None:
        async for message in websocket:
            await websocket.send(message)
        raise ValueError("at its end")

    text, _ = judged(reverse, late)
    assert "That is an echo" in text
    assert "at its end" not in text
