"""Talk to a learner's handler: a real server runs it, a real client asks, no wait is endless."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from helpers.exercises.engine.attempt import Attempt, NotTried, NotYet
from helpers.exercises.engine.deadline import forgotten_awaits
from helpers.exercises.engine.values import shown

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection, connect
    from websockets.asyncio.server import ServerConnection

ANSWER_S = 1.5  # how long a client waits for an answer

silent = logging.getLogger("helpers.exercises.silent")
silent.addHandler(logging.NullHandler())
silent.propagate = False


class Silence:
    """What a client got instead of an answer."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


NO_ANSWER = Silence(f"no answer within {ANSWER_S:g} s")
GONE = Silence("no answer: the connection was closed")


@asynccontextmanager
async def served(attempt: Attempt, *arguments: Any) -> AsyncIterator[str]:
    """Serve a learner's handler on a free port; afterwards no handler of it runs on.

    Args:
        attempt: the handler on trial; what goes wrong in it is kept in `attempt.failure`.
        *arguments: handed to the handler behind the connection.

    Returns:
        A context manager that gives the server's address.
    """
    from websockets.asyncio.server import serve
    from websockets.exceptions import ConnectionClosed

    handlers: set[asyncio.Task[Any]] = set()
    ends: list[ServerConnection] = []

    async def handler(websocket: ServerConnection) -> None:
        ends.append(websocket)
        task = asyncio.current_task()
        if task is not None:
            handlers.add(task)
            task.add_done_callback(handlers.discard)
        await attempt.guarded(websocket, *arguments)
        if _only(attempt.failure, ConnectionClosed):
            attempt.failure = None  # it heard that the client had left: no fault
        _drop_what_it_held(attempt.failure)

    options: dict[str, Any] = {"logger": silent, "close_timeout": 0.5, "ping_interval": None}
    server = await serve(handler, "127.0.0.1", 0, **options)
    try:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"ws://{host}:{port}"
    finally:
        server.close()
        closed = asyncio.ensure_future(server.wait_closed())
        await asyncio.wait([closed], timeout=1)
        for task in tuple(handlers):  # a handler that does not see that its client left
            task.cancel()
        for end in ends:  # nor does anything wait for a client that does not read
            end.transport.abort()
        await asyncio.wait([closed], timeout=1)
        closed.cancel()


def client(url: str) -> connect:
    """Open a client that waits for nothing without end.

    Args:
        url: the server's address.

    Returns:
        What `websockets.connect` returns.
    """
    from websockets.asyncio.client import connect

    options: dict[str, Any] = {"logger": silent, "proxy": None, "ping_interval": None}
    return connect(url, close_timeout=0.5, open_timeout=3, **options)


@asynccontextmanager
async def peers(states: Mapping[str, str]) -> AsyncIterator[Mapping[str, ClientConnection]]:
    """Open a connection to each of several peers.

    Args:
        states: the peers' names, each with `well`, `frozen`, `slow` (its first pong takes
            half a second) or `gone` (it has left).

    Returns:
        A context manager that gives a connection for each name.
    """
    from websockets.asyncio.server import serve

    ends: list[ServerConnection] = []

    async def handler(websocket: ServerConnection) -> None:
        ends.append(websocket)
        state = websocket.request.path.strip("/") if websocket.request else ""
        if state in ("frozen", "slow"):
            websocket.transport.pause_reading()
        if state == "slow":
            websocket.loop.call_later(0.5, websocket.transport.resume_reading)
        await websocket.wait_closed()

    connections = {}
    async with serve(handler, "127.0.0.1", 0, logger=silent, ping_interval=None) as server:
        host, port = server.sockets[0].getsockname()[:2]
        try:
            for name, state in states.items():
                connections[name] = await client(f"ws://{host}:{port}/{state}")
                if state == "gone":
                    await connections[name].close()
            yield MappingProxyType(connections)
        finally:
            for end in ends:
                end.transport.abort()
            await asyncio.gather(*(c.close() for c in connections.values()))


async def answer(
    attempt: Attempt, websocket: ClientConnection, message: str | bytes
) -> str | bytes | Silence:
    """Send a message, and wait for what comes back.

    Args:
        attempt: told what the client sent, for the outcome's title.
        websocket: the client's connection.
        message: the message.

    Returns:
        The next message, or NO_ANSWER, or GONE.
    """
    from websockets.exceptions import ConnectionClosed

    attempt.call_text = f"a client sends {shown(message)}"
    try:
        await websocket.send(message)
        return await next_message(websocket)
    except ConnectionClosed:
        return GONE


async def next_message(
    websocket: ClientConnection, within_s: float = ANSWER_S
) -> str | bytes | Silence:
    """Wait for the next message, not longer than the deadline.

    Args:
        websocket: the client's connection.
        within_s: the deadline, in seconds.

    Returns:
        The message, or NO_ANSWER, or GONE.
    """
    from websockets.exceptions import ConnectionClosed

    try:
        async with asyncio.timeout(within_s):
            return await websocket.recv()
    except TimeoutError:
        return NO_ANSWER
    except ConnectionClosed:
        return GONE


async def tell(websocket: ClientConnection, message: str) -> None:
    """Send a message and wait for nothing; a closed connection shows when one listens.

    Args:
        websocket: the client's connection.
        message: the message.
    """
    from websockets.exceptions import ConnectionClosed

    with suppress(ConnectionClosed):
        await websocket.send(message)


def refuse(
    attempt: Attempt, got: object, expected: str, nudge: str, what: str = "the client got"
) -> NoReturn:
    """Refuse what a client got; what the learner's own code raised is told in its place.

    Args:
        attempt: the handler on trial.
        got: what the client got.
        expected: what it should have got, in words.
        nudge: the next step.
        what: the name of what was got.

    Raises:
        NotYet: always.
    """
    if isinstance(attempt.failure, NotTried):
        raise attempt.failure
    if attempt.failure is not None:
        verdict = enriched(attempt.failure, nudge)
    else:
        facts = [(what, shown(got)), ("expected", expected)]
        verdict = NotYet(attempt.call_text, facts, [nudge, *awaits(attempt)])
    attempt.failure = verdict  # the first verdict stands, whatever the handler does at its end
    raise verdict


def awaits(attempt: Attempt) -> list[str]:
    """List the sentences on forgotten awaits.

    Args:
        attempt: the handler on trial.

    Returns:
        A sentence for each coroutine that nobody awaited.
    """
    try:
        attempt.fail("")
    except NotYet as plain:
        return list(plain.lines)


def enriched(failure: NotYet, nudge: str, title: str = "") -> NotYet:
    """Say what this exercise knows in place of what fits any exercise.

    Args:
        failure: what went wrong.
        nudge: the next step; without one, the failure's own sentences stay.
        title: a title that says more than the failure's own.

    Returns:
        The refusal with other sentences.
    """
    kept = [line for line in failure.lines if line.startswith("Nobody awaited")]
    lines = [nudge, *kept] if nudge else list(failure.lines)
    more = NotYet(title or failure.title, list(failure.facts), lines)
    more.__cause__ = failure.__cause__
    return more


def no_answer(attempt: Attempt, got: object, asked: int) -> str:
    """Say what silence or a closed connection means.

    Args:
        attempt: the handler on trial.
        got: NO_ANSWER or GONE.
        asked: how many messages the client had sent.

    Returns:
        A nudge; empty where the handler's own exception says more.
    """
    raised = str(getattr(attempt.failure, "__cause__", ""))
    if "dict-like" in raised:
        return "`send` takes a text: `json.dumps(…)` makes one of a dict."
    if "'ServerConnection' object is not iterable" in raised:
        return "Messages come when they come, so the loop has to wait: `async for`."
    if attempt.failure is not None:
        return ""
    if got is GONE and asked > 1:
        return "It answers, then it ends: `async for` goes on until the client leaves."
    if got is GONE:
        return "When the handler ends, its connection closes: send the answer before that."
    return "Every message gets one answer: is there an awaited `send` on every way through?"


def _only(failure: NotYet | NotTried | None, kind: type[Exception]) -> bool:
    cause = getattr(failure, "__cause__", None)
    if isinstance(cause, BaseExceptionGroup):
        return cause.split(kind)[1] is None
    return isinstance(cause, kind)


def _drop_what_it_held(failure: NotYet | NotTried | None) -> None:
    """Let go of what a failed handler still holds: a coroutine that nobody awaited, say."""
    cause = getattr(failure, "__cause__", None)
    if cause is not None:
        with forgotten_awaits([]):
            traceback.clear_frames(cause.__traceback__)
