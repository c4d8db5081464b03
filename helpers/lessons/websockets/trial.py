"""A newsroom on trial: clients who come, listen, speak and leave, and what is left of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.values import shown
from helpers.exercises.stage.listening import ANSWER_S, GONE, NO_ANSWER, let_tasks_run
from helpers.exercises.stage.verdict import list_forgotten_awaits, refuse
from helpers.exercises.stage.websocket import ENDS_S, connect, receive, send, serve_handler
from helpers.lessons.websockets.mistakes import explain_newsroom_failure, is_of_send

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

LOOK_S = 0.01  # how long to give way before looking again
TASKS_END_S = 0.5  # how long a task may take to end after it was cancelled


class Inboxes(set[Any]):
    """A set that a learner's function gets as it is, and not as a copy."""

    def __deepcopy__(self, _memo: object) -> Inboxes:
        return self

    def __repr__(self) -> str:
        return "inboxes"


Inboxes.__name__ = "set"  # an exception names the type that a learner expects


class Unsendable:
    """Published by mistake: `send` refuses it, and so does whatever would make text of it."""

    def __repr__(self) -> str:
        return "7"

    def __str__(self) -> str:
        raise TypeError("data must be str, bytes, iterable, or async iterable")


class Newsroom:
    """A learner's newsroom, its clients, and what they should hear.

    Attributes:
        inboxes: the set that each handler is given.
    """

    def __init__(self, attempt: Attempt) -> None:
        self.inboxes = Inboxes()
        self._attempt = attempt
        self._handlers: set[asyncio.Task[Any]] = set()
        self._before: set[asyncio.Task[Any]] = set()
        self._url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve the learner's handler; what runs from now on is its own, or a client's."""
        serving = serve_handler(
            self._attempt, self.inboxes, forgives=False, handlers=self._handlers
        )
        async with serving as self._url:
            self._before = asyncio.all_tasks()
            yield

    async def join(self, name: str) -> tuple[ClientConnection, Any]:
        """Connect a client, and wait until it has an inbox.

        Returns:
            Its connection, and the inbox.
        """
        self._attempt.call_text = f"{name} connects, and says nothing yet"
        known = set(self.inboxes)
        ws = await connect(self._url)
        await until(lambda: len(self.inboxes) > len(known) or bool(self._attempt.failure))
        new = list(set(self.inboxes) - known)
        if len(new) != 1:
            nudge = "Make an `asyncio.Queue()` for each client at once, and add it to `inboxes`."
            if known:
                nudge = "Each client needs an inbox of its own: what one takes, no other gets."
            refuse(self._attempt, len(self.inboxes), str(len(known) + 1), nudge, "inboxes")
        if not hasattr(new[0], "put_nowait"):
            nudge = "An inbox is a queue: add that to `inboxes`."
            refuse(self._attempt, new[0], "a queue", nudge, "in inboxes")
        return ws, new[0]

    async def hears_news(self, name: str, ws: ClientConnection, text: str) -> None:
        """Publish something, and let one client hear it, which has not asked."""
        self._attempt.call_text = f"{shown(text)} is published, and {name} has asked nothing"
        for inbox in list(self.inboxes):
            inbox.put_nowait(text)
        got = await receive(ws)
        if got != text:
            nudge = "Send the news as it is."
            if got is NO_ANSWER:
                nudge = "The news waits in the inbox: a producer beside the loop has to send it."
            elif got is GONE:
                nudge = "When the handler ends, its connection closes: listen as well."
            self.refuse(got, repr(text), nudge)

    async def hears_answer(self, name: str, ws: ClientConnection, text: str) -> None:
        """Let one client say something, and hear the answer."""
        self._attempt.call_text = f"{name} sends {shown(text)}"
        await send(ws, text)
        got = await receive(ws)
        if got != f"got: {text}":
            nudge = "The answer is `got: ` and the message."
            if got is NO_ANSWER:
                nudge = "The consumer has to answer while the producer waits for news, so start "
                nudge += "the producer as a task."
            elif got is GONE:
                nudge = "When the handler ends, its connection closes: `async for` goes on."
            self.refuse(got, repr(f"got: {text}"), nudge)

    async def bears(self, name: str, ws: ClientConnection, inbox: Any) -> None:
        """Put something into an inbox that cannot be sent: no producer may die in silence."""
        self._attempt.call_text = f"7 is put into {name}'s inbox, and `send` refuses it"
        inbox.put_nowait(Unsendable())
        inbox.put_nowait("news: still there?")
        got = await receive(ws)
        if got not in (GONE, "news: still there?"):
            what = "the connection stays open" if got is NO_ANSWER else shown(got)
            nudge = "The producer has failed, and nobody noticed. Let the consumer stop as well: "
            nudge += "a TaskGroup does that."
            self._attempt.failure = None
            refuse(self._attempt, what, "the connection is closed", nudge, what="what happened")
        await ws.close()
        if got is GONE:
            await until(lambda: not self._handlers, ENDS_S)
        if is_of_send(self._attempt.failure):
            self._attempt.failure = None  # such an error belongs in the log
        elif got is GONE and self._attempt.failure is None and not self._handlers:
            nudge = (
                "The producer's error belongs in the log: catch ConnectionClosed alone, and let "
            )
            nudge += "every other error end the handler."
            self.fail("the handler has ended, and the error is lost", nudge)

    async def require_end(self, what: str, *, others: int = 0) -> None:
        """Refuse a handler that goes on, and one that leaves a task or an inbox behind.

        Args:
            what: how the client has left, in words.
            others: how many clients are still there.
        """
        self._attempt.call_text = what
        await until(lambda: len(self._handlers) <= others, ENDS_S)
        await let_tasks_run()
        if len(self._handlers) > others and self._attempt.failure is None:
            nudge = "The handler goes on, though its client has left. A group waits for its "
            nudge += "producer, which never ends by itself: `cancel()` it after the loop."
            self.fail(f"the handler goes on, {ENDS_S:g} s later", nudge)
        if self._attempt.failure is not None:
            self.refuse("", "", explain_newsroom_failure(self._attempt.failure))
        if len(self.inboxes) > others:
            nudge = "Take the inbox out on every way out: `finally`."
            self.fail("the inbox is still in `inboxes`", nudge)
        if len(self.inboxes) < others:
            self.fail("other clients' inboxes are gone", "Remove this client's inbox alone.")
        if not others:
            await self._require_no_task()

    async def _require_no_task(self) -> None:
        here = asyncio.current_task()
        left = {task for task in asyncio.all_tasks() - self._before if task is not here}
        if left:
            await asyncio.wait(left, timeout=TASKS_END_S)
        if any(not task.done() for task in left):
            nudge = "The producer still waits for news: cancel it on every way out."
            self.fail("a task is still there, and nobody ends it", nudge)

    def fail(self, what: str, nudge: str) -> None:
        """Refuse the handler for what it has left."""
        lines = [nudge, *list_forgotten_awaits(self._attempt)]
        verdict = NotYet(self._attempt.call_text, [("what happened", what)], lines)
        self._attempt.failure = verdict
        raise verdict

    def refuse(self, got: object, expected: str, nudge: str) -> None:
        """Refuse what a client got; an error of the handler's own is explained instead."""
        failure = self._attempt.failure
        problem = explain_newsroom_failure(failure) if failure else nudge
        refuse(self._attempt, got, expected, problem)


async def until(happened: Callable[[], bool], within_s: float = ANSWER_S) -> None:
    """Give way until something has happened, or the deadline has passed."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while not happened() and loop.time() < deadline:  # noqa: ASYNC110  # a set has no event
        await asyncio.sleep(LOOK_S)
