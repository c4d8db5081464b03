"""Mistakes with tasks, and what to say about them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from typing import Any

from helpers.exercises.engine.explain import Meanings, describe

MISUSES: Meanings = (
    (
        "'ServerConnection' object is not iterable",
        "Messages arrive at any time, so it has to wait for them: `async def` and `async for`.",
    ),
    (
        "cannot be called from a running event loop",
        "A loop is running here already, so `asyncio.run` cannot start one. `slow` is an ordinary "
        "function: it needs a thread, not a loop.",
    ),
)
AT_ONCE: Meanings = (  # what look_after raises itself
    (
        "'coroutine' object is not callable",
        "`work` is a coroutine already, which somebody has made with `work()`: no brackets here.",
    ),
    (
        asyncio.InvalidStateError,
        "It has not ended yet: hand a function over to `add_done_callback`, don't call it.",
    ),
)
NEVER_BEGAN = (
    "Nothing inside a coroutine runs if it is cancelled before it begins, not even a `finally`: "
    "`add_done_callback` runs in any case."
)
RETURNS_WORK = (
    "A coroutine does nothing until it is awaited or made a task: `asyncio.create_task` starts it."
)


def explain_return(got: object, tasks: Collection[Any]) -> str:
    """Say what is wrong with what `look_after` returned.

    Args:
        got: what it returned, which is not a task.
        tasks: the set that it was given.

    Returns:
        The next step.
    """
    if got is None and any(isinstance(task, asyncio.Task) for task in tasks):
        return "Return the task too: somebody may want to cancel it, or to wait for it."
    return "Start the work with `asyncio.create_task(work)`, and return the task."


def explain_callback(error: BaseException | None) -> str:
    """Say what is wrong with a callback that raises.

    Args:
        error: what it raised.

    Returns:
        The next step.
    """
    if isinstance(error, asyncio.CancelledError):
        return (
            "The cancelled task: `task.exception()` raises CancelledError. Ask "
            "`task.cancelled()` first."
        )
    said = describe(error) if error else "an error"
    if no_parameter := re.search(r"(\w+|<lambda>)\(\) takes 0 positional arguments", said):
        name = no_parameter[1]
        return f"`{name}` is called with the task: `def {name}(task)`."
    return f"What is called at the end raises: {said}"


def explain_complaints(complaints: list[Any], expected: list[Any]) -> str:
    """Say what is wrong with the complaints about tasks, of which at most one has failed.

    Args:
        complaints: what `complain` was called with.
        expected: the error of the one, or nothing.

    Returns:
        The next step.
    """
    if not complaints:
        error = type(expected[0]).__name__
        return f"The task has failed with a {error}, and nobody was told: `complain(error)`."
    if any(isinstance(each, asyncio.Task) for each in complaints):
        return "`complain` takes the error, not the task: `task.exception()`."
    if any(each is None for each in complaints):
        return "One task went well: there is nothing to complain about, not even None."
    if any(isinstance(each, asyncio.CancelledError) for each in complaints):
        return "A task that was cancelled has not failed: do not complain about it."
    if any(isinstance(each, str) for each in complaints):
        return "`complain` takes the error itself, not its text."
    if expected and complaints.count(expected[0]) > 1:
        return "One task has failed, so complain once."
    return "Complain about the one error that was raised, and about nothing else."
