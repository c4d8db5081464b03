"""Exercises of the lesson frozen_server: unfrozen and look_after."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from helpers.exercises.engine.attempt import Attempt
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.engine.explain import match_cause
from helpers.exercises.engine.values import shown
from helpers.exercises.stage.listening import NO_ANSWER, Silence, let_tasks_run
from helpers.exercises.stage.verdict import explain_silence, refuse
from helpers.exercises.stage.websocket import ask, connect, receive, send, serve_handler
from helpers.lessons.frozen_server.mistakes import (
    MISUSES,
    NEVER_BEGAN,
)
from helpers.lessons.frozen_server.trial import Contrary, Trial


@exercise(
    hints=(
        "It is an echo; what it sends is `slow(message)`.",
        "`slow` has no `await` inside, so it must run in another thread than the loop.",
        "`await asyncio.to_thread(function, argument)` gives the function's result.",
    )
)
async def unfrozen(attempt: Attempt) -> None:
    """While one client's answer is being made, another client gets its own."""
    free, home = threading.Event(), threading.get_ident()
    calls: list[str] = []  # where each call of `slow` ran, and how it ended
    asked: list[str] = []

    def slow(text: str) -> str:
        calls.append("another thread")
        asked.append(text)
        if threading.get_ident() == home:
            calls[-1] = "the event loop's thread"
        elif text in ("long", "first") and not free.wait(2):
            calls[-1] = "another thread, while the event loop waited"
        return text.upper()

    try:
        async with serve_handler(attempt, slow) as url, connect(url) as alice, connect(url) as bob:
            got = await ask(attempt, alice, "short")
            require_called(attempt, got, calls)
            await send(alice, "long")
            got = await ask(attempt, bob, "short")
            if got != "SHORT":
                nudge = "Another client's `slow` kept this one waiting. Is there a wait without "
                nudge += (
                    "`await`, such as `join()` or `result()`? Or do all clients share one thread "
                )
                nudge += "or one lock?"
                refuse(attempt, got, "'SHORT'", nudge)
            await require_order(attempt, alice, free)
            nudge = "`slow` was not called for each message: send what `slow(message)` returns."
            expected = ["first", "long", "second", "short", "short"]
            attempt.require(sorted(asked) == expected, nudge)
    finally:
        free.set()


def require_called(attempt: Attempt, got: str | bytes | Silence, calls: list[str]) -> None:
    """Refuse the first answer if it is wrong, or was made in the loop's own thread."""
    failure = getattr(attempt.failure, "__cause__", None)
    nudge = "Send what `slow(message)` returns."
    if match_cause(attempt.failure, MISUSES):
        nudge = match_cause(attempt.failure, MISUSES)
    elif isinstance(failure, TypeError) and "not callable" in str(failure):
        nudge = "`slow(message)` is called here, before the thread: hand over `slow, message`."
        if not calls:
            nudge = "`to_thread` takes the function and its argument as two: `slow, message`."
    elif isinstance(failure, TypeError) and calls:
        nudge = "`slow` is an ordinary function: it returns a string, which you cannot await."
    elif "the event loop's thread" in calls:
        nudge = (
            "So every client waits for it. A task or an `async def` around it does not help: "
            "another thread does (section 1)."
        )
        refuse(attempt, Silence(calls[-1]), "another thread", nudge, what="slow ran in")
    elif not calls:
        nudge = "`slow` was never called. Is the result of `to_thread` awaited? "
        nudge += "Did it get `slow` itself, and the message? "
        nudge += "Or does it wait for the client to leave first?"
    elif isinstance(got, Silence):
        nudge = explain_silence(attempt, got, 1)
    if got != "SHORT" or not calls:
        refuse(attempt, got, "'SHORT'", nudge)


async def require_order(attempt: Attempt, alice: Any, free: threading.Event) -> None:
    """Ask two things at once: the first takes longer, and is still answered first."""
    free.set()
    attempt.call_text = "a client sends 'long'"
    got = await receive(alice)
    if got != "LONG":
        refuse(attempt, got, "'LONG'", explain_silence(attempt, got, 2))
    free.clear()
    attempt.call_text = "a client sends 'first', then 'second'"
    await send(alice, "first")
    await send(alice, "second")
    early = await receive(alice, within_s=0.3)
    free.set()
    got = await receive(alice) if early is NO_ANSWER else early
    if got == "SECOND":
        nudge = "Await each answer before you take the next message: tasks overtake each other."
        refuse(attempt, got, "'FIRST', then 'SECOND'", nudge)
    answers = got, await receive(alice)
    if answers != ("FIRST", "SECOND"):
        refuse(attempt, answers, "('FIRST', 'SECOND')", explain_silence(attempt, answers[1], 3))


@exercise(
    hints=(
        "`asyncio.create_task(work)` starts it, and `tasks.add(…)` keeps what that returns.",
        "`task.add_done_callback(end)` calls `end(task)` as soon as the task has ended.",
        "In `end`: take the task out of `tasks`, and if it has failed, complain.",
        "`task.exception()` is the error, or None, and it raises if the task was cancelled: ask "
        "`task.cancelled()` first.",
    )
)
async def look_after(attempt: Attempt) -> None:
    """Work that goes well, fails and is cancelled, side by side, and ends one after the other."""
    attempt.copies = False
    trial = Trial(attempt, Contrary())
    with callback_errors() as trial.errors:
        try:
            await try_each_end(attempt, trial)
        finally:
            await trial.stop()


async def try_each_end(attempt: Attempt, trial: Trial) -> None:
    """Let one task after the other end, each in another way."""
    failure = ValueError("not a picture")
    copy = trial.start("copy")
    upload = trial.start("upload", failure)
    backup = trial.start("backup")
    await let_tasks_run()
    attempt.call_text = "look_after(…) three times, with work that waits"
    attempt.require(len(trial.log) == 3, f"The work has not begun: {shown(trial.log)}.")
    require_kept(attempt, trial.tasks, [copy, upload, backup])
    attempt.require(not trial.complaints, "It complains before anything has failed.")
    trial.go["copy"].set()
    await trial.require_end("copy has ended", {upload, backup}, [])
    trial.go["upload"].set()
    await trial.require_end("upload has failed", {backup}, [failure])
    backup.cancel()
    await trial.require_end("backup has been cancelled", set(), [failure])
    attempt.require("backup ends" not in trial.log, "`task.cancel()` should end the work.")
    trial.start("restore").cancel()
    early = "restore has been cancelled before it began"
    await trial.require_end(early, set(), [failure], NEVER_BEGAN)


def require_kept(
    attempt: Attempt, tasks: set[asyncio.Task[Any]], started: list[asyncio.Task[Any]]
) -> None:
    """Refuse tasks that nobody holds while they are at work."""
    nudge = "While a task works, it belongs in `tasks`: nothing else keeps it."
    if any(not isinstance(task, asyncio.Task) for task in tasks):
        nudge = "`tasks` holds tasks: add what `create_task` returns, not the work itself."
    attempt.require(all(task in tasks for task in started), nudge)
    attempt.require(len(tasks) == len(started), "There is something else in `tasks` as well.")


@contextmanager
def callback_errors() -> Iterator[list[BaseException | None]]:
    """Collect the errors of callbacks, which the loop would log."""
    loop, errors = asyncio.get_running_loop(), list[BaseException | None]()
    before = loop.get_exception_handler()

    def keep(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "callback" in context.get("message", ""):
            errors.append(context.get("exception"))

    loop.set_exception_handler(keep)
    try:
        yield errors
    finally:
        loop.set_exception_handler(before)
