"""The server that a lesson's cells start in the kernel's own event loop, one at a time.

`start` is `websockets.serve`, and three things that would hide a lesson: the server before is
closed, so that a cell can run again; the port is any free one; and what the server logs is kept
until `stop`, since a log in the middle of a cell's output helps nobody. `stop_all` ends it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from helpers.launcher import on_stop

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.asyncio.server import Server, ServerConnection

OWN = "your server"
STOP_S = 15.0  # a client that is gone gets 10 s to say goodbye

_servers: dict[str, Server] = {}
_forget: dict[str, Callable[[], None]] = {}  # take a server out of what `stop_all` closes
_log: list[str] = []


class _Keep(logging.Handler):
    """Keeps what one server logs: its words, and the error behind them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        reason = f": {type(error).__name__}: {error}" if error else ""
        self.lines.append(record.getMessage() + reason)


async def start(
    handler: Callable[[ServerConnection], Awaitable[None]], name: str = OWN, **options: Any
) -> str:
    """Close the server that was started before, and serve a handler on a free port.

    Args:
        handler: an `async def` that talks to one client.
        name: closes only the server that was started under this name.
        **options: of `websockets.serve`, such as `max_size=1000`.

    Returns:
        The server's address, such as `ws://127.0.0.1:49152`.
    """
    from websockets.asyncio.server import serve

    global _log
    if (before := _take(name)) is not None:
        before.close()
    logger, keep = logging.Logger("server", logging.WARNING), _Keep()
    logger.handlers = [keep]
    if name == OWN:
        _log = keep.lines
    options = {"logger": logger, **options}
    server = await serve(handler, "127.0.0.1", 0, **options)
    _servers[name], _forget[name] = server, on_stop(server.close, name)
    host, port = server.sockets[0].getsockname()
    return f"ws://{host}:{port}"


async def stop() -> list[str]:
    """Close the server, and wait until each of its handlers has ended.

    Returns:
        What the server has logged since it was started.

    Raises:
        TimeoutError: a handler goes on, though its client has left.
    """
    server = _take(OWN)
    if server is not None:
        server.close()
        async with asyncio.timeout(STOP_S):
            await server.wait_closed()
    return _log


def _take(name: str) -> Server | None:
    """Take a server out of those that are running, and return it."""
    if (forget := _forget.pop(name, None)) is not None:
        forget()
    return _servers.pop(name, None)


async def leave(ws: ClientConnection, how: int | str) -> None:
    """Leave a server in one of the ways in which clients do.

    Args:
        ws: the client's connection.
        how: a close code; `"no code"`, as a page's `socket.close()` does; or `"vanish"`, without
            a goodbye, as a program does that is killed: its system closes the connection.

    Raises:
        ValueError: there is no such way.
    """
    if how == "vanish":
        ws.transport.abort()
    elif how == "no code":
        async with ws.send_context():
            ws.protocol.send_close()
    elif isinstance(how, int):
        await ws.close(how)
    else:
        raise ValueError(f"expected a close code, 'no code' or 'vanish', got {how!r}")
    await ws.wait_closed()
