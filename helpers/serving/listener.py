"""A server's listening socket, and the bounds on the connections that it accepts.

1. A client has `handshake_s` for its first whole request; then its connection is closed.
2. There are at most `max_connections`; one more is closed at once.
3. Without a free file no connection can be accepted, so one file is kept in reserve: it is given
   up for a moment, the newcomer is accepted and closed, and the log says so every `QUIET_S`.

Without rule 3 asyncio repeats a failed `accept` as often as the backlog is long, each time with a
traceback and a timer that doubles the number of repetitions (seen in CPython 3.11:
`BaseSelectorEventLoop._accept_connection` does not return after it has set its timer).
"""

import asyncio
import contextlib
import errno
import logging
import os
import socket
import time
from collections.abc import AsyncIterator
from typing import IO, TYPE_CHECKING, Any

from helpers.serving.open_files import file_limit

if TYPE_CHECKING:  # not at run time: echo and handmade do without aiohttp
    from aiohttp import web

log = logging.getLogger("listener")

HANDSHAKE_S = 10.0
KEEP_ALIVE_S = 75.0  # of silence between two requests of one connection
MAX_CONNECTIONS = 11_000  # a server's peers, and those that still ask
RESERVED_FILES = 32  # for databases, pages, logs and the loop itself
BACKLOG = 128
QUIET_S = 10.0
OUT_OF_FILES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Listener(socket.socket):
    """A listening socket, which turns clients away when the process has no files left.

    Args:
        listening: a listening socket; this object takes its place.

    Attributes:
        handshake_s: how many seconds a client has for its first request.
        max_connections: how many connections there may be at once.
    """

    def __init__(self, listening: socket.socket) -> None:
        super().__init__(
            listening.family, listening.type, listening.proto, fileno=listening.detach()
        )
        self.handshake_s = HANDSHAKE_S
        self.max_connections = max_connections()
        self._spare: IO[Any] | None = open(os.devnull)  # noqa: SIM115 - kept on purpose
        self._turned_away = 0
        self._quiet_until = 0.0

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection.

        Raises:
            BlockingIOError: when there is none, or none that could be kept.
        """
        try:
            return super().accept()
        except OSError as error:
            if error.errno not in OUT_OF_FILES:
                raise
            self._close_newcomer()
            self.turn_away(f"no more files may be open ({os.strerror(error.errno)})")
            raise BlockingIOError(errno.EAGAIN, "no connection that could be kept") from None

    def turn_away(self, why: str) -> None:
        """Note that a connection was closed at once; the log says so now and then.

        Args:
            why: for the log.
        """
        self._turned_away += 1
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + QUIET_S
            log.warning("turned away %d connection(s): %s", self._turned_away, why)
            self._turned_away = 0

    def close(self) -> None:
        """Close the socket and the spare file."""
        super().close()
        if self._spare:
            self._spare.close()

    def _close_newcomer(self) -> None:
        if self._spare:
            self._spare.close()
        try:
            super().accept()[0].close()
        except BlockingIOError:
            pass
        except OSError:  # somebody else took the file: the newcomer waits
            time.sleep(0.01)  # else the loop would do nothing but try
        try:
            self._spare = open(os.devnull)  # noqa: SIM115 - as above
        except OSError:
            self._spare = None


def max_connections() -> int:
    """Return how many connections this process may have, by its limit of open files."""
    files = file_limit()
    if files is None:
        return MAX_CONNECTIONS
    return min(MAX_CONNECTIONS, max(1, files - RESERVED_FILES))


class TurnedAway(asyncio.Protocol):
    """The protocol of a connection that is closed at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close the connection."""
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


@contextlib.asynccontextmanager
async def accepting(runner: "web.BaseRunner", listener: socket.socket) -> AsyncIterator[None]:
    """Accept connections for a server on aiohttp for the length of a block, within the bounds.

    Args:
        runner: of the server, after its `setup`.
        listener: a `Listener`; a plain socket has the default bounds.
    """
    loop = asyncio.get_running_loop()
    server = runner.server
    assert server is not None
    bounds = listener if isinstance(listener, Listener) else None
    handshake_s = bounds.handshake_s if bounds else HANDSHAKE_S
    most = bounds.max_connections if bounds else MAX_CONNECTIONS
    deadlines: dict[Any, asyncio.TimerHandle] = {}  # of connections without a request so far
    handle = getattr(server, "request_handler", None)
    if handle is None:  # another release of aiohttp
        log.warning("this release of aiohttp is unknown: a request may take any time")

    async def note_request(request: "web.BaseRequest") -> "web.StreamResponse":
        assert handle
        if deadline := deadlines.pop(request.protocol, None):
            deadline.cancel()
        response: web.StreamResponse = await handle(request)
        return response

    def end(protocol: Any) -> None:
        deadlines.pop(protocol, None)
        if protocol.transport is not None:
            protocol.transport.abort()

    def connect() -> asyncio.Protocol:
        if len(server.connections) >= most:
            if bounds:
                bounds.turn_away(f"{most:,} are open")
            return TurnedAway()
        protocol = server()
        if handle:
            deadlines[protocol] = loop.call_later(handshake_s, end, protocol)
        return protocol

    if handle:
        server.request_handler = note_request
    accepting_server = await loop.create_server(connect, sock=listener, backlog=BACKLOG)
    try:
        yield
    finally:
        accepting_server.close()
