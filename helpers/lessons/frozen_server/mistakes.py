"""Mistakes with tasks, and what to say about them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

RETURNS_WORK = "A coroutine does nothing until it is awaited: `asyncio.create_task` starts it."


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


def explain_complaints(complaints: list[Any], failure: Exception) -> str:
    """Say what is wrong with the complaints about three tasks, of which one has failed.

    Args:
        complaints: what `complain` was called with.
        failure: the error of the one.

    Returns:
        The next step.
    """
    if not complaints:
        return "One task has failed with an OSError, and nobody was told: `complain(error)`."
    if any(isinstance(each, asyncio.Task) for each in complaints):
        return "`complain` takes the error, not the task: `task.exception()`."
    if any(each is None for each in complaints):
        return "One task went well: there is nothing to complain about, not even None."
    if any(isinstance(each, asyncio.CancelledError) for each in complaints):
        return "A task that was cancelled has not failed: do not complain about it."
    if any(isinstance(each, str) for each in complaints):
        return "`complain` takes the error itself, not its text."
    if complaints.count(failure) > 1:
        return "One task has failed, so complain once."
    return "Complain about the one error that was raised, and about nothing else."
