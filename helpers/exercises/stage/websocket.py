"""A real server runs a learner's handler, and a real client asks it; no wait is endless."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from helpers.exercises.engine.attempt import Attempt, NotTried, NotYet
from helpers.exercises.engine.deadline import forgotten_awaits
from helpers.exercises.engine.values import shown
from helpers.exercises.stage.listening import ANSWER_S, GONE, NO_ANSWER, Silence, unread_log

ENDS_S = 2.0  # how long a handler may go on when its client has left
SLOW_S = 0.35  # how long a slow peer leaves its first ping unread

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.asyncio.client import connect as Connecting
    from websockets.asyncio.server import ServerConnection


@asynccontextmanager
async def serve_handler(
    attempt: Attempt,
    *arguments: Any,
    knows_the_end: bool = False,
    forgives: bool = True,
    handlers: set[asyncio.Task[Any]] | None = None,
) -> AsyncIterator[str]:
    """Serve a learner's handler on a free port; afterwards none of its handlers is running.

    Args:
        attempt: the handler on trial; what goes wrong in it is kept in `attempt.failure`.
        *arguments: handed to the handler after the connection.
        knows_the_end: refuse a handler that answers a client after that has left, which is for
            handlers whose clients stay until they have their answer.
        forgives: whether a handler may end with the ConnectionClosed of a client that has left.
        handlers: a set that has the task of each handler while it runs.

    Returns:
        A context manager that gives the server's address.
    """
    from websockets.asyncio.server import serve
    from websockets.exceptions import ConnectionClosed

    handlers = set() if handlers is None else handlers
    connections: list[ServerConnection] = []

    async def handler(websocket: ServerConnection) -> None:
        connections.append(websocket)
        task = asyncio.current_task()
        if task is not None:
            handlers.add(task)
            task.add_done_callback(handlers.discard)
        await attempt.guarded(websocket, *arguments)
        if forgives and _only(attempt.failure, ConnectionClosed):
            late = knows_the_end and _was_sending(attempt.failure)
            # that it noticed that the client had left is not a mistake
            attempt.failure = _answered_nobody(attempt.failure) if late else None
        _drop_what_it_held(attempt.failure)

    options: dict[str, Any] = {"logger": unread_log, "close_timeout": 0.5, "ping_interval": None}
    server = await serve(handler, "127.0.0.1", 0, **options)
    try:
        host, port = server.sockets[0].getsockname()[:2]
        url = f"ws://{host}:{port}"
        yield url
        await _require_ends(attempt, url, handlers)
    finally:
        server.close()
        closed = asyncio.ensure_future(server.wait_closed())
        await asyncio.wait([closed], timeout=1)
        for task in tuple(handlers):  # a handler that does not notice that its client has left
            task.cancel()
        for connection in connections:  # nor does anything wait for a client that does not read
            connection.transport.abort()
        await asyncio.wait([closed], timeout=1)
        closed.cancel()


async def _require_ends(attempt: Attempt, url: str, handlers: set[asyncio.Task[Any]]) -> None:
    """Let clients come and leave, one of them without a word, and wait for all handlers to end."""
    if attempt.failure is not None:
        return
    for politely in (True, False):
        websocket = await connect(url)
        if politely:
            await websocket.close()
        else:
            websocket.transport.abort()
    if handlers:
        await asyncio.wait(tuple(handlers), timeout=ENDS_S)
    if handlers and attempt.failure is None:
        facts = [("what happened", f"the handler goes on, {ENDS_S:g} s later")]
        nudge = "`recv` raises `ConnectionClosed` then, and `async for` ends: end the handler."
        raise NotYet("a client leaves, before it says anything", facts, [nudge])


def connect(url: str) -> Connecting:
    """Connect a client that never waits without end.

    Args:
        url: the server's address.

    Returns:
        What `websockets.connect` returns.
    """
    from websockets.asyncio.client import connect

    options: dict[str, Any] = {"logger": unread_log, "proxy": None, "ping_interval": None}
    return connect(url, close_timeout=0.5, open_timeout=3, **options)


@asynccontextmanager
async def open_peers(states: Mapping[str, str]) -> AsyncIterator[dict[str, ClientConnection]]:
    """Open a connection to each of several peers.

    Args:
        states: the peers' names, each with `well`, `frozen`, `slow` (its first pong takes
            a third of a second), `full` (it reads nothing, and what was sent to it already waits),
            `gone` (it has left) or `lost` (its line broke).

    Returns:
        A context manager that gives a connection for each name.
    """
    from websockets.asyncio.server import serve

    far_ends: list[ServerConnection] = []

    async def handler(websocket: ServerConnection) -> None:
        far_ends.append(websocket)
        state = websocket.request.path.strip("/") if websocket.request else ""
        if state in ("frozen", "full", "slow"):
            websocket.transport.pause_reading()
        if state == "slow":
            websocket.loop.call_later(SLOW_S, websocket.transport.resume_reading)
        await websocket.wait_closed()

    connections = {}
    async with serve(handler, "127.0.0.1", 0, logger=unread_log, ping_interval=None) as server:
        host, port = server.sockets[0].getsockname()[:2]
        try:
            for name, state in states.items():
                connections[name] = await connect(f"ws://{host}:{port}/{state}")
                if state == "gone":
                    await connections[name].close()
                elif state == "lost":
                    connections[name].transport.abort()
                    await connections[name].wait_closed()
                elif state == "full":
                    _fill(connections[name].transport)
            yield connections
        finally:
            for end in far_ends:
                end.transport.abort()
            await asyncio.gather(*(c.close() for c in connections.values()))


def _fill(transport: asyncio.WriteTransport) -> None:
    """Write until the system takes no more, so that whoever sends has to wait."""
    transport.set_write_buffer_limits(high=0)
    while not transport.get_write_buffer_size():
        transport.write(bytes(2**20))


async def ask(
    attempt: Attempt, websocket: ClientConnection, message: str | bytes
) -> str | bytes | Silence:
    """Send a message, and wait for the answer.

    Args:
        attempt: gets what the client sent, for the outcome's title.
        websocket: the client's connection.
        message: the message.

    Returns:
        The next message, or NO_ANSWER, or GONE.
    """
    from websockets.exceptions import ConnectionClosed

    attempt.call_text = f"a client sends {shown(message)}"
    try:
        await websocket.send(message)
        return await receive(websocket)
    except ConnectionClosed:
        return GONE


async def receive(
    websocket: ClientConnection | ServerConnection, within_s: float = ANSWER_S
) -> str | bytes | Silence:
    """Wait for the next message, no longer than the deadline.

    Args:
        websocket: the connection.
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


async def send(websocket: ClientConnection | ServerConnection, message: str) -> None:
    """Send a message, and wait for no answer; that a connection is closed shows in `receive`.

    Args:
        websocket: the connection.
        message: the message.
    """
    from websockets.exceptions import ConnectionClosed

    with suppress(ConnectionClosed):
        await websocket.send(message)


def _only(failure: NotYet | NotTried | None, kind: type[Exception]) -> bool:
    cause = getattr(failure, "__cause__", None)
    if isinstance(cause, BaseExceptionGroup):
        return cause.split(kind)[1] is None
    return isinstance(cause, kind)


def _was_sending(failure: NotYet | NotTried | None) -> bool:
    cause = getattr(failure, "__cause__", None)
    frames = traceback.walk_tb(cause.__traceback__ if cause else None)
    codes = [frame.f_code for frame, _ in frames]
    return any(c.co_name == "send" and "websockets" in c.co_filename for c in codes)


def _answered_nobody(failure: NotYet | NotTried | None) -> NotYet | NotTried | None:
    """Say what an answer to a client means that has left."""
    if not isinstance(failure, NotYet):
        return failure
    nudge = "It answers a client that has left: let ConnectionClosed through."
    late = NotYet("a client has its answer, and leaves", list(failure.facts), [nudge])
    late.__cause__ = failure.__cause__
    return late


def _drop_what_it_held(failure: NotYet | NotTried | None) -> None:
    """Let go of what a failed handler still holds, such as a coroutine that nobody awaited."""
    cause = getattr(failure, "__cause__", None)
    if cause is not None:
        with forgotten_awaits([]):
            traceback.clear_frames(cause.__traceback__)
